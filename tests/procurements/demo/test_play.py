"""The demo as its command leaves it on an ordinary day."""

from collections import Counter

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.utils.module_loading import import_string

from handbook.models import Suggestion
from journal.models import Event
from outbox.models import Message
from procurements.days import swedish_day, working_days_between
from procurements.demo.plan import FIRST, FOLDER, case_files, read
from procurements.demo.play import start_key
from procurements.legalquestions import VALUES
from procurements.models import (
    Case,
    CasePhase,
    Deadline,
    LegalAssessment,
    Participant,
    PhaseDocument,
)
from procurements.sight import Sight
from procurements.states import (
    DeadlineState,
    ParticipantState,
    PhaseState,
    TaskState,
)
from teams.models import Organisation, Team, User
from teams.text import KEPT_AMOUNT
from tests.procurements.demo.builders import ORDINARY, moment, written
from tests.procurements.demo.conftest import said

pytestmark = pytest.mark.django_db

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


def case_of(file: str) -> Case:
    return Case.objects.get(start_key=start_key(written(file)))


def test_the_demo_is_played_once_case_by_case(demo):
    titles = [written(file)["title"]["sv"] for file in case_files()]
    assert demo == "".join(f"{title} is played up to today.\n" for title in titles)
    assert titles[0] == "Upplev min verklighet"
    counted = (Case.objects.count(), User.objects.count(), Event.objects.count())

    second = said("load_demo")

    assert second == "The demo is already loaded.\n"
    assert counted == (Case.objects.count(), User.objects.count(), Event.objects.count())


def test_the_people_of_the_demo_are_told(demo):
    told = said("demo_people")

    assert all(person["name"] in told and person["email"] in told for person in people())
    assert told.splitlines()[0].split() == [
        *("Maja", "Lindqvist", "Ärendeägare,", "Upphandlare"),
        "maja.lindqvist@karlstad.example",
    ]
    assert told.endswith(f"Password for all of them: {settings.DEMO_PASSWORD}\n")
    maja = User.objects.get(email="maja.lindqvist@karlstad.example")
    assert maja.check_password(settings.DEMO_PASSWORD)


def test_each_case_is_played_to_where_its_file_says(demo):
    by_state = Counter(Case.objects.values_list("state", flat=True))

    assert by_state == {"active": 5, "draft": 1, "paused": 1, "stopped": 1}
    paused = Case.objects.get(state="paused")
    assert "byter förvaltning" in Event.objects.of(paused).readable().last().sentence
    stopped = Case.objects.get(state="stopped")
    assert stopped.phases.filter(state=PhaseState.CLOSED).count() == 2
    assert stopped.ended_on
    assert not Event.objects.filter(at__gt=moment(ORDINARY)).exists()
    call_command("verify_journal", verbosity=0)


def test_the_case_is_played_to_its_fifteenth_working_day_in_the_phase(demo):
    case = case_of(FIRST)

    assert Team.objects.count() == 9
    assert not Organisation.objects.exclude(number="").exists()
    assert {p["email"] for p in people()} == set(
        User.objects.people().filter(is_demo=True).values_list("email", flat=True)
    )
    run = case.current_phase
    assert working_days_between(run.started_on, ORDINARY) + 1 == 15
    check_what_waits(case)
    check_secrecy(case)
    check_papers(case)
    check_letters()


def test_what_was_suggested_has_been_answered_or_waits_for_the_handbooks_editor(demo):
    states = Counter(Suggestion.objects.values_list("state", flat=True))
    assert states == {"waiting": 6, "accepted": 4, "declined": 1}
    handbook = Suggestion.objects.all()[0].edition.handbook
    editors = [
        one.email
        for one in User.objects.people()
        if one.has_perm("handbook.edit_handbook", handbook)
    ]
    assert "jonas.wikander@digitalwell.example" in editors
    assert "maja.lindqvist@karlstad.example" not in editors
    assert not Suggestion.objects.filter(at__gt=moment(ORDINARY)).exists()


def test_every_supplier_says_that_it_is_invented(demo):
    suppliers = read("suppliers.yaml", FOLDER)["suppliers"]

    assert Participant.objects.exists()
    assert not Participant.objects.filter(is_demo=False).exists()
    assert set(Participant.objects.values_list("name", flat=True)) <= {
        supplier["name"] for supplier in suppliers
    }


def test_days_of_the_law_and_own_days_are_set_and_kept(demo):
    deadlines = Deadline.objects.filter(case_phase__case=case_of(FIRST))

    assert {one.period for one in deadlines} >= {
        "",
        "tenders_below",
        "more_information_below",
        "standstill_electronic",
        "result_notice_below",
        "documentation_below",
        "review_of_contract",
    }
    to_keep = deadlines.filter(state=DeadlineState.OPEN)
    assert {one.period for one in to_keep} == {"", "review_of_contract"}
    assert all(one.due_on >= ORDINARY for one in to_keep)
    assert Deadline.objects.filter(case_phase__case__state="paused").exists()


def test_the_amounts_of_the_legal_track_are_kept_as_its_form_keeps_them(demo):
    kept = [
        row["answer"]
        for one in LegalAssessment.objects.all()
        for row in one.answers
        if row["question"] in VALUES
    ]

    assert kept
    assert all(KEPT_AMOUNT.fullmatch(amount) for amount in kept)


def test_no_call_is_opened_sent_or_decided_before_its_day(demo):
    runs = CasePhase.objects.filter(phase__opens_call=True, state=PhaseState.CLOSED)

    assert runs.count() == 2
    for run in runs:
        done = {
            task.step.key: swedish_day(task.done_at)
            for task in run.tasks.filter(step__isnull=False).select_related("step")
        }
        tenders = run.deadlines.get(period="tenders_below")
        decided_on = run.decisions.get().decided_on
        assert done["open-call"] == tenders.event_on
        assert tenders.due_on < done["receive-and-open"] < done["qualify"] < decided_on
        assert decided_on == done["decide-and-notify"] < done["sign-and-order"]


def people() -> list[dict]:
    return read("people.yaml", FOLDER)["people"]


def check_what_waits(case: Case) -> None:
    """Nothing waits to be signed; in the phase that goes on, one step is late."""
    assert not case.phases.filter(state=PhaseState.DECIDED).exists()
    steps = case.current_phase.tasks.filter(step__isnull=False)
    late = steps.filter(state=TaskState.OPEN, due_on__lt=ORDINARY)
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
    every = PhaseDocument.objects.exclude(template=None).select_related("template", "case__edition")
    for paper in every:
        required = {
            field["key"]
            for field in paper.template.fill_fields(case.edition.words("sv"))
            if field["required"]
        }
        missing = [key for key in required if not paper.fill.get(key)]
        assert missing == [], (paper.case.title, paper.template.serves)


def check_letters() -> None:
    """What the operations promised to send is answered already: no letter leaves."""
    letters = Message.objects.filter(kind__startswith="mail.")
    assert letters.exists()
    for letter in letters:
        import_string(settings.OUTBOX_HANDLERS[letter.kind])(letter)
    assert mail.outbox == []
