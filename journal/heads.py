"""The fingerprint of all chains at one moment: kept elsewhere, it shows if one was rewritten."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import OuterRef, Subquery

from journal.models import Event, canonical

# The event of a day whose fingerprint was sent to those who keep it outside the house.
DAY_CLOSED = "journal.day_closed"

Head = tuple[str, int, str]


def fingerprint(until: datetime | None = None) -> tuple[str, int]:
    """A hash over the head of every stream, and how many streams there are; with `until` over what
    had happened before that moment."""
    events = Event.objects.all() if until is None else Event.objects.filter(at__lt=until)
    newest = events.filter(stream=OuterRef("stream")).order_by("-number")
    heads = events.filter(number=Subquery(newest.values("number")[:1]))
    return _hashed(heads.values_list("stream", "number", "hash").iterator())


def _hashed(heads: Iterable[Head]) -> tuple[str, int]:
    digest, streams = hashlib.sha256(), 0
    # By code point on every database.
    for head in sorted(heads):
        digest.update(canonical(head))
        streams += 1
    return digest.hexdigest(), streams


def closed_days() -> Iterator[tuple[Event, bool]]:
    """Each day that was closed, in turn, and whether the events before it still give the
    fingerprint that it had. Of a day closed before the moment was kept nobody can tell."""
    heads: dict[str, tuple[int, str]] = {}
    later: list[tuple[datetime, Head]] = []
    for event in Event.objects.order_by("pk").defer("digests").iterator(chunk_size=1000):
        if event.verb == DAY_CLOSED and "until" in event.facts:
            until = datetime.fromisoformat(event.facts["until"])
            for at, (stream, number, link) in later:
                if at < until and number > heads.get(stream, (0, ""))[0]:
                    heads[stream] = (number, link)
            later = [(at, head) for at, head in later if at >= until]
            mark = _hashed((stream, *head) for stream, head in heads.items())
            yield event, mark == (event.facts["fingerprint"], event.facts["streams"])
        later.append((event.at, (event.stream, event.number, event.hash)))
