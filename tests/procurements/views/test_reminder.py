from datetime import timedelta
from functools import partial

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from outbox.models import TRIES, Message
from outbox.work import carry_out_one
from procurements.models import Case, Reminder, Task
from procurements.operations.case import stop_case
from procurements.operations.deadline import (
    change_deadline,
    keep_deadline,
    reopen_deadline,
    set_deadline,
)
from procurements.tasks import remind_at
from tests.builders import MONDAY, a_case, a_case_in_admission, an_edition, at_start_of
from tests.people import signed_in
from tests.smtp import closed_port, mail_server

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def case(case_with_nothing_due: Case) -> Case:
    return case_with_nothing_due


def url(name, case, *more):
    return reverse(name, args=[case.number, *more])


def page(user, case) -> str:
    return signed_in(user).get(url("case_reminders", case)).text


def a_deadline(case, people, days=11, title="Svara nämnden", **facts):
    now = timezone.now()
    return set_deadline(
        case=case,
        case_phase=case.current_phase,
        title=title,
        due_on=now.date() + days * DAY,
        by=people.per,
        at=now,
        **facts,
    )


def deliver():
    for message in Message.objects.due(timezone.now()):
        carry_out_one(message.pk)


def key_on(shown: str) -> str:
    return shown.partition('name="key" value="')[2].partition('"')[0]


def test_the_page_says_what_waits_and_what_was_sent_and_when(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    shown = page(people.per, case)
    assert shown.index("Påminnelser som väntar") < shown.index("Svara nämnden")
    assert "Inget har skickats än." in shown

    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    deliver()
    shown = page(people.per, case)
    sent = shown[shown.index('id="sent-h"') :]
    assert "Svara nämnden" in sent
    assert "skickad 9 okt 10.00" in sent.replace("\xa0", " ")
    assert "7 dagar före" in sent


def test_one_that_was_passed_over_says_why(case, people):
    deadline = a_deadline(case, people, responsible=people.nora)
    Reminder.objects.create(
        deadline=deadline,
        case=case,
        person=people.nora,
        kind="7",
        due_on=deadline.due_on,
        turn_on=MONDAY.date(),
        made_at=MONDAY,
        passed_over="rests",
    )

    assert "inte skickad: Ärendet var pausat eller avslutat." in page(people.per, case)


def test_one_to_come_is_held_and_let_go(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    client = signed_in(people.per)
    key = key_on(client.get(url("case_reminders", case)).text)

    answer = client.post(url("reminder_coming", case), {"key": key}, follow=True)
    assert "Påminnelsen är hejdad" in answer.text
    assert "<strong>hejdad</strong> Per Palm" in answer.text
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    deliver()
    assert mail.outbox == []

    signed_in(people.per).post(url("reminder_release", case, Reminder.objects.get().pk))
    deliver()
    assert [letter.to for letter in mail.outbox] == [[people.nora.email]]


@pytest.mark.parametrize("is_held_last", [True, False])
def test_two_who_choose_for_one_to_come_get_what_the_second_was_told(case, people, is_held_last):
    a_deadline(case, people, responsible=people.nora)
    client = signed_in(people.per)
    key = key_on(client.get(url("case_reminders", case)).text)
    presses = [{"key": key, "now": "yes"}, {"key": key}]

    for press in presses if is_held_last else reversed(presses):
        client.post(url("reminder_coming", case), press)
    deliver()

    assert bool(Reminder.objects.get().held_at) == is_held_last
    assert len(mail.outbox) == (0 if is_held_last else 1)


@pytest.mark.parametrize("press", [{}, {"now": "yes"}])
def test_of_one_to_come_that_was_passed_over_meanwhile_the_page_says_why(case, people, press):
    deadline = a_deadline(case, people, responsible=people.nora)
    acts = {"case": case, "deadline": deadline, "by": people.per, "at": timezone.now()}
    client = signed_in(people.per)
    key = key_on(client.get(url("case_reminders", case)).text)
    client.post(url("reminder_coming", case), {"key": key, "now": "yes"}, follow=True)
    keep_deadline(**acts)
    deliver()
    reopen_deadline(**acts)

    answer = client.post(url("reminder_coming", case), {"key": key} | press)

    assert answer.status_code == 422
    assert "Påminnelsen skickades inte: Det var redan gjort." in answer.text
    assert "redan skickad" not in answer.text
    assert "på väg" not in answer.text
    assert mail.outbox == []


@pytest.mark.parametrize("act", ["hold", "release", "send"])
def test_of_one_that_was_passed_over_meanwhile_the_page_says_why(case, people, act):
    deadline = a_deadline(case, people, responsible=people.nora)
    passed = Reminder.objects.create(
        deadline=deadline,
        case=case,
        person=people.nora,
        kind="7",
        due_on=deadline.due_on,
        turn_on=MONDAY.date(),
        made_at=MONDAY,
        passed_over="rests",
    )

    answer = signed_in(people.per).post(url(f"reminder_{act}", case, passed.pk))

    assert answer.status_code == 422
    assert "skickades inte: Ärendet var pausat eller avslutat." in answer.text


def test_of_one_that_was_sent_meanwhile_the_page_says_so(case, people):
    a_deadline(case, people, responsible=people.nora)
    client = signed_in(people.per)
    sent = {"key": key_on(client.get(url("case_reminders", case)).text), "now": "yes"}
    first = client.post(url("reminder_coming", case), sent, follow=True)
    deliver()
    second = client.post(url("reminder_coming", case), sent, follow=True)

    assert "Påminnelsen är på väg" in first.text
    assert "Påminnelsen är redan skickad." in second.text
    assert "på väg" not in second.text


def moved_a_week(acts, deadline):
    change_deadline(
        **acts,
        deadline=deadline,
        responsible=deadline.responsible,
        due_on=deadline.due_on + 7 * DAY,
    )


def kept(acts, deadline):
    keep_deadline(**acts, deadline=deadline)


def stopped(acts, deadline):
    stop_case(**acts, reason="Behovet är borta.")


@pytest.mark.parametrize("void", [moved_a_week, kept, stopped])
def test_a_held_reminder_of_what_is_no_more_does_not_wait(case, people, void):
    deadline = a_deadline(case, people, responsible=people.nora)
    client = signed_in(people.per)
    key = key_on(client.get(url("case_reminders", case)).text)
    client.post(url("reminder_coming", case), {"key": key})
    assert "dagen är 16 okt" in page(people.per, case).replace("\xa0", " ")

    void({"case": case, "by": people.per, "at": timezone.now()}, deadline)

    shown = page(people.per, case).replace("\xa0", " ")
    assert "dagen är 16 okt" not in shown
    assert "<strong>hejdad</strong>" not in shown


def test_a_reminder_held_in_vain_waits_again_when_its_day_is_true_again(case, people):
    deadline = a_deadline(case, people, responsible=people.nora)
    client = signed_in(people.per)
    key = key_on(client.get(url("case_reminders", case)).text)
    client.post(url("reminder_coming", case), {"key": key})
    acts = {"case": case, "deadline": deadline, "by": people.per, "at": timezone.now()}
    keep_deadline(**acts)
    reopen_deadline(**acts)

    assert "<strong>hejdad</strong> Per Palm" in page(people.per, case)


def test_one_let_go_before_its_turn_comes_when_its_turn_does(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    client = signed_in(people.per)
    client.post(
        url("reminder_coming", case), {"key": key_on(client.get(url("case_reminders", case)).text)}
    )
    client.post(url("reminder_release", case, Reminder.objects.get().pk))
    deliver()
    assert mail.outbox == []

    for _ in range(2):
        time_machine.move_to(MONDAY + 4 * DAY, tick=False)
        remind_at(timezone.now())
        deliver()
    assert [letter.subject[:10] for letter in mail.outbox] == ["Om 7 dagar"]


def test_a_reminder_of_a_task_whose_day_was_taken_away_is_nobodys_to_hold(case, people):
    task = case.current_phase.tasks.first()
    reminder = Reminder.objects.create(
        task=task,
        case=case,
        person=people.nora,
        kind="7",
        due_on=MONDAY.date(),
        turn_on=MONDAY.date(),
        made_at=MONDAY,
    )

    answer = signed_in(people.per).post(url("reminder_hold", case, reminder.pk))
    assert answer.status_code == 404
    reminder.refresh_from_db()
    assert reminder.held_at is None


def test_one_to_come_is_sent_at_once_and_not_again_when_its_turn_comes(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    client = signed_in(people.per)
    sent = {"key": key_on(client.get(url("case_reminders", case)).text), "now": "yes"}
    for _ in range(2):
        client.post(url("reminder_coming", case), sent)
        deliver()
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    deliver()

    assert [letter.subject[:11] for letter in mail.outbox] == ["Om 11 dagar"]


def test_a_key_of_nothing_is_not_found(case, people):
    a_deadline(case, people)
    answer = signed_in(people.per).post(url("reminder_coming", case), {"key": "deadline-9-9-7"})

    assert answer.status_code == 404


def test_who_runs_the_case_says_when_people_are_reminded(case, people):
    answer = signed_in(people.per).post(
        url("case_rhythm", case), {"steps": ["late", "3"]}, follow=True
    )
    assert "Sparat" in answer.text
    case.refresh_from_db()
    assert case.rhythm == "3 late"

    assert 'name="steps"' not in page(people.nora, case)
    assert "3 dagar före, när dagen har passerat" in page(people.nora, case)


def test_a_step_that_does_not_exist_is_refused(case, people):
    answer = signed_in(people.per).post(url("case_rhythm", case), {"steps": ["8"]})

    assert answer.status_code == 422


def test_one_that_is_sent_cannot_be_held_and_the_page_says_so(case, people):
    deadline = a_deadline(case, people, responsible=people.nora)
    reminder = Reminder.objects.create(
        deadline=deadline,
        case=case,
        person=people.nora,
        kind="7",
        due_on=deadline.due_on,
        turn_on=MONDAY.date(),
        made_at=MONDAY,
        sent_at=MONDAY,
    )

    answer = signed_in(people.per).post(url("reminder_hold", case, reminder.pk))

    assert answer.status_code == 422
    assert "Påminnelsen är redan skickad." in answer.text


def test_who_does_not_work_in_the_case_has_no_such_page(case, people):
    assert signed_in(people.lena).get(url("case_reminders", case)).status_code == 403
    assert signed_in(people.olle).get(url("case_reminders", case)).status_code == 404


def test_inside_a_secrecy_window_own_days_are_shown_to_those_inside(people, time_machine):
    case = a_case_in_admission(
        people.per, people.authority, at=MONDAY, roles={"need_owner": people.nora}
    )
    time_machine.move_to(at_start_of(case), tick=False)
    a_deadline(case, people, title="Svar till Ask AB")

    shown = page(people.per, case)
    assert "En egen frist för teamet i fas 1" in shown
    assert "Ask AB" not in shown
    assert "En egen frist för teamet" not in page(people.nora, case)


@pytest.fixture
def by_smtp(settings):
    """Letters go to the port that it is told."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    return partial(setattr, settings, "EMAIL_PORT")


def ids_in(server):
    return [line for letter in server.letters for line in letter.split() if "<outbox." in line]


def test_a_mail_server_that_is_down_for_an_hour_loses_nothing_and_the_page_says_so(
    case, people, time_machine, by_smtp
):
    for number in range(3):
        a_deadline(case, people, title=f"Dag {number}", responsible=people.nora)
    by_smtp(closed_port())
    at = MONDAY + 4 * DAY
    for minute in range(0, 60, 5):
        time_machine.move_to(at + timedelta(minutes=minute), tick=False)
        remind_at(timezone.now())
        deliver()

    shown = page(people.per, case).replace("\xa0", " ")
    assert "3 påminnelser är kvar, och går ut av sig själva" in shown
    # Put off eight times, each wait twice as long: 75 minutes, at steps of five.
    assert shown.count("Ett nytt försök görs 9 okt 11.27.") == 3
    assert "misslyckades" not in shown
    assert not Message.objects.exclude(attempts=0).exists()

    with mail_server() as server:
        by_smtp(server.port)
        for minute in range(60, 180, 5):
            time_machine.move_to(at + timedelta(minutes=minute), tick=False)
            remind_at(timezone.now())
            deliver()
        assert len(ids_in(server)) == len(set(ids_in(server))) == 3
    shown = page(people.per, case)
    assert "nytt försök" not in shown
    assert shown.count("skickad 9") == 3


def test_one_put_off_can_be_sent_at_once_when_the_mail_server_is_back(case, people, by_smtp):
    a_deadline(case, people, days=1, responsible=people.nora)
    by_smtp(closed_port())
    remind_at(timezone.now())
    deliver()
    letter = Message.objects.get()
    assert letter.is_put_off
    send = url("reminder_send", case, Reminder.objects.get().pk)

    # A worker has it in its hands just now: it is left there.
    Message.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    signed_in(people.per).post(send)
    assert Message.objects.get().is_put_off
    Message.objects.update(leased_until=None)
    for _ in range(2):
        signed_in(people.per).post(send)
    with mail_server() as server:
        by_smtp(server.port)
        deliver()
        assert ids_in(server) == [f"<outbox.{letter.pk}@localhost>"]
    assert Message.objects.get().is_done


def test_what_to_do_about_letters_is_said_once_of_each_person(case, people):
    for days in (1, 2):
        a_deadline(case, people, days=days, responsible=people.nora)
    a_deadline(case, people, days=1, responsible=people.per)
    for day in range(2):
        remind_at(timezone.now() + timedelta(days=day))

    Message.objects.update(given_up_at=timezone.now(), attempts=TRIES)

    shown = page(people.per, case)
    assert shown.count("Om adressen till Nora Nord stämmer") == 1
    assert shown.count("Om adressen till Per Palm stämmer") == 1
    assert shown.count("state--misslyckades") >= 3


def test_one_that_was_given_up_says_what_to_do_and_is_sent_again_as_the_same_letter(
    case, people, time_machine, by_smtp
):
    a_deadline(case, people, days=1, responsible=people.nora)
    with mail_server({"RCPT": "550 5.1.1 no such mailbox"}) as server:
        by_smtp(server.port)
        remind_at(timezone.now())
        for minute in range(TRIES):
            time_machine.move_to(MONDAY + timedelta(hours=minute), tick=False)
            deliver()
    letter = Message.objects.get()
    assert letter.has_given_up

    shown = page(people.per, case)
    assert "1 påminnelse kunde inte levereras" in shown
    assert "Om adressen till Nora Nord stämmer, skicka det igen." in shown
    for person, is_told in ((people.per, True), (people.nora, False)):
        first = signed_in(person).get("/").text
        assert ("Påminnelser till Nora Nord (Trygg" in first) == is_told

    for _ in range(2):
        answer = signed_in(people.per).post(
            url("reminder_send", case, Reminder.objects.get().pk), follow=True
        )
        assert "kunde inte levereras" not in answer.text
    with mail_server() as server:
        by_smtp(server.port)
        deliver()
        assert ids_in(server) == [f"<outbox.{letter.pk}@localhost>"]
    assert Reminder.objects.get().sent_at
    assert "Påminnelser till" not in signed_in(people.per).get("/").text


def test_the_night_puts_no_letter_off(case, people, time_machine, by_smtp):
    """It waits for its hours: that is nobody's failure, and the page does not call it one."""
    a_deadline(case, people, days=1, responsible=people.nora)
    by_smtp(closed_port())
    remind_at(timezone.now())
    deliver()
    assert Message.objects.get().is_put_off

    time_machine.move_to(MONDAY + timedelta(hours=10), tick=False)
    deliver()
    assert not Message.objects.get().is_put_off
    assert "nytt försök" not in page(people.per, case)


def test_many_reminders_take_no_more_queries_than_one(case, people, time_machine):
    client = signed_in(people.per)
    a_deadline(case, people, responsible=people.nora)
    client.get(url("case_reminders", case))
    with CaptureQueriesContext(connection) as few:
        client.get(url("case_reminders", case))
    for number in range(6):
        a_deadline(case, people, title=f"Dag {number}", days=10 + number % 3)
    time_machine.move_to(MONDAY + 4 * DAY, tick=False)
    remind_at(timezone.now())
    deliver()
    # Five days later everybody has to sign in again.
    client = signed_in(people.per)
    client.get(url("case_reminders", case))
    with CaptureQueriesContext(connection) as many:
        shown = client.get(url("case_reminders", case)).text

    assert shown.count("skickad 9") == Reminder.objects.count() > 5
    assert len(many) <= len(few) <= 12


def test_reminders_of_gates_that_are_no_duty_take_no_query_each(people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    edition = an_edition(phases=8)
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    Task.objects.update(due_on=None)
    client = signed_in(people.per)

    def reminded(runs):
        for run in runs:
            Reminder.objects.create(
                case=case, gate=run, person=people.per, kind="moved", due_on=run.planned_gate_on,
                was_on=run.planned_ends_on, turn_on=MONDAY.date(), made_at=timezone.now(),
            )  # fmt: skip
        client.get(url("case_reminders", case))
        with CaptureQueriesContext(connection) as queries:
            shown = client.get(url("case_reminders", case)).text
        return len(queries), shown.count("Besluta grind")

    later = list(case.phases.exclude(number=0))
    few, once = reminded(later[:1])
    many, often = reminded(later[1:])

    assert once < often
    assert many <= few <= 12
