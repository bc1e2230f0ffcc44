"""How tests run: in a folder of their own, on the database they are given, none skipped.

The environment is set before Django reads it, so that the processes a test starts read the same.
"""

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
VAR = Path(tempfile.mkdtemp(prefix="upptakt-test-"))
os.environ.update(
    DJANGO_SETTINGS_MODULE="config.settings",
    # Playwright runs its own event loop beside the tests, which Django otherwise refuses.
    DJANGO_ALLOW_ASYNC_UNSAFE="1",
    UPPTAKT_VAR=str(VAR),
    UPPTAKT_STATIC=str(VAR),
)
for name in ("UPPTAKT_DEMO", "UPPTAKT_DEBUG", "UPPTAKT_PRODUCTION", "UPPTAKT_SECRET_KEY"):
    os.environ.pop(name, None)
if WORKER and "REDIS_URL" in os.environ:
    # Each test process has a Redis database to itself.
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rpartition("/")[0] + "/" + WORKER[2:]

import django
import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

django.setup()

from config.memory import settle

# One browser for all who need one: a second in the same process would not start.
from tests.browser.fixtures import browser, context, page
from tests.browser.seen import JUDGED, LEFT, is_whole, pages, seen_lately
from tests.clock import a_quiet_monday
from tests.people import People, everybody

__all__ = ["browser", "context", "page"]

# On SQLite a file, not memory: other processes and threads then see what they see in life.
if connection.vendor == "sqlite":
    connections.settings["default"]["TEST"]["NAME"] = str(VAR / "test.sqlite3")
# A file is looked for when it is asked for: every new client would else look at all of them first.
settings.WHITENOISE_AUTOREFRESH = True
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Everything that needs no other process can be run as if it were another day.
if at := os.environ.get("UPPTAKT_TEST_AT"):
    time_machine.travel(datetime.fromisoformat(at), tick=True).start()

unhurried = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis_settings.register_profile("here", **unhurried)
hypothesis_settings.register_profile("ci", derandomize=True, database=None, **unhurried)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture
def people(db: None) -> People:
    """Everybody, and where they belong."""
    return everybody()


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """Environment for a real process that works on this test's database, files and broker."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        address = f"sqlite:///{database['NAME']}"
    else:
        host = database["HOST"].replace("/", "%2F")
        address = f"postgres://{database['USER']}@{host}/{database['NAME']}"
    return os.environ | {"DATABASE_URL": address}


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str]) -> int:
    """What chance begins from in this run, printed also when all goes well."""
    number = random.SystemRandom().randrange(10**6)
    with capsys.disabled():
        sys.stderr.write(f"\nseed {number}\n")
    return number


@pytest.fixture
def monday(time_machine: Any) -> datetime:
    """It is a Monday morning, and time goes on."""
    at = a_quiet_monday()
    time_machine.move_to(at, tick=True)
    return at


@pytest.fixture(scope="module")
def standing_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The world of the matrix, made once for a module: each test takes back what it does to it."""
    from tests.matrix.world import a_world, undone

    with django_db_blocker.unblock(), undone():
        yield a_world()


@pytest.fixture
def world(standing_world: Any, db: None) -> Iterator[Any]:
    """The world of the matrix, at the moment when it is used."""
    with time_machine.travel(standing_world.now, tick=False):
        yield standing_world


# What was run is written down where UPPTAKT_TEST_RECORD says, so that the runs on both databases
# can be compared.

ran: dict[str, str] = {}
seen: dict[str, set[str]] = {"looked over": set(), JUDGED: set(), LEFT: set()}
faults: list[str] = []


# What takes long and needs neither a browser nor a process of its own: pages from end to end, every
# address for every role, every nasty value in every form, the whole demo, whole handbooks read,
# written and printed, gates passed again and again. Single tests of a quarter of a second or more
# are marked where they stand.
SLOW = (
    "/views/",
    "hostile",
    "tests/bench/",
    "tests/config/test_production",
    "tests/documents/backup/",
    "tests/handbook/operations/",
    "tests/handbook/test_freezing",
    "tests/handbook/test_loading",
    "tests/handbook/test_printing",
    "tests/handbook/test_reading",
    "tests/handbook/test_sections",
    "tests/matrix/",
    "tests/procurements/demo/test_commands",
    "tests/procurements/demo/test_play",
    "tests/procurements/operations/test_correcting",
    "tests/procurements/operations/test_reminder",
    "tests/procurements/test_legalfacts",
    "tests/procurements/test_reminder_papers",
    "tests/procurements/test_shipped_papers",
    "tests/procurements/test_sight",
    "tests/procurements/test_undelivered",
    "tests/teams/test_undelivered",
    "tests/test_languages",
    "tests/test_leaks",
    "tests/test_meanwhile",
    "tests/test_second_click",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(part in item.nodeid.split("::")[0] for part in SLOW):
            item.add_marker("slow")
        fixtures = getattr(item, "fixturenames", ())
        if "browser" in fixtures:
            item.add_marker("browser")
        if "process_environment" in fixtures:
            item.add_marker("servers")
        if item.get_closest_marker("browser") or item.get_closest_marker("servers"):
            item.add_marker("slow")


def pytest_collection_finish() -> None:
    settle()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    item.user_properties += seen_lately()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for how, name in report.user_properties:
        if how in seen:
            seen[how].add(str(name))
    if report.skipped and not hasattr(report, "wasxfail"):
        ran[report.nodeid] = "skipped"
    elif report.when == "call" or report.failed:
        ran[report.nodeid] = report.outcome


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if WORKER:
        return
    faults.extend(f"skipped: {name}" for name, outcome in ran.items() if outcome == "skipped")
    if is_whole(ran) and not session.testsfailed:
        faults.extend(
            f"never looked over: {name}" for name in sorted(pages() - seen["looked over"])
        )
    if record := os.environ.get("UPPTAKT_TEST_RECORD"):
        record_of_run = {"ran": ran, JUDGED: seen[JUDGED], LEFT: seen[LEFT]}
        Path(record).write_text(json.dumps({key: sorted(of) for key, of in record_of_run.items()}))
    if faults and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if faults:
        terminalreporter.section("no test may be skipped, no page left out", red=True)
        for fault in faults:
            terminalreporter.line(fault)


def pytest_unconfigure() -> None:
    shutil.rmtree(VAR, ignore_errors=True)
