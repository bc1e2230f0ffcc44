"""Every part of the interface in every state, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from teams.models import User
from tests.browser.fixtures import check_page, judge, overflow, sign_in, space_out

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.urls("tests.browser.urls"),
    pytest.mark.django_db(transaction=True),
]

COLOURS = """() => {
  const style = getComputedStyle(document.documentElement);
  return ["neutral", "accent"].flatMap(name => [
    "background-default", "surface-tinted", "border-default", "text-default", "base-default",
    "base-contrast-default",
  ].map(role => style.getPropertyValue(`--ds-color-${name}-${role}`)).map(colour =>
    (document.body.style.color = colour, getComputedStyle(document.body).color)));
}"""


@pytest.fixture
def maja() -> User:
    return User.objects.create_user("maja@karlstad.example", name="Maja Lindqvist")


@pytest.mark.parametrize(("phases", "suppliers"), [(3, 0), (8, 7), (14, 40)])
def test_components_have_no_findings(page: Page, settings, maja, phases, suppliers) -> None:
    settings.IS_DEMO = True
    sign_in(page, maja)
    page.goto(f"/design/?toast&phases={phases}&suppliers={suppliers}")
    page.locator(".tracktab > summary").click()
    if phases == 8:
        page.locator(".usermenu > summary").click()
    check_page(page, f"components with {phases} phases")


def test_a_colour_that_is_wrong_in_the_dark_alone_is_found(page: Page, maja) -> None:
    sign_in(page, maja)
    page.goto("/design/")
    page.locator("h1").evaluate("each => { each.style.color = 'light-dark(#000, #222)'; }")

    faults = judge(page)

    assert any(fault.startswith("dark 1440: color-contrast") for fault in faults)
    assert not any(fault.startswith("light") for fault in faults)


@pytest.mark.parametrize("width", [900, 960, 1024, 1100, 1200])
def test_a_long_name_of_a_phase_stands_on_one_line_beside_seven_others(
    page: Page, maja, width: int
) -> None:
    sign_in(page, maja)
    page.goto("/design/?phases=8&suppliers=7")
    page.set_viewport_size({"width": width, "height": 900})
    lines = page.locator(".ph__title").evaluate_all(
        """titles => titles.map(title => {
            title.textContent = "Implementation";
            const words = document.createRange();
            words.selectNodeContents(title);
            return words.getClientRects().length;
        })"""
    )
    assert lines == [1] * 8


def test_text_spacing_of_wcag_does_not_overflow(page: Page, maja) -> None:
    sign_in(page, maja)
    page.goto("/design/")
    space_out(page)
    assert overflow(page) == 0


def test_the_keyboard_reaches_the_content_and_closes_the_menu(page: Page, maja) -> None:
    sign_in(page, maja)
    page.goto("/design/")
    page.locator("[data-errors]").evaluate("summary => summary.blur()")
    page.evaluate("() => { document.body.tabIndex = -1; document.body.focus(); }")
    page.keyboard.press("Tab")
    expect(page.locator(".ds-skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#innehall")).to_be_focused()
    menu = page.locator(".usermenu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_text("maja@karlstad.example")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_text("maja@karlstad.example")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_errors_take_the_focus_and_lead_to_their_fields(page: Page, maja) -> None:
    sign_in(page, maja)
    page.goto("/design/")
    summary = page.locator("[data-errors]")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Title").click()
    field = page.locator("#id_wrong-title")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    described = field.get_attribute("aria-describedby").split()
    assert all(page.locator(f"#{each}").count() == 1 for each in described)
    expect(page.locator("#id_wrong-start")).to_have_value("31 november")


def test_what_cannot_be_undone_is_asked_about(page: Page, maja) -> None:
    sign_in(page, maja)
    page.goto("/design/")
    box = page.locator("[data-confirm-box]")
    expect(box).to_be_hidden()
    page.get_by_role("button", name="Stop for good").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It cannot be opened again.")
    # Enter does no harm, and the keyboard stays in the dialog.
    expect(dialog.get_by_role("button", name="Avbryt")).to_be_focused()
    dialog.get_by_role("button", name="Avbryt").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Stop for good")).to_be_focused()
    page.get_by_role("button", name="Stop for good").click()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        dialog.get_by_role("button", name="Stop for good").click()
    assert "confirmed=yes" in sent.value.post_data


def test_print_keeps_the_track_and_drops_the_controls(page: Page, maja) -> None:
    sign_in(page, maja)
    page.goto("/design/")
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 680, "height": 900})
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".form__act").first).to_be_hidden()
    expect(page.locator(".ph__title").first).to_be_visible()
    assert page.locator(".seg--h").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator(".ds-button").locator("visible=true")).to_have_count(0)
    printed = page.evaluate(COLOURS)
    page.emulate_media(media="screen", color_scheme="light")
    assert printed == page.evaluate(COLOURS)
