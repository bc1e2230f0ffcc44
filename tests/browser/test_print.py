"""Pages of a case on paper, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from procurements.models import Case
from procurements.operations.insight import write_insight
from tests.builders import at_start_of
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_printed_diary_holds_what_was_written_and_nothing_to_press_or_fill_in(
    page: Page, people: People, admission: Case
) -> None:
    write_insight(
        case=admission,
        title="Natten är en annan arbetsplats",
        text="Två personal, fyrtio boende.",
        source="interview",
        audience="team",
        by=people.per,
        at=at_start_of(admission),
    )
    page.goto(f"/cases/{admission.number}/diary/")
    expect(page.locator("main form").locator("visible=true")).to_have_count(2)

    page.emulate_media(media="print")

    expect(page.get_by_text("Två personal, fyrtio boende.")).to_be_visible()
    expect(page.locator("main form").locator("visible=true")).to_have_count(0)
    expect(page.locator("#write-h")).to_be_hidden()
    expect(page.locator(".diary__do")).to_be_hidden()


def test_a_printed_phase_says_who_sees_into_its_window_and_not_how_that_is_changed(
    page: Page, admission: Case
) -> None:
    page.goto(f"/cases/{admission.number}/phases/{admission.current_phase.phase.key}/")
    pressed = page.locator(".phasehead__act, .banner--phase a")
    expect(pressed.locator("visible=true")).to_have_count(2)

    page.emulate_media(media="print")

    expect(page.locator(".banner--phase")).to_be_visible()
    expect(pressed.locator("visible=true")).to_have_count(0)


def test_a_printed_phase_says_which_case_it_belongs_to(page: Page, admission: Case) -> None:
    page.goto(f"/cases/{admission.number}/phases/{admission.current_phase.phase.key}/")

    page.emulate_media(media="print")

    expect(page.locator(".casehead").get_by_text(admission.title)).to_be_visible()


def test_a_printed_page_holds_no_closed_guidance_and_no_list_of_what_could_be_made(
    page: Page, admission: Case
) -> None:
    key = admission.current_phase.phase.key
    page.goto(f"/cases/{admission.number}/phases/{key}/")
    closed = page.locator(".guide__whole:not([open])").locator("visible=true")
    assert closed.count() > 1
    page.emulate_media(media="print")
    expect(closed).to_have_count(0)
    expect(page.locator(".pair").first).to_be_visible()

    page.emulate_media(media="screen")
    page.goto(f"/cases/{admission.number}/papers/")
    made = page.locator("main .more").locator("visible=true")
    assert made.count() > 1
    page.emulate_media(media="print")
    expect(made).to_have_count(0)
