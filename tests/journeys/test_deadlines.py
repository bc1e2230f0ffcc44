"""The days of a case: set, counted by the law, moved, announced, reminded of and kept."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from outbox.models import Message
from procurements.models import Case, Deadline, Reminder
from procurements.operations.deadline import set_deadline
from tests.browser.fixtures import sign_in
from tests.builders import a_case
from tests.journeys.walking import (
    choose,
    day,
    follow,
    heading,
    letter_to,
    link_in,
    look_over,
    press,
    refused,
    told,
    write,
)
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_days_are_set_counted_moved_announced_and_kept(
    page: Page, people: People, monday: datetime
) -> None:
    case = a_case(
        by=people.per,
        authority=people.authority,
        at=monday,
        roles={"need_owner": people.nora},
        legal_track="undecided",
    )
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Frister")
    heading(page, "Dagar som kommer")

    # One of the team's own: a day that has passed is refused, and what was typed stays.
    follow(page, "Sätt en frist")
    write(page, title="Svara nämnden", due_on=day(monday, -1))
    press(page, "Sätt fristen")
    refused(page, "har passerat")
    look_over(page, "a deadline in the past")
    write(page, due_on=day(monday, 9))
    page.locator("main [name=responsible]").select_option(label="Nora Nord")
    press(page, "Sätt fristen")
    told(page, "Fristen är satt")
    heading(page, "Svara nämnden")
    look_over(page, "a deadline of the team's own")

    # One of the law needs the legal track, and shows its day before it is set.
    page.goto(f"{case.get_absolute_url()}deadlines/count/")
    expect(page.get_by_text("Det rättsliga spåret är inte valt")).to_be_visible()
    look_over(page, "no legal track to count on")
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    page.reload()
    press(page, "Visa vilken dag")
    refused(page, "Frist", "Händelsens dag")
    look_over(page, "a period that is not chosen")
    period = page.locator("main [name=period]")
    period.select_option(value="standstill_electronic")
    write(page, event_on=day(monday))
    press(page, "Visa vilken dag")
    expect(page.locator(".counted")).to_contain_text("10 dagar efter")
    look_over(page, "what a period comes to")
    press(page, "Sätt fristen")
    told(page, "Fristen är satt")
    expect(
        page.get_by_text("Avtalsspärr, underrättelsen skickad elektroniskt till alla").first
    ).to_be_visible()

    # Announced, it is moved only with a reason.
    press(page, "Andra har fått veta dagen")
    told(page, "Det är antecknat")
    write(page, event_on=day(monday, 1))
    press(page, "Spara")
    refused(page, "Dagen är meddelad")
    look_over(page, "an announced day without a reason")
    write(page, reasons="Underrättelsen gick ut en dag senare.")
    press(page, "Spara")
    told(page, "Fristen är sparad")
    expect(page.locator("main")).to_contain_text("Underrättelsen gick ut en dag senare.")

    # Kept, it moves down; the history tells it all.
    press(page, "Fristen är hållen")
    told(page, "Fristen är hållen")
    look_over(page, "a deadline that is kept")
    follow(page, "Frister", within=".tabs")
    expect(
        page.locator("summary").filter(has_text="Hållna, passerade och återtagna")
    ).to_be_visible()
    look_over(page, "the days of a case")
    assert Deadline.objects.count() == 2
    page.goto(f"{case.get_absolute_url()}history/")
    expect(page.locator(".history")).to_contain_text("Underrättelsen gick ut en dag senare.")


def test_reminders_are_seen_held_let_go_and_sent(
    page: Page, people: People, monday: datetime
) -> None:
    case = a_case(
        by=people.per, authority=people.authority, at=monday, roles={"need_owner": people.nora}
    )
    run = case.current_phase
    assert run is not None
    set_deadline(
        case=case,
        case_phase=run,
        title="Svara nämnden",
        due_on=monday.date() + timedelta(days=8),
        responsible=people.nora,
        by=people.per,
        at=monday,
    )
    sign_in(page, people.per)
    page.goto(f"{case.get_absolute_url()}deadlines/")
    follow(page, "Påminnelser")
    heading(page, "Påminnelser som väntar")
    waiting = page.locator("section", has=page.locator("#waits-h")).locator("li")
    mine = waiting.filter(has_text="Svara nämnden").first
    mine.get_by_role("button", name="Hejda").click()
    told(page, "Påminnelsen är hejdad")
    expect(mine).to_contain_text("hejdad Per Palm")
    look_over(page, "reminders of which one is held")
    mine.get_by_role("button", name="Skicka som planerat").click()
    told(page, "Påminnelsen skickas som planerat")

    # The mail server refuses it, until somebody sends it again.
    Message.objects.update(given_up_at=monday, error="550 no such mailbox")
    page.reload()
    expect(mine).to_contain_text("Brevet kunde inte levereras.")
    look_over(page, "a reminder that could not be delivered")
    mine.get_by_role("button", name="Skicka igen").click()
    told(page, "Påminnelsen är på väg")
    expect(mine).not_to_contain_text("Brevet kunde inte levereras.")
    letter = letter_to(people.nora.email)
    assert "Svara nämnden" in letter
    page.reload()
    sent = page.locator("section", has=page.locator("#sent-h")).locator("li")
    expect(sent.filter(has_text="Svara nämnden")).to_contain_text("skickad")

    # Somebody else's reminder went out while the page stood open.
    other = waiting.filter(has_text="Besluta grind 0").first
    other.get_by_role("button", name="Hejda").click()
    told(page, "Påminnelsen är hejdad")
    Reminder.objects.filter(sent_at=None).update(held_at=None, held_by=None)
    page.reload()
    Reminder.objects.filter(sent_at=None).update(sent_at=monday)
    other.get_by_role("button", name="Hejda").click()
    refused(page, "Påminnelsen är redan skickad.")
    look_over(page, "a reminder that was sent meanwhile")

    choose(page, "3 dagar före")
    press(page, "Spara")
    told(page, "Sparat")
    case.refresh_from_db()
    assert case.rhythm == "7 3 1 late"
    page.goto(link_in(letter))
    heading(page, "Svara nämnden")


def test_a_calendar_gets_an_address_that_is_changed_and_ended(
    page: Page, people: People, monday: datetime
) -> None:
    case = a_case(
        by=people.per, authority=people.authority, at=monday, roles={"need_owner": people.nora}
    )
    sign_in(page, people.nora)
    page.goto("/account/")
    follow(page, "Se dina dagar i en egen kalender")
    heading(page, "Min kalender")
    look_over(page, "no calendar yet")
    press(page, "Skapa en kalenderadress", part=True)
    told(page, "Kalendern har en adress")
    shown = page.locator("main input[readonly]")
    address = shown.input_value()
    assert address.endswith(".ics")
    press(page, "Skapa en kalenderadress", part=True)
    expect(shown).to_have_count(2)
    expect(page.locator(".feeds > li").nth(1)).to_contain_text(case.title)
    look_over(page, "calendars with their addresses")

    press(page, "Byt adress", part=True)
    press(page, "Byt adress", within="dialog")
    expect(shown.first).not_to_have_value(address)
    press(page, "Stäng av adressen", part=True)
    press(page, "Avbryt", within="dialog")
    expect(shown).to_have_count(2)
    press(page, "Stäng av adressen", part=True)
    press(page, "Stäng av adressen", within="dialog")
    told(page, "Adressen leder inte längre någonstans")
    expect(shown).to_have_count(1)
