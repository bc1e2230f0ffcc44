"""Real processes beside a measurement: workers and a mail server."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

from scripts.start import die_with_parent


@contextlib.contextmanager
def processes(env: dict[str, str], *commands: list[str]) -> Iterator[None]:
    """Python modules with their arguments, run for as long as it lasts."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", *command],
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        for command in commands
    ]
    try:
        yield
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def worker(name: str, queues: str, *, processes: int) -> list[str]:
    """The arguments of a worker as docs/running.md starts one."""
    return [
        "--app", "config", "worker", "--concurrency", str(processes), "--queues", queues,
        "--hostname", f"{name}@%h", "--loglevel", "ERROR", "--without-gossip",
        "--without-mingle", "--without-heartbeat",
    ]  # fmt: skip


class Sink:
    """`bench.sink` in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.sink"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        self.port = int(self._says())

    def taken(self) -> tuple[int, int]:
        """How many letters, and how many different ones."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        letters, different = self._says().split()
        return int(letters), int(different)

    def _says(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()
