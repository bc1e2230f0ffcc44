"""What Celery runs: it carries only "look at message N"; the rows are the truth."""

import logging
from datetime import timedelta

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from outbox.models import Lane

log = logging.getLogger("outbox")

# When the last sweep came round, to the minute: for whoever asks whether any does (config/health).
SWEPT = "outbox.swept"


def nudge(pk: int, lane: Lane) -> bool:
    """Tell a worker that a message is due. A broker that is away is only noted."""
    try:
        carry_out.apply_async(args=[pk], queue=lane.queue, retry=False)
    except Exception as error:
        log.warning("No nudge for message %s: %s", pk, error)
        return False
    return True


@shared_task(name="outbox.carry_out")
def carry_out(message_id: int) -> None:
    from outbox.together import carry_out_together
    from outbox.work import carry_out_one

    if not carry_out_together(message_id):
        carry_out_one(message_id)


@shared_task(name="outbox.sweep")
def sweep() -> int:
    from outbox.work import sweep_due

    nudged = sweep_due()
    remember_sweep()
    return nudged


def remember_sweep() -> None:
    now, before = timezone.now(), cache.get(SWEPT)
    # A clock that went wrong and was set right may have left a moment to come.
    if before is None or abs(now - before) >= timedelta(minutes=1):
        cache.set(SWEPT, now, timeout=None)
