"""A day of the law that only ends or begins what somebody may do passes by itself (decision 36)."""

from datetime import date, timedelta
from itertools import groupby

import pytest
from django.core import mail
from django.utils import timezone

from outbox.models import Message
from outbox.work import carry_out_one
from procurements import periods
from procurements.duties import current_duty
from procurements.models import Case, CasePhase
from procurements.operations.case import pause_case
from procurements.operations.deadline import change_deadline, count_deadline
from procurements.operations.reminder import make_coming, release_reminder
from procurements.periodwords import name_of
from procurements.reminding import Rung
from procurements.tasks import remind_at, write_weeks_at
from tests.builders import MONDAY
from tests.people import signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FRIDAY = date(2026, 10, 9)
# Events whose day is that Friday: contracts from it on; until it a supplier may act; by it we do.
STANDSTILL = ("standstill_electronic", date(2026, 9, 28))
REVIEW = ("review_of_cancellation", date(2026, 9, 29))
ANSWER = ("reasons_on_request", date(2026, 9, 24))
NEVER_LATE = pytest.mark.parametrize("counted", [STANDSTILL, REVIEW])


@pytest.fixture
def case(case_with_nothing_due: Case) -> Case:
    CasePhase.objects.filter(case=case_with_nothing_due, state="active").update(
        planned_ends_on=FRIDAY + 60 * DAY, planned_gate_on=FRIDAY + 60 * DAY
    )
    Case.objects.filter(pk=case_with_nothing_due.pk).update(legal_track="lou_above")
    return Case.objects.get(pk=case_with_nothing_due.pk)


def a_day_on_friday(case, people, counted):
    period, event_on = counted
    deadline = count_deadline(case=case, case_phase=case.current_phase, period=period,
                              event_on=event_on, responsible=people.per, by=people.per,
                              at=MONDAY)  # fmt: skip
    assert deadline.due_on == FRIDAY
    return deadline


def told(people, case, title) -> dict[str, bool]:
    """Where Per is told of a day, or that something is late."""
    client = signed_in(people.per)
    mine, several = client.get("/"), client.get("/portfolio/")
    days, over = (
        client.get(f"/cases/{case.number}/deadlines/"),
        client.get(f"/cases/{case.number}/"),
    )
    mail.outbox.clear()
    Message.objects.filter(kind="mail.week").delete()
    write_weeks_at(timezone.now())
    for message in Message.objects.due(timezone.now()).filter(kind="mail.week"):
        carry_out_one(message.pk)
    return {
        "my cases": title in mine.text or "1 försenad" in mine.text,
        "portfolio": title in [thing.title for thing in several.context["needs"]]
        or "1 försenad" in several.text,
        "late cases": bool(client.get("/portfolio/?state=late").context["rows"]),
        "deadlines": title in [one.title for one in days.context["late"] + days.context["coming"]],
        "overview": title in [one.title for one in over.context["law_days"]],
        "letter of the week": any(title in letter.body for letter in mail.outbox),
    }


@pytest.mark.parametrize(
    ("counted", "is_told"), [(STANDSTILL, False), (REVIEW, False), (ANSWER, True)]
)
def test_nobody_is_late_with_a_day_that_only_ends_or_begins_what_may_be_done(
    case, people, counted, is_told, time_machine
):
    a_day_on_friday(case, people, counted)
    title = str(name_of(counted[0]))

    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    on_the_day = told(people, case, title)
    assert [where for where, told_there in on_the_day.items() if told_there] == [
        "my cases", "portfolio", "deadlines", "letter of the week",
    ]  # fmt: skip

    time_machine.move_to(MONDAY + 8 * DAY, tick=False)
    afterwards = told(people, case, title)
    assert afterwards == dict.fromkeys(afterwards, is_told) | {"overview": False}


@pytest.mark.parametrize(("counted", "is_told"), [(STANDSTILL, False), (ANSWER, True)])
def test_so_it_is_in_a_case_that_rests(case, people, counted, is_told, time_machine):
    a_day_on_friday(case, people, counted)
    pause_case(case=case, reason="Sommar.", by=people.per, at=MONDAY)
    time_machine.move_to(MONDAY + 8 * DAY, tick=False)

    afterwards = told(people, case, str(name_of(counted[0])))

    assert afterwards == dict.fromkeys(afterwards, is_told) | {"late cases": False}


@NEVER_LATE
def test_its_page_says_that_it_has_passed_and_asks_for_nothing(case, people, counted, time_machine):
    one = a_day_on_friday(case, people, counted)
    client = signed_in(people.per)
    assert "Fristen är hållen" in client.get(one.get_absolute_url()).text

    time_machine.move_to(MONDAY + 8 * DAY, tick=False)

    client = signed_in(people.per)
    shown = client.get(one.get_absolute_url()).text
    assert "Passerad" in shown
    assert "due--late" not in shown
    assert "Fristen är hållen" not in shown
    past = client.get(f"/cases/{case.number}/deadlines/").context["past"]
    assert [(row.pk, end) for row, _told, end in past] == [(one.pk, "Passerad")]


def test_when_its_event_is_put_right_it_is_to_come_again(case, people, time_machine):
    one = a_day_on_friday(case, people, STANDSTILL)
    time_machine.move_to(MONDAY + 8 * DAY, tick=False)

    change_deadline(case=case, deadline=one, event_on=FRIDAY, responsible=people.per,
                    by=people.per, at=timezone.now())  # fmt: skip

    days = signed_in(people.per).get(f"/cases/{case.number}/deadlines/").context
    assert [row.title for row in days["coming"] if row.kind == "law"] == [name_of(STANDSTILL[0])]
    assert days["past"] == []


def letters_after(people, case, time_machine, *, on) -> list[str]:
    time_machine.move_to(on, tick=False)
    remind_at(timezone.now())
    for message in Message.objects.due(timezone.now()):
        carry_out_one(message.pk)
    return [one.subject.partition(":")[0] for one in mail.outbox]


@pytest.mark.parametrize(
    ("counted", "leads"),
    [(STANDSTILL, ["I morgon"]), (REVIEW, ["I morgon"]), (ANSWER, ["I morgon", "4 dagar sen"])],
)
def test_no_letter_says_that_somebody_is_late_with_it(case, people, counted, leads, time_machine):
    a_day_on_friday(case, people, counted)
    letters_after(people, case, time_machine, on=MONDAY + 3 * DAY)

    assert letters_after(people, case, time_machine, on=MONDAY + 8 * DAY) == leads


@pytest.mark.parametrize(
    ("counted", "lead"),
    [(STANDSTILL, "För 4 dagar sedan"), (REVIEW, "För 4 dagar sedan"), (ANSWER, "4 dagar sen")],
)
def test_a_letter_that_was_held_says_how_long_ago_it_was(case, people, counted, lead, time_machine):
    one = a_day_on_friday(case, people, counted)
    held = make_coming(case=case, duty=current_duty(one, at=MONDAY), person=people.per,
                       rung=Rung("1", FRIDAY - DAY), by=people.per, at=MONDAY)  # fmt: skip
    time_machine.move_to(MONDAY + 8 * DAY, tick=False)
    release_reminder(case=case, reminder=held, by=people.per, at=timezone.now())
    for message in Message.objects.due(timezone.now()):
        carry_out_one(message.pk)

    assert lead in [letter.subject.partition(":")[0] for letter in mail.outbox]


def test_a_period_is_of_one_kind_through_all_its_rows():
    rows = sorted(periods.periods(), key=lambda one: one.key)
    for _key, same in groupby(rows, key=lambda one: one.key):
        assert len({one.kind for one in same}) == 1
