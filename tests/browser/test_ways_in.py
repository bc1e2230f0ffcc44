"""The ways in that an installation switches on, and the people of a demo, from a real server."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import Page, expect

from teams.models import User
from tests.journeys.walking import heading, look_over, press, refused, write
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
