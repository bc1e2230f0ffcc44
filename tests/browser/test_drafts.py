"""What somebody writes survives a reload, a lost network and an expired session."""

from datetime import UTC, datetime

import pytest
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.forms import CharField, Form, PasswordInput, Textarea
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import engines
from django.urls import path
from playwright.sync_api import Page, expect

from config.urls import urlpatterns as house
from teams.models import User
from tests.browser.fixtures import sign_in

LONG = ("Nattpersonalen behöver kunna pausa scenariot. " * 200).strip()


class Need(Form):
    title = CharField()
    need = CharField(widget=Textarea)
    secret = CharField(widget=PasswordInput, required=False)


@login_required
def write(request: HttpRequest) -> HttpResponse:
    form = Need(request.POST or None)
    if form.is_valid():
        messages.success(request, "Saved.", extra_tags="saved")
        return redirect("/write/")
    source = (
        '{% extends "base.html" %}{% block title %}Write{% endblock %}{% block content %}'
        '<div class="wrap"><h1>Write</h1>{% include "_form.html" with label="Save" %}</div>'
        "{% endblock %}"
    )
    return HttpResponse(engines["django"].from_string(source).render({"form": form}, request))


def tell(request: HttpRequest) -> HttpResponse:
    """Open to everybody, as the feedback on accessibility is."""
    return write.__wrapped__(request)  # type: ignore[attr-defined]


def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return render(request, "404.html")


urlpatterns = [*house, path("write/", write), path("tell/", tell), path("out/", sign_out)]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.urls(__name__),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def maja() -> User:
    return User.objects.create_user("maja@karlstad.example", name="Maja Lindqvist")


@pytest.fixture
def writing(page: Page, maja) -> Page:
    sign_in(page, maja)
    page.goto("/write/")
    page.locator("#id_need").fill(LONG)
    page.locator("#id_secret").fill("hemligt")
    expect(page.locator("form[data-keep]")).to_have_attribute("data-kept", "yes")
    return page


def test_a_reload_keeps_it_and_says_so(writing: Page) -> None:
    writing.reload()
    expect(writing.locator("#id_need")).to_have_value(LONG)
    expect(writing.locator(".notice").filter(has_text="Vi har sparat")).to_be_visible()
    expect(writing.locator("#announcer")).to_contain_text("Vi har sparat det du skrev")
    expect(writing.locator("#id_secret")).to_have_value("")
    assert "hemligt" not in writing.evaluate("JSON.stringify(localStorage)")


def test_when_it_was_written_is_told_as_everywhere_in_swedish_time(page: Page, maja) -> None:
    sign_in(page, maja)
    page.clock.set_fixed_time(datetime(2026, 11, 30, 5, 4, tzinfo=UTC))
    page.goto("/write/")
    page.locator("#id_need").fill(LONG)
    expect(page.locator("form[data-keep]")).to_have_attribute("data-kept", "yes")
    page.reload()
    expect(page.locator("[data-when]")).to_have_text("30 nov 06.04")


def test_it_can_be_discarded(writing: Page) -> None:
    writing.reload()
    writing.get_by_role("button", name="Kasta det").click()
    expect(writing.locator("#id_need")).to_have_value("")
    writing.reload()
    expect(writing.locator("#id_need")).to_have_value("")


def test_saving_clears_it(writing: Page) -> None:
    writing.locator("#id_title").fill("Natt")
    writing.get_by_role("button", name="Save").click()
    expect(writing.locator(".toast")).to_contain_text("Saved.")
    expect(writing.locator("#announcer")).to_have_text("Saved.")
    assert writing.evaluate("Object.keys(localStorage).length") == 0
    expect(writing.locator("#id_need")).to_have_value("")


def test_an_error_keeps_it(writing: Page) -> None:
    writing.get_by_role("button", name="Save").click()
    expect(writing.locator("[data-errors]")).to_be_focused()
    expect(writing.locator("#id_need")).to_have_value(LONG)
    expect(writing.locator("form .notice")).to_have_count(0)
    writing.goto("/write/")
    expect(writing.locator("#id_need")).to_have_value(LONG)


def test_an_expired_session_keeps_it(writing: Page, maja) -> None:
    writing.locator("#id_title").fill("Natt")
    writing.context.clear_cookies(name="sessionid")
    writing.get_by_role("button", name="Save").click()
    writing.wait_for_url("**/account/**")
    expect(writing.locator("[data-kept-at]")).to_be_visible()
    sign_in(writing, maja)
    writing.goto("/write/")
    expect(writing.locator("#id_need")).to_have_value(LONG)
    expect(writing.locator("#id_title")).to_have_value("Natt")


def test_the_door_tells_only_of_what_is_kept_of_the_page(writing: Page) -> None:
    writing.context.clear_cookies(name="sessionid")
    for page in ("/write/more/", "/"):
        writing.goto(f"/account/login/?next={page}")
        expect(writing.locator("[data-kept-at]")).to_be_hidden()
    writing.goto("/account/login/?next=/write/%3Fpart=2")
    expect(writing.locator("[data-kept-at]")).to_be_visible()


def test_a_lost_network_keeps_the_page(writing: Page) -> None:
    writing.context.set_offline(True)
    expect(writing.locator("#offline")).to_be_in_viewport()
    expect(writing.locator("#announcer")).to_contain_text("Du är utan nät.")
    writing.get_by_role("button", name="Save").click()
    expect(writing.locator("#id_need")).to_have_value(LONG)
    writing.context.set_offline(False)
    expect(writing.locator("#offline")).to_be_hidden()
    writing.locator("#id_title").fill("Natt")
    writing.get_by_role("button", name="Save").click()
    expect(writing.locator(".toast")).to_contain_text("Saved.")


def test_one_person_never_sees_anothers(writing: Page) -> None:
    eva = User.objects.create_user("eva@karlstad.example", name="Eva")
    sign_in(writing, eva)
    writing.goto("/write/")
    expect(writing.locator("#id_need")).to_have_value("")


def test_what_a_visitor_writes_does_not_outlive_the_tab(page: Page, maja) -> None:
    page.goto("/tell/")
    page.evaluate("localStorage.setItem('upptakt:draft::/tell/:', '{}')")
    page.locator("#id_need").fill(LONG)
    expect(page.locator("form[data-keep]")).to_have_attribute("data-kept", "yes")
    page.reload()
    expect(page.locator("#id_need")).to_have_value(LONG)

    other = page.context.new_page()
    other.goto("/tell/")
    expect(other.locator("#id_need")).to_have_value("")
    assert other.evaluate("Object.keys(localStorage).length") == 0


def test_a_form_hears_that_its_draft_was_discarded(writing: Page) -> None:
    writing.reload()
    writing.locator("form[data-keep]").evaluate(
        """(form) => form.addEventListener("draft:filled", () => {
            document.title = form.elements.need.value || "none";
        })"""
    )
    writing.get_by_role("button", name="Kasta det").click()
    expect(writing).to_have_title("none")


def test_a_second_press_is_dropped(page: Page, maja) -> None:
    sign_in(page, maja)
    page.goto("/write/")
    page.locator("#id_title").fill("Natt")
    page.locator("#id_need").fill("Kort")
    posts = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    page.get_by_role("button", name="Save").dblclick()
    expect(page.locator(".toast")).to_contain_text("Saved.")
    assert len(posts) == 1


def test_what_was_written_after_an_error_outlives_a_reload(writing: Page) -> None:
    writing.get_by_role("button", name="Save").click()
    expect(writing.locator("[data-errors]")).to_be_focused()
    writing.locator("#id_need").fill("Skrivet efter felet.")

    writing.reload()

    expect(writing.locator("#id_need")).to_have_value("Skrivet efter felet.")


def test_signing_out_leaves_nothing_of_what_was_just_written(writing: Page) -> None:
    writing.locator("#id_need").fill("Skrivet i sista stund.")
    writing.locator(".usermenu > summary").click()
    writing.locator(".usermenu form[data-signout] button").click()
    writing.wait_for_url("**/account/login/**")
    assert writing.evaluate("Object.keys(localStorage).length") == 0
