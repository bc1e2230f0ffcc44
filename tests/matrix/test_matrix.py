"""Who gets which answer where: matrix.txt, written by hand, against the real answers."""

from __future__ import annotations

from collections import Counter
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from tests.matrix.addresses import POSTS, Asked, addresses, path_of
from tests.matrix.world import COLUMNS, NAMED, TELLING, WITHOUT_A_ROLE, World, state, undone

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("matrix.txt")
AREAS = {
    "cases": ("case", "my_cases", "portfolio"),
    "work": ("task", "own_task", "gate"),
    "market": ("supplier", "need", "insight"),
    "papers": ("paper", "history_paper"),
}


class Line(NamedTuple):
    name: str
    situation: str
    method: str
    cells: list[str]


def read_table() -> list[Line]:
    lines = []
    for text in TABLE.read_text().splitlines():
        if not text.strip() or text.startswith("#"):
            continue
        about, _bar, cells = text.rpartition("|")
        name, situation, method = (part.strip() for part in about.split("|"))
        lines.append(Line(name, situation, method, cells.split()))
    return lines


def area_of(line: Line) -> str:
    for area, starts in AREAS.items():
        if line.name.startswith(starts):
            return area
    return "house"


LINES = read_table()
# Reached from every page, also from those that refuse.
ALWAYS_THERE = ("accessibility", "privacy", "shortcuts")
# What a page asks for and puts into itself.
PARTS = ("case_authorities", "draft_paper_status", "paper_status")
# Who is told nothing of suppliers, also when the secrecy window has ended.
NEVER = {"anonymous", "outsider", "host", "admin", "ended", *WITHOUT_A_ROLE, "bare"}


def test_the_columns_are_those_of_the_world() -> None:
    heads = next(t for t in TABLE.read_text().splitlines() if t.startswith("# name "))
    assert heads.rpartition("|")[2].split() == COLUMNS
    assert [line for line in LINES if len(line.cells) != len(COLUMNS)] == []


def test_every_address_has_its_lines_and_every_line_an_address() -> None:
    told = Counter((line.name, line.method) for line in LINES)
    wanted = {(name, method) for name in addresses() for method in ("GET", "POST")}

    assert "None" not in addresses()
    assert wanted - set(told) == set()
    assert set(told) - wanted == set()
    twice = Counter(line[:3] for line in LINES)
    assert [about for about, times in twice.items() if times > 1] == []


def test_every_post_that_somebody_may_make_has_a_valid_payload() -> None:
    taken = {
        line.name
        for line in LINES
        if line.method == "POST"
        and {"200", "go", "422"} & {cell.rstrip("+") for cell in line.cells}
    }

    assert taken - set(POSTS) == set()


@pytest.mark.parametrize("area", [*AREAS, "house"])
def test_every_answer_is_the_one_in_the_table(area: str, world: World, caplog: Any) -> None:
    # A refusal is logged as a warning with its trace: thousands of them here.
    caplog.set_level("CRITICAL", "django.request")
    sessions = signed_in(world)
    differing = [
        fault
        for line in LINES
        if area_of(line) == area
        for fault in compared(line, world, sessions)
    ]

    if differing:
        pytest.fail("\n".join(["Other answers than those in matrix.txt:", *differing]), False)


def signed_in(world: World) -> dict[str, SimpleCookie]:
    """The cookies of everybody: the cells share a client, whose chain of middleware is slow."""
    sessions = {}
    for column in COLUMNS:
        client = Client()
        if user := world.people.get(column):
            client.force_login(user)
        sessions[column] = client.cookies
    return sessions


def compared(line: Line, world: World, sessions: dict[str, SimpleCookie]) -> list[str]:
    """The cells whose real answer is another."""
    found = []
    with undone():
        setting = state(world, line.situation)
        for column, wanted in zip(COLUMNS, line.cells, strict=True):
            with undone():
                answer = ask(line, Asked(world, setting, line.situation, column), sessions[column])
                real = said(answer)
                fault = leaked(answer, line, column, wanted) + unlinked(answer, line)
            if real != wanted.rstrip("+") or fault:
                found.append(
                    f"{line.name} | {line.situation} | {line.method} | {column}: "
                    f"{wanted} in the table, {real} in life{fault}"
                )
    return found


def ask(line: Line, asked: Asked, session: SimpleCookie) -> Any:
    client = shared_client()
    client.cookies = SimpleCookie(session.output(header="", sep=";"))
    address = reverse(line.name, args=path_of(line.name, asked))
    if line.method == "GET":
        return client.get(address)
    if line.name == "account_reset_password_from_key":
        address = client.get(address).headers.get("Location", address)
    make = POSTS.get(line.name)
    return client.post(address, make(asked) if make else {})


@cache
def shared_client() -> Client:
    return Client(raise_request_exception=False)


def said(answer: HttpResponseBase) -> str:
    if answer.status_code in (302, 303):
        to_login = answer.headers["Location"].startswith(reverse("account_login") + "?next=")
        return "login" if to_login else "go"
    return str(answer.status_code)


def unlinked(answer: Any, line: Line) -> str:
    """What every page is to lead to and this one, if it is a whole page, does not."""
    if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return ""
    body = answer.content.decode()
    is_read = line.method == "GET" and answer.status_code == 200 and line.name not in PARTS
    if not is_read and not body.startswith("<!doctype html>"):
        return ""
    missing = [name for name in ALWAYS_THERE if f'href="{reverse(name)}"' not in body]
    return f", and has no link to {', '.join(missing)}" if missing else ""


def leaked(answer: Any, line: Line, column: str, wanted: str) -> str:
    """What is told of suppliers against the table: `+` names them, a plain cell never does."""
    is_text = answer.headers.get("Content-Type", "").startswith("text/")
    if answer.streaming:
        b"".join(answer.streaming_content)  # read to its end, the file is closed
    body = answer.content.decode() if is_text and not answer.streaming else ""
    told = [words for words in TELLING if words in body + str(answer.headers)]
    if wanted.endswith("+"):
        return "" if told else ", and names no supplier"
    is_over = line.situation.endswith("outside")
    open_to = set(COLUMNS) - NEVER if is_over else NAMED
    return f", and tells {told}" if told and column not in open_to else ""
