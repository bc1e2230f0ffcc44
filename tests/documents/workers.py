"""Real Celery processes on this test's database, files and broker."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from config.celery import app


class Workers:
    """Starts processes, kills them, and leaves none behind."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment = environment
        self.folder = folder
        self.log = folder / "celery.log"
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app", "config", *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def worker(self, queues: str = "person,mail,bulk") -> subprocess.Popen[bytes]:
        name = f"test-{os.getpid()}-{len(self.running)}@%h"
        return self.start(
            "worker", "--pool", "prefork", "--concurrency", "1", "--without-gossip",
            "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING", "--hostname", name,
            "--queues", queues,
        )  # fmt: skip

    def beat(self) -> subprocess.Popen[bytes]:
        schedule = str(self.folder / "beat")
        return self.start("beat", "--schedule", schedule, "--pidfile=", "--loglevel", "WARNING")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to the worker and the processes it has parted into, all at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_renderers(self, process: subprocess.Popen[bytes]) -> bool:
        """SIGKILL to the processes that do the work, while the worker that parted stays."""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        return bool(children)


@contextlib.contextmanager
def workers(
    environment: dict[str, str], folder: Path, *, lease_seconds: int = 90
) -> Iterator[Workers]:
    """A task is stopped at half its lease: a short one is only for those who kill workers."""
    those = Workers(environment | {"UPPTAKT_LEASE_SECONDS": str(lease_seconds)}, folder)
    empty_queues()
    try:
        yield those
    finally:
        for process in those.running:
            those.kill(process)
        empty_queues()


def empty_queues() -> None:
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        for queue in app.conf.task_queues:
            queue(channel).declare()
            channel.queue_purge(queue.name)
