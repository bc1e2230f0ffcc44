"""Pages with few and with ten thousand cases: queries, and time."""

from __future__ import annotations

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
print(json.dumps({"session": client.cookies[settings.SESSION_COOKIE_NAME].value}))
"""
COUNT = """
import json
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.test.utils import setup_test_environment
setup_test_environment()
from procurements.models import Case
from teams.models import User
client = Client()
client.force_login(User.objects.get(email="per@matstad.example"))
case = Case.objects.order_by("number").first()
run = case.current_phase
task = run.tasks.order_by("position").first()
phase = run.phase
template = phase.templates.order_by("key").filter(audience="internal").first()
one = case.participants.order_by("pk").first()
pages = {
    "my_cases": [], "case": [case.number], "case_phase": [case.number, phase.key],
    "task": [case.number, task.pk], "case_suppliers": [case.number], "case_need": [case.number],
    "case_diary": [case.number], "case_history": [case.number], "case_papers": [case.number],
    "case_people": [case.number], "case_plan": [case.number], "case_legal": [case.number],
    "paper_prepare": [case.number, phase.key, template.key],
    "supplier_correct": [case.number, one.pk], "case_new": [],
}
counts = {}
for name, args in pages.items():
    url = reverse(name, args=args)
    response = client.get(url)
    assert response.status_code == 200, (name, response.status_code)
    with CaptureQueriesContext(connection, ) as asked:
        client.get(url)
    counts[name] = len(asked)
print(json.dumps(counts))
"""


def measure() -> Iterator[Measurement]:
    import json

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        places = {n: Path(folder) / str(n) for n in (FEW, SOME, MANY)}
        sessions = {
            n: json.loads(_python(SEED, str(n), place=p))["session"] for n, p in places.items()
        }
        few = json.loads(_python(COUNT, place=places[FEW]))
        many = json.loads(_python(COUNT, place=places[MANY]))
        yield Measurement.of(
            "pages.max_sql",
            [float(max(many.values()))],
            limit=12,
            meaning=f"most SQL queries of any of {len(many)} pages with {MANY} cases, of which the "
            "person sees 50",
        )
        yield Measurement.of(
            "pages.sql_growth",
            [max(many[name] / few[name] for name in few)],
            limit=1,
            meaning=f"SQL queries with {MANY} cases as a ratio to those with {FEW}, the worst page",
        )
        some = stack.enter_context(_server(places[SOME]))
        large = stack.enter_context(_server(places[MANY]))
        yield Measurement.of(
            "case_overview.growth",
            ratios(
                lambda: _get(large, "/cases/1001/", sessions[MANY]),
                lambda: _get(some, "/cases/1001/", sessions[SOME]),
                pairs=PAIRS,
            ),
            limit=1.2,
            meaning=f"the overview of a case with {MANY} cases, as a ratio to that with {SOME}",
        )
        yield Measurement.of(
            "case_overview.vs_empty_view",
            ratios(
                lambda: _get(large, "/cases/1001/", sessions[MANY]),
                lambda: _get(large, "/empty/", sessions[MANY]),
                pairs=PAIRS,
            ),
            limit=None,
            meaning="the overview of a case as a ratio to an empty view in the same server",
        )


def _python(code: str, *arguments: str, place: Path) -> str:
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


class _server:  # noqa: N801 - reads as a function where it is used
    """A real web server with one process and one thread, on a place of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __enter__(self) -> HTTPConnection:
        port = free_port()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
                *("--worker-class", "gthread", "--threads", "1", "--keep-alive", "600"),
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


def _get(connection: HTTPConnection, path: str, session: str) -> None:
    for _ in range(TIMES):
        connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
        response = connection.getresponse()
        response.read()
        assert response.status == 200, (path, response.status)
