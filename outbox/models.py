"""Promises as rows: written with the change that makes them, kept by a worker."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from structlog.contextvars import get_contextvars

# Attempts that fail by themselves before a person is told instead of trying again.
TRIES = 5
LONGEST_WAIT = timedelta(hours=48)
FIRST_WAIT = timedelta(seconds=15)
# Behind by more than this a promise is late, and the installation is not ready while it is one that
# somebody waits for.
BEHIND_AT_MOST = timedelta(minutes=10)


class Lane(models.IntegerChoices):
    """Who waits for it: a person at the page before a letter, a letter before a heap."""

    PERSON = 1, _("someone waits")
    MAIL = 2, _("letters")
    BULK = 3, _("the rest")

    @property
    def queue(self) -> str:
        return self.name.lower()


class Later(Exception):
    """Not the message's own fault (no connection, not its turn): try again, do not count it.

    With `until` it is known when: it waits for that moment, and no longer each time.
    """

    def __init__(self, *words: object, until: datetime | None = None) -> None:
        super().__init__(*words)
        self.until = until


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> "MessageQuerySet":
        return self.filter(done_at=None, given_up_at=None)

    def due(self, at: datetime) -> "MessageQuerySet":
        """What may be carried out now, in the order it should be."""
        return (
            self.waiting()
            .filter(Q(after=None) | Q(after__done_at__isnull=False), due_at__lte=at)
            .filter(Q(leased_until=None) | Q(leased_until__lt=at))
            .order_by("lane", "due_at", "pk")
        )

    def late(self, at: datetime) -> "MessageQuerySet":
        return self.due(at).filter(due_at__lt=at - BEHIND_AT_MOST)

    def given_up(self) -> "MessageQuerySet":
        return self.filter(given_up_at__isnull=False)

    def stuck(self, at: datetime) -> "MessageQuerySet":
        """What was given up or put off and may be taken up at once: no worker has it in hand."""
        put_off = Q(done_at=None) & ~Q(error="") & (Q(postponed__gt=0) | Q(attempts__gt=0))
        is_free = Q(leased_until=None) | Q(leased_until__lt=at)
        return self.filter(Q(given_up_at__isnull=False) | (put_off & is_free))

    def post(
        self,
        kind: str,
        *,
        subject: str,
        recipient: str = "",
        occasion: str = "",
        lane: Lane = Lane.PERSON,
        after: "Message | None" = None,
        due_at: datetime | None = None,
        is_nudged: bool = True,
    ) -> "Message":
        """Promise something once: the same promise again gives the same row.

        Joins the operation's transaction; the worker is nudged when it commits, unless whoever
        promises a heap nudges for it.
        """
        if kind not in settings.OUTBOX_HANDLERS:
            raise LookupError(f"Nobody carries out {kind!r}.")
        message, is_new = self.get_or_create(
            kind=kind,
            subject=subject,
            recipient=recipient,
            occasion=occasion,
            defaults={
                "lane": lane,
                "after": after,
                "due_at": due_at or timezone.now(),
                "request_name": get_contextvars().get("request", ""),
            },
        )
        if is_nudged and is_new and after is None and due_at is None:
            message.nudge_on_commit()
        return message

    def post_new(self, kind: str, names: Iterable[tuple[str, str, str]], *, lane: Lane) -> None:
        """Promise a heap that was never promised, by subject, recipient and occasion. Nobody is
        nudged. Joins the operation's transaction."""
        if kind not in settings.OUTBOX_HANDLERS:
            raise LookupError(f"Nobody carries out {kind!r}.")
        now, asked_by = timezone.now(), get_contextvars().get("request", "")
        Message.objects.bulk_create(
            Message(
                kind=kind,
                subject=subject,
                recipient=recipient,
                occasion=occasion,
                lane=lane,
                due_at=now,
                request_name=asked_by,
            )
            for subject, recipient, occasion in names
        )


class Message(models.Model):
    """A promise: something a worker shall do once a change is stored.

    Unique by kind, subject, recipient and occasion. An attempt is counted when it is
    claimed, and the claim is a lease, so a worker that dies leaves a trace and its
    message comes back. Retention: log.
    """

    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    recipient = models.CharField(max_length=254, blank=True)
    occasion = models.CharField(max_length=120, blank=True)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.PERSON)
    after = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followers"
    )
    # What the logs call the request that promised it; its worker's lines carry the same.
    request_name = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    nudged_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # How many times it was put off through no fault of its own.
    postponed = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "recipient", "occasion"], name="message_promised_once"
            ),
            models.CheckConstraint(condition=Q(lane__in=Lane.values), name="message_lane_is_known"),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(given_up_at=None), name="message_has_one_end"
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "due_at"],
                condition=Q(done_at=None, given_up_at=None),
                name="message_by_due",
            ),
            # Few, and asked for on the pages of those who are to be told.
            models.Index(
                fields=["kind", "subject"],
                condition=Q(given_up_at__isnull=False),
                name="message_given_up",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.kind, self.subject, self.recipient, self.occasion]))

    @property
    def row_id(self) -> int:
        """The number of the row that its subject names, such as 7 in `teams.user:7`."""
        return int(self.subject.rpartition(":")[2])

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    @property
    def has_given_up(self) -> bool:
        return self.given_up_at is not None

    @property
    def is_put_off(self) -> bool:
        """Whether it was tried in vain and is tried again by itself. One whose turn has not come
        is not."""
        is_waiting = self.done_at is None and self.given_up_at is None
        return is_waiting and bool(self.error) and bool(self.postponed or self.attempts)

    def is_held(self, *, at: datetime) -> bool:
        """Whether a worker has it in hand."""
        return self.leased_until is not None and self.leased_until >= at

    def nudge_on_commit(self) -> None:
        """A courtesy: a broker that is away costs nobody their change, the sweep comes round."""
        from outbox.tasks import nudge

        transaction.on_commit(partial(nudge, self.pk, Lane(self.lane)), robust=True)

    def try_again(self, *, at: datetime) -> None:
        """Take up what was given up or put off, with all its attempts before it. Call with the row
        locked, and not while a worker has it in hand."""
        self.attempts, self.postponed, self.given_up_at, self.error = 0, 0, None, ""
        self.due_at, self.leased_until, self.nudged_at = at, None, None
        self.save()
        self.nudge_on_commit()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A promise is kept or given up, never deleted.")
