"""Shortcuts for those who want them, and the word before a session ends."""

import pytest
from playwright.sync_api import Page, expect

from teams.models import User
from tests.browser.fixtures import DESKTOP, PHONE, findings, overflow, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.urls("tests.browser.urls"),
    pytest.mark.django_db(transaction=True),
]


def maja(**fields: object) -> User:
    return User.objects.create_user("maja@karlstad.example", name="Maja Lindqvist", **fields)


def test_shortcuts_work_only_when_switched_on(page: Page) -> None:
    user = maja()
    sign_in(page, user)
    page.goto("/nowhere/")
    page.locator("main").press("g")
    page.locator("main").press("m")
    page.goto("/nowhere/?again")
    assert page.url.endswith("?again")
    user.has_shortcuts = True
    user.save()
    page.goto("/nowhere/")
    entry = page.locator(".topnav a").last
    first, second = entry.get_attribute("data-key").split()
    page.locator("main").press(first)
    page.locator("main").press(second)
    page.wait_for_url(f"**{entry.get_attribute('href')}")
    page.troubles.clear()


def test_typing_is_never_a_shortcut(page: Page) -> None:
    sign_in(page, maja(has_shortcuts=True))
    page.goto("/design/")
    field = page.locator("#id_title")
    field.press_sequentially("gm")
    expect(field).to_have_value("gm")
    assert "/design/" in page.url
    page.locator("main").press("j")
    expect(page.locator(".caserow h3 a")).to_be_focused()


def test_the_end_of_a_session_is_said_in_time(page: Page) -> None:
    sign_in(page, maja())
    page.clock.install()
    page.goto("/design/")
    answer = page.request.post(
        "/account/stay/",
        headers={"X-CSRFToken": page.locator("[name=csrfmiddlewaretoken]").first.input_value()},
    )
    assert answer.ok
    page.goto("/design/")
    notice = page.locator("#session-notice")
    expect(notice).to_be_hidden()
    page.clock.fast_forward("11:56:00")
    expect(notice).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("fem minuter")
    page.route("**/account/stay/", lambda route: route.fulfill(body="99999999999"))
    notice.get_by_role("button").click()
    expect(notice).to_be_hidden()


def test_that_one_stays_signed_in_or_does_not_is_said(page: Page) -> None:
    sign_in(page, maja())
    page.clock.install()
    page.goto("/design/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    assert page.request.post("/account/stay/", headers={"X-CSRFToken": token}).ok
    page.goto("/design/?part=forms")
    page.locator("#id_title").focus()
    page.clock.fast_forward("11:56:00")
    notice = page.locator("#session-notice")
    stay = notice.get_by_role("button", name="Fortsätt vara inloggad")

    page.route("**/account/stay/", lambda route: route.fulfill(status=403))
    stay.click()
    expect(notice.locator("[data-lost]")).to_be_in_viewport()
    assert findings(page) == []
    assert overflow(page) == 0
    page.set_viewport_size(PHONE)
    expect(notice.locator("[data-lost]")).to_be_in_viewport()
    page.set_viewport_size(DESKTOP)
    expect(page.locator("#announcer")).to_contain_text("Det du skrev finns kvar på enheten.")
    again = notice.get_by_role("link", name="Logga in igen")
    expect(again).to_have_attribute("href", "/account/login/?next=/design/%3Fpart%3Dforms")

    page.unroute("**/account/stay/")
    page.route("**/account/stay/", lambda route: route.fulfill(body="99999999999"))
    stay.click()
    expect(notice).to_be_hidden()
    expect(page.locator("#id_title")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Du är fortfarande inloggad.")
