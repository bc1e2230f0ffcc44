"""How many queries every page takes: few, and as many however much there is in the house."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from handbook.models import Edition
from handbook.reading import LANGUAGES
from tests.matrix.addresses import Asked
from tests.matrix.growing import grow
from tests.matrix.test_matrix import LINES, Line, ask, signed_in
from tests.matrix.world import COLUMNS, World, state, undone

pytestmark = pytest.mark.django_db
MOST = 12


def readers() -> list[tuple[Line, str]]:
    """For every page somebody who may read it: where suppliers are told, in each situation."""
    found: dict[str, list[tuple[Line, str]]] = {}
    for line in LINES:
        who = [one for one, cell in zip(COLUMNS, line.cells, strict=True) if cell[:3] == "200"]
        if line.method == "GET" and who:
            tells = [one for one, cell in zip(COLUMNS, line.cells, strict=True) if cell == "200+"]
            reader = "procurer" if "procurer" in (tells or who) else (tells or who)[-1]
            if tells or line.name not in found:
                found.setdefault(line.name, []).append((line, reader))
    return [one for lines in found.values() for one in lines]


def counted(world: World, sessions: dict[str, SimpleCookie]) -> dict[str, int]:
    for edition in Edition.objects.all():
        for language in LANGUAGES:
            edition.words(language)  # A process reads them once and keeps them.
    counts = {}
    for line, who in readers():
        with undone():
            asked = Asked(world, state(world, line.situation), line.situation, who)
            with CaptureQueriesContext(connection) as seen:
                answer = ask(line, asked, sessions[who])
            assert answer.status_code == 200, line
            if answer.streaming:
                b"".join(answer.streaming_content)  # read to its end, the file is closed
            counts[f"{line.name} ({line.situation}, {who})"] = len(seen)
    return counts


def test_every_page_takes_few_queries_and_no_more_with_more_rows(world: World, caplog: Any) -> None:
    caplog.set_level("CRITICAL", "django.request")
    sessions = signed_in(world)
    few = counted(world, sessions)
    grow(world)
    many = counted(world, sessions)

    assert {page: count for page, count in many.items() if count > MOST} == {}
    assert {page: (few[page], many[page]) for page in few if few[page] != many[page]} == {}
