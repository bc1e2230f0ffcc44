import logging

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client

from config import logs
from tests.logs import written
from tests.matrix.addresses import addresses
from tests.people import everybody

log = logging.getLogger("upptakt.test")


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        (
            'GET /cases/invitations/0a1b2c3d4e5f6a7b8c9d/ HTTP/1.1" 200',
            'GET /cases/invitations/…/ HTTP/1.1" 200',
        ),
        ("Gone: /invitations/0a1b2c3d4e5f6a7b8c9d", "Gone: /invitations/…"),
        (
            "Not Found: /account/password/reset/key/4-cx9a1b-0a1b2c3d4e5f/",
            "Not Found: /account/password/reset/key/…/",
        ),
        ("POST /invitations/12/resend/", "POST /invitations/12/resend/"),
        ("GET /cases/1001/?page=100%", "GET /cases/1001/?page=100%"),
        ("refused <per.persson@upp.example>, again", "refused <…@…>, again"),
        ("to per@upp.example;nora@upp.example", "to …@…"),
        ("Key (email)=(nora@upp.example) exists.", "Key (email)=(…@…) exists."),
        ("redis://:hemligt@redis:6379/0 is away", "redis://:…@redis:6379/0 is away"),
        ("postgres://upptakt:hem@db/upptakt", "postgres://upptakt:…@db/upptakt"),
        ("Invalid request from ip=192.0.2.7: no", "Invalid request from ip=…: no"),
        ("celery@web-1 ready", "celery@web-1 ready"),
        (
            "IntegrityError: refused\nDETAIL:  Failing row contains (7, Per, secret).\nmore",
            "IntegrityError: refused\nDETAIL: …",
        ),
    ],
)
def test_what_opens_a_door_or_names_a_person_is_not_written(line: str, safe: str) -> None:
    assert logs.without_secrets(line) == safe


REFUSED = """
IntegrityError: null value
DETAIL:  Failing row contains (7, Nora writes of a supplier (Norrsken AB).
Their price is too low.

Their  DETAIL: is secret, and so is this, 900).
"""


DIRECT = "\n\nThe above exception was the direct cause of the following exception:\n\nTraceback"
MEANWHILE = "\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback"


@pytest.mark.parametrize("after", ["", DIRECT, MEANWHILE])
@pytest.mark.parametrize("more", ["", "HINT: lower it\n", "Traceback (most recent call last):\n"])
def test_nothing_of_a_refused_row_is_written_however_many_lines_it_has(
    more: str, after: str
) -> None:
    safe = logs.without_secrets(REFUSED.replace("Their price", more + "Their price") + after)

    assert safe == "\nIntegrityError: null value\nDETAIL: …" + after.replace("\n", "", 1)


@pytest.mark.django_db
def test_nothing_of_a_statement_that_the_database_does_not_understand_is_written() -> None:
    """As when its tables are older than the code."""
    statement, name = "UPDATE teams_user SET name = %s, nowhere = 1", "Norrsken AB".upper()
    with written() as out:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [name])
        except DatabaseError:
            log.exception("Failed")

    (line,) = out.lines
    assert "nowhere" in line["exception"]
    assert name not in out.getvalue()


def test_a_refused_row_in_a_group_of_faults_is_not_written_either() -> None:
    assert logs.without_secrets("  | DETAIL:  Failing row (7).\n  | more") == "  | DETAIL: …"


@pytest.mark.parametrize("part", ["a", " ", "\n", "\n ", "\nHINT", "\nDETAIL:"])
def test_a_refused_row_of_half_a_million_letters_is_gone_through_once(part: str) -> None:
    row = "DETAIL:" + part * (500_000 // len(part))

    assert logs.without_secrets(row + DIRECT) == "DETAIL: …" + DIRECT[1:]


@pytest.mark.parametrize(
    "part", ["a", "a.", "x@a", "x@a-", "a://", "\n", "\n\tDETAIL", "\n |", "LINE 1", "%41", "ip=1"]
)
def test_a_line_of_half_a_million_letters_is_gone_through_once(part: str) -> None:
    """Gone through from each of its letters, it would take an hour."""
    line = "GET /" + part * (500_000 // len(part))

    assert logs.without_secrets(line + " per@upp.example").endswith("…@…")


def test_every_address_with_a_secret_is_known_to_the_logs() -> None:
    token = "0a1b2c3d4e5f6a7b8c9d"
    secret = [route for route in addresses().values() if "token>" in route or "<key>" in route]

    assert len(secret) >= 3
    for route in secret:
        address = "/" + route.replace("<str:token>", token).replace("<token>", token)
        assert token not in logs.without_secrets(address), route


@pytest.mark.django_db
def test_where_somebody_came_from_is_not_written() -> None:
    everybody()
    came_from = "https://annan.example/sidor/?q=hemligt"
    with written() as out:
        client = Client(enforce_csrf_checks=True)
        answer = client.post("/account/stay/", secure=True, headers={"referer": came_from})

    assert answer.status_code == 403
    told = "Referer checking failed - https://annan.example does not match any trusted origins."
    assert [line["event"] for line in out.lines if told in line["event"]]
    assert [words for words in ("sidor", "hemligt") if words in out.getvalue()] == []


def test_a_line_is_one_object_with_all_that_is_known_of_it() -> None:
    with written() as out:
        log.info("Answered %s", "per@upp.example", extra={"status": 200, "data": {"args": "x"}})

    (line,) = out.lines
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "Answered …@…", "level": "info", "logger": "upptakt.test", "status": 200,
    }  # fmt: skip


def test_a_trace_is_in_its_line_without_what_is_secret() -> None:
    secret = "/invitations/0a1b2c3d4e5f6a7b8c9d/"
    with written() as out:
        try:
            raise ValueError(f"{secret} for per@upp.example")
        except ValueError:
            log.exception("Failed")

    (line,) = out.lines
    assert "Traceback" in line["exception"]
    assert line["exception"].endswith("ValueError: /invitations/…/ for …@…")
    assert out.getvalue().count("\n") == 1


def test_a_terminal_shows_the_same_to_be_read() -> None:
    record = logging.LogRecord("a", logging.WARNING, "", 0, "Late: %s", ("per@upp.example",), None)
    text = logs.terminal().format(record)

    assert text.count("\n") == 0
    assert "[warning" in text
    assert "Late: …@…" in text


def test_everything_is_written_by_one_hand() -> None:
    """A logger with a hand of its own would write what the house leaves out."""
    house = settings.LOGGING["loggers"]

    assert {name for name, how in house.items() if how.get("handlers")} == {"gunicorn.error"}
    assert settings.LOGGING["root"]["handlers"] == ["stderr"]
    assert settings.LOGGING["handlers"]["stderr"]["formatter"] == "house"
    assert not logging.getLogger("django").handlers
    assert not logging.getLogger("gunicorn.access").isEnabledFor(logging.ERROR)
