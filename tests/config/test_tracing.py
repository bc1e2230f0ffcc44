"""A request has a name, from who asked to the worker that keeps what it promised."""

import re

import pytest
from django.test import Client
from structlog.contextvars import bound_contextvars, get_contextvars

from documents import checking
from outbox import work
from outbox.models import Message
from tests.logs import written
from tests.people import everybody

pytestmark = pytest.mark.django_db

heard: list[str] = []


def listen(message: Message) -> None:
    heard.append(message.subject)


def fail(message: Message) -> None:
    raise ValueError("no such paper for per@upp.example")


@pytest.fixture(autouse=True)
def handlers(settings):
    settings.OUTBOX_HANDLERS = {
        "test.listen": f"{__name__}.listen",
        "test.fail": f"{__name__}.fail",
    }
    heard.clear()


def test_a_request_without_a_name_is_given_one_that_its_line_and_answer_carry() -> None:
    with written() as out:
        answer = Client().get("/privacy/?q=hemligt+sökord")

    name = answer["X-Request-ID"]
    (line,) = [one for one in out.lines if one["logger"] == "upptakt.requests"]
    assert re.fullmatch(r"[0-9a-f]{16}", name)
    assert line["request"] == name
    assert (line["method"], line["page"], line["status"]) == ("GET", "privacy", 200)
    assert "hemligt" not in out.getvalue()
    assert "127.0.0.1" not in out.getvalue()
    assert Client().get("/privacy/")["X-Request-ID"] != name


def test_a_name_given_by_who_stands_in_front_is_kept() -> None:
    name = "7f3e1c52-0b7e-4d0c-9e8f-1a2b3c4d5e6f"

    assert Client().get("/privacy/", headers={"x-request-id": name})["X-Request-ID"] == name


@pytest.mark.parametrize(
    "name", ["short", "x" * 65, 'a" injected="1"', "per@upp.example", "åäöåäöåä", "a b c d e f"]
)
def test_a_name_that_is_none_is_not_written(name: str) -> None:
    with written() as out:
        answer = Client().get("/privacy/", headers={"x-request-id": name})

    assert re.fullmatch(r"[0-9a-f]{16}", answer["X-Request-ID"])
    assert name not in out.getvalue()


def test_a_line_tells_which_case_by_its_number_only() -> None:
    everybody()
    with written() as out:
        Client().get("/cases/1042/suppliers/")
        Client().get("/invitations/0a1b2c3d4e5f6a7b8c9d/")

    lines = [one for one in out.lines if one["logger"] == "upptakt.requests"]
    assert [one.get("of") for one in lines] == [{"number": 1042}, None]
    assert "0a1b2c3d" not in out.getvalue()


@pytest.mark.parametrize(("address", "status"), [("/nowhere/", 404), ("/verify/", 429)])
def test_what_django_says_of_a_refused_request_carries_its_name(
    address: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody()
    monkeypatch.setattr(checking, "ASKS_MOST", 0)
    with written() as out:
        answer = Client().get(address) if status == 404 else Client().post(address, {"code": "X"})

    (line,) = [one for one in out.lines if one["logger"] == "django.request"]
    assert answer.status_code == status
    assert (line["level"], line["request"]) == ("warning", answer["X-Request-ID"])


def test_the_name_ends_with_the_request() -> None:
    Client().get("/privacy/")

    assert get_contextvars() == {}


def test_what_is_promised_keeps_the_name_and_its_worker_writes_it() -> None:
    with bound_contextvars(request="lena-asks-1"):
        message = Message.objects.post("test.listen", subject="1")

    with written() as out:
        work.carry_out_one(message.pk)

    (line,) = out.lines
    assert message.request_name == "lena-asks-1"
    assert heard == ["1"]
    assert (line["event"], line["request"]) == ("Kept", "lena-asks-1")
    assert (line["message"], line["kind"]) == (message.pk, "test.listen")
    assert get_contextvars() == {}


def test_a_failure_in_the_worker_is_found_by_the_name_of_the_request() -> None:
    with bound_contextvars(request="lena-asks-2"):
        message = Message.objects.post("test.fail", subject="1", recipient="per@upp.example")

    with written() as out:
        work.carry_out_one(message.pk)

    (line,) = out.lines
    assert (line["request"], line["level"]) == ("lena-asks-2", "error")
    assert "ValueError" in line["exception"]
    assert "per@upp" not in out.getvalue()


def test_what_nobody_asked_for_has_no_name() -> None:
    assert Message.objects.post("test.listen", subject="1").request_name == ""
