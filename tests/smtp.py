"""A mail server on a socket: it takes letters, refuses what it is told to, or never answers."""

import contextlib
import re
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Talk:
    """What one connection brought."""

    letters: list[str] = field(default_factory=list)
    # From when until when each was brought: until it was answered for (time.monotonic).
    moments: list[tuple[float, float]] = field(default_factory=list)
    took_leave: bool = False


def id_of(letter: str) -> str:
    found = re.search(r"^Message-ID: *(<[^>]*>)", letter, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


class MailServer(socketserver.ThreadingTCPServer):
    """Answers each command as an obliging server does, but for those in `answers`.

    The greeting is the answer to "" and the end of a letter's text is the answer to ".".
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, answers: dict[str, str], *, is_silent: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.answers = {"": "220 mail ready", "DATA": "354 go on", "AUTH": "235 welcome"} | answers
        self.is_silent = is_silent
        self.letters: list[str] = []
        # By connection the Message-IDs it brought, and whether it took leave.
        self.talks: list[Talk] = []
        self.calls = 0
        self.hanging: set[int] = set()
        self.port = int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            if self.server.is_silent:
                self._say_nothing()
            else:
                self._talk()

    def _say_nothing(self) -> None:
        key = self.client_address[1]
        self.server.hanging.add(key)
        # Until whoever called has had enough.
        while self.connection.recv(1024):
            pass
        self.server.hanging.discard(key)

    def _talk(self) -> None:
        self.server.calls += 1
        begun = time.monotonic()
        self.talk = Talk()
        self.server.talks.append(self.talk)
        self._answer("")
        for line in self.rfile:
            command = line.decode().split()[0].upper()
            if command == "EHLO" and "EHLO" not in self.server.answers:
                self.wfile.write(b"250-mail\r\n250 AUTH PLAIN\r\n")
            elif self._answer(command).startswith("354"):
                self._take_letter(begun)
            if command == "MAIL" and self.talk.letters:
                begun = time.monotonic()
            if command == "QUIT":
                self.talk.took_leave = True
                return

    def _take_letter(self, begun: float) -> None:
        letter = ""
        for line in self.rfile:
            if line.strip() == b".":
                break
            letter += line.decode()
        else:
            # Whoever called was killed in the middle of it: nothing has been taken.
            return
        # Taken before it says so: whoever called may be dead by the time it hears.
        if self.server.answers.get(".", "250").startswith("250"):
            self.server.letters.append(letter)
            self.talk.letters.append(id_of(letter))
            self.talk.moments.append((begun, time.monotonic()))
        self._answer(".")

    def _answer(self, command: str) -> str:
        answer = self.server.answers.get(command, "250 so be it")
        self.wfile.write(f"{answer}\r\n".encode())
        return answer


@contextlib.contextmanager
def mail_server(
    answers: dict[str, str] | None = None, *, is_silent: bool = False
) -> Iterator[MailServer]:
    server = MailServer(answers or {}, is_silent=is_silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """Where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Seconds from an answer of the mail server within which we have committed, on a busy machine.
COMMIT = 2


def sent_once(
    sink: MailServer, promised: set[str], away: Iterable[tuple[float, float]] = ()
) -> int:
    """How many copies there were, of which the sink can point at the kill between its answer and
    our commit: either the connection brought nothing more and broke, or the database was away while
    the letter was brought."""
    sent = Counter(number for talk in sink.talks for number in talk.letters)
    assert set(sent) == promised
    excused = Counter(
        number
        for talk in sink.talks
        for place, (number, (begun, at)) in enumerate(
            zip(talk.letters, talk.moments, strict=True), 1
        )
        if (place == len(talk.letters) and not talk.took_leave)
        # Brought with what was read before the database died: it cannot be committed as sent.
        or any(since - COMMIT < at and begun < until for since, until in away)
    )
    for number, times in sent.items():
        seen = [talk for talk in sink.talks if number in talk.letters]
        assert excused[number] >= times - 1, (number, times, away, seen)
    return sum(sent.values()) - len(sent)
