"""What Celery runs: it carries only "look at message N"; the rows are the truth."""

import logging

from celery import shared_task

from outbox.models import Lane

log = logging.getLogger("outbox")


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

    return sweep_due()
