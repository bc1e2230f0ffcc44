"""The pages of a case on the smallest screen, in a real browser."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from procurements.models import Case, Insight
from procurements.operations.case import pause_case
from procurements.operations.need import save_need
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import add_task
from teams.models import User
from tests.browser.fixtures import DESKTOP, PHONE, SMALLEST, enlarge, overflow, sign_in, space_out
from tests.builders import a_case, a_case_in_admission, an_edition, at_start_of
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


@pytest.mark.parametrize("where", ["", "phases/part-0/", "plan/", "legal/"])
def test_a_reader_of_letters_twice_as_large_scrolls_only_downwards(
    page: Page, case: Case, where: str
) -> None:
    enlarge(page)
    page.goto(f"/cases/{case.number}/{where}")

    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        assert overflow(page) == 0


def test_a_day_keeps_to_its_column_when_the_text_is_spaced(
    page: Page, case: Case, time_machine: Any
) -> None:
    time_machine.move_to(at_start_of(case) + timedelta(days=60), tick=True)
    sign_in(page, case.created_by)
    page.goto("/portfolio/")
    day = page.locator(".needlist .due").first
    expect(day).to_be_visible()

    space_out(page, DESKTOP)

    assert day.evaluate("each => each.scrollWidth - each.clientWidth") == 0


def test_a_long_name_is_divided_where_the_screen_ends(
    page: Page, monday: datetime, time_machine: Any
) -> None:
    people = everybody()
    title = "Kognitionsstödsutvecklingsupphandlingsförberedelser"
    number = "SAMHÄLLSBYGGNADSNÄMNDEN/2026/0118/UPPH"
    case = a_case_in_admission(
        by=people.per, authority=people.authority, at=monday, title=title, diary_number=number
    )
    time_machine.move_to(at_start_of(case), tick=True)
    name = "Välfärdsteknologiinnovationslaboratoriet"
    admit_suppliers(case=case, suppliers=[TypedSupplier(name)], by=people.per, at=at_start_of(case))
    User.objects.filter(pk=people.nora.pk).update(title="Upphandlingsjuridiksamordningsansvarig")
    sign_in(page, people.per)
    page.set_viewport_size(SMALLEST)

    url = case.get_absolute_url()
    for address, words in (
        (url, name),
        (url, number),
        (f"{url}phases/part-1/", title),
        (f"{url}people/give/", "Upphandlingsjuridik"),
        ("/calendar/", title),
        ("/portfolio/", title),
        ("/", title),
    ):
        page.goto(address)
        expect(page.locator("main")).to_contain_text(words)
        assert overflow(page) == 0


def test_a_banner_does_not_touch_what_it_stands_over(
    page: Page, case: Case, monday: datetime
) -> None:
    pause_case(case=case, reason="Sommaren", by=case.created_by, at=monday)
    for where in ("suppliers/", "diary/", "history/", "need/"):
        page.goto(f"/cases/{case.number}/{where}")
        banner = page.locator(".banner--case").bounding_box()
        heading = page.locator(".sec").first.bounding_box()
        assert banner
        assert heading
        assert heading["y"] - banner["y"] - banner["height"] >= 16, where


def test_a_long_word_in_a_name_leaves_the_other_columns_in_sight(
    page: Page, monday: datetime, time_machine: Any
) -> None:
    people, long = everybody(), "Samhällsbyggnadsförvaltningssamordning" * 3
    case = a_case_in_admission(by=people.per, authority=people.authority, at=monday)
    time_machine.move_to(at_start_of(case), tick=True)
    admit_suppliers(case=case, suppliers=[TypedSupplier(long)], by=people.per, at=at_start_of(case))
    add_task(
        case=case, case_phase=case.current_phase, title=long, due_on=at_start_of(case).date(),
        by=people.per, at=at_start_of(case),
    )  # fmt: skip
    sign_in(page, people.per)
    page.set_viewport_size({"width": 1000, "height": 800})

    for where in ("suppliers/", "deadlines/"):
        page.goto(f"{case.get_absolute_url()}{where}")
        expect(page.locator(".scroll", has_text=long)).to_be_visible()
        hidden = page.locator(".scroll").evaluate_all(
            "all => all.map(each => each.scrollWidth - each.clientWidth)"
        )
        assert set(hidden) == {0}, where


def test_of_hundreds_of_choices_the_button_of_the_form_stays_within_reach(
    page: Page, case: Case, monday: datetime
) -> None:
    save_need(case=case, title="Behovet", started_from=0, by=case.created_by, at=monday)
    Insight.objects.bulk_create(
        Insight(
            case=case, case_phase=case.current_phase, number=n, title=f"Insikt {n}", text="Ny.",
            source="test", audience="team", by=case.created_by, at=monday,
        )
        for n in range(1, 201)
    )  # fmt: skip
    page.goto(f"{case.get_absolute_url()}need/write/")
    page.set_viewport_size(SMALLEST)

    choices = page.locator(".choices", has_text="Insikt 200").bounding_box()

    assert choices
    assert choices["height"] < 500
    last = page.get_by_label("1. Insikt 1", exact=True)
    last.check()
    expect(last).to_be_in_viewport()
