"""The ways in that an installation switches on, and the people of a demo, from a real server."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import Page, expect

from teams.models import User
from tests.browser.identity import CLIENT, identity_provider
from tests.builders_teams import PASSWORD
from tests.journeys.walking import heading, look_over, press, refused, told, write
from tests.people import everybody
from tests.servers import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SWITCHED_ON = {
    "UPPTAKT_DEMO": "1",
    "UPPTAKT_PASSKEYS": "1",
    "UPPTAKT_SIGN_IN_LINK": "1",
    "UPPTAKT_OIDC_URL": "https://id.lindhaga.example",
    "UPPTAKT_OIDC_NAME": "Lindhaga kommun",
    "UPPTAKT_OIDC_CLIENT_ID": "upptakt",
}


@contextmanager
def a_server(environment: dict[str, str]) -> Iterator[str]:
    """The address of a web process that reads its settings from the environment."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4",
         "--log-level", "error", "config.wsgi"],
        env=environment | {"UPPTAKT_URL": f"http://127.0.0.1:{port}"},
    )  # fmt: skip
    try:
        wait_until(lambda: listens(port), seconds=60, what="the web process")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_every_way_in_and_the_people_of_a_demo(
    page: Page, process_environment: dict[str, str]
) -> None:
    per = everybody().per
    User.objects.filter(pk=per.pk).update(is_demo=True, title="Upphandlare")
    with a_server(process_environment | SWITCHED_ON) as home:
        page.goto(f"{home}/account/login/", timeout=60_000)
        write(page, login=per.email, password="inte mitt")
        press(page, "Logga in")
        refused(page, "stämmer inte")
        expect(page.get_by_role("button", name="Logga in med passnyckel")).to_be_visible()
        expect(page.get_by_role("button", name="Logga in via Lindhaga kommun")).to_be_visible()
        expect(page.locator(".demopeople")).to_contain_text("Upphandlare, Omsorgsnämnden")
        look_over(page, "the way in with everything switched on")

        page.get_by_role("link", name="Skicka en kod att logga in med").click()
        press(page, "Skicka koden")
        refused(page, "E-post")
        look_over(page, "a code to sign in with, for nobody")
        write(page, email=per.email)
        press(page, "Skicka koden")
        write(page, code="inte den")
        press(page, "Logga in")
        refused(page, "Kod")
        look_over(page, "a code to sign in with, refused")

        press(page, "Tillbaka till inloggningen")
        press(page, per.name)
        heading(page, "Mina ärenden")
        page.goto(f"{home}/account/")
        page.get_by_role("link", name="Passnycklar och koder").click()
        look_over(page, "passkeys and codes")
        page.goto(f"{home}/account/2fa/webauthn/add/")
        look_over(page, "a passkey to be added")


def test_a_person_connects_the_sign_in_of_the_organisation_and_uses_it(
    page: Page, process_environment: dict[str, str]
) -> None:
    people = everybody()
    # As the server writes a password: not as the tests do, which takes less time.
    hasher = PBKDF2PasswordHasher()
    password = hasher.encode(PASSWORD, hasher.salt())
    both = User.objects.filter(pk__in=[people.per.pk, people.nora.pk])
    both.update(is_demo=True, password=password)
    environment = process_environment | {
        "UPPTAKT_DEMO": "1",
        "UPPTAKT_OIDC_NAME": "Lindhaga kommun",
        "UPPTAKT_OIDC_CLIENT_ID": CLIENT,
    }
    with (
        identity_provider() as identity,
        a_server(environment | {"UPPTAKT_OIDC_URL": identity.address}) as home,
    ):
        page.goto(f"{home}/account/login/", timeout=60_000)
        press(page, "Logga in via Lindhaga kommun")
        heading(page, "Inget konto är kopplat")
        look_over(page, "a sign-in that no account is connected with")

        connect(page, home, people.per)
        told(page, "är kopplad till ditt konto")
        look_over(page, "the organisation's sign-in, connected")

        sign_out(page, home)
        page.goto(f"{home}/account/")
        press(page, "Logga in via Lindhaga kommun")
        heading(page, "Konto och inloggning")
        expect(page.locator("body")).to_contain_text(people.per.email)

        # While his account is closed it lets him in no more.
        sign_out(page, home)
        User.objects.filter(pk=people.per.pk).update(is_active=False)
        press(page, "Logga in via Lindhaga kommun")
        heading(page, "Kontot är stängt")
        User.objects.filter(pk=people.per.pk).update(is_active=True)

        # Another server, which calls somebody else the same.
        with (
            identity_provider() as other,
            a_server(environment | {"UPPTAKT_OIDC_URL": other.address}) as moved,
        ):
            page.goto(f"{moved}/account/login/", timeout=60_000)
            press(page, "Logga in via Lindhaga kommun")
            heading(page, "Inget konto är kopplat")

        sign_out(page, home)
        connect(page, home, people.nora)
        told(page, "redan kopplad till ett annat konto")
        look_over(page, "the organisation's sign-in, of somebody else")

        sign_out(page, home)
        identity.subject = None
        press(page, "Logga in via Lindhaga kommun")
        heading(page, "Du är inte inloggad")
        look_over(page, "a sign-in broken off")

        page.goto(f"{home}/account/login/")
        identity.is_well = False
        press(page, "Logga in via Lindhaga kommun")
        heading(page, "Inloggningen gick inte igenom")
        look_over(page, "an identity provider that does not answer")

        sign_in_as(page, home, people.per)
        page.goto(f"{home}/account/3rdparty/")
        press(page, "Ta bort kopplingen", part=True)
        show_who_it_is(page)
        expect(page.get_by_role("button", name="Koppla Lindhaga kommun")).to_be_visible()


def connect(page: Page, home: str, person: User) -> None:
    sign_in_as(page, home, person)
    page.goto(f"{home}/account/")
    page.get_by_role("link", name="Logga in via din organisation").click()
    look_over(page, "the organisation's sign-in, not connected")
    press(page, "Koppla Lindhaga kommun")
    show_who_it_is(page)


def show_who_it_is(page: Page) -> None:
    """Whoever sits at somebody's open browser connects nothing of their own, nor removes it."""
    heading(page, "Visa att det är du")
    write(page, password=PASSWORD)
    press(page, "Fortsätt")


def sign_in_as(page: Page, home: str, person: User) -> None:
    page.goto(f"{home}/account/login/")
    press(page, person.name)
    heading(page, "Mina ärenden")


def sign_out(page: Page, home: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{home}/account/login/")
