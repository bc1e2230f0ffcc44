"""What the database itself refuses of a case: rows that no operation writes."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from procurements.models import CaseInvitation, CasePhase, LegalAssessment, Participant, Task
from procurements.operations.people import invite_to_case
from tests.builders import MONDAY, a_case
from tests.procurements.operations.test_gate import NAMES, admitted, decide

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(people):
    return a_case(by=people.per, authority=people.authority)


def refused(constraint, change):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        change()
    return True


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("paused_case_says_why", {"state": "paused", "state_reason": ""}),
        ("case_that_is_over_has_ended", {"state": "stopped", "state_reason": "Därför."}),
        ("case_that_is_over_has_ended", {"state": "completed"}),
    ],
)
def test_a_case_that_rests_or_is_over_says_so(case, constraint, wrong):
    assert refused(constraint, lambda: type(case).objects.update(**wrong))


def test_a_draft_has_not_begun(people):
    draft = a_case(by=people.per, authority=people.authority, begun=False)

    assert refused(
        "draft_has_not_begun", lambda: type(draft).objects.update(started_on=MONDAY.date())
    )


@pytest.mark.parametrize(
    ("constraint", "state", "wrong"),
    [
        ("first_attempt_is_one", "active", {"attempt": 0}),
        ("planned_phase_has_not_begun", "planned", {"started_on": date(2026, 10, 5)}),
        ("phase_has_ended_when_closed", "closed", {"ended_on": None}),
        ("phase_has_ended_when_closed", "active", {"ended_on": date(2090, 1, 1)}),
    ],
)
def test_a_phase_has_the_days_of_its_state(case, people, constraint, state, wrong):
    decide(case, people.per)
    runs = CasePhase.objects.filter(state=state)

    assert refused(constraint, lambda: runs.update(**wrong))


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [("gate_says_why", {"reasons": ""}), ("gate_has_a_reference", {"reference": ""})],
)
def test_a_decision_says_why_and_where_it_is_written(case, people, constraint, wrong):
    with pytest.raises(IntegrityError, match=constraint):
        decide(case, people.per, **wrong)


def test_a_choice_of_legal_track_says_why(case, people):
    tracks = {"track": "lou_above", "proposed_track": "lou_above"}

    assert refused(
        "assessment_says_why",
        lambda: LegalAssessment.objects.create(
            case=case, reasons="", by=people.per, at=MONDAY, **tracks
        ),
    )


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("supplier_that_left_has_a_day", {"left_on": date(2026, 10, 6)}),
        ("supplier_that_left_has_a_day", {"left_reason": "Avstår."}),
        ("supplier_has_a_name", {"name": ""}),
        ("supplier_has_a_country", {"country": ""}),
    ],
)
def test_a_supplier_in_a_case_is_whole(people, constraint, wrong):
    admitted(people)

    assert refused(constraint, lambda: Participant.objects.filter(name=NAMES[0]).update(**wrong))


def test_a_supplier_that_left_did_so_on_a_day(people):
    case, _at = admitted(people)
    left = {"state": "withdrawn", "left_in": case.current_phase, "left_reason": "Avstår."}

    assert refused("supplier_that_left_has_a_day", lambda: Participant.objects.update(**left))


def test_a_supplier_entered_by_mistake_leaves_where_it_came_in(people):
    case, _at = admitted(people)
    left = {"state": "mistaken", "left_on": date(2026, 10, 6), "left_reason": "Fel lista."}
    elsewhere = case.phases.get(number=0)
    one = Participant.objects.filter(name=NAMES[0])

    constraint = "mistaken_supplier_leaves_where_it_came_in"
    assert refused(constraint, lambda: one.update(left_in=elsewhere, **left))
    assert one.update(left_in=case.current_phase, **left) == 1


@pytest.mark.parametrize("state", ["open", "dropped"])
def test_a_task_that_is_not_done_was_done_by_nobody(case, people, state):
    done = {"state": state, "done_at": MONDAY, "done_by": people.per}

    assert refused("task_not_done_was_done_by_nobody", lambda: Task.objects.update(**done))


def test_an_invitation_is_accepted_or_withdrawn(case, people):
    invite_to_case(case=case, email="eva@konsult.example", role="coach", by=people.per, at=MONDAY)
    both = {"accepted_at": MONDAY, "revoked_at": MONDAY}

    assert refused("case_invitation_has_one_end", lambda: CaseInvitation.objects.update(**both))
