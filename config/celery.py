"""The Celery application: it carries nudges, never truth."""

import os
from pathlib import Path
from typing import Any

from celery import Celery, Task, bootsteps, signals
from kombu import Queue
from structlog.contextvars import bind_contextvars, clear_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.db.backends.signals import connection_created

from outbox import fsatomic  # noqa: F401

LANES = ["person", "mail", "bulk"]


def broker() -> dict[str, Any]:
    """Redis by REDIS_URL, else files. Who publishes never waits long for either."""
    lease = settings.OUTBOX_LEASE_SECONDS
    hurried = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}
    if settings.REDIS_URL:
        options = {
            # Longer than any task; and what a dead worker held is looked for every other second.
            "visibility_timeout": lease,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "queue_order_strategy": "priority",
            "socket_connect_timeout": 1,
            "socket_timeout": 10,
        }
        return {"broker_url": settings.REDIS_URL, "broker_transport_options": options | hurried}
    for folder in ("queue", "control"):
        (settings.BROKER_DIR / folder).mkdir(parents=True, exist_ok=True)
    options = {
        "data_folder_in": str(settings.BROKER_DIR / "queue"),
        "data_folder_out": str(settings.BROKER_DIR / "queue"),
        "control_folder": str(settings.BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
    return {"broker_url": "fsatomic://", "broker_transport_options": options | hurried}


# Every process comes by here; SQLite and beat make their files, and no folder for them.
settings.VAR_DIR.mkdir(parents=True, exist_ok=True)

app = Celery("upptakt")
app.conf.update(
    **broker(),
    broker_connection_timeout=2,
    broker_connection_retry_on_startup=True,
    # A nudge that waits tells nobody anything: no results, no events, no remote control.
    result_backend=None,
    task_ignore_result=True,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    task_queues=[Queue(lane, routing_key=lane) for lane in LANES],
    task_default_queue="person",
    task_create_missing_queues=False,
    # Taken one at a time and acknowledged when done: the next goes to whoever is free.
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    # A task is told to stop, and stopped, while its lease still holds.
    task_soft_time_limit=settings.OUTBOX_LEASE_SECONDS / 2,
    task_time_limit=settings.OUTBOX_LEASE_SECONDS * 2 / 3,
    worker_max_memory_per_child=500_000,
    worker_max_tasks_per_child=1000,
    timezone=settings.TIME_ZONE,
    beat_schedule_filename=str(settings.VAR_DIR / "beat"),
    beat_schedule={
        "sweep": {
            "task": "outbox.sweep",
            "schedule": min(10.0, settings.OUTBOX_LEASE_SECONDS / 3),
            # One that was not taken in time is not wanted any more.
            "options": {"expires": 10, "queue": "person"},
        },
        # Does something once a day; asked for every hour, so that no day is missed.
        "close the day": {
            "task": "teams.close_day",
            "schedule": 3600.0,
            "options": {"expires": 3600, "queue": "mail"},
        },
        "clear sessions": {
            "task": "teams.clear_sessions",
            "schedule": 3600.0,
            "options": {"expires": 3600, "queue": "bulk"},
        },
        # Each is made once; asked for often, so that letters go out soon after the hour begins.
        "remind": {
            "task": "procurements.remind",
            "schedule": 300.0,
            "options": {"expires": 300, "queue": "mail"},
        },
    },
)
app.autodiscover_tasks(["outbox", "teams", "procurements"])


@signals.setup_logging.connect
def leave_the_logs_alone(**kwargs: Any) -> None:
    """Worker and beat write their lines as the settings say, like all others."""


@signals.worker_process_init.connect
def do_not_wait_for_the_disk(**kwargs: Any) -> None:
    connection_created.connect(commit_quickly)


def commit_quickly(connection: Any, **kwargs: Any) -> None:
    """On SQLite a worker's commits need not outlast a loss of power. What it did is done again from
    the promise; what people have done, and all that was committed before it, is on the disk."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=NORMAL")


@signals.task_prerun.connect
def name_the_task(task: Task, **kwargs: Any) -> None:
    clear_contextvars()
    bind_contextvars(task=task.name)


class SayAlive(bootsteps.StartStopStep):  # type: ignore[misc]
    """While the worker's own loop turns, a file gets younger (UPPTAKT_ALIVE)."""

    requires = {"celery.worker.components:Timer"}

    def start(self, worker: Any) -> None:
        worker.timer.call_repeatedly(10, say_alive)
        say_alive()


app.steps["worker"].add(SayAlive)


@signals.after_task_publish.connect(sender="outbox.sweep")
def beat_is_alive(**kwargs: Any) -> None:
    """Nobody but beat asks for a sweep."""
    say_alive()


def say_alive() -> None:
    if settings.ALIVE:
        Path(settings.ALIVE).touch()


@signals.worker_init.connect
def get_ready(**kwargs: Any) -> None:
    """Read in the renderer once, before the processes of the worker part."""
    import documents.pdf  # noqa: F401


@signals.worker_process_shutdown.connect
def tidy_up(**kwargs: Any) -> None:
    """The renderer unpacks its faces to a folder of its own, removed with what holds it."""
    from documents import pdf

    pdf.let_go_of_fonts()
