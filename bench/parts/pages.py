"""Pages with few and with ten thousand cases: queries, and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

from bench.measuring import Measurement, ratios
from tests.servers import free_port
from tests.waiting import wait_until

TOP = Path(__file__).resolve().parent.parent.parent
FEW, SOME, MANY = 3, 100, 10_000
TIMES = 20
PAIRS = 31

SEED = """
import json, sys
from bench.seeding import seed, VISIBLE
from django.test import Client
from django.conf import settings
person = seed(int(sys.argv[1]))
client = Client()
client.force_login(person)
session = client.cookies[settings.SESSION_COOKIE_NAME].value
print(json.dumps({"session": session, "email": person.email, "sees": VISIBLE}))
"""
WALK = """
import sys
from bench.walking import walk
walk(*sys.argv[1:])
"""


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        places = {n: Path(folder) / str(n) for n in (FEW, SOME, MANY)}
        seeded = {n: json.loads(in_place_of(p, SEED, str(n))) for n, p in places.items()}
        sessions = {n: one["session"] for n, one in seeded.items()}
        few, many = (_walked(places[n], seeded[n]["email"]) for n in (FEW, MANY))
        assert few.keys() == many.keys(), few.keys() ^ many.keys()
        yield Measurement.of(
            "pages.max_sql",
            [float(max(many.values()))],
            limit=12,
            meaning=f"most SQL queries of any of {len(many)} pages with {MANY} cases, of which the "
            f"person sees {seeded[MANY]['sees']}; {_worst(many)}",
        )
        yield Measurement.of(
            "pages.sql_growth",
            [max(_grown(few[name], many[name]) for name in few)],
            limit=1,
            meaning=f"SQL queries with {MANY} cases as a ratio to those with {FEW}, the worst page",
        )
        editor = {n: many[n] for n in many if n.startswith(("draft", "correct"))}
        yield Measurement.of(
            "editor.sql",
            [float(max(editor.values()))],
            limit=12,
            meaning=f"most SQL queries of any of the editor's {len(editor)} pages; "
            + _worst(editor),
        )
        some = stack.enter_context(served(places[SOME]))
        large = stack.enter_context(served(places[MANY]))
        yield Measurement.of(
            "case_overview.growth",
            ratios(
                lambda: opened(large, "/cases/1001/", sessions[MANY]),
                lambda: opened(some, "/cases/1001/", sessions[SOME]),
                pairs=PAIRS,
            ),
            limit=1.2,
            meaning=f"the overview of a case with {MANY} cases, as a ratio to that with {SOME}",
        )
        yield Measurement.of(
            "case_overview.vs_empty_view",
            ratios(
                lambda: opened(large, "/cases/1001/", sessions[MANY]),
                lambda: opened(large, "/empty/", sessions[MANY]),
                pairs=PAIRS,
            ),
            limit=None,
            meaning="the overview of a case as a ratio to an empty view in the same server",
        )


def _grown(few: int, many: int) -> float:
    """How many times as many; a page that asked nothing and now does has grown too."""
    return many / few if few else many + 1


def _walked(place: Path, email: str) -> dict[str, int]:
    """The queries of every page, with an open case and with one that has passed its gate."""
    found: dict[str, int] = {}
    for case in ("1001", "1002"):
        for name, count in json.loads(in_place_of(place, WALK, email, case)).items():
            found[name] = max(count, found.get(name, 0))
    return found


def _worst(counts: dict[str, int]) -> str:
    most = max(counts.values())
    return ", ".join(f"`{name}`" for name, count in counts.items() if count == most)


def in_place_of(place: Path, code: str, *arguments: str) -> str:
    """The last line that the code prints, run in an installation that lies there."""
    place.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + code, *arguments],
        cwd=TOP,
        env=_environment(place),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


def _environment(place: Path) -> dict[str, str]:
    return os.environ | {
        "UPPTAKT_VAR": str(place),
        "UPPTAKT_HOSTS": "localhost,127.0.0.1,testserver",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


class served:  # noqa: N801 - reads as a function where it is used
    """A real web server with one process and one thread, on a place of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __enter__(self) -> HTTPConnection:
        port = free_port()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
                *("--config", "python:config.server", "--workers", "1", "--threads", "1"),
                *("--keep-alive", "600"),
                *("--log-level", "error", "--timeout", "600", "bench.serving:application"),
            ],
            cwd=TOP,
            env=_environment(self.place),
        )
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        wait_until(self._answers, seconds=60, what="the server")
        return self.connection

    def _answers(self) -> bool:
        try:
            self.connection.request("GET", "/empty/")
            self.connection.getresponse().read()
        except OSError:
            self.connection.close()
            return False
        return True

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait(30)


def opened(connection: HTTPConnection, path: str, session: str, *, times: int = TIMES) -> None:
    """Open the page so many times, signed in."""
    for _ in range(times):
        connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
        response = connection.getresponse()
        response.read()
        assert response.status == 200, (path, response.status)
