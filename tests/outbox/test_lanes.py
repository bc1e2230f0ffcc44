"""What hangs in one lane never holds up what a person waits for."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from documents.models import Revision
from outbox.models import Lane, Message
from outbox.work import AT_ONCE, sweep_due
from tests.documents.papers import AT, a_document, a_person, a_source
from tests.documents.workers import workers
from tests.people import everybody
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@contextlib.contextmanager
def a_mail_server_that_never_comes_to_the_point() -> Iterator[tuple[int, list[socket.socket]]]:
    """Answers every call letter by letter, without end; yields its port and the calls it holds."""
    held: list[socket.socket] = []
    is_over = threading.Event()

    def drawl(call: socket.socket) -> None:
        with contextlib.suppress(OSError), call:
            while not is_over.wait(1):
                call.sendall(b"2")

    def take(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                call, _address = server.accept()
                held.append(call)
                threading.Thread(target=drawl, args=[call], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=take, args=[server], daemon=True).start()
        yield server.getsockname()[1], held
        server.shutdown(socket.SHUT_RDWR)
    is_over.set()


def kept(log: Path) -> list[dict[str, object]]:
    """What the workers wrote of the promises that they kept for a request."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "Kept" and line["request"]]


def ten_thousand_letters(person):
    subject, now = f"teams.user:{person.pk}", timezone.now()
    letters = (
        Message(
            kind="mail.password_reset",
            subject=subject,
            occasion=str(n),
            lane=Lane.MAIL,
            due_at=now,
        )
        for n in range(10_000)
    )
    Message.objects.bulk_create(letters)


def test_a_heap_of_letters_that_hang_leaves_room_for_a_paper(process_environment, tmp_path):
    people = everybody()
    with a_mail_server_that_never_comes_to_the_point() as (port, held):
        mail = {
            "UPPTAKT_MAIL_HOST": "127.0.0.1",
            "UPPTAKT_MAIL_PORT": str(port),
            "UPPTAKT_LOG": "lines",
            "UPPTAKT_ALIVE": str(tmp_path / "alive"),
        }
        with workers(process_environment | mail, tmp_path, lease_seconds=600) as running:
            with transaction.atomic():
                for person in (people.per, people.nora, people.lena):
                    subject = f"teams.user:{person.pk}"
                    Message.objects.post("mail.password_reset", subject=subject, lane=Lane.MAIL)
            ten_thousand_letters(people.sam)
            # Nudges for hundreds of them stand in the queue before the paper.
            assert sweep_due() == AT_ONCE
            running.worker()
            running.worker("person")
            wait_until(lambda: held, seconds=60, what="a letter that hangs")
            document = a_document("wanted")
            with bound_contextvars(request="lena-asks-1"), transaction.atomic():
                document.order(a_source(), by=a_person(), at=AT)
            wait_until(lambda: Revision.objects.get().is_ready, seconds=60, what="the paper")
            (line,) = wait_until(lambda: kept(running.log), what="the line of the paper")

    letters = Message.objects.filter(kind="mail.password_reset")
    assert set(letters.values_list("done_at", "postponed")) == {(None, 0)}
    # The line of the worker carries the name of the request that promised it, and its task.
    assert (line["request"], line["task"]) == ("lena-asks-1", "outbox.carry_out")
    assert line["kind"] == "document.render"
    assert (tmp_path / "alive").exists()
