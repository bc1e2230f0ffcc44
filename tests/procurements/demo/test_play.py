"""The demo played through the operations ends where the file says, on ordinary and hard days."""

from collections import Counter
from datetime import date
from random import Random

import pytest
import yaml
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.utils.module_loading import import_string

from handbook.models import Edition
from journal.models import Event
from outbox.models import Message
from procurements.days import start_of, swedish_day, working_days_between
from procurements.demo.play import NotInThisEdition, Play
from procurements.models import Case, PhaseDocument
from procurements.sight import Sight
from procurements.states import CaseState, ParticipantState, PhaseState, TaskState
from teams.models import Organisation, Team, User
from tests.handbook.renaming import renamed
from tests.handbook.shelves import loaded, shipped
from tests.procurements.demo.builders import a_copy, moment, written

pytestmark = pytest.mark.django_db

ORDINARY = date(2026, 11, 24)
HARD = {
    "Christmas Eve": date(2026, 12, 24),
    "leap day": date(2028, 2, 29),
    "Midsummer Eve": date(2027, 6, 25),
    "the clock goes forward": date(2027, 3, 28),
    "the clock goes back": date(2027, 10, 31),
}
# The eight papers of the first method, complete on paper.
PAPERS = {
    "mandate",
    "need_description",
    "rfi",
    "challenge_brief",
    "phase_decision",
    "order",
    "feedback_letter",
    "end_of_phase_report",
}


def played(day: date = ORDINARY, edition: Edition | None = None, **options) -> Play:
    play = Play(edition or loaded(), moment(day), **options)
    play.play()
    return play


def check(play: Play) -> None:
    """What the file promises, whatever the day."""
    case = Case.objects.get(pk=play.case.pk)
    run = case.current_phase
    keys = play.keys
    now = written()["play"]["phase"]
    assert case.state == CaseState.ACTIVE
    assert run.phase.key == keys.get(now, now)
    assert run.state == PhaseState.ACTIVE
    assert not run.is_waiting(on=play.plan.day)
    assert working_days_between(run.started_on, play.plan.day) + 1 == 15
    states = Counter(case.participants.values_list("state", flat=True))
    assert states == {ParticipantState.IN: 3, ParticipantState.DISCARDED: 4}
    assert set(case.participants.values_list("number", flat=True)) == {""}
    assert case.needs.first().number == 3
    assert not Event.objects.filter(at__gt=play.plan.at).exists()
    call_command("verify_journal", verbosity=0)


def test_the_case_is_played_to_its_fifteenth_working_day_in_the_phase():
    play = played()
    case = Case.objects.get(pk=play.case.pk)

    check(play)
    assert Team.objects.count() == 9
    assert not Organisation.objects.exclude(number="").exists()
    assert {p["email"] for p in people()} == set(
        User.objects.people().filter(is_demo=True).values_list("email", flat=True)
    )
    check_what_waits(case, play)
    check_secrecy(case)
    check_papers(case)
    check_letters()


def people() -> list[dict]:
    from procurements.demo.plan import FOLDER, read

    return read("people.yaml", FOLDER)["people"]


def check_what_waits(case: Case, play: Play) -> None:
    """Nothing waits to be signed; in the phase that goes on, one step is late."""
    assert not case.phases.filter(state=PhaseState.DECIDED).exists()
    steps = case.current_phase.tasks.filter(step__isnull=False)
    late = steps.filter(state=TaskState.OPEN, due_on__lt=play.plan.day)
    assert late.count() == 1
    assert 0 < late.get().ticks.count() < late.get().step.items.count()
    assert steps.filter(state=TaskState.DONE).exists()
    assert not steps.filter(assignee=None).exists()
    earlier = case.phases.filter(state=PhaseState.CLOSED)
    for run in earlier:
        assert not run.tasks.filter(state=TaskState.OPEN).exists(), run.phase.key


def check_secrecy(case: Case) -> None:
    """Who may see no supplier reads of none, and the journal keeps them within circles."""
    names = set(case.participants.values_list("name", flat=True))
    events = list(Event.objects.of(case).readable())
    open_to_all = [event.sentence for event in events if not event.secrecy]
    assert [s for s in open_to_all if any(name in s for name in names)] == []
    about = [event for event in events if event.verb.startswith("supplier.")]
    assert len(about) == 7 + 4
    assert all(event.secrecy.startswith("round:") for event in about)
    outsiders = case.roles.filter(is_engagement=True)
    assert sorted(outsiders.values_list("role", flat=True)) == ["coach", "process_leader"]
    for role in outsiders:
        assert role.undertaking_on
        assert role.interests
        assert Sight.of(case, role.user, at=moment(ORDINARY)).has_undertaken


def check_papers(case: Case) -> None:
    papers = PhaseDocument.objects.filter(case=case).select_related("template")
    assert {paper.template.serves for paper in papers} == PAPERS
    letters = papers.filter(template__serves="feedback_letter")
    left = case.participants.filter(state=ParticipantState.DISCARDED)
    assert {letter.participant for letter in letters} == set(left)
    remaining = case.participants.filter(state=ParticipantState.IN)
    orders = papers.filter(template__serves="order")
    assert {order.participant for order in orders} == set(remaining)
    for paper in papers:
        required = {
            field["key"]
            for field in paper.template.fill_fields(case.edition.words("sv"))
            if field["required"]
        }
        missing = [key for key in required if not paper.fill.get(key)]
        assert missing == [], paper.template.serves


def check_letters() -> None:
    """What the operations promised to send is answered already: no letter leaves."""
    letters = Message.objects.filter(kind__startswith="mail.")
    assert letters.exists()
    for letter in letters:
        import_string(settings.OUTBOX_HANDLERS[letter.kind])(letter)
    assert mail.outbox == []


@pytest.mark.slow
@pytest.mark.parametrize("day", HARD.values(), ids=HARD)
def test_the_case_is_played_on_a_hard_day(day):
    check(played(day))


@pytest.mark.slow
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


def test_a_phase_that_the_handbook_does_not_have_is_named(tmp_path):
    folder = a_copy(tmp_path)
    with (folder / "phase-keys.yaml").open("a") as keys:
        keys.write("\nconcept: no-such-phase\n")

    with pytest.raises(NotInThisEdition, match="has no phase for 'concept'"):
        played(folder=folder)


def test_the_first_moment_of_the_day_is_before_what_happens_on_it():
    play = Play(loaded(), start_of(ORDINARY))

    assert {swedish_day(item.at) for item in play.plan.items()} & {ORDINARY} == set()
