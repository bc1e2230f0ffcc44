"""Events in streams, each chained to the one before it in its stream."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

START = "0" * 64


def canonical(value: object) -> bytes:
    """One spelling for one content, the same on every database and in ten years."""
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode()


def digest_of(salt: str, text: str) -> str:
    """What the chain keeps of a text: without the salt nobody can guess it back."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def stream_of(thing: "models.Model | str") -> str:
    if isinstance(thing, str):
        return thing
    if thing.pk is None:
        raise ValueError("A stream belongs to something that is stored.")
    return f"{thing._meta.label_lower}:{thing.pk}"


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, stream: "models.Model | str") -> "EventQuerySet":
        return self.filter(stream=stream_of(stream)).order_by("number")

    def about(self, thing: "models.Model") -> "EventQuerySet":
        return self.filter(object=stream_of(thing))

    def open_to(self, closed_circles: Iterable[str]) -> "EventQuerySet":
        """Leave out what is kept from the reader by a circle closed to them."""
        return self.exclude(secrecy__in=set(closed_circles) - {""})

    def readable(self) -> "EventQuerySet":
        """Fetch what `sentence` and the history page need, in two queries."""
        return self.select_related("by").prefetch_related("texts")


class Event(models.Model):
    """Something that happened: who, when, to what, never changed and never removed.

    A stream is what the operation has locked anyway (a case, a handbook, an
    organisation, a person). Hashed are ids, verb, facts and salted digests of texts;
    the texts themselves lie beside in EventText. Retention: case.
    """

    stream = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=80)
    object = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict)
    digests = models.JSONField(default=dict)
    # The circle that may read it; empty means everyone who may read the stream.
    secrecy = models.CharField(max_length=80, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    # Texts that a page says in its reader's language; what was recorded is not touched.
    said: Mapping[str, str] = MappingProxyType({})

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["stream", "number"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "number"], name="event_numbered_in_stream"),
            models.CheckConstraint(condition=Q(number__gte=1), name="event_number_from_one"),
        ]
        indexes = [models.Index(fields=["object"], name="event_by_object")]

    def __str__(self) -> str:
        return f"{self.stream} #{self.number} {self.verb}"

    def computed_hash(self) -> str:
        """The link this event must have, from its content and the link before it."""
        content = {
            "stream": self.stream,
            "number": self.number,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "by": self.by_id,
            "verb": self.verb,
            "object": self.object,
            "facts": self.facts,
            "texts": self.digests,
            "secrecy": self.secrecy,
            "previous": self.previous_hash,
        }
        return hashlib.sha256(canonical(content)).hexdigest()

    def fields(self) -> dict[str, Any]:
        """Facts and texts by name; a text that was lawfully erased says so."""
        erased = {name: _("(erased)") for name in self.digests}
        texts = {row.name: row.text for row in self.texts.all()}
        return erased | self.facts | texts | self.said

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language. Needs `readable()` in lists."""
        from journal.sentences import tell

        return tell(self.verb, self.fields())


class EventText(models.Model):
    """Free text or personal data of an event, with the salt of its digest.

    May be removed by a lawful erasure; the chain holds and history says that it is gone.
    Retention: case.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="texts")
    name = models.CharField(max_length=60)
    salt = models.CharField(max_length=32)
    text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("event text")
        verbose_name_plural = _("event texts")
        constraints = [
            models.UniqueConstraint(fields=["event", "name"], name="event_text_named_once")
        ]

    def __str__(self) -> str:
        return self.name

    def is_intact(self) -> bool:
        return digest_of(self.salt, self.text) == self.event.digests.get(self.name)


def same_moment(at: datetime) -> datetime:
    """Refuse a naive time; keep what both databases can store."""
    if at.tzinfo is None:
        raise ValueError("An event needs an aware time.")
    return at.astimezone(UTC)
