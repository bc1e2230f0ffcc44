"""What the registries are told, so that somebody outside would notice a rewritten history."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from journal.heads import fingerprint
from journal.models import Event
from journal.record import record
from outbox.models import Lane, Message
from teams.models import Installation, Organisation, User

STREAM = "journal.day"


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
    mark, streams = fingerprint()
    event = record(
        STREAM,
        "journal.day_closed",
        by=by,
        at=at,
        facts={"day_on": day, "fingerprint": mark, "streams": streams, "rule": "daily heads"},
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
