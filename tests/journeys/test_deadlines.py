"""The days of a case: one of the team's own and one of the law, moved, announced and kept."""

from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from procurements.models import Case, Deadline
from tests.browser.fixtures import sign_in
from tests.builders import a_case
from tests.journeys.walking import day, follow, heading, look_over, press, refused, told, write
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_days_are_set_counted_moved_announced_and_kept(
    page: Page, people: People, monday: datetime
) -> None:
    case = a_case(
        by=people.per, authority=people.authority, at=monday, roles={"need_owner": people.nora}
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
    expect(page.get_by_text("Avtalsspärr, skickad elektroniskt till alla").first).to_be_visible()

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
    expect(page.locator("summary").filter(has_text="Hållna och återtagna")).to_be_visible()
    look_over(page, "the days of a case")
    assert Deadline.objects.count() == 2
    page.goto(f"{case.get_absolute_url()}history/")
    expect(page.locator(".history")).to_contain_text("Underrättelsen gick ut en dag senare.")
