"""Keep one Upptakt running on this machine until told to stop. Called by scripts/run.

    python scripts/start.py demo|own PORT

Imports nothing of the house, so that it starts at once; what needs Django is scripts/prepare.py.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PATIENCE = 90
GRACE = 15


class Stopped(BaseException):
    """Somebody asked us to stop."""


is_stopping = threading.Event()


def environment(place: str, port: int, var: Path) -> dict[str, str]:
    env = dict(os.environ)
    env["UPPTAKT_URL"] = env.get("UPPTAKT_URL") or f"http://localhost:{port}"
    env["UPPTAKT_VAR"] = str(var)
    env["UPPTAKT_SECRET_KEY"] = env.get("UPPTAKT_SECRET_KEY") or own_secret(var / "secret-key")
    env["UPPTAKT_STATIC"] = env.get("UPPTAKT_STATIC") or str(made(var / "static"))
    env["UPPTAKT_DEMO"] = "1" if place == "demo" else "0"
    if place == "demo":
        # A demo never touches the servers that somebody's shell happens to name.
        for name in ("DATABASE_URL", "REDIS_URL", "UPPTAKT_PRODUCTION", "UPPTAKT_MAIL_HOST"):
            env.pop(name, None)
        env["UPPTAKT_URL"] = f"http://localhost:{port}"
    return env


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def own_secret(path: Path) -> str:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def die_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Ask Linux to stop this child if we are killed without a chance to stop it ourselves."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, number)


class Processes:
    """What we started, each in a process group of its own, stopped in reverse order."""

    def __init__(self, env: dict[str, str], logs: Path) -> None:
        self.env = env
        self.logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str) -> None:
        with (self.logs / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=TOP,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def check(self) -> None:
        if is_stopping.is_set():
            raise Stopped
        for name, process in self.running.items():
            if process.poll() is not None:
                sys.exit(f"{self.tail(name)}\n\nThe {name} process ended by itself.")

    def tail(self, name: str) -> str:
        log = self.logs / f"{name}.log"
        lines = log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join([*lines, f"({log})"])

    def stop(self) -> None:
        for process in reversed(self.running.values()):
            self._signal(process, signal.SIGTERM)
        until = time.monotonic() + GRACE
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
            # Also what a process left behind in its group.
            self._signal(process, signal.SIGKILL)
            process.wait()

    def _signal(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


@contextlib.contextmanager
def alone_in(var: Path) -> Iterator[None]:
    with (var / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Upptakt is already running from {var}. Stop it there first.")
        yield


def refusal(port: int) -> str:
    """Why nobody can be answered at that port; empty when they can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return "is not for everybody: below 1024 only root may use one, on most machines"
        except OSError:
            return "is taken"
    return ""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def ask_for_first_page(port: int) -> int:
    """Status of the first page, or 0 while nobody answers."""
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)
    try:
        return browser.open(f"http://127.0.0.1:{port}/", timeout=20).status
    except urllib.error.HTTPError as answer:
        return answer.code
    except OSError:
        return 0


def wait_for_first_page(port: int, processes: Processes) -> None:
    until = time.monotonic() + PATIENCE
    while not (status := ask_for_first_page(port)):
        processes.check()
        if time.monotonic() > until:
            break
        time.sleep(0.05)
    if not 200 <= status < 500:
        sys.exit(f"{processes.tail('web')}\n\nThe first page cannot be shown.")


# What decides whether the database is up to date: the tables, what guards them, what is loaded into
# them, and how.
PREPARED_FROM = [
    "*/migrations/*.py",
    "handbook/content/**/*",
    "procurements/demo/**/*",
    "requirements/base.txt",
    "scripts/prepare.py",
]
# What the words for the person hang on.
TOLD_OF = ["UPPTAKT_MAIL_HOST"]


def state_of(database: Path, env: dict[str, str]) -> str:
    """Checksum of what a SQLite database holds and should hold, and of what is told of it; empty
    where it cannot be told."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as tables:
            applied = tables.execute("SELECT app, name FROM django_migrations ORDER BY id")
            guards = tables.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
            )
            held = applied.fetchall(), guards.fetchall(), [env.get(name) for name in TOLD_OF]
            digest = hashlib.sha256(repr(held).encode())
    except sqlite3.Error:
        return ""
    for pattern in PREPARED_FROM:
        for path in sorted(TOP.glob(pattern)):
            if path.is_file():
                digest.update(f"{path.relative_to(TOP)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def prepare(env: dict[str, str]) -> str:
    """Bring the database up to date, unless it is. Return what the person should read last."""
    var = Path(env["UPPTAKT_VAR"])
    note, database = var / "prepared.json", var / "upptakt.sqlite3"
    # In production more than the database is made ready.
    if "DATABASE_URL" in env or "UPPTAKT_PRODUCTION" in env:
        return run_prepare(env)
    if note.exists():
        before = json.loads(note.read_text())
        if before["state"] and before["state"] == state_of(database, env):
            return before["words"]
    words = run_prepare(env)
    note.write_text(json.dumps({"state": state_of(database, env), "words": words}))
    return words


def run_prepare(env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, str(TOP / "scripts" / "prepare.py"), "here"],
        cwd=TOP,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit("The database could not be prepared; the reason stands above.")
    return done.stdout


def serve(place: str, port: int) -> None:
    var = TOP / "var" / place
    logs = made(var / "log")
    with alone_in(var):
        if why := refusal(port):
            another = port + 100 if 1024 <= port < 65_000 else 8100
            sys.exit(f"Port {port} {why}. Choose another:  scripts/run --port {another}")
        env = environment(place, port, var)
        words = prepare(env)
        processes = Processes(env, logs)
        try:
            processes.start(
                "web", "gunicorn", "--config", "python:config.server", "config.wsgi",
                "--bind", f"127.0.0.1:{port}",
            )  # fmt: skip
            wait_for_first_page(port, processes)
            # One of the two only for what a person waits for: letters that hang never hold it up.
            for name, queues in (("worker", "person,mail,bulk"), ("person", "person")):
                processes.start(
                    name, "celery", "--app", "config", "worker", "--concurrency", "1",
                    "--queues", queues, "--hostname", f"{name}@%h", "--loglevel", "INFO",
                )  # fmt: skip
            processes.start(
                "beat", "celery", "--app", "config", "beat", "--loglevel", "INFO",
                "--schedule", str(var / "beat-schedule"), "--pidfile", "",
            )  # fmt: skip
            print(f"\nUpptakt answers at  http://localhost:{port}/\n")
            if words:
                print(words)
            print(f"Logs: {logs.relative_to(TOP)}/   Stop: Ctrl-C", flush=True)
            while True:
                processes.check()
                time.sleep(0.5)
        finally:
            processes.stop()


def stopped(*_: object) -> None:
    # Only the first signal counts: stopping itself is bounded by GRACE.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Said in two ways: what is raised while an object is done away with gets lost.
    is_stopping.set()
    raise Stopped


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stopped)
    try:
        serve(sys.argv[1], int(sys.argv[2]))
    except Stopped:
        print("\nStopped.")
    except OSError as fault:
        # A disk that is full or cannot be written to, or a folder of somebody else's.
        sys.exit(f"Upptakt cannot work here: {fault}")
