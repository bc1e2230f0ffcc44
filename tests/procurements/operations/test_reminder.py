from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from journal.models import Event
from outbox.models import Message
from outbox.tasks import carry_out
from outbox.work import carry_out_one
from procurements.duties import duties_of
from procurements.models import Case, Deadline, Participant, Reminder, Task
from procurements.operations.case import (
    give_role,
    move_phase,
    pause_case,
    resume_case,
    stop_case,
)
from procurements.operations.deadline import (
    change_deadline,
    count_deadline,
    keep_deadline,
    set_deadline,
)
from procurements.operations.people import end_case_role
from procurements.operations.reminder import (
    hold_reminder,
    release_reminder,
    send_reminder_now,
    set_rhythm,
)
from procurements.operations.task import add_task, complete_task, plan_task
from procurements.refusals import Refused
from procurements.states import PassedOver, Role
from procurements.tasks import AHEAD, remind_at, remind_of
from teams.models import User
from tests.builders import MONDAY, a_case, a_case_in_admission, at_start_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# MONDAY is the 5th of October 2026, ten in the morning; the gate of the phase is later.
DUE = date(2026, 10, 16)


@pytest.fixture
def case(case_with_nothing_due: Case) -> Case:
    return case_with_nothing_due


@pytest.fixture
def later(time_machine):
    """Beat and the workers on a later day, at ten in the morning."""

    def at(days, hour=0):
        moment = MONDAY + days * DAY + timedelta(hours=hour)
        time_machine.move_to(moment, tick=False)
        run()
        return moment

    return at


def run():
    remind_at(timezone.now())
    for message in Message.objects.due(timezone.now()):
        carry_out_one(message.pk)


def a_deadline(case, people, due_on=DUE, title="Svara nämnden", **facts):
    return set_deadline(
        case=case,
        case_phase=case.current_phase,
        title=title,
        due_on=due_on,
        by=people.per,
        at=timezone.now(),
        **facts,
    )


def letters():
    """To whom, and how the subject begins; those about the gate are another story."""
    return [
        (letter.to[0], letter.subject.split(":")[0].replace("\xa0", " "))
        for letter in mail.outbox
        if "Besluta grind" not in letter.subject
    ]


def test_a_deadline_is_reminded_of_a_week_and_a_day_before_and_when_late(case, people, later):
    a_deadline(case, people, responsible=people.nora)
    for day in range(20):
        later(day)

    to = people.nora.email
    assert letters() == [(to, "Om 7 dagar"), (to, "I morgon"), (to, "3 dagar sen")]
    assert [one.kind for one in Reminder.objects.filter(gate=None)] == ["7", "1", "late"]


def test_the_letter_says_what_when_why_and_where_and_carries_a_page(case, people, later):
    deadline = a_deadline(case, people, responsible=people.nora)
    later(4)

    (letter,) = mail.outbox
    assert letter.subject == "Om 7 dagar: Svara nämnden, Trygg första vecka hemma"
    assert "16\xa0oktober\xa02026" in letter.body
    assert f"/cases/{case.number}/deadlines/{deadline.pk}/" in letter.body
    ((name, content, kind),) = letter.attachments
    assert (name, kind, content[:5]) == ("påminnelse.pdf", "application/pdf", b"%PDF-")


def test_each_person_is_reminded_in_their_own_language(case, people, later):
    User.objects.filter(pk=people.nora.pk).update(language="en")
    a_deadline(case, people, responsible=people.nora)
    later(4)

    assert mail.outbox[0].subject.startswith("In 7 days: Svara nämnden")
    assert "The day is 16 October 2026." in mail.outbox[0].body.replace("\xa0", " ")


def test_a_deadline_of_nobody_is_told_to_those_who_decide(case, people, later):
    a_deadline(case, people)
    later(4)

    assert letters() == [(people.per.email, "Om 7 dagar")]


def test_a_step_of_nobody_is_told_to_who_leads_and_a_gate_to_those_who_decide(case, people, later):
    run = case.current_phase
    Task.objects.filter(case_phase=run, position=1).update(due_on=DUE)
    gate = (run.planned_gate_on - MONDAY.date()).days
    later(gate - 7)

    told = {(letter.to[0], letter.subject.split(": ")[1].split(",")[0]) for letter in mail.outbox}
    assert told == {(people.per.email, "Besluta grind 0"), (people.per.email, "Steg 0.1")}


def test_harmless_however_often(case, people, later):
    a_deadline(case, people, responsible=people.nora)
    for _ in range(3):
        later(4)

    assert len(mail.outbox) == 1


def test_nothing_goes_out_at_night_nor_on_a_sunday(case, people, later):
    a_deadline(case, people, due_on=date(2026, 10, 13), responsible=people.nora)
    later(0, hour=10)
    assert letters() == []
    later(6)
    assert letters() == []
    # On Monday the 12th the turn for a day before has come, and passes over the week before.
    later(7)
    assert letters() == [(people.nora.email, "I morgon")]


def test_after_a_stop_only_the_latest_is_sent_and_marked_late(case, people, later):
    a_deadline(case, people, responsible=people.nora)
    later(7)

    (letter,) = mail.outbox
    assert letter.subject.startswith("Om 4 dagar")
    assert "skulle ha kommit 9\xa0oktober\xa02026" in letter.body


def test_what_is_done_is_not_reminded_of(case, people, later):
    deadline = a_deadline(case, people, responsible=people.nora)
    keep_deadline(case=case, deadline=deadline, by=people.nora, at=timezone.now())
    task = add_task(
        case=case,
        case_phase=case.current_phase,
        title="Boka salen",
        assignee=people.nora,
        due_on=DUE,
        by=people.per,
        at=timezone.now(),
    )
    complete_task(case=case, task=task, by=people.nora, at=timezone.now())
    later(4)

    assert letters() == []


def test_what_is_done_between_promise_and_letter_is_passed_over(case, people, time_machine):
    deadline = a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    keep_deadline(case=case, deadline=deadline, by=people.nora, at=timezone.now())
    run()

    assert letters() == []
    assert Reminder.objects.get().passed_over == PassedOver.DONE
    assert Message.objects.get().is_done


def test_a_case_that_rests_is_not_reminded_and_catches_up_when_it_goes_on(
    case, people, time_machine, later
):
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    pause_case(case=case, reason="Sommar.", by=people.per, at=timezone.now())
    run()
    assert Reminder.objects.filter(gate=None).get().passed_over == PassedOver.RESTS
    later(7)
    assert letters() == []

    resume_case(case=case, by=people.per, at=timezone.now())
    later(8)
    assert letters() == [(people.nora.email, "Om 3 dagar")]
    assert Reminder.objects.filter(gate=None).count() == 1


def test_a_case_that_pauses_while_its_turn_comes_is_not_reminded(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    at = MONDAY + 4 * DAY
    found = list(duties_of(Case.objects.all(), until=at.date() + AHEAD, at=at))
    pause_case(case=case, reason="Sommar.", by=people.per, at=at)

    assert remind_of(found, at=at) == 0
    assert not Reminder.objects.exists()


def test_a_case_thrown_away_meanwhile_holds_up_no_other(case, people):
    a_deadline(case, people, responsible=people.nora)
    other = a_case(by=people.per, authority=people.authority, roles={"need_owner": people.nora})
    a_deadline(other, people, responsible=people.nora)
    at = MONDAY + 4 * DAY
    found = list(duties_of(Case.objects.all(), until=at.date() + AHEAD, at=at))
    # Read a moment ago, and no longer found by anybody.
    gone = Case(pk=0, state=case.state)
    found = [replace(duty, case=gone) if duty.case == case else duty for duty in found]

    assert remind_of(found, at=at) > 0
    assert set(Reminder.objects.values_list("case", flat=True)) == {other.pk}


def test_a_stopped_case_reminds_of_nothing(case, people, later):
    a_deadline(case, people, responsible=people.nora)
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=timezone.now())
    later(4)

    assert letters() == []


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_of_a_day_of_the_law_a_case_that_rests_or_is_over_reminds(case, people, later, end):
    """LOU 12:14: why a procurement was cancelled is documented within 30 days."""
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    run = case.current_phase
    a_deadline(case, people, due_on=date(2026, 11, 4), responsible=people.nora)
    end(case=case, reason="Behovet är borta.", by=people.per, at=timezone.now())
    count_deadline(
        case=case,
        case_phase=run,
        period="documentation_cancelled",
        event_on=MONDAY.date(),
        responsible=people.nora,
        by=people.per,
        at=timezone.now(),
    )
    for day in range(35):
        later(day)

    assert letters() == [
        (people.nora.email, "Om 7 dagar"),
        (people.nora.email, "I morgon"),
        (people.nora.email, "1 dag sen"),
    ]
    assert {one.deadline.period for one in Reminder.objects.all()} == {"documentation_cancelled"}


def test_who_has_left_is_not_reminded_and_those_who_decide_are(case, people, later):
    a_deadline(case, people, responsible=people.nora)
    role = case.roles.get(user=people.nora)
    end_case_role(
        case=case, held=role, until_on=date(2026, 10, 7), by=people.per, at=timezone.now()
    )
    later(4)

    assert letters() == [(people.per.email, "Om 7 dagar")]


def test_a_moved_deadline_tells_its_people_both_days(case, people, later):
    deadline = a_deadline(case, people, responsible=people.nora)
    later(4)
    change_deadline(
        case=case,
        deadline=deadline,
        responsible=people.nora,
        due_on=date(2026, 10, 23),
        by=people.per,
        at=timezone.now(),
    )
    later(5 + 2)

    assert letters() == [
        (people.nora.email, "Om 7 dagar"),
        (people.nora.email, "Flyttad till 23 oktober 2026"),
    ]
    body = mail.outbox[-1].body.replace("\xa0", " ")
    assert "Dagen var 16 oktober 2026 och är nu 23 oktober 2026." in body
    # From now on the new day counts.
    for day in range(8, 20):
        later(day)
    assert [subject for _to, subject in letters()[2:]] == ["Om 7 dagar", "I morgon"]


def test_a_moved_task_tells_its_person_and_who_moved_it_is_not_told(case, people, later):
    task = add_task(
        case=case,
        case_phase=case.current_phase,
        title="Boka salen",
        assignee=people.nora,
        due_on=DUE,
        by=people.per,
        at=timezone.now(),
    )
    for by, day in ((people.per, 19), (people.nora, 20)):
        plan_task(
            case=case,
            task=task,
            assignee=people.nora,
            due_on=date(2026, 10, day),
            by=by,
            at=timezone.now(),
        )
    later(0)

    # The first move is no longer true, and the second is her own.
    assert letters() == []
    assert Reminder.objects.get().passed_over == PassedOver.MOVED


def test_a_moved_plan_tells_who_decides_its_gate_in_one_letter(case, people, later):
    run = case.phases.get(number=1)
    give_role_to(case, people.lena, "process_leader", by=people.per)
    moved = move_phase(
        case=case,
        case_phase=run,
        starts_on=run.planned_starts_on + 14 * DAY,
        by=people.per,
        at=timezone.now(),
    )
    later(0)

    # Per moved it, and knows. Phase 2 has moved too, and is not told of by itself.
    (letter,) = mail.outbox
    assert letter.to == [people.lena.email]
    assert letter.subject.startswith("Flyttad till ")
    assert "Besluta grind 1" in letter.subject
    assert "Faserna efter den har flyttats med den." in letter.body
    assert moved.planned_gate_on == run.planned_gate_on + 14 * DAY
    # The plan moved to the same day again says nothing.
    move_phase(
        case=case,
        case_phase=run,
        starts_on=moved.planned_starts_on,
        by=people.per,
        at=timezone.now(),
    )
    later(0)
    assert len(mail.outbox) == 1


def test_a_plan_that_moves_while_the_case_rests_tells_nobody(case, people, later):
    give_role_to(case, people.lena, "process_leader", by=people.per)
    pause_case(case=case, reason="Sommar.", by=people.per, at=timezone.now())
    run = case.phases.get(number=1)
    move_phase(
        case=case,
        case_phase=run,
        starts_on=run.planned_starts_on + 14 * DAY,
        by=people.per,
        at=timezone.now(),
    )
    later(0)

    assert not Reminder.objects.exists()


def give_role_to(case, person, role, *, by):
    with transaction.atomic():
        give_role(
            case, user=person, role=Role(role), from_on=MONDAY.date(), by=by, at=timezone.now()
        )


def move(deadline, case, people, *, to):
    """To another day of October, of Nora's by Per."""
    change_deadline(
        case=case,
        deadline=deadline,
        responsible=people.nora,
        due_on=date(2026, 10, to),
        by=people.per,
        at=timezone.now(),
    )


def test_moved_there_and_back_is_told_again(case, people, later):
    deadline = a_deadline(case, people, responsible=people.nora)
    for day in (19, 16, 19):
        move(deadline, case, people, to=day)
        later(0)

    assert [subject.split()[2] for _to, subject in letters()] == ["19", "16", "19"]


SATURDAY = MONDAY + 5 * DAY


def moved_on_saturday(case, people, time_machine, *days):
    """A deadline of Nora's, moved when no letter goes out."""
    deadline = a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(SATURDAY, tick=False)
    for day in days:
        move(deadline, case, people, to=day)
        run()
    assert letters() == []


def test_moved_twice_before_the_letter_goes_the_day_the_reader_knows_is_told(
    case, people, time_machine, later
):
    moved_on_saturday(case, people, time_machine, 19, 20, 23)
    later(7)

    assert letters() == [(people.nora.email, "Flyttad till 23 oktober 2026")]
    body = mail.outbox[-1].body.replace("\xa0", " ")
    assert "Dagen var 16 oktober 2026 och är nu 23 oktober 2026." in body


def test_moved_back_before_the_letter_goes_nothing_is_told(case, people, time_machine, later):
    moved_on_saturday(case, people, time_machine, 19, 16)
    later(7)

    assert letters() == []
    told = Reminder.objects.get(kind="moved")
    assert told.passed_over == PassedOver.MOVED


def test_a_move_that_was_told_at_once_waits_for_the_morning_when_it_is_told_anew(
    case, people, time_machine
):
    moved_on_saturday(case, people, time_machine)
    deadline = Deadline.objects.get()
    for day in (19, 20):
        move(deadline, case, people, to=day)
        told = Reminder.objects.get(kind="moved", due_on=date(2026, 10, day))
        send_reminder_now(case=case, reminder=told, by=people.per, at=timezone.now())
        run()
    move(deadline, case, people, to=19)
    run()

    assert [subject.split()[2] for _to, subject in letters()] == ["19", "20"]


def test_a_letter_that_is_being_sent_counts_as_read(case, people, time_machine):
    moved_on_saturday(case, people, time_machine, 19)
    Message.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    change_deadline(
        case=case,
        deadline=Reminder.objects.get(kind="moved").deadline,
        responsible=people.nora,
        due_on=DUE,
        by=people.per,
        at=timezone.now(),
    )

    told = Reminder.objects.filter(kind="moved").order_by("pk")
    assert [(one.was_on.day, one.due_on.day) for one in told] == [(16, 19), (19, 16)]


def test_a_plan_moved_there_and_back_before_the_letter_goes_tells_nobody(
    case, people, time_machine, later
):
    run = case.phases.get(number=1)
    give_role_to(case, people.lena, "process_leader", by=people.per)
    time_machine.move_to(SATURDAY, tick=False)
    for weeks in (2, 3, 0):
        move_phase(
            case=case,
            case_phase=run,
            starts_on=run.planned_starts_on + weeks * 7 * DAY,
            by=people.per,
            at=timezone.now(),
        )
    later(7)

    assert [letter.subject for letter in mail.outbox if "Flyttad" in letter.subject] == []


def test_a_step_set_closer_than_its_interval_gets_the_next_one(case, people, later):
    a_deadline(case, people, due_on=date(2026, 10, 9), responsible=people.nora)
    for day in range(5):
        later(day)

    assert letters() == [(people.nora.email, "I morgon")]


def test_a_case_and_a_person_choose_when(case, people, later):
    set_rhythm(case=case, steps=["3"], by=people.per, at=timezone.now())
    User.objects.filter(pk=people.nora.pk).update(rhythm="1 late")
    a_deadline(case, people, responsible=people.nora)
    a_deadline(case, people, due_on=date(2026, 10, 15))
    for day in range(13):
        later(day)

    assert letters() == [(people.per.email, "Om 3 dagar"), (people.nora.email, "I morgon")]
    with translation.override("en"):
        told = str(Event.objects.of(case).filter(verb="reminders.changed").readable()[0].sentence)
    assert told == (
        "Changed when people are reminded, before: 7 days before, 1 day before, when it is late, "
        "now: 3 days before"
    )


def test_who_wants_no_letters_gets_none(case, people, later):
    User.objects.filter(pk=people.nora.pk).update(rhythm="never")
    deadline = a_deadline(case, people, responsible=people.nora)
    change_deadline(
        case=case,
        deadline=deadline,
        responsible=people.nora,
        due_on=date(2026, 10, 15),
        by=people.per,
        at=timezone.now(),
    )
    for day in range(12):
        later(day)

    assert letters() == []


def test_a_step_is_not_wanted_because_another_begins_with_it(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 10 * DAY, tick=False)
    remind_at(timezone.now())
    set_rhythm(case=case, steps=["14"], by=people.per, at=timezone.now())
    run()

    assert letters() == []
    assert Reminder.objects.get(gate=None).passed_over == PassedOver.UNWANTED


def test_a_held_reminder_waits_until_it_is_let_go(case, people, time_machine, later):
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    reminder = Reminder.objects.get()
    acts = {"case": case, "reminder": reminder, "by": people.per}
    for _ in range(2):
        hold_reminder(**acts, at=timezone.now())
    later(4)
    assert letters() == []

    for _ in range(2):
        release_reminder(**acts, at=timezone.now())
    later(4)
    assert letters() == [(people.nora.email, "Om 7 dagar")]
    with pytest.raises(Refused):
        hold_reminder(**acts, at=timezone.now())
    verbs = Event.objects.of(case).filter(verb__startswith="reminder.")
    assert [event.verb for event in verbs] == ["reminder.held", "reminder.released"]


def test_one_that_is_being_sent_cannot_be_held(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    Message.objects.update(leased_until=timezone.now() + timedelta(minutes=1))

    with pytest.raises(Refused):
        hold_reminder(case=case, reminder=Reminder.objects.get(), by=people.per, at=timezone.now())
    assert Reminder.objects.get().held_at is None


def test_one_that_a_worker_has_just_sent_is_neither_held_nor_sent_again(case, people, time_machine):
    """The worker is done after the reminder was read, and before its letter is locked."""
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    reminder, now = Reminder.objects.get(), timezone.now()
    acts = {"case": case, "reminder": reminder, "by": people.per, "at": now}

    def as_a_worker_ends(execute, sql, *others):
        if sql.startswith("SELECT") and "outbox_message" in sql:
            Message.objects.waiting().update(done_at=now)
            Reminder.objects.filter(sent_at=None).update(sent_at=now)
        return execute(sql, *others)

    with connection.execute_wrapper(as_a_worker_ends):
        send_reminder_now(**acts)
    assert not Message.objects.waiting().exists()

    Reminder.objects.update(sent_at=None)
    with connection.execute_wrapper(as_a_worker_ends), pytest.raises(Refused):
        hold_reminder(**acts)


def test_a_heap_of_reminders_is_read_once(case, people, time_machine):
    """Ten of a day take no more queries to read than one."""

    def queries():
        remind_at(timezone.now())
        with CaptureQueriesContext(connection) as seen:
            carry_out(Message.objects.due(timezone.now()).first().pk)
        return len([query for query in seen if query["sql"].startswith("SELECT")])

    counts = []
    for heap in (1, 10):
        time_machine.move_to(MONDAY, tick=False)
        for number in range(heap):
            a_deadline(case, people, title=f"Dag {heap}.{number}", responsible=people.nora)
        time_machine.move_to(MONDAY + 4 * DAY + timedelta(minutes=heap), tick=False)
        counts.append(queries())

    assert len(mail.outbox) == 11
    assert counts[1] <= counts[0] < 25


def test_one_sent_now_does_not_wait_for_the_morning(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    time_machine.move_to(MONDAY + 4 * DAY + timedelta(hours=10), tick=False)
    run()
    assert letters() == []
    assert Message.objects.get().due_at > timezone.now()

    acts = {"case": case, "reminder": Reminder.objects.get(), "by": people.per}
    for _ in range(2):
        send_reminder_now(**acts, at=timezone.now())
    run()
    assert letters() == [(people.nora.email, "Om 7 dagar")]


def test_inside_a_secrecy_window_a_letter_never_tells_what_the_team_wrote(people, later):
    case = a_case_in_admission(people.per, people.authority, at=MONDAY)
    at = at_start_of(case)
    set_deadline(
        case=case,
        case_phase=case.current_phase,
        title="Svar till Ask AB",
        due_on=at.date() + 7 * DAY,
        responsible=people.per,
        by=people.per,
        at=at,
    )
    later((at.date() - MONDAY.date()).days)

    own = [letter for letter in mail.outbox if "egen" in letter.subject]
    assert own
    assert "Ask AB" not in "".join(letter.subject + letter.body for letter in mail.outbox)


def test_a_letter_never_names_a_supplier_whatever_the_team_calls_its_day(case, people, later):
    Participant.objects.create(
        case=case,
        name="Askgrens Digital AB",
        admitted_in=case.current_phase,
        added_by=people.per,
        added_at=timezone.now(),
    )
    for title in ("Ring Askgrens", "Möte om digital leverans", "Boka salen"):
        set_deadline(
            case=case,
            case_phase=case.current_phase,
            title=title,
            due_on=DUE,
            responsible=people.nora,
            by=people.per,
            at=timezone.now(),
        )
    later(4)

    subjects = [letter.subject for letter in mail.outbox]
    assert [subject.split(": ")[1].split(",")[0] for subject in subjects] == [
        "En egen frist för teamet i fas 0",
        "En egen frist för teamet i fas 0",
        "Boka salen",
    ]


def test_a_letter_about_the_law_tells_how_it_is_counted_but_not_what_somebody_wrote(
    case, people, later
):
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="standstill_electronic",
        event_on=MONDAY.date(),
        due_on=date(2026, 10, 20),
        reasons="Ask AB har bett om mer tid.",
        responsible=people.nora,
        by=people.per,
        at=timezone.now(),
    )
    later(8)

    (letter,) = [letter for letter in mail.outbox if "Avtalsspärr" in letter.subject]
    assert "10 dagar efter den dag då" in letter.body
    assert "LOU 20:1" in letter.body
    assert "Ask AB" not in letter.body
