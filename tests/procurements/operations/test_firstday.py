from datetime import date, datetime, timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation

from documents import files
from journal.models import Event
from outbox.models import Message
from outbox.work import carry_out_one
from procurements.models import Case, CasePhase, GateDecision, Reminder, Round
from procurements.operations.case import begin_case, move_phase, stop_case
from procurements.operations.deadline import count_deadline
from procurements.operations.firstday import correct_start
from procurements.operations.insight import write_insight
from procurements.operations.signing import file_signed_copy
from procurements.operations.task import complete_task, plan_task
from procurements.planning import PlanRefused
from procurements.refusals import Refused
from procurements.tasks import remind_at
from tests.builders import MONDAY, a_case, an_edition, passed_gate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

# MONDAY is the 5th of October 2026; September was meant, and March was typed.
WRONG, RIGHT = date(2026, 3, 2), date(2026, 9, 2)
REASON = "Månaden blev fel."
NO_MORE = "until its gate is decided"


@pytest.fixture
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(people, time_machine) -> Case:
    time_machine.move_to(MONDAY, tick=False)
    # The first of its phases that lets suppliers in is the last.
    edition = an_edition(phases=4, admitting_phases=[3], assessed_phases=[])
    case = a_case(
        by=people.per,
        authority=people.authority,
        edition=edition,
        planned_start_on=WRONG,
        begun=False,
        roles={"process_leader": people.lena},
    )
    return begin_case(case=case, on=WRONG, by=people.per, at=MONDAY)


def run_of(case: Case, number: int = 0) -> CasePhase:
    return CasePhase.objects.select_related("phase").get(case=case, number=number, attempt=1)


def corrected(case, people, on=RIGHT, number=0, at: datetime = MONDAY, **more):
    return correct_start(
        case=Case.objects.get(pk=case.pk),
        case_phase=run_of(case, number),
        starts_on=on,
        reason=REASON,
        by=people.per,
        at=at,
        **more,
    )


def plan_of(case: Case) -> list[str]:
    return [str(run.planned) for run in case.phases.order_by("number")]


def test_the_case_is_as_if_the_right_day_had_been_typed(case, people):
    right = a_case(
        by=people.per,
        authority=people.authority,
        edition=case.edition,
        planned_start_on=RIGHT,
    )
    begin = Case.objects.get(pk=right.pk)
    assert begin.started_on == MONDAY.date()
    corrected(right, people)
    corrected(case, people)

    case, right = (Case.objects.get(pk=one.pk) for one in (case, right))
    assert case.started_on == right.started_on == run_of(case).started_on == RIGHT
    assert plan_of(case) == plan_of(right)
    days = [[task.due_on for task in run_of(one).tasks.all()] for one in (case, right)]
    assert days[0] == days[1] == [date(2026, 9, 3), date(2026, 9, 7)]


def test_history_keeps_both_days_and_the_reason(case, people):
    corrected(case, people)

    event = Event.objects.get(verb="phase.start_corrected")
    assert (event.facts["was_on"], event.facts["starts_on"]) == (str(WRONG), str(RIGHT))
    assert event.texts.get().text == REASON


def test_days_that_somebody_has_set_in_the_phase_stay(case, people):
    task = run_of(case).tasks.first()
    day = date(2026, 10, 20)
    plan_task(case=case, task=task, assignee=None, due_on=day, by=people.per, at=MONDAY)
    corrected(case, people)

    task.refresh_from_db()
    assert task.due_on == day


def test_no_letter_says_that_the_days_of_the_plan_are_late_and_the_gate_is_told_of(case, people):
    corrected(case, people)
    remind_at(timezone.now())
    for message in Message.objects.due(timezone.now()):
        carry_out_one(message.pk)

    told = [letter.subject.split(":")[0].replace("\xa0", " ") for letter in mail.outbox]
    # Who decides beside the one who corrected it knew of another day, and the gate is late.
    assert sorted(told) == ["18 dagar sen", "18 dagar sen", "Flyttad till 17 september 2026"]


def test_days_that_have_passed_when_it_is_corrected_make_no_letters_either(people, time_machine):
    case = a_case(by=people.per, authority=people.authority)
    later = MONDAY + timedelta(days=14)
    time_machine.move_to(later, tick=False)
    corrected(case, people, date(2026, 10, 1), at=later)
    assert [str(task.due_on) for task in run_of(case).tasks.all()] == ["2026-10-02", "2026-10-06"]

    remind_at(timezone.now())
    assert not Reminder.objects.filter(task__isnull=False).exists()


def test_a_first_day_ahead_makes_the_phase_wait_for_it(case, people):
    ahead = date(2026, 10, 12)
    corrected(case, people, ahead)

    run = run_of(case)
    assert run.is_waiting(on=MONDAY.date())
    assert run.started_on == Case.objects.get(pk=case.pk).started_on == ahead
    move_phase(case=case, case_phase=run, starts_on=date(2026, 10, 14), by=people.per, at=MONDAY)
    assert run_of(case).started_on == date(2026, 10, 14)


def test_a_day_off_is_rolled_forward_and_the_same_day_is_no_change(case, people):
    corrected(case, people, date(2026, 9, 5))
    assert run_of(case).started_on == date(2026, 9, 7)
    corrected(case, people, date(2026, 9, 6))
    assert Event.objects.filter(verb="phase.start_corrected").count() == 1


def test_a_later_phase_is_corrected_until_its_own_gate_but_not_to_before_the_one_before(
    case, people
):
    passed_gate(
        case, by=people.per, at=MONDAY, decided_on=date(2026, 4, 1), next_starts_on=date(2026, 4, 7)
    )
    before = run_of(case)
    for early in (date(2026, 3, 31), date(2026, 4, 1)):
        with pytest.raises(PlanRefused):
            corrected(case, people, early, number=1)
    corrected(case, people, date(2026, 4, 2), number=1)

    assert run_of(case, 1).started_on == date(2026, 4, 2)
    assert run_of(case).planned == before.planned
    assert Case.objects.get(pk=case.pk).started_on == WRONG
    with pytest.raises(Refused, match=NO_MORE):
        corrected(case, people)


@pytest.mark.parametrize("what", ["a step", "an insight"])
def test_what_was_done_in_the_phase_was_not_done_before_it(case, people, what):
    done_at = MONDAY - timedelta(days=3)
    run = run_of(case)
    if what == "a step":
        complete_task(case=case, task=run.tasks.first(), by=people.per, at=done_at)
    else:
        write_insight(
            case=case, title="Ny syn", text="Det är natten.", source="workshop", audience="team",
            by=people.per, at=done_at,
        )  # fmt: skip

    with pytest.raises(Refused, match="October"):
        corrected(case, people, date(2026, 10, 5))
    corrected(case, people, date(2026, 10, 2))
    assert run_of(case).started_on == date(2026, 10, 2)


def test_nor_after_an_event_from_which_the_law_counts(case, people):
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    count_deadline(
        case=case, case_phase=run_of(case), period="standstill_electronic",
        event_on=date(2026, 8, 31), by=people.per, at=MONDAY,
    )  # fmt: skip

    with pytest.raises(Refused, match="August"):
        corrected(case, people)


def test_nor_after_the_day_on_which_a_step_was_done(case, people):
    task = run_of(case).tasks.first()
    complete_task(case=case, task=task, done_on=date(2026, 4, 9), by=people.per, at=MONDAY)

    with pytest.raises(Refused, match="April"):
        corrected(case, people)
    corrected(case, people, date(2026, 4, 9))


def test_once_a_window_has_been_open_every_first_day_stands(people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    edition = an_edition(phases=4, admitting_phases=[1], assessed_phases=[])
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    passed_gate(
        case, by=people.per, at=MONDAY, decided_on=MONDAY.date(), next_starts_on=date(2026, 10, 6)
    )
    inside = MONDAY + timedelta(days=3)
    opened = Round.objects.get().opens_at
    with pytest.raises(Refused, match=NO_MORE):
        corrected(case, people, date(2026, 10, 7), number=1, at=inside)
    passed_gate(case, by=people.per, at=inside, decided_on=inside.date())
    with pytest.raises(Refused, match=NO_MORE):
        corrected(case, people, date(2026, 10, 14), number=2, at=inside + timedelta(days=10))
    assert Round.objects.get().opens_at == opened


def test_what_was_signed_late_did_not_lead_on_before_that(people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    edition = an_edition(
        phases=3, signatures=["chief"], signed_phases=[0], admitting_phases=[2], assessed_phases=[]
    )
    case = a_case(by=people.per, authority=people.authority, edition=edition, begun=False)
    begin_case(case=case, on=WRONG, by=people.per, at=MONDAY)
    passed_gate(
        case, by=people.per, at=MONDAY, decided_on=date(2026, 4, 1), next_starts_on=date(2026, 4, 7)
    )
    copy = files.keep(SimpleUploadedFile("b.pdf", b"%PDF-1.7 x"), organisation=case.authority)
    file_signed_copy(
        case=case, decision=GateDecision.objects.get(), role="chief", name="Lisbet Lund", file=copy,
        signed_on=date(2026, 4, 9), by=people.per, at=MONDAY,
    )  # fmt: skip
    assert run_of(case, 1).started_on == date(2026, 4, 9)

    with pytest.raises(Refused, match="signed"):
        corrected(case, people, date(2026, 4, 8), number=1)
    corrected(case, people, date(2026, 4, 10), number=1)
    corrected(case, people, date(2026, 4, 9), number=1)


@pytest.mark.parametrize("why", ["stopped", "planned", "long ago", "meanwhile"])
def test_what_cannot_be_corrected(case, people, why):
    more, number, on = {}, 0, RIGHT
    if why == "stopped":
        stop_case(case=case, reason="Slut.", by=people.per, at=MONDAY)
    elif why == "planned":
        number = 1
    elif why == "long ago":
        on = date(2023, 9, 1)
    else:
        corrected(case, people, date(2026, 9, 3))
        more = {"was": str(WRONG)}

    with pytest.raises(Refused):
        corrected(case, people, on, number=number, **more)
