"""A checklist is saved as it is ticked, also where the network is slower than the hand."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from procurements.models import Task
from tests.browser.fixtures import sign_in
from tests.builders import a_case
from tests.people import everybody

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ADDRESS = "**/checklist/"


@pytest.fixture
def task(page: Page, monday: datetime) -> Task:
    people = everybody()
    case = a_case(by=people.per, authority=people.authority, at=monday)
    sign_in(page, people.per)
    task = Task.objects.filter(case_phase__case=case, step__isnull=False).order_by("position")[0]
    page.goto(f"/cases/{case.number}/tasks/{task.pk}/")
    return task


def box(page: Page, number: int) -> Any:
    return page.locator("[data-check] input[type=checkbox]").nth(number)


def foot(page: Page) -> Any:
    return page.locator("[data-check] .check__foot")


def ticked_slowly(page: Page) -> list[Route]:
    """The first box is ticked, and its change stays on its way. Later ones pass."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(ADDRESS, hold)
    with page.expect_request(ADDRESS):
        box(page, 0).check()
    return held


def test_what_is_ticked_while_the_last_tick_is_on_its_way_is_saved_too(
    page: Page, task: Task
) -> None:
    first = ticked_slowly(page)
    box(page, 1).check()

    first[0].continue_()

    expect(foot(page)).to_contain_text("2 av 2")
    expect(box(page, 1)).to_be_checked()
    assert task.ticks.count() == 2


def test_what_is_unticked_meanwhile_is_unticked(page: Page, task: Task) -> None:
    first = ticked_slowly(page)
    box(page, 0).uncheck()

    first[0].continue_()

    expect(foot(page)).to_contain_text("0 av 2 · Sparat")
    expect(box(page, 0)).not_to_be_checked()
    assert not task.ticks.exists()


def test_that_a_change_was_not_saved_is_said_until_one_is(page: Page, task: Task) -> None:
    failed = page.locator("#failed")
    page.route(ADDRESS, lambda route: route.fulfill(status=500))
    box(page, 0).check()
    expect(failed).to_be_in_viewport()
    page.troubles.clear()  # type: ignore[attr-defined]
    page.unroute(ADDRESS)

    box(page, 1).check()

    expect(foot(page)).to_contain_text("2 av 2")
    expect(failed).to_be_hidden()
