"""What is heard, and what comes next by the keyboard, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from procurements.models import Case
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from tests.browser.fixtures import PHONE, enlarge, sign_in
from tests.builders import an_edition, at_start_of
from tests.builders_teams import a_part
from tests.people import People, everybody

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_what_a_switch_at_the_gate_asks_for_comes_next(
    page: Page, people: People, admission: Case
) -> None:
    named = [TypedSupplier(name) for name in ("Ask", "Björk")]
    admit_suppliers(case=admission, suppliers=named, by=people.per, at=at_start_of(admission))
    page.goto(f"{admission.get_absolute_url()}phases/")
    page.locator("[name=outcome]").first.check()
    switch = page.get_by_role("switch", name="Ask")
    switch.focus()

    page.keyboard.press("Space")
    page.keyboard.press("Tab")

    expect(page.get_by_label("Motivering, Ask")).to_be_focused()
    # How many go on is said as a sentence, not as the number that changed.
    told = page.locator("[data-who] > [aria-live]")
    expect(told).to_have_attribute("aria-atomic", "true")
    expect(told).to_contain_text("2 till 1")


def test_the_title_says_first_that_something_is_to_be_put_right(page: Page) -> None:
    people = everybody()
    an_edition()
    sign_in(page, people.anna)
    page.goto("/cases/new/")
    title = page.title()

    page.get_by_role("button", name="Se planen").last.click()

    summary = page.locator("[data-errors]")
    expect(summary).to_be_focused()
    expect(page).to_have_title(f"{summary.locator('h2').inner_text()} – {title}")
    # What is wrong with a choice among many is told where one chooses, too.
    group = page.get_by_role("group", name="Myndighet")
    expect(group).to_have_accessible_description(re.compile("Välj myndigheten som ärendet"))


def test_how_many_authorities_were_found_is_said(page: Page) -> None:
    people = everybody()
    an_edition()
    for number in range(9):
        a_part(people.municipality, f"Nämnd {number}")
    sign_in(page, people.anna)
    page.goto("/cases/new/")
    said = page.locator("#announcer")

    page.locator("#find").fill("nämnd 7")
    expect(said).to_have_text("1 myndighet hittad")
    page.locator("#find").fill("xyz")
    expect(said).to_have_text("Ingen myndighet heter ”xyz”.")


def test_what_has_the_focus_is_seen_beside_all_that_is_told_at_the_bottom(
    page: Page, admission: Case
) -> None:
    enlarge(page)
    page.goto(f"{admission.get_absolute_url()}need/write/")
    page.set_viewport_size(PHONE)
    page.locator(".notices > *").evaluate_all(
        "all => all.forEach(each => { each.hidden = false; })"
    )
    place = """() => [document.activeElement, document.querySelector(".notices")].map(
        each => each.getBoundingClientRect().top)"""
    page.locator("#innehall").focus()

    for field in page.locator("main form textarea").all():
        while not field.evaluate("each => each === document.activeElement"):
            page.keyboard.press("Tab")
        top, end = page.evaluate(place)
        assert top + 24 < end


def test_a_preview_that_was_asked_for_takes_the_focus(page: Page, admission: Case) -> None:
    page.goto(f"{admission.get_absolute_url()}papers/part-0/paper-need_description/?attempt=1")
    page.get_by_role("button", name="Uppdatera förhandsvisningen").focus()

    page.keyboard.press("Enter")

    expect(page.get_by_role("region", name="Förhandsvisning")).to_be_focused()
