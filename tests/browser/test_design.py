"""Every part of the interface in every state, in a real browser."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.fixtures import PHONE, check_page, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.urls("tests.browser.urls")]


def test_components_have_no_findings(page: Page, settings) -> None:
    settings.IS_DEMO = True
    page.goto("/design/?toast")
    check_page(page, "components")
    if folder := os.environ.get("UPPTAKT_PICTURES"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": 1440, "height": 900})
            picture(page, Path(folder) / f"design-desktop-{scheme}.png")
            page.set_viewport_size(PHONE)
            picture(page, Path(folder) / f"design-mobile-{scheme}.png")
