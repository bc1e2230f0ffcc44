"""Pages of a case on paper, in a real browser."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from procurements.operations.insight import write_insight
from tests.browser.fixtures import sign_in
from tests.builders import a_case_in_admission, at_start_of
from tests.people import everybody

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_printed_diary_holds_what_was_written_and_nothing_to_press_or_fill_in(
    page: Page, monday: datetime, time_machine: Any
) -> None:
    people = everybody()
    case = a_case_in_admission(by=people.per, authority=people.authority, at=monday)
    now = at_start_of(case)
    time_machine.move_to(now, tick=True)
    write_insight(
        case=case,
        title="Natten är en annan arbetsplats",
        text="Två personal, fyrtio boende.",
        source="interview",
        audience="team",
        by=people.per,
        at=now,
    )
    sign_in(page, people.per)
    page.goto(f"/cases/{case.number}/diary/")
    expect(page.locator("main form").locator("visible=true")).to_have_count(2)

    page.emulate_media(media="print")

    expect(page.get_by_text("Två personal, fyrtio boende.")).to_be_visible()
    expect(page.locator("main form").locator("visible=true")).to_have_count(0)
    expect(page.locator("#write-h")).to_be_hidden()
    expect(page.locator(".diary__do")).to_be_hidden()


def test_a_printed_phase_says_who_sees_into_its_window_and_not_how_that_is_changed(
    page: Page, monday: datetime, time_machine: Any
) -> None:
    people = everybody()
    case = a_case_in_admission(by=people.per, authority=people.authority, at=monday)
    time_machine.move_to(at_start_of(case), tick=True)
    sign_in(page, people.per)
    page.goto(f"/cases/{case.number}/phases/{case.current_phase.phase.key}/")
    pressed = page.locator(".phasehead__act, .banner--phase a")
    expect(pressed.locator("visible=true")).to_have_count(2)

    page.emulate_media(media="print")

    expect(page.locator(".banner--phase")).to_be_visible()
    expect(pressed.locator("visible=true")).to_have_count(0)


def test_a_printed_phase_says_which_case_it_belongs_to(
    page: Page, monday: datetime, time_machine: Any
) -> None:
    people = everybody()
    case = a_case_in_admission(by=people.per, authority=people.authority, at=monday)
    time_machine.move_to(at_start_of(case), tick=True)
    sign_in(page, people.per)
    page.goto(f"/cases/{case.number}/phases/{case.current_phase.phase.key}/")

    page.emulate_media(media="print")

    expect(page.locator(".casehead").get_by_text(case.title)).to_be_visible()
