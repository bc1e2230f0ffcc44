"""Real Celery processes on this test's database, files and broker."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from kombu import pools

from config.celery import app
from tests import servers


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


class Broker:
    """A broker of the test's own that can be lost with all it holds, and come back empty.

    With Redis it is killed and started again on its port; without, its folder is emptied.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self.has_redis = "REDIS_URL" in environment
        self.environment = dict(environment)
        self.running = contextlib.ExitStack()
        self.port = servers.free_port()

    def start(self) -> None:
        if self.has_redis:
            server = servers.redis(self.port, end=signal.SIGKILL)
            self.environment["REDIS_URL"] = self.running.enter_context(server)

    def lose(self) -> None:
        if self.has_redis:
            self.running.close()
        else:
            empty_queues()


@contextlib.contextmanager
def a_broker(environment: dict[str, str]) -> Iterator[Broker]:
    broker = Broker(environment)
    broker.start()
    before = app.conf.broker_url
    if broker.has_redis:
        publish_to(broker.environment["REDIS_URL"])
    try:
        yield broker
    finally:
        if broker.has_redis:
            publish_to(before)
            broker.running.close()


def publish_to(address: str) -> None:
    """Let this process nudge through another broker."""
    app.conf.update(broker_url=address, broker_write_url=address)
    pools.reset()
    app._pool, app.amqp._producer_pool = None, None  # type: ignore[attr-defined]


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
