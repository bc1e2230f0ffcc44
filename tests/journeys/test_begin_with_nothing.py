"""An empty house gets its first administrator and its people; each keeps a page of their own."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from teams.models import Membership, User
from tests.browser.fixtures import PHONE, overflow, sign_in
from tests.builders_teams import PASSWORD, a_person, a_role, an_organisation
from tests.journeys.walking import (
    another,
    choose,
    follow,
    heading,
    letter_to,
    link_in,
    look_over,
    press,
    reach,
    refused,
    told,
    write,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def live_server(transactional_db: None) -> Iterator[LiveServer]:
    """A server that has just been started: it has not yet seen that anybody is there."""
    server = LiveServer("localhost")
    yield server
    server.stop()


OWN = "Lyktan-brinner-i-7-vindar"


def test_the_first_administrator_invites_the_next(page: Page) -> None:
    # Whatever is asked for, an empty house asks who is first.
    page.goto("/cases/new/")
    heading(page, "Välkommen till Upptakt")
    press(page, "Börja")
    refused(page, "Rätta 5 saker", "Ditt namn")
    look_over(page, "the first page with errors")
    write(
        page,
        person_name="Anna Alm",
        person_email="anna@lindhaga.example",
        password=OWN,
        password_again=OWN,
        name="Lindhaga kommun",
        parts="Omsorgsnämnden\nKommunstyrelsen",
        number="212000-1851",
    )
    press(page, "Börja")
    refused(page, "Organisationsnummer")
    expect(page.locator("[name=parts]")).to_have_value("Omsorgsnämnden\nKommunstyrelsen")
    write(page, number="212000-1850", password=OWN, password_again=OWN)
    press(page, "Börja")
    heading(page, "Lindhaga kommun")
    told(page, "Välkommen.")
    expect(page.get_by_role("link", name="Kommunstyrelsen")).to_be_visible()
    # Once, never again.
    assert page.goto("/welcome/").status == 404
    page.goto("/")
    heading(page, "Du har inga ärenden än")
    look_over(page, "my cases, empty")

    follow(page, "Se organisationerna")
    follow(page, "Lindhaga kommun")
    follow(page, "Bjud in någon")
    write(page, email="inte en adress")
    press(page, "Skicka inbjudan")
    refused(page, "E-post")
    look_over(page, "an invitation with errors")
    write(page, email="nils@lindhaga.example", name="Nils Nyman")
    choose(page, "Redaktör Startar ärenden")
    press(page, "Skicka inbjudan")
    heading(page, "Inbjudningar som väntar på svar")
    page.locator(".usermenu > summary").click()
    look_over(page, "the organisation with an invitation and the menu open")

    letter = letter_to("nils@lindhaga.example")
    assert "Anna Alm" in letter
    assert "Lindhaga kommun" in letter
    with another(page.context) as nils:
        nils.goto(link_in(letter))
        write(nils, password="kort", password_again="kort")
        press(nils, "Tacka ja och logga in")
        refused(nils, "Välj ett lösenord")
        look_over(nils, "the answer to an invitation with errors")
        write(nils, password=OWN, password_again=OWN)
        press(nils, "Tacka ja och logga in")
        heading(nils, "Lindhaga kommun")
        expect(nils.get_by_role("link", name="Bjud in någon")).to_have_count(0)
        # The link works once.
        nils.goto(link_in(letter))
        heading(nils, "Inbjudan")
        expect(nils.locator("main")).to_contain_text("En länk fungerar en gång")
        look_over(nils, "a used invitation")
    assert Membership.objects.get(user__email="nils@lindhaga.example").role == "editor"


def test_roles_are_changed_and_ended_with_the_day(page: Page) -> None:
    municipality = an_organisation()
    anna, nils = a_person("Anna Alm"), a_person("Nils Nyman")
    a_role(anna, municipality, "administrator")
    a_role(nils, municipality, "editor")
    tomorrow = timezone.localdate() + timedelta(days=1)
    sign_in(page, anna)

    # The last administrator stays.
    page.goto(municipality.get_absolute_url())
    follow(page, "Avsluta rollen för Anna Alm")
    press(page, "Avsluta rollen")
    refused(page, "administratör")
    look_over(page, "the last administrator cannot leave")

    page.goto(municipality.get_absolute_url())
    follow(page, "Ändra rollen för Nils Nyman")
    choose(page, "Administratör")
    write(page, from_on=tomorrow.isoformat())
    look_over(page, "another role")
    press(page, "Ändra rollen")
    heading(page, "Lindhaga kommun")
    expect(page.get_by_text(re.compile(r"från .*\d{4}|från i morgon")).first).to_be_visible()
    assert sorted(Membership.objects.filter(user=nils).values_list("role", "until_on")) == [
        ("administrator", None),
        ("editor", tomorrow),
    ]

    page.locator(".people__row").filter(has_text="Administratör").filter(
        has_text="Nils Nyman"
    ).get_by_role("link", name="Avsluta").click()
    write(page, until_on=(tomorrow - timedelta(days=30)).isoformat())
    press(page, "Avsluta rollen")
    refused(page)
    write(page, until_on=(tomorrow + timedelta(days=7)).isoformat())
    press(page, "Avsluta rollen")
    heading(page, "Lindhaga kommun")
    look_over(page, "the organisation with roles that end")


def test_a_forgotten_password_is_chosen_anew_by_keyboard_alone(page: Page) -> None:
    nora = a_person("Nora Nord")
    page.goto("/")
    look_over(page, "the way in")
    page.locator("[name=login]").focus()
    page.keyboard.type(nora.email)
    page.keyboard.press("Tab")
    page.keyboard.type("inte-mitt-lösenord-1")
    page.keyboard.press("Enter")
    refused(page, "stämmer inte")
    look_over(page, "the way in, refused")

    reach(page, "Har du glömt lösenordet?")
    page.keyboard.press("Enter")
    heading(page, "Glömt lösenord")
    look_over(page, "forgotten password")
    page.locator("[name=email]").focus()
    page.keyboard.type("ingen@lindhaga.example")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/")
    unknown = page.locator("main").inner_text()
    look_over(page, "a letter is on its way")
    page.go_back()
    page.locator("[name=email]").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(nora.email)
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/")
    # Who is known here is told to nobody.
    assert page.locator("main").inner_text() == unknown

    page.goto(link_in(letter_to(nora.email)))
    heading(page, "Välj ett nytt lösenord")
    look_over(page, "a new password")
    page.locator("[name=password1]").focus()
    page.keyboard.type(OWN)
    page.keyboard.press("Tab")
    page.keyboard.type(OWN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/")
    look_over(page, "the password is changed")
    page.goto("/account/login/")
    page.locator("[name=login]").focus()
    page.keyboard.type(nora.email)
    page.keyboard.press("Tab")
    page.keyboard.type(OWN)
    page.keyboard.press("Enter")
    heading(page, "Mina ärenden")


def test_name_language_and_appearance_are_ones_own(page: Page) -> None:
    nora = a_person("Nora Nord")
    sign_in(page, nora)
    page.goto("/account/")
    write(page, name="", reminder_email="fel")
    press(page, "Spara dina uppgifter")
    refused(page, "Namn", "Adress för påminnelser")
    look_over(page, "one's own page with errors")
    write(page, name="Nora Norén", reminder_email="nora@hemma.example")
    choose(page, "Engelska")
    choose(page, "Mörkt")
    choose(page, "Använd kortkommandon")
    press(page, "Spara dina uppgifter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-color-scheme", "dark")
    heading(page, "Account and sign-in")
    look_over(page, "one's own page in English")
    nora.refresh_from_db()
    assert (nora.name, nora.language, nora.scheme) == ("Nora Norén", "en", "dark")

    follow(page, "Change password")
    write(page, oldpassword="fel", password1=OWN, password2=OWN)
    press(page, "Change the password")
    refused(page, "Current password")
    look_over(page, "another password, refused")
    write(page, oldpassword=PASSWORD, password1=OWN, password2=OWN)
    press(page, "Change the password")
    nora.refresh_from_db()
    assert nora.check_password(OWN)

    page.goto("/account/")
    press(page, "Sign out everywhere else")
    told(page, "You are signed out everywhere else.")
    look_over(page, "one's own page, signed out elsewhere")

    # A single key leads home, since she asked for it.
    page.goto("/shortcuts/")
    look_over(page, "keyboard shortcuts")
    page.keyboard.press("g")
    page.keyboard.press("m")
    heading(page, "My cases")

    page.goto("/account/reauthenticate/")
    write(page, password="fel")
    press(page, "Continue")
    refused(page, "Password")
    look_over(page, "the password once more, refused")
    page.goto("/account/logout/")
    look_over(page, "the way out")
    page.locator(".usermenu > summary").click()
    page.locator(".usermenu").get_by_role("button", name="Sign out").click()
    heading(page, "Logga in")
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.goto("/account/inactive/")
    look_over(page, "a closed account")


@pytest.mark.parametrize("address", ["/accessibility/", "/privacy/", "/accessibility/feedback/"])
def test_what_every_public_service_tells_needs_no_account(page: Page, address: str) -> None:
    municipality = an_organisation(email="brevlada@lindhaga.example")
    a_role(a_person("Anna Alm"), municipality, "administrator")
    page.goto(address)
    look_over(page, address)
    page.set_viewport_size(PHONE)
    assert overflow(page) == 0
    foot = page.locator("footer")
    expect(foot.get_by_role("link", name="Tillgänglighetsredogörelse")).to_be_visible()
    assert User.objects.people().count() == 1
