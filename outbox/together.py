"""Carrying out a heap of one kind: the handler reads once what they share, and each is settled as
it is done, so that a worker that dies leaves but the one in its hands in doubt."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from outbox.models import Lane, Message
from outbox.work import failed, held, kept, named, nudge_followers, nudge_heads

# So many are leased at a time. After so many seconds none is begun: somebody else may be waiting.
MOST = 100
SECONDS = 5.0
# Takes what is claimed, in its order, and tells of each how it went before it begins the next.
Handler = Callable[[list[Message]], Generator[tuple[Message, Exception | None]]]


def carry_out_together(pk: int) -> bool:
    """Carry out the messages that are due of the kind that this one is of, a heap at a time.

    Returns False when it is to be carried out alone: its kind is, or it was begun before and did
    not come to an end, which may be its own doing.
    """
    known = Message.objects.filter(pk=pk, kind__in=settings.OUTBOX_TOGETHER)
    asked = known.first()
    if asked is None:
        return False
    is_somebodys = asked.is_done or asked.is_held(at=timezone.now())
    if asked.attempts and not is_somebodys:
        return False
    # Long before the task is told to stop.
    until = time.monotonic() + min(SECONDS, settings.OUTBOX_LEASE_SECONDS / 4)
    lane = Lane(asked.lane)
    while messages := claim_some(asked.kind, lane, at=timezone.now()):
        _carry_out(asked.kind, messages, until=until)
        if time.monotonic() > until:
            nudge_heads(asked.kind, lane, at=timezone.now(), most=1)
            break
    return True


@transaction.atomic(durable=True)
def claim_some(kind: str, lane: Lane, *, at: datetime) -> list[Message]:
    """Lease those that are due and were never begun, and count their attempt. When the worker dies
    with them, each is carried out alone from then on: one that kills takes no other with it."""
    due = Message.objects.due(at).filter(kind=kind, lane=lane, attempts=0)
    rows = list(due.select_for_update(skip_locked=True, of=("self",))[:MOST])
    until = at + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(attempts=1, leased_until=until)
    for row in rows:
        row.attempts, row.leased_until = 1, until
    return rows


def give_back(messages: list[Message]) -> None:
    """What was not begun is anybody's again."""
    for message in messages:
        held(message).update(attempts=0, leased_until=None, nudged_at=None)


def _carry_out(kind: str, messages: list[Message], *, until: float) -> None:
    """Let the handler do them one by one, and settle each before the next is begun."""
    handler: Handler = import_string(settings.OUTBOX_TOGETHER[kind])
    telling, done, begun = handler(messages), [], 0
    for message in messages:
        begun += 1
        with named(message):
            try:
                _told, error = next(telling)
            except Exception as fault:
                # The handler itself: it is asked no more.
                failed(message, fault, at=timezone.now())
                break
            if error is None:
                kept(message, at=timezone.now())
                done.append(message)
            else:
                failed(message, error, at=timezone.now())
        if time.monotonic() > until:
            break
    telling.close()
    give_back(messages[begun:])
    nudge_followers(done, at=timezone.now())
