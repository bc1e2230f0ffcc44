"""Carrying out what is promised: claim, work, and say how it went."""

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars

from outbox.models import FIRST_WAIT, LONGEST_WAIT, TRIES, Lane, Later, Message, MessageQuerySet
from outbox.tasks import nudge

log = logging.getLogger("outbox")

# Nudged in one sweep and lane; the rest waits for the next.
AT_ONCE = 200
# Of those nudged before and not taken, which a broker may have lost. Where no worker lives, it is
# not filled with nudges for what waits anyway.
AGAIN = 20
# Of a kind that is carried out together so few: each takes many with it.
HEADS = 4
Handler = Callable[[Message], None]


def carry_out_one(pk: int) -> None:
    """Claim one message and let its handler do the work, if it is due and nobody has it."""
    message = claim(pk, at=timezone.now())
    if message is None:
        return
    with named(message):
        try:
            handler_of(message.kind)(message)
        except Exception as error:
            failed(message, error, at=timezone.now())
        else:
            finish(message, at=timezone.now())


def named(message: Message) -> AbstractContextManager[None]:
    """Every line of the log that is written inside says of what, and who asked for it."""
    return bound_contextvars(request=message.request_name, message=message.pk, kind=message.kind)


def failed(message: Message, error: Exception, *, at: datetime) -> None:
    """Put it off, or count it as a failure of its own."""
    if isinstance(error, Later | OperationalError | InterfaceError):
        log.info("Put off: %s", _words(error))
        put_off(message, error, at=at)
        return
    log.error("Message %s (%s) failed", message.pk, message, exc_info=error)
    count_failure(message, error, at=at)


def sweep_due(at: datetime | None = None) -> int:
    """Nudge for everything due that nobody was nudged about lately: the guarantee behind the
    courtesy. Returns how many."""
    at = at or timezone.now()
    tell_again_of_given_up(at=at)
    lately = at - timedelta(seconds=min(30.0, settings.OUTBOX_LEASE_SECONDS / 2))
    heads = Q(kind__in=list(settings.OUTBOX_TOGETHER), attempts=0)
    nudged = 0
    for lane in Lane:
        due = Message.objects.due(at).filter(lane=lane).values_list("pk", "kind", "attempts")
        again = due.filter(nudged_at__lt=lately).order_by("nudged_at", "pk")
        together: Counter[str] = Counter()
        for pk, kind, attempts in [
            *due.filter(nudged_at=None)[:AT_ONCE],
            *again.filter(heads)[:HEADS],
            *again.exclude(heads)[:AGAIN],
        ]:
            # One that was begun before is carried out alone.
            together[kind] += kind in settings.OUTBOX_TOGETHER and not attempts
            if not attempts and together[kind] > HEADS:
                continue
            if not nudge(pk, lane):
                return nudged
            Message.objects.filter(pk=pk).update(nudged_at=at)
            nudged += 1
    return nudged


def nudge_heads(kind: str, lane: Lane, *, at: datetime, most: int = HEADS) -> None:
    """Nudge for a heap of a kind that is carried out together; the sweep does the rest."""
    heads = Message.objects.due(at).filter(kind=kind, lane=lane, attempts=0)
    for pk in list(heads.values_list("pk", flat=True)[:most]):
        nudge(pk, lane)


@transaction.atomic(durable=True)
def claim(pk: int, *, at: datetime) -> Message | None:
    """Lease a due message and count the attempt, committed before any work begins.

    Counted first: a worker that dies while carrying it out still leaves its trace. One
    that has used up its attempts in that way is given up here.
    """
    due = Message.objects.due(at).filter(pk=pk)
    message = due.select_for_update(skip_locked=True, of=("self",)).first()
    if message is None:
        return None
    if message.attempts >= TRIES:
        _give_up(message, message.error or "The worker ended before it was done.", at=at)
        return None
    message.attempts += 1
    message.leased_until = at + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    message.save(update_fields=["attempts", "leased_until"])
    return message


def handler_of(kind: str) -> Handler:
    handler: Handler = import_string(settings.OUTBOX_HANDLERS[kind])
    return handler


def finish(message: Message, *, at: datetime) -> None:
    """The promise is kept, also when the lease ran out meanwhile; what waited for it may go."""
    kept(message, at=at)
    nudge_followers([message], at=at)


def kept(message: Message, *, at: datetime) -> None:
    Message.objects.waiting().filter(pk=message.pk).update(done_at=at, leased_until=None, error="")
    log.info("Kept")


def nudge_followers(done: list[Message], *, at: datetime) -> None:
    for follower in Message.objects.due(at).filter(after__in=done):
        nudge(follower.pk, Lane(follower.lane))


def put_off(message: Message, reason: Exception, *, at: datetime) -> None:
    """Not its own fault: the attempt is given back, and each wait is twice the one before, unless
    it is known when its turn comes."""
    until = getattr(reason, "until", None)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(message.postponed, 20))
    held(message).update(
        attempts=F("attempts") - 1,
        # Its turn is known: what was in the way until now says nothing of then.
        postponed=0 if until else F("postponed") + 1,
        due_at=until or at + wait,
        leased_until=None,
        nudged_at=None,
        error=_words(reason),
    )


@transaction.atomic(durable=True)
def count_failure(message: Message, error: Exception, *, at: datetime) -> None:
    """Its own failure: try again after a while, or give up visibly after the last try."""
    if not held(message).exists():
        return
    if message.attempts >= TRIES:
        _give_up(message, _words(error), at=at)
        return
    wait = timedelta(seconds=10 * 4 ** (message.attempts - 1))
    held(message).update(due_at=at + wait, leased_until=None, nudged_at=None, error=_words(error))


def _give_up(message: Message, error: str, *, at: datetime) -> None:
    Message.objects.filter(pk=message.pk).update(given_up_at=at, leased_until=None, error=error)
    log.error("Gave up message %s (%s): %s", message.pk, message, error)
    tell = settings.OUTBOX_GIVEN_UP.get(message.kind)
    if tell:
        transaction.on_commit(lambda: import_string(tell)(message), robust=True)


def tell_again_of_given_up(*, at: datetime) -> None:
    """Who wants to know that a message was given up hears of it also when the process died between
    the two. To be told twice is harmless."""
    lately = Message.objects.given_up().filter(
        kind__in=settings.OUTBOX_GIVEN_UP, given_up_at__gte=at - timedelta(days=1)
    )
    for message in lately:
        try:
            import_string(settings.OUTBOX_GIVEN_UP[message.kind])(message)
        except Exception:
            log.exception("Could not tell that message %s was given up", message.pk)


def held(message: Message) -> MessageQuerySet:
    # Whoever lost the lease has no say over the one who holds it now.
    return Message.objects.waiting().filter(pk=message.pk, leased_until=message.leased_until)


def _words(error: Exception) -> str:
    return f"{error.__class__.__name__}: {error}".removesuffix(": ")[:2000]
