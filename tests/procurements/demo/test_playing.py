"""Each case is played through the operations to where its file says, also on hard days."""

from collections import Counter
from datetime import date
from random import Random

import pytest
import yaml
from django.core.management import call_command

from handbook.models import Edition
from journal.models import Event
from procurements.days import start_of, swedish_day, working_days_between
from procurements.demo.plan import FIRST, case_files, phase_keys
from procurements.demo.play import ItemRefused, NotInThisEdition, Play
from procurements.models import Case, Deadline
from procurements.states import CaseState, ParticipantState, PhaseState
from teams.models import Organisation, User
from tests.handbook.renaming import renamed
from tests.handbook.shelves import loaded, shipped
from tests.procurements.demo.builders import ORDINARY, a_copy, a_plan, moment, written
from tests.procurements.demo.conftest import said

pytestmark = pytest.mark.django_db

HARD = {
    "Christmas Eve": date(2026, 12, 24),
    "leap day": date(2028, 2, 29),
    "Midsummer Eve": date(2027, 6, 25),
    "the clock goes forward": date(2027, 3, 28),
    "the clock goes back": date(2027, 10, 31),
}
# Where each case's file says that it stands.
STATES = {
    "draft": {"idea"},
    "paused": {"paused"},
    "stopped": {"stopped"},
    "active": {"mobilisation", "dialogue", "concept", "diffusion"},
}


def played(day: date = ORDINARY, edition: Edition | None = None, **options) -> Play:
    """The case that one meets first."""
    play = Play(edition or loaded(), moment(day), **options)
    play.play()
    return play


def faults_at_the_end(file: str, day: date) -> list[str]:
    """Where a case stands against what its file says, whatever the day."""
    said, plan = written(file), a_plan(day, file=file)
    case = Case.objects.get(diary_number=said["reference"])
    deadlines = Deadline.objects.filter(case_phase__case=case)
    found = {
        "state": said["state_at_end"] in STATES[case.state],
        "need": case.needs.count() == len(said.get("need_versions", ())),
        "deadlines": deadlines.count() == len(said.get("deadlines", ())),
        "numbers": not case.participants.exclude(number="").exists(),
    }
    run = case.current_phase
    if case.state == CaseState.ACTIVE:
        keys = phase_keys()
        found |= {
            "phase": run.phase.key == keys.get(plan.now, plan.now),
            "work": run.state == PhaseState.ACTIVE and not run.is_waiting(on=plan.day),
        }
    return [f"{file}: {name}" for name, is_right in found.items() if not is_right]


def check(play: Play) -> None:
    """What the file of the first case promises, whatever the day."""
    case = Case.objects.get(pk=play.case.pk)
    assert working_days_between(case.current_phase.started_on, play.plan.day) + 1 == 15
    states = Counter(case.participants.values_list("state", flat=True))
    assert states == {ParticipantState.IN: 3, ParticipantState.DISCARDED: 4}
    assert case.needs.first().number == 3


@pytest.mark.parametrize("day", HARD.values(), ids=HARD)
def test_on_a_hard_day_a_demo_with_the_first_case_gets_the_others(day, edition):
    """As a demo is upgraded: what was there stays as it was, and nobody comes twice."""
    first = played(day, edition)
    Case.objects.update(start_key=None)
    counted = (User.objects.count(), Organisation.objects.filter(parent=None).count())

    said("load_demo", day=day)

    check(first)
    assert Case.objects.count() == len(case_files())
    assert Case.objects.order_by("number").first() == first.case
    assert counted == (User.objects.count(), Organisation.objects.filter(parent=None).count())
    assert [fault for file in case_files() for fault in faults_at_the_end(file, day)] == []
    assert not Event.objects.filter(at__gt=moment(day)).exists()
    call_command("verify_journal", verbosity=0)


def test_the_case_is_played_with_other_keys_in_the_handbook(tmp_path):
    manuscript, names = renamed(shipped(), tmp_path / "handbook", Random(2026))
    folder = a_copy(tmp_path)
    keys = yaml.safe_load((folder / "phase-keys.yaml").read_text())
    others = {
        phase["key"]: names["phase"][keys.get(phase["key"], phase["key"])]
        for phase in written()["phases"]
    }
    (folder / "phase-keys.yaml").write_text(yaml.safe_dump(others))

    check(played(edition=loaded(manuscript), folder=folder))


def test_a_phase_that_the_handbook_does_not_have_is_named(tmp_path, edition):
    folder = a_copy(tmp_path)
    with (folder / "phase-keys.yaml").open("a") as keys:
        keys.write("\nconcept: no-such-phase\n")

    with pytest.raises(NotInThisEdition, match="has no phase for 'concept'"):
        played(edition=edition, folder=folder)


def test_what_an_operation_refuses_names_the_file_and_the_item(tmp_path, edition):
    folder = a_copy(tmp_path)
    file = folder / FIRST
    text = file.read_text()
    first_task = 'title: "Boka uppstart med vård och omsorg", assignee: '
    assert first_task in text
    file.write_text(text.replace(f"{first_task}elin-hedman", f"{first_task}malin-eklof"))

    with pytest.raises(ItemRefused, match=r"karlstad-upplev-min-verklighet.yaml, task t-01: "):
        played(edition=edition, folder=folder)


def test_the_first_moment_of_the_day_is_before_what_happens_on_it(edition):
    play = Play(edition, start_of(ORDINARY))

    assert {swedish_day(item.at) for item in play.plan.items()} & {ORDINARY} == set()
