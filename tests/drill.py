"""Everything is killed at random moments while papers are ordered and reminders are sent.

    python -m tests.drill [--orders 1000] [--seed NUMBER]

Half of the orders are papers, pressed for on the pages of a real web server; half are reminders.
SIGKILL strikes a worker, beat, the web server, Redis and PostgreSQL, in an order and at moments
that the seed decides. In the end each paper is there once, and each reminder has been sent under
one Message-ID. Called by scripts/drill; a small one is a test.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import re
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from bench.running import processes, worker
from tests import servers
from tests.smtp import MailServer, mail_server, sent_once
from tests.waiting import wait_until

if TYPE_CHECKING:
    from procurements.models import Case
    from tests.people import People

T = TypeVar("T")
LEASE = 15
QUEUES = "person,mail,bulk"
# So many are promised at a time; who presses then waits, as people do.
AT_ONCE = 16
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
began = time.monotonic()


def say(words: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {words}", flush=True)


class Victim:
    """A process of the house, or a server it leans on: killed, and started again."""

    def __init__(self, name: str, start: Callable[[], Any]) -> None:
        self.name = name
        self._start = start
        self.running = contextlib.ExitStack()
        self.killed_at = 0.0
        # From when until when it was dead (time.monotonic).
        self.away: list[tuple[float, float]] = []

    def start(self) -> None:
        # What the dead one held is let go of by and by.
        wait_until(self._is_started, what=f"{self.name} to start")
        if self.killed_at:
            self.away.append((self.killed_at, time.monotonic()))

    def _is_started(self) -> bool:
        with contextlib.suppress(RuntimeError):
            self.running.enter_context(self._start())
            return True
        return False

    def kill(self) -> None:
        self.killed_at = time.monotonic()
        self.running.close()


class House:
    """All processes of an installation in a folder, each of which can be killed."""

    def __init__(self, folder: Path, cluster: servers.Cluster) -> None:
        self.port, redis = servers.free_port(), servers.free_port()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=cluster.address,
            REDIS_URL=f"redis://127.0.0.1:{redis}/0",
            UPPTAKT_VAR=str(folder),
            UPPTAKT_STATIC=str(folder),
            UPPTAKT_LEASE_SECONDS=str(LEASE),
            UPPTAKT_URL=f"http://127.0.0.1:{self.port}",
        )
        beat = ["--app", "config", "beat", "--schedule", str(folder / "beat"), "--pidfile="]
        there = f"127.0.0.1:{self.port}"
        web = ["gunicorn", "--config", "python:config.server", "--bind", there, "config.wsgi"]
        # What was acknowledged is on disk: only so can it be asked for.
        durable = {"fsync": "off", "synchronous_commit": "on"}
        self.servers = [
            Victim("postgresql", lambda: cluster.running(durable, end=signal.SIGKILL)),
            Victim("redis", lambda: servers.redis(redis, end=signal.SIGKILL)),
        ]
        self.own = [
            Victim("web", lambda: processes({}, web)),
            Victim("worker 1", lambda: self._worker("1")),
            Victim("worker 2", lambda: self._worker("2")),
            Victim("beat", lambda: processes({}, ["celery", *beat])),
        ]

    @property
    def all(self) -> list[Victim]:
        return self.servers + self.own

    def _worker(self, name: str) -> contextlib.AbstractContextManager[None]:
        return processes({}, ["celery", *worker(f"drill{name}", QUEUES, processes=1)])


def strike(house: House, chance: random.Random, is_over: threading.Event) -> None:
    """Kill somebody, wait a moment, start them again; until it is over. In the main thread: what a
    thread has started dies with it."""
    while not is_over.wait(chance.uniform(1, 8)):
        victim = chance.choice(house.all)
        victim.kill()
        is_over.wait(chance.uniform(0, 1))
        victim.start()


class Crowd(threading.Thread):
    """People who order papers and ask for reminders, until they have all they want."""

    def __init__(self, people: People, cases: list[Case], reminders: int, presser: Presser) -> None:
        super().__init__(daemon=True)
        self.people, self.cases, self.reminders = people, cases, reminders
        self.presser = presser
        self.is_over = threading.Event()
        self.fault: BaseException | None = None

    def run(self) -> None:
        from django.db import connection

        try:
            for number, case in enumerate(self.cases):
                self.presser.order(case, number)
                if number < self.reminders:
                    remind(self.people, self.cases[0], number)
                wait_until(is_room, seconds=180, what="room for more")
        except BaseException as fault:
            self.fault = fault
        finally:
            connection.close()
            self.is_over.set()


def surely(ask: Callable[[], T]) -> T:
    """Ask the database until it answers: it may be dead just now."""
    from django.db import DatabaseError, connection

    answers: list[T] = []

    def is_answered() -> bool:
        try:
            answers.append(ask())
        except DatabaseError:
            connection.close()
        return bool(answers)

    wait_until(is_answered, seconds=60, what="the database")
    return answers[0]


class Presser:
    """Somebody with a browser who presses until the page says that it was done."""

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.cookies = {"sessionid": session}

    def order(self, case: Case, number: int) -> None:
        path = f"/cases/{case.number}/papers/part-0/paper-need_description/"
        wait_until(lambda: self._is_ordered(path, number), seconds=90, what=f"paper {number}")

    def _is_ordered(self, path: str, number: int) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            found = TOKEN.search(self._ask("GET", path)[1])
            if found is None:
                return False
            typed = {"language": "sv", "fill_words": f"Ord {number}", "act": "order"}
            body = urlencode(typed | {"csrfmiddlewaretoken": found[1].decode()})
            return self._ask("POST", path, body)[0] == 302
        return False

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        there = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(there):
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            kind = "application/x-www-form-urlencoded"
            there.request(method, path, body, {"Cookie": cookies, "Content-Type": kind})
            answer = there.getresponse()
            content = answer.read()
            for told in answer.headers.get_all("Set-Cookie", []):
                name, _is, value = told.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, content


def remind(people: People, case: Case, number: int) -> None:
    """One reminder, as if somebody had pressed for it; once, however often it is tried."""
    from django.db import transaction

    from procurements.models import Deadline
    from tests.procurements.test_killed_reminders import remind_of_a_day

    def once() -> None:
        if not Deadline.objects.filter(title=f"Dag {number}").exists():
            with transaction.atomic():
                remind_of_a_day(number, case, [people.nora], responsible=people.nora)

    surely(once)


def drill(orders: int, seed: int) -> None:
    say(f"seed {seed}")
    chance = random.Random(seed)
    with contextlib.ExitStack() as lasting:
        folder = Path(lasting.enter_context(tempfile.TemporaryDirectory(prefix="upptakt-drill-")))
        sink = lasting.enter_context(mail_server())
        os.environ.update(UPPTAKT_MAIL_HOST="127.0.0.1", UPPTAKT_MAIL_PORT=str(sink.port))
        house = House(folder, lasting.enter_context(servers.cluster()))
        for one in house.all:
            lasting.callback(one.running.close)
        for one in house.servers:
            one.start()
        people, cases, session = an_installation(orders - orders // 2)
        for one in house.own:
            one.start()
        say(f"{len(cases)} cases; web, two workers, beat, Redis and PostgreSQL are up")

        crowd = Crowd(people, cases, orders // 2, Presser(house.port, session))
        crowd.start()
        strike(house, chance, crowd.is_over)
        crowd.join()
        if crowd.fault:
            raise crowd.fault
        say(f"all {orders} are ordered; nobody is killed any more")
        from tests.documents.test_kill import is_all_done

        wait_until(lambda: surely(is_all_done), seconds=300, what="the last of them")
        say(", ".join(f"{one.name} killed {len(one.away)} times" for one in house.all))
        judge(cases, orders // 2, sink, house.servers[0].away)


def is_room() -> bool:
    from outbox.models import Message

    return surely(lambda: Message.objects.waiting().count()) < AT_ONCE


def an_installation(papers: int) -> tuple[People, list[Case], str]:
    """So many cases, and the session of the one who procures in them."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client
    from django.utils import timezone

    from tests.builders import a_case, an_edition
    from tests.people import everybody

    assert get_user_model()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    people, edition, now = everybody(), an_edition(), timezone.now()
    cases = [
        a_case(by=people.per, authority=people.authority, edition=edition, at=now,
               title=f"Ärende {number}", roles={"need_owner": people.nora})
        for number in range(papers)
    ]  # fmt: skip
    client = Client()
    client.force_login(people.per)
    return people, cases, client.cookies["sessionid"].value


def judge(
    cases: list[Case], reminded: int, sink: MailServer, away: list[tuple[float, float]]
) -> None:
    """Each paper once, and whole; each reminder under one number, and copies only where a kill
    hit between the mail server's answer and our commit."""
    import hashlib

    from django.db.models import Count

    from documents.models import Document, Revision
    from documents.states import RevisionState
    from journal.models import Event
    from journal.verifying import faults
    from outbox.models import Message
    from procurements.models import PhaseDocument, Reminder

    assert PhaseDocument.objects.count() == len(cases)
    assert PhaseDocument.objects.values("case").distinct().count() == len(cases)
    assert Document.objects.count() == len(cases)
    states = Revision.objects.values_list("state").annotate(Count("pk"))
    assert list(states) == [(RevisionState.READY, len(cases))], list(states)
    for revision in Revision.objects.select_related("file"):
        assert revision.file
        content = revision.file.path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == revision.file.sha256
    verbs = Counter(
        Event.objects.filter(verb__startswith="document.").values_list("verb", flat=True)
    )
    assert verbs["document.ordered"] == verbs["document.ready"] == len(cases), verbs
    assert list(faults()) == []

    assert Reminder.objects.filter(sent_at__isnull=False).count() == reminded
    letters = Message.objects.filter(kind="mail.reminder")
    promised = {f"<outbox.{pk}@127.0.0.1>" for pk in letters.values_list("pk", flat=True)}
    assert len(promised) == reminded
    copies = sent_once(sink, promised, away)
    say(f"{len(cases)} papers, each once and whole")
    say(f"{reminded} reminders, each under one Message-ID")
    say(f"{copies} copies, each where a kill hit between answer and commit")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    asked.add_argument("--orders", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = asked.parse_args()
    drill(given.orders, given.seed)
