"""What a calendar fetches, read back by another library than the one that wrote it."""

import threading
from contextlib import closing
from datetime import date, timedelta

import pytest
import vobject
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procurements import weekpaper
from procurements.duties import current_duty
from procurements.models import CalendarFeed, Case, Participant
from procurements.operations.case import move_phase, stop_case
from procurements.operations.deadline import (
    change_deadline,
    count_deadline,
    keep_deadline,
    set_deadline,
)
from procurements.operations.feed import close_feed, open_feed
from procurements.operations.gate import Verdict
from procurements.operations.people import end_case_role
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import add_task, plan_task
from procurements.operations.window import choose_window_roles
from procurements.refusals import Refused
from teams.models import User
from teams.operations.profile import save_profile
from tests.builders import MONDAY, a_case, a_case_in_admission, an_edition, at_start_of, passed_gate
from tests.builders_teams import PASSWORD

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DUE = date(2026, 10, 16)


@pytest.fixture
def case(case_with_nothing_due: Case) -> Case:
    return case_with_nothing_due


def a_deadline(case, people, title="Svara nämnden", due_on=DUE, **facts):
    return set_deadline(
        case=case,
        case_phase=case.current_phase,
        title=title,
        due_on=due_on,
        by=people.per,
        at=timezone.now(),
        **facts,
    )


def address(feed):
    return reverse("calendar_feed", args=[feed.token])


def feed_of(person, case=None):
    return open_feed(case=case, by=person, at=timezone.now())


def read(feed):
    """The events as another library reads them, by what they are called."""
    answer = Client().get(address(feed))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = vobject.readOne(answer.text)
    assert calendar.vtimezone.tzid.value == "Europe/Stockholm"
    return {event.summary.value: event for event in calendar.contents.get("vevent", [])}


def test_the_days_of_a_person_are_read_back(case, people):
    deadline = a_deadline(case, people, responsible=people.nora)
    a_deadline(case, people, title="Någon annans", responsible=people.per)

    ((title, event),) = read(feed_of(people.nora)).items()
    assert title == "Svara nämnden, Trygg första vecka hemma"
    assert (event.dtstart.value, event.dtend.value) == (DUE, DUE + DAY)
    assert event.uid.value == f"deadline-{deadline.pk}@localhost"
    assert event.sequence.value == "0"
    assert event.url.value.endswith(f"/cases/{case.number}/deadlines/{deadline.pk}/")


def test_a_moved_day_keeps_its_name_and_counts_its_moves(case, people):
    deadline = a_deadline(case, people, responsible=people.nora)
    task = add_task(
        case=case,
        case_phase=case.current_phase,
        title="Boka salen",
        assignee=people.nora,
        due_on=DUE,
        by=people.per,
        at=MONDAY,
    )
    feed = feed_of(people.nora)
    before = {event.uid.value for event in read(feed).values()}
    for days in (1, 2):
        change_deadline(
            case=case,
            deadline=deadline,
            responsible=people.nora,
            due_on=DUE + days * DAY,
            by=people.per,
            at=MONDAY,
        )
    plan_task(
        case=case, task=task, assignee=people.nora, due_on=DUE + DAY, by=people.per, at=MONDAY
    )

    after = read(feed)
    assert {event.uid.value for event in after.values()} == before
    moves = {title.split(",")[0]: event.sequence.value for title, event in after.items()}
    assert moves == {"Svara nämnden": "2", "Boka salen": "1"}


def test_a_moved_gate_counts_too(case, people):
    feed = feed_of(people.lena, case)
    later = case.phases.order_by("number").last()
    before = read(feed)[f"Besluta grind {later.number}, {case.title}"]
    move_phase(
        case=case,
        case_phase=later,
        starts_on=later.planned_starts_on + 7 * DAY,
        by=people.per,
        at=MONDAY,
    )

    after = read(feed)[f"Besluta grind {later.number}, {case.title}"]
    assert after.dtstart.value > before.dtstart.value
    assert (before.sequence.value, after.sequence.value) == ("0", "1")


def test_what_is_kept_leaves_the_calendar(case, people):
    deadline = a_deadline(case, people, responsible=people.nora)
    feed = feed_of(people.nora)
    keep_deadline(case=case, deadline=deadline, by=people.nora, at=MONDAY)

    assert read(feed) == {}


def test_the_days_of_a_case_are_those_that_the_person_may_know(people, time_machine):
    case = a_case_in_admission(
        people.per, people.authority, at=MONDAY, roles={"observer": people.lena}
    )
    time_machine.move_to(at_start_of(case), tick=False)
    Participant.objects.create(
        case=case,
        name="Askgrens Digital AB",
        admitted_in=case.current_phase,
        added_by=people.per,
        added_at=timezone.now(),
    )
    a_deadline(case, people, title="Svar till Askgrens", due_on=at_start_of(case).date() + DAY)

    inside = read(feed_of(people.per, case))
    outside = read(feed_of(people.lena, case))
    assert "En egen frist för teamet i fas 1, Trygg första vecka hemma" in inside
    assert not any("frist" in title for title in outside)
    assert not any("Askgrens" in title for title in inside)
    assert any(title.startswith("Besluta grind 2") for title in outside)


@pytest.mark.slow
def test_a_day_of_an_attempt_that_was_left_is_not_told_to_who_is_outside_the_next(
    people, time_machine
):
    time_machine.move_to(MONDAY, tick=False)
    case = a_case_in_admission(
        by=people.per, authority=people.authority, roles={"process_leader": people.lena}
    )
    time_machine.move_to(at_start_of(case), tick=False)
    due = timezone.localdate() + 30 * DAY
    for title in ("Svar", "Ett svar till"):
        deadline = a_deadline(case, people, title=title, due_on=due)
    feed = feed_of(people.lena)

    def days_in(feed):
        return [event.dtstart.value for event in read(feed).values()]

    assert due in days_in(feed)
    assert people.lena in current_duty(deadline, at=timezone.now()).people

    case = passed_gate(case, by=people.per, at=timezone.now(), outcome="repeat")
    choose_window_roles(
        case=case, case_phase=case.current_phase, roles=[], by=people.per, at=timezone.now()
    )
    time_machine.move_to(at_start_of(case), tick=False)
    assert due not in days_in(feed)
    assert due in days_in(feed_of(people.per))
    deadline.refresh_from_db()
    assert current_duty(deadline, at=timezone.now()).people == (people.per,)


@pytest.mark.slow
def test_no_calendar_answers_who_guesses_whether_a_name_is_known(people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    roles = {"need_owner": people.nora, "process_leader": people.lena}
    case = a_case_in_admission(
        by=people.per,
        authority=people.authority,
        roles=roles,
        edition=an_edition(assessed_phases=[1]),
    )
    time_machine.move_to(at_start_of(case), tick=False)
    said = {"by": people.per, "at": timezone.now()}
    later = case.phases_in_order[2]
    assert not later.needs_round
    day = timezone.localdate() + 9 * DAY

    def guess(name, person):
        title = f"Ring {name}"
        set_deadline(
            case=case, case_phase=later, title=title, due_on=day, responsible=person, **said
        )
        return title

    wrong, own = guess("Dahlgren", people.nora), guess("Dahlgren", people.lena)
    assert wrong not in str(read(feed_of(people.nora)))
    admit_suppliers(case=case, suppliers=[TypedSupplier("Askgrens Digital AB")], **said)
    right = guess("Askgrens", people.nora)
    whole = Client().get(address(feed_of(people.nora))).text
    assert [title for title in (wrong, right) if title in whole] == []
    assert whole.count(generic := "En egen frist för teamet i fas 2") == 2
    week = weekpaper.week_of(people.nora, at=timezone.now() + 7 * DAY)
    assert {line.title for line in week.lines if line.phase == 2} == {generic}
    assert any(own in title for title in read(feed_of(people.lena)))

    passed_gate(case, by=people.per, verdicts={case.participants.get().pk: Verdict(True)},
                at=timezone.now())  # fmt: skip
    time_machine.shift(DAY)
    titles = " ".join(read(feed_of(people.nora)))
    assert (wrong in titles, right in titles) == (True, False)


def test_an_address_is_hashed_changed_and_ended(case, people):
    a_deadline(case, people, responsible=people.nora)
    feed = feed_of(people.nora)
    first = address(feed)
    assert feed.token not in str(CalendarFeed.objects.values())

    # A second press, which saw no address yet, changes nothing.
    assert address(feed_of(people.nora)) == first
    second = open_feed(started_from=feed.nonce, by=people.nora, at=MONDAY)
    assert Client().get(first).status_code == 404
    assert Client().get(address(second)).status_code == 200

    close_feed(by=people.nora, at=MONDAY)
    close_feed(by=people.nora, at=MONDAY)
    assert Client().get(address(second)).status_code == 404


def at_once(first, then, *, held_up_at):
    """Both in threads of their own, the second when the first is about to write there. What they
    came to; nothing of one that failed."""
    is_there, may_go = threading.Event(), threading.Event()
    outcomes = []

    def hold_up(execute, sql, *others):
        if held_up_at in sql and not sql.startswith("SELECT"):
            is_there.set()
            may_go.wait()
        return execute(sql, *others)

    def run(does, wrapper):
        with closing(connection), connection.execute_wrapper(wrapper):
            outcomes.append(does())

    def let_through(execute, *sql):
        return execute(*sql)

    one = threading.Thread(target=run, args=[first, hold_up])
    other = threading.Thread(target=run, args=[then, let_through])
    one.start()
    is_there.wait()
    other.start()
    # It has to wait for the first; were it not to, it would be done by then.
    other.join(0.5)
    may_go.set()
    one.join()
    other.join()
    return outcomes


@pytest.mark.slow
@pytest.mark.parametrize("of_a_case", [True, False])
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_open_one_calendar(people, of_a_case):
    case = a_case(by=people.per, authority=people.authority) if of_a_case else None

    def press():
        return feed_of(people.per, case).token

    opened = at_once(press, press, held_up_at="procurements_calendarfeed")

    assert opened == [CalendarFeed.objects.get().token] * 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_who_ends_a_calendar_and_saves_the_profile_at_once_does_both(people):
    feed_of(people.per)

    def end():
        close_feed(by=people.per, at=MONDAY)
        return "ended"

    def save():
        return save_profile(details={"name": "Per P"}, by=people.per, at=MONDAY).name

    assert sorted(at_once(end, save, held_up_at="journal_event")) == ["Per P", "ended"]


def test_an_address_ends_with_the_role_and_with_the_person(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    mine, of_case = feed_of(people.nora), feed_of(people.nora, case)
    end_case_role(
        case=case,
        held=case.roles.get(user=people.nora),
        until_on=date(2026, 10, 6),
        by=people.per,
        at=MONDAY,
    )
    assert len(read(mine)) == 1

    time_machine.move_to(MONDAY + DAY, tick=False)
    assert Client().get(address(of_case)).status_code == 404
    assert read(mine) == {}
    User.objects.filter(pk=people.nora.pk).update(is_active=False)
    assert Client().get(address(mine)).status_code == 404


def test_a_guessed_address_leads_nowhere(people):
    for guess in ("0" * 40, "x", "ä" * 900):
        assert Client().get(reverse("calendar_feed", args=[guess])).status_code == 404


def test_nobody_opens_a_calendar_of_a_case_of_others(case, people):
    with pytest.raises(Refused):
        feed_of(people.olle, case)
    client = Client()
    client.force_login(people.olle)
    answer = client.post(reverse("calendar_open"), {"case": case.number})
    assert answer.status_code == 404
    assert CalendarFeed.objects.count() == 0


def test_a_case_that_is_over_has_an_empty_calendar(case, people):
    feed = feed_of(people.nora, case)
    assert read(feed)
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=MONDAY)

    assert read(feed) == {}


def test_the_days_of_the_law_stay_in_the_calendar_of_a_case_that_is_over(case, people):
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    a_deadline(case, people, responsible=people.nora)
    count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="documentation_cancelled",
        event_on=MONDAY.date(),
        responsible=people.nora,
        by=people.per,
        at=MONDAY,
    )
    feeds = [feed_of(people.nora, case), feed_of(people.nora)]
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=MONDAY)

    for feed in feeds:
        (event,) = read(feed).values()
        assert event.dtstart.value == date(2026, 11, 4)


def test_a_day_that_has_passed_by_itself_leaves_both_calendars(case, people, time_machine):
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    counted = count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="standstill_electronic",
        event_on=MONDAY.date(),
        responsible=people.nora,
        by=people.per,
        at=MONDAY,
    )
    a_deadline(case, people, responsible=people.nora, due_on=counted.due_on)
    feeds = [feed_of(people.nora, case), feed_of(people.nora)]
    assert all(len([one for one in read(feed) if case.title in one]) >= 2 for feed in feeds)

    time_machine.move_to(MONDAY + (counted.due_on - MONDAY.date()) + DAY, tick=False)
    for feed in feeds:
        days = [event.dtstart.value for event in read(feed).values()]
        assert days.count(counted.due_on) == 1


def test_it_is_in_the_persons_language(case, people):
    User.objects.filter(pk=people.lena.pk).update(language="en")
    people.lena.refresh_from_db()

    assert f"Decide gate 0, {case.title}" in read(feed_of(people.lena, case))


def test_the_page_shows_opens_and_ends_addresses(case, people):
    client = Client()
    client.force_login(people.nora)
    page = reverse("my_calendar")
    shown = client.get(page).text
    assert ".ics" not in shown
    # Of two cases with one title it is told which is which.
    assert case.reference in shown

    shown = client.post(reverse("calendar_open"), {"case": case.number}, follow=True).text
    feed = CalendarFeed.objects.get()
    assert f"http://localhost:8000{address(feed)}" in shown
    assert f"webcal://localhost:8000{address(feed)}" in shown

    shown = client.post(reverse("calendar_close"), {"case": case.number}, follow=True).text
    assert ".ics" not in shown
    assert CalendarFeed.objects.count() == 0


def test_an_address_of_a_case_far_down_the_list_is_still_ended(case, people, monkeypatch):
    a_case(by=people.nora, authority=people.authority, edition=case.edition)
    feed_of(people.nora, case)
    monkeypatch.setattr("procurements.views.feed.CASES", 1)
    client = Client()
    client.force_login(people.nora)

    assert case.title in client.get(reverse("my_calendar")).text
    client.post(reverse("calendar_close"), {"case": case.number})
    assert CalendarFeed.objects.count() == 0
    answer = client.post(reverse("calendar_open"), {"case": case.number})
    assert answer.status_code == 404


ANEW = {"password1": "Granbarr-i-medvind-8", "password2": "Granbarr-i-medvind-8"}


def change_password(client, person):
    client.force_login(person)
    given = ANEW | {"oldpassword": PASSWORD}
    return client.post(reverse("account_change_password"), given, follow=True).text


def reset_password(client, person):
    link = [user_pk_to_url_str(person), default_token_generator.make_token(person)]
    there = client.get(reverse("account_reset_password_from_key", args=link)).url
    return client.post(there, ANEW, follow=True).text


@pytest.mark.parametrize("choose_anew", [change_password, reset_password])
def test_who_chooses_a_new_password_is_told_that_the_addresses_go_on(case, people, choose_anew):
    feed = feed_of(people.nora)
    told = f'<a href="{reverse("my_calendar")}">Byt adresserna</a>'

    assert told in choose_anew(Client(), people.nora)
    assert told not in choose_anew(Client(), people.per)

    people.nora.refresh_from_db()
    assert people.nora.check_password(ANEW["password1"])
    read(feed)


@pytest.mark.slow
def test_many_days_take_no_more_queries_than_one(case, people):
    a_deadline(case, people, responsible=people.nora)
    feeds = [feed_of(people.nora), feed_of(people.nora, case)]

    def asked():
        numbers = []
        for feed in feeds:
            with CaptureQueriesContext(connection) as queries:
                Client().get(address(feed))
            numbers.append(len(queries))
        return numbers

    asked()
    few = asked()
    for number in range(8):
        a_deadline(case, people, title=f"Dag {number}", responsible=people.nora)
    assert asked() == few
    assert max(few) <= 12
