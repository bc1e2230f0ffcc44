"""When something goes wrong: the pages say what happened, what was kept and what to do."""

import logging

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from teams.models import User
from tests.browser.fixtures import check_page, sign_in

pytestmark = [pytest.mark.urls("tests.browser.urls"), pytest.mark.django_db]


@pytest.fixture
def maja() -> User:
    return User.objects.create_user("maja@karlstad.example", name="Maja Lindqvist")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_there_and_a_fault_of_ours(page: Page, maja, caplog) -> None:
    sign_in(page, maja)
    page.goto("/nowhere/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Här finns inget")
    check_page(page, "404")
    with caplog.at_level(logging.CRITICAL, "django.request"):
        page.goto("/design/broken/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Något gick fel hos oss")
    check_page(page, "500")
    page.troubles.clear()


def test_a_fault_of_ours_has_a_number_in_the_log(maja, caplog) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(maja)
    answer = client.get("/design/broken/")
    assert answer.status_code == 500
    number = caplog.records[0].getMessage().split(":")[0]
    assert number.startswith("F-")
    assert number in answer.content.decode()
    assert "RuntimeError" in caplog.text
    assert "RuntimeError" not in answer.content.decode()


def test_a_page_that_was_too_old_says_what_is_kept(maja) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(maja)
    answer = client.post("/account/stay/?attempt=2")
    assert answer.status_code == 403
    assert "Det du skrev finns kvar" in answer.content.decode()
    assert 'href="/account/stay/?attempt=2"' in answer.content.decode()


def test_too_much_is_refused_in_words(maja, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    client = Client()
    client.force_login(maja)
    answer = client.post("/account/stay/?lang=en", {"text": "x" * 1000})
    assert answer.status_code == 200  # what is never read does no harm
    answer = Client(enforce_csrf_checks=True).post("/account/stay/", {"text": "x" * 1000})
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("name", ["400.html", "429.html", "500.html"])
def test_what_every_page_leads_to_needs_neither_request_nor_session(name) -> None:
    page = render_to_string(name, {"language": "sv"})
    for address in ("accessibility", "privacy", "shortcuts"):
        assert f'href="{reverse(address)}"' in page


def test_staying_prolongs_the_session(maja) -> None:
    client = Client()
    client.force_login(maja)
    assert "ends" not in client.session
    ends = client.post("/account/stay/")
    assert ends.status_code == 200
    assert abs(client.session["ends"] - int(ends.content)) <= 1
    assert "session-notice" in client.get("/nowhere/").content.decode()
    assert client.get("/account/stay/").status_code == 405
    assert Client().post("/account/stay/").status_code == 302
