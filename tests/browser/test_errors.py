"""When something goes wrong: the pages say what happened, what was kept and what to do."""

import logging

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from teams.models import User
from tests.browser.fixtures import check_page, sign_in
from tests.builders import a_case
from tests.people import People

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


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.urls("config.urls")
@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_too_large_is_told_of_at_its_field_and_not_sent(
    page: Page, people: People, settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    case = a_case(by=people.per, authority=people.authority)
    task = case.current_phase.tasks.get(position=1)
    sign_in(page, people.per)
    page.goto(reverse("task", args=[case.number, task.pk]))
    field, button = page.locator("[name=upload]"), page.get_by_role("button", name="Bifoga filen")
    page.locator("[name=text]").fill("Det här vill jag inte skriva igen.")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.method) if one.method == "POST" else None)

    field.set_input_files({"name": "film.txt", "mimeType": "text/plain", "buffer": b"x" * 101})
    button.click()

    told = field.evaluate("(field) => [field.validationMessage, document.activeElement === field]")
    assert told == ["Filen är för stor: högst 100\xa0byte.", True]
    assert sent == []
    expect(page.locator("[name=text]")).to_have_value("Det här vill jag inte skriva igen.")
    field.set_input_files({"name": "kort.txt", "mimeType": "text/plain", "buffer": b"x" * 100})
    button.click()
    expect(page.get_by_role("link", name="kort.txt")).to_be_visible()
    assert sent == ["POST"]


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
