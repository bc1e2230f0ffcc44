"""A real Chromium for tests: pages, sign-in, axe, and pictures.

The one conftest of all tests takes the fixtures from here.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.browser.seen import is_judged_here, see

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SMALLEST: ViewportSize = {"width": 320, "height": 700}
# The one that cannot draw a window first: the same engine, for three fifths of the time.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser")


def find_chromium() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert found, f"The browser tests need Chromium: apt install {CHROMIUMS[0]}."
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    # The renderer of papers hides the machine's fonts from its process; a browser without any dies.
    environment = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            env=environment,
        )
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, live_server: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=live_server.url,
        viewport=DESKTOP,
        locale="sv-SE",
        timezone_id="Europe/Stockholm",
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose console errors, broken scripts and refused styles fail the test."""
    page = context.new_page()
    listen(page)
    yield page
    assert not page.troubles, page.troubles  # type: ignore[attr-defined]


def listen(page: Page) -> None:
    """Collect everything the browser complains about. An expected status is not a complaint."""
    troubles: list[str] = []
    page.troubles = troubles  # type: ignore[attr-defined]

    def heard(message: Any) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            troubles.append(f"{message.type}: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: troubles.append(f"script: {error}"))


def sign_in(page: Page, user: Any) -> None:
    """Give the browser the session of somebody who has signed in."""
    client = Client()
    client.force_login(user)
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "domain": "localhost",
                "path": "/",
            }
        ]
    )


MENU = "details.usermenu"
# Menus in which nothing was found, by scheme, width and what they say.
_menus: set[tuple[str, int, str]] = set()
# Only what was found is brought over: all that passed is a hundred times as much. Of what a page
# loads only sound and film are asked for by a rule of ours.
RUN = """([where, only]) => "axe" in window && axe.run(where, {
    runOnly: only, resultTypes: ["violations"], preload: {assets: ["media"]}
}).then(result => result.violations)"""
# How wide the page is with its menu open and closed, beyond the window.
WIDE = """menu => [true, false].map(isOpen => {
    document.querySelectorAll(menu).forEach(each => { each.open = isOpen; });
    const page = document.documentElement;
    return page.scrollWidth - page.clientWidth;
})"""


def findings(page: Page, where: str = "html", rules: list[str] | None = None) -> list[str]:
    """What axe finds on the page as it stands, or in a part of it, one line per element.

    By all its rules for WCAG 2.2 AA and good practice, or by some of them.
    """
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": AXE_TAGS}
    violations = page.evaluate(RUN, [where, only])
    if violations is False:
        page.evaluate(AXE)
        violations = page.evaluate(RUN, [where, only])
    return [
        f"{violation['id']}: {violation['help']} – {' '.join(map(str, node['target']))}"
        for violation in violations
        for node in violation["nodes"]
    ]


def overflow(page: Page) -> int:
    """How many pixels the page can be scrolled sideways."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def space_out(page: Page, size: ViewportSize = SMALLEST) -> None:
    """Text spaced as WCAG 1.4.12 says a reader may space it, on the smallest screen or another."""
    page.set_viewport_size(size)
    # Through the object model: the policy forbids style elements.
    page.evaluate(
        """() => { for (const each of document.querySelectorAll("body, body *")) {
            each.style.letterSpacing = "0.12em"; each.style.wordSpacing = "0.16em";
            each.style.lineHeight = "1.5";
            if (each.matches("p")) each.style.marginBottom = "2em"; } }"""
    )


def enlarge(page: Page) -> None:
    """Letters twice as large, as a reader asks the browser for them: for the pages that follow."""
    browser = page.context.new_cdp_session(page)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})


def open_menu(page: Page, is_open: bool) -> str:
    """The menu of who is signed in, opened or closed without the focus; gives what it says.

    Without what is another each time: tokens, and where one comes from.
    """
    said = page.evaluate(
        """([menu, isOpen]) => [...document.querySelectorAll(menu)].map(each => {
            each.open = isOpen;
            return each.innerHTML;
        }).join("")""",
        [MENU, is_open],
    )
    return re.sub(r' value="[^"]*"', "", said)


def check_page(page: Page, name: str) -> None:
    """The page as it stands: what axe finds, where it is judged, and no sideways scroll."""
    see(page.url)
    faults = judge(page) if is_judged_here(name) else []
    faults += too_wide(page)
    assert not faults, f"{name}:\n" + "\n".join(faults)


def judge(page: Page) -> list[str]:
    """What axe finds in both schemes, as wide as the page is and on a phone.

    The person's menu is looked over open, by itself: what it lies over is judged when closed. One
    that says what another page's said is judged once.
    """
    faults = []
    with as_it_was(page) as size:
        said = open_menu(page, False)
        for each in (size, PHONE):
            page.set_viewport_size(each)
            # Whether a page is light or dark changes its colours and nothing else.
            for scheme, rules in (("light", None), ("dark", COLOUR_RULES)):
                page.emulate_media(color_scheme=scheme)
                found = findings(page, rules=rules)
                menu = (scheme, each["width"], said)
                if said and menu not in _menus:
                    open_menu(page, True)
                    of_menu = findings(page, MENU, rules)
                    open_menu(page, False)
                    found += of_menu
                    if not of_menu:
                        _menus.add(menu)
                faults += [f"{scheme} {each['width']}: {one}" for one in found]
    return faults


def too_wide(page: Page) -> list[str]:
    """Where the page can be scrolled sideways, on a phone and on the smallest screen."""
    faults = []
    with as_it_was(page):
        for size in (PHONE, SMALLEST):
            page.set_viewport_size(size)
            faults += [
                f"{size['width']}: {wide} pixels too wide"
                for wide in page.evaluate(WIDE, MENU)
                if wide
            ]
    return faults


@contextmanager
def as_it_was(page: Page) -> Iterator[ViewportSize]:
    """Leave the page light, as large, and with its menu, as it was; gives how large."""
    size = page.viewport_size or DESKTOP
    was_open = page.locator(f"{MENU}[open]").count() > 0
    yield size
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(size)
    open_menu(page, was_open)


def picture(page: Page, path: Path, *, full: bool = True) -> None:
    """A picture of the page, for docs/pictures or to look at."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, full_page=full)
