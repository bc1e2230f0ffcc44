"""The pages of a case on the smallest screen, in a real browser."""

from datetime import datetime

import pytest
from playwright.sync_api import Page

from procurements.models import Case
from tests.browser.fixtures import SMALLEST, overflow, sign_in, space_out
from tests.builders import a_case, an_edition
from tests.people import everybody

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def case(page: Page, monday: datetime) -> Case:
    """One whose bar of phases is wider than a phone."""
    people = everybody()
    case = a_case(
        by=people.per,
        authority=people.authority,
        at=monday,
        edition=an_edition(phases=14),
    )
    sign_in(page, people.per)
    return case


@pytest.mark.parametrize("where", ["", "phases/part-0/", "deadlines/", "plan/", "people/"])
def test_a_reader_who_spaces_the_text_scrolls_only_downwards(
    page: Page, case: Case, where: str
) -> None:
    page.goto(f"/cases/{case.number}/{where}")
    page.set_viewport_size(SMALLEST)
    assert overflow(page) == 0

    space_out(page)

    assert overflow(page) == 0
