"""The one command that starts everything, in a copy of the project of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from django.test import override_settings

from scripts import start
from scripts.start import ask_for_first_page, die_with_parent, refusal
from teams.first import welcome_key
from tests.servers import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.servers]
TOP = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = (".venv", "var", ".git", "__pycache__", ".*_cache", ".hypothesis")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    place = tmp_path / "copy"
    shutil.copytree(TOP, place, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (place / ".venv").symlink_to(TOP / ".venv")
    return place


def quiet_environment() -> dict[str, str]:
    kept = ("UPPTAKT_", "DJANGO_", "DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(kept)}


@contextmanager
def running(copy: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with (copy / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [copy / "scripts" / "run", *arguments],
            cwd=copy,
            env=quiet_environment() | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def said(copy: Path) -> str:
    return (copy / "run.log").read_text()


def left_behind(copy: Path) -> list[str]:
    """Processes that work in the copy, by what they are called."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == copy:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_one_command_starts_everything_and_ctrl_c_stops_it_all(copy: Path) -> None:
    port = free_port()
    with running(copy, "--no-demo", "--port", str(port)) as first:
        wait_until(lambda: "Stop: Ctrl-C" in said(copy) or first.poll(), seconds=120, what="start")
        assert ask_for_first_page(port) == 302, said(copy)
        names = " ".join(left_behind(copy))
        assert all(name in names for name in ("gunicorn", " worker ", " beat "))
        first.send_signal(signal.SIGINT)
        assert first.wait(60) == 0
    assert "Stopped." in said(copy)
    assert f"http://localhost:{port}/" in said(copy)
    assert left_behind(copy) == []
    assert refusal(port) == ""

    # The second start finds all that the first made.
    made = (copy / "var" / "own" / "prepared.json").stat().st_mtime_ns
    with running(copy, "--no-demo", f"--port={port}") as second:
        wait_until(lambda: "Stop: Ctrl-C" in said(copy) or second.poll(), seconds=60, what="start")
        assert ask_for_first_page(port) == 302, said(copy)
    assert (copy / "var" / "own" / "prepared.json").stat().st_mtime_ns == made
    assert left_behind(copy) == []


def test_in_production_there_are_pages_and_the_way_to_the_key_is_said(copy: Path) -> None:
    port = free_port()
    asked = ["--no-demo", "--port", str(port)]
    # The second start finds a note that all is prepared.
    with running(copy, *asked) as before:
        wait_until(lambda: "Stop: Ctrl-C" in said(copy) or before.poll(), seconds=120, what="start")
    assert "asks for a key" not in said(copy)
    told = {"UPPTAKT_PRODUCTION": "1", "UPPTAKT_URL": "https://upptakt.example"}
    with running(copy, *asked, **told) as process:
        wait_until(lambda: "Stop: Ctrl-C" in said(copy) or process.poll(), seconds=60, what="start")
        proxied = {"X-Forwarded-Proto": "https"}
        welcome = f"http://127.0.0.1:{port}/welcome/"
        with urlopen(Request(welcome, headers=proxied), timeout=20) as page:
            styles = re.findall(r'href="(/static/[^"]+\.css)"', page.read().decode())
        assert styles
        for style in styles:
            with urlopen(Request(f"http://127.0.0.1:{port}{style}", headers=proxied)) as answer:
                assert answer.status == 200

    (command,) = re.findall(r"^  (.+ welcome_key)$", said(copy), re.M)
    key = subprocess.run(
        ["sh", "-c", command], cwd=copy, env=quiet_environment(), capture_output=True, text=True
    )
    secret = (copy / "var" / "own" / "secret-key").read_text()
    with override_settings(SECRET_KEY=secret):
        assert key.stdout == f"{welcome_key()}\n", key.stderr


def test_what_is_said_of_letters_is_true_at_each_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ.keys() - quiet_environment().keys():
        monkeypatch.delenv(name)

    def said_at_start() -> str:
        return start.prepare(start.environment("own", 8000, tmp_path))

    assert "letters are written to" in said_at_start()
    monkeypatch.setenv("UPPTAKT_MAIL_HOST", "mail.lindhaga.example")
    assert said_at_start() == ""
    monkeypatch.delenv("UPPTAKT_MAIL_HOST")
    assert "letters are written to" in said_at_start()


def test_a_port_that_is_taken_is_said_and_another_named(copy: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with running(copy, "--port", str(port)) as process:
            assert process.wait(60) == 1

    assert f"Port {port} is taken. Choose another:  scripts/run --port" in said(copy)


class NotForEverybody(socket.socket):
    """As the kernel answers who is not root, of a port below 1024."""

    def bind(self, address: object) -> None:
        raise PermissionError(13, "Permission denied")


def test_a_port_for_root_alone_is_not_said_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start.socket, "socket", NotForEverybody)

    assert start.refusal(443).startswith("is not for everybody")


def test_a_folder_that_cannot_be_used_is_named(copy: Path) -> None:
    (copy / "var").mkdir()
    (copy / "var" / "own").write_text("a file in the way")

    with running(copy, "--no-demo", "--port", str(free_port())) as process:
        assert process.wait(60) == 1

    assert "Upptakt cannot work here: " in said(copy)
    assert str(copy / "var" / "own") in said(copy)
    assert "Traceback" not in said(copy)


@pytest.mark.parametrize("arguments", [["--port"], ["--port", "x"], ["--port=70000"], ["--wat"]])
def test_what_the_command_does_not_understand_it_says(copy: Path, arguments: list[str]) -> None:
    with running(copy, *arguments) as process:
        assert process.wait(60) == 2

    assert re.search("must be a number, from 1 to 65535|does not know", said(copy))
    assert not (copy / "var").exists()


def test_a_machine_without_apt_is_told_what_to_install(copy: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "mkdir", "sed"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = subprocess.run(
        ["sh", copy / "scripts" / "run"],
        env={"PATH": str(tools)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "This machine has no apt-get" in done.stdout
    assert "libpango-1.0-0" in done.stdout


def test_a_wish_to_stop_that_got_lost_is_heard_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "is_stopping", threading.Event())
    processes = start.Processes({}, tmp_path)
    processes.check()

    start.is_stopping.set()

    with pytest.raises(start.Stopped):
        processes.check()
