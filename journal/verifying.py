"""Reading the chains again: every number, every link, every text that is still there."""

from collections.abc import Iterator
from dataclasses import dataclass

from journal.heads import closed_days
from journal.models import START, Event


@dataclass(frozen=True)
class Fault:
    """The first place where a stream does not hold."""

    stream: str
    number: int
    reason: str


@dataclass
class Count:
    """What was read on the way."""

    streams: int = 0
    events: int = 0
    erased: int = 0


def faults(count: Count | None = None) -> Iterator[Fault]:
    """Recompute every stream, and give the first fault of each that has one; then the days whose
    fingerprint the events no longer give: a chain that was cut off at its end, or written anew from
    some link on, holds by itself."""
    count = count or Count()
    stream, previous, number, has_fault = None, START, 0, False
    events = Event.objects.order_by("stream", "number").prefetch_related("texts")
    for event in events.iterator(chunk_size=1000):
        if event.stream != stream:
            stream, previous, number, has_fault = event.stream, START, 0, False
            count.streams += 1
        count.events += 1
        number += 1
        if not has_fault and (reason := _reason(event, number, previous, count)):
            has_fault = True
            yield Fault(event.stream, event.number, reason)
        previous = event.hash
    for day, holds in closed_days():
        if not holds:
            reason = f"the events up to {day.facts['day_on']} give another fingerprint"
            yield Fault(day.stream, day.number, reason)


def _reason(event: Event, number: int, previous: str, count: Count) -> str:
    if event.number != number:
        return f"number {number} is missing"
    if event.previous_hash != previous:
        return "does not follow the event before it"
    if event.hash != event.computed_hash():
        return "its content is not what was recorded"
    texts = {text.name: text for text in event.texts.all()}
    count.erased += len(event.digests.keys() - texts.keys())
    if texts.keys() - event.digests.keys():
        return "has a text that was never recorded"
    if not all(text.is_intact() for text in texts.values()):
        return "a text is not what was recorded"
    return ""
