"""What the registries are told, so that somebody outside would notice a rewritten history."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from journal.heads import DAY_CLOSED, fingerprint
from journal.models import Event
from journal.record import record
from outbox.models import Lane, Message
from teams.models import Installation, Organisation, User

STREAM = "journal.day"
# An operation that was begun by then has ended.
LONGEST = timedelta(minutes=10)


@transaction.atomic(durable=True)
def close_day(*, by: User, at: datetime) -> Event | None:
    """Record the fingerprint of all chains for the day before, once, and promise it by mail to
    every organisation with a registry's mailbox. Harmless twice; nothing before the installation
    has begun."""
    if not Installation.objects.select_for_update().exists():
        return None
    day = timezone.localdate(at) - timedelta(days=1)
    if Event.objects.of(STREAM).filter(facts__day_on=day.isoformat()).exists():
        return None
    # What happened after it belongs to the next day; by it anybody can count the same again.
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(at), time.min))
    until = min(midnight, at - LONGEST)
    mark, streams = fingerprint(until)
    event = record(
        STREAM,
        DAY_CLOSED,
        by=by,
        at=at,
        facts={
            "day_on": day,
            "until": until.isoformat(),
            "fingerprint": mark,
            "streams": streams,
            "rule": "daily heads",
        },
    )
    for organisation in Organisation.objects.tops().exclude(registry_email=""):
        _promise(event, organisation, day)
    return event


def _promise(event: Event, organisation: Organisation, day: date) -> None:
    Message.objects.post(
        "mail.journal_day",
        subject=f"journal.event:{event.pk}",
        recipient=organisation.registry_email,
        occasion=f"{day}/{organisation.pk}",
        lane=Lane.MAIL,
    )
