"""What a browser may do with a page: the same on every page, also where something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from documents import checking
from procurements.views.mine import MyCases
from tests.config.test_production import SAFE, run
from tests.people import People

pytestmark = pytest.mark.django_db

# As docs/architecture.md has it.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}


def policy_of(answer: Any) -> dict[str, str]:
    told = [one.strip().partition(" ") for one in answer["Content-Security-Policy"].split(";")]
    return {name: sources for name, _space, sources in told}


def strange_host(**more: Any) -> Any:
    return Client().get("/", headers={"host": "evil.example"}, **more)


ASKED: dict[str, tuple[int, Callable[[], Any]]] = {
    "a page": (200, lambda: Client().get("/account/login/")),
    "led on": (302, lambda: Client().get("/")),
    "too much": (400, lambda: Client().post("/account/login/", {"login": "x", "password": "y"})),
    "a host that is not ours": (400, strange_host),
    "too old to be posted": (
        403,
        lambda: Client(enforce_csrf_checks=True).post("/account/stay/", {"a": "x"}),
    ),
    "nowhere": (404, lambda: Client().get("/nowhere/")),
    "takes no post": (405, lambda: Client().post("/privacy/")),
    "too often": (429, lambda: Client().get("/verify/7Q2MZ-8R4K1-W9X3T-5B6VH/")),
}


@pytest.mark.parametrize("case", ASKED)
def test_every_answer_carries_the_policy(
    people: People, settings: Any, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    monkeypatch.setattr(checking, "ASKS_MOST", 0)
    status, ask = ASKED[case]

    answer = ask()

    assert answer.status_code == status
    assert policy_of(answer) == POLICY


def test_a_fault_of_ours_carries_it_too(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(MyCases, "get", fail)
    client = Client(raise_request_exception=False)
    client.force_login(people.per)

    answer = client.get("/")

    assert answer.status_code == 500
    assert policy_of(answer) == POLICY


def test_so_does_what_is_refused_before_anything_else_is_looked_at(
    people: People, settings: Any
) -> None:
    """Where visitors are sent on to https a host that is not ours is refused at once."""
    settings.SECURE_SSL_REDIRECT = True

    answer = strange_host()

    assert answer.status_code == 400
    assert policy_of(answer) == POLICY


def test_only_an_identity_provider_is_let_in_beside_ourselves() -> None:
    told = {
        "UPPTAKT_OIDC_URL": "https://id.lindhaga.example/realms/kommun",
        "UPPTAKT_OIDC_CLIENT_ID": "x",
    }
    tell = (
        "import config.settings as it;"
        " print(*it.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )

    done = run("-c", tell, **SAFE | told)

    assert done.stdout == "'self' https://id.lindhaga.example\n", done.stderr
