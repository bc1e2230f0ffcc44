"""A case that began on paper months ago, entered when somebody begins to use the house."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from outbox.models import Message
from outbox.work import carry_out_one
from procurements.models import Case, Reminder, Task
from procurements.operations.case import begin_case
from procurements.operations.task import plan_task
from procurements.tasks import remind_at, want_papers_at
from tests.builders import MONDAY, a_case, passed_gate
from tests.handbook.shelves import METHOD, loaded, shipped
from tests.people import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# MONDAY is the 5th of October 2026; the work began in March.
BEGAN = date(2026, 3, 2)
NIGHT = datetime(2026, 10, 5, 20, 0, tzinfo=UTC)


@pytest.fixture
def case(people, time_machine) -> Case:
    """Entered on a Monday in October."""
    time_machine.move_to(MONDAY, tick=False)
    case = a_case(
        by=people.per,
        authority=people.authority,
        edition=loaded(shipped(METHOD)),
        planned_start_on=BEGAN,
        begun=False,
    )
    return begin_case(case=case, on=BEGAN, by=people.per, at=MONDAY)


@pytest.fixture
def told(time_machine):
    """What the letters of the days that follow are about."""

    def until(on: date) -> list[str]:
        at = timezone.now()
        while at.date() <= on:
            time_machine.move_to(at, tick=False)
            want_papers_at(at - timedelta(hours=12))
            remind_at(at)
            for message in Message.objects.due(at):
                carry_out_one(message.pk)
            at += timedelta(days=1)
        return [letter.subject.replace("\xa0", " ") for letter in mail.outbox]

    return until


def late_steps() -> int:
    return Reminder.objects.filter(task__isnull=False, kind="late").count()


def test_days_that_had_passed_when_the_case_was_entered_make_no_heap_of_letters(case, told):
    assert Task.objects.open().filter(due_on__lt=MONDAY.date()).count() == 5

    # The gate is late, and waits to be decided.
    (only,) = told(MONDAY.date() + timedelta(days=10))
    assert "Besluta grind 0" in only
    assert not Message.objects.filter(kind="paper.reminder", subject__contains="task:").exists()


def test_so_it_is_in_a_phase_whose_first_day_had_passed_when_its_gate_was_recorded(
    case, people, told
):
    passed_gate(
        case, by=people.per, at=MONDAY, decided_on=date(2026, 4, 1), next_starts_on=date(2026, 4, 7)
    )
    assert Task.objects.open().filter(due_on__lt=MONDAY.date()).count() > 5

    told(MONDAY.date() + timedelta(days=10))
    assert late_steps() == 0


def test_a_day_that_somebody_sets_by_hand_is_told_of_as_before(case, people, told):
    first, second, *_ = case.current_phase.tasks.order_by("position")
    ahead, passed = date(2026, 10, 13), date(2026, 9, 30)
    for task, day in ((first, ahead), (second, passed)):
        plan_task(case=case, task=task, assignee=people.per, due_on=day, by=people.per, at=MONDAY)

    told(date(2026, 10, 14))
    kinds = Reminder.objects.filter(task__isnull=False).order_by("task__position", "turn_on")
    assert [(one.due_on, one.kind) for one in kinds] == [
        (ahead, "7"),
        (ahead, "1"),
        (ahead, "late"),
        (passed, "late"),
    ]


def test_a_day_of_the_plan_that_is_still_to_come_is_told_of(people, time_machine, told):
    time_machine.move_to(MONDAY, tick=False)
    case = a_case(by=people.per, authority=people.authority, begun=False)
    begin_case(case=case, on=date(2026, 10, 1), by=people.per, at=MONDAY)
    days = Task.objects.filter(case_phase__number=0).values_list("due_on", flat=True)
    assert [str(day) for day in days] == ["2026-10-02", "2026-10-06"]

    told(date(2026, 10, 9))
    kinds = Reminder.objects.filter(task__isnull=False).order_by("turn_on")
    assert [(one.due_on.day, one.kind) for one in kinds] == [(6, "1"), (6, "late")]


def test_what_began_before_the_moment_was_kept_is_told_of_as_it_was(case, told):
    case.phases.update(begun_at=None)

    told(MONDAY.date())
    assert late_steps() == 5


def test_the_page_of_reminders_agrees_with_what_is_sent(case, people):
    page = signed_in(people.per).get(f"/cases/{case.number}/reminders/")
    assert page.context["waiting"] == []
    remind_at(timezone.now())
    page = signed_in(people.per).get(f"/cases/{case.number}/reminders/")
    assert [row.what for row in page.context["waiting"]] == ["Besluta grind 0"]
