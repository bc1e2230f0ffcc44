"""A procurer plans a phase as the case needs it: longer, for fewer suppliers, at another fee."""

from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from procurements import days
from procurements.models import Case
from tests.browser.fixtures import sign_in
from tests.builders import a_case, an_edition
from tests.journeys.walking import follow, heading, look_over, press, refused, told, write
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_funnel_is_shaped(page: Page, people: People, monday: datetime) -> None:
    case = a_case(
        by=people.per,
        authority=people.authority,
        edition=an_edition(phases=5),
        at=monday,
        roles={"need_owner": people.nora},
    )
    paid = case.phases_in_order[2]
    sign_in(page, people.per)
    page.goto(paid.get_absolute_url())
    follow(page, "Ändra fasens plan")
    heading(page, "Anpassa fas 2, Del 2")
    look_over(page, "the plan of a phase")

    longer = days.add_working_days(paid.planned_ends_on, 10)
    write(page, planned_ends_on=longer.isoformat(), planned_suppliers="2", fee="40 000")
    press(page, "Spara planen")
    refused(page, "Grindens dag")
    expect(page.locator("[name=fee]")).to_have_value("40 000")
    look_over(page, "a plan that cannot be")

    gate_on = days.add_working_days(longer, 2)
    write(page, planned_gate_on=gate_on.isoformat())
    press(page, "Se vad som följer")
    expect(page.get_by_role("table", name="Det här följer av flytten")).to_contain_text("Del 3")
    look_over(page, "what follows from a plan")
    press(page, "Spara planen")
    told(page, "Fasens plan är ändrad.")
    row = page.get_by_role("row").filter(has_text="Del 2")
    expect(row).to_contain_text("2 × 40\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}kr")
    look_over(page, "the plan of the case")
    now = Case.objects.get(pk=case.pk).phases_in_order
    assert now[2].planned_gate_on == gate_on
    assert now[3].planned_starts_on == days.next_working_day(gate_on)

    # The first day was recorded a week too late.
    begun = now[0]
    page.goto(f"{case.get_absolute_url()}plan/{begun.pk}/")
    look_over(page, "a first day to be corrected")
    right = days.add_working_days(begun.started_on, -5)
    write(page, starts_on=right.isoformat())
    press(page, "Se vad som följer")
    refused(page, "Varför det rättas")
    look_over(page, "a first day without a reason")
    write(page, reason="Fel vecka.")
    press(page, "Se vad som följer")
    expect(page.get_by_role("table", name="Det här följer av flytten")).to_contain_text("Del 1")
    look_over(page, "what follows from a first day")
    page.locator("main form button").first.click()
    told(page, "Sparat")
    assert Case.objects.get(pk=case.pk).started_on == right

    page.goto(f"{case.get_absolute_url()}history/")
    expect(page.locator(".history")).to_contain_text("Ändrade planen för fas 2.")
    # Who does not run the case reads the plan and changes nothing.
    sign_in(page, people.nora)
    page.goto(paid.get_absolute_url())
    expect(page.get_by_role("link", name="Ändra fasens plan")).to_have_count(0)
