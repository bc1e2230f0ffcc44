"""Open a calendar's address, change it, and end it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.days import swedish_day
from procurements.models import CalendarFeed, Case
from procurements.refusals import Refused
from teams.models import User


@transaction.atomic(durable=True)
def open_feed(
    *, case: Case | None = None, started_from: str = "", by: User, at: datetime
) -> CalendarFeed:
    """Give the person a new secret address for the days of a case, or of all cases.

    The earlier one leads nowhere from now on. `started_from` is the address that the person saw:
    a second press, which saw another than there is now, changes nothing.
    """
    _lock(by)
    if case and not case.roles_of(by, on=swedish_day(at)):
        raise Refused(_("Only someone with a role in the case has a calendar of it."))
    feed = CalendarFeed.objects.filter(person=by, case=case).first()
    if feed and started_from != feed.nonce:
        return feed
    feed = feed or CalendarFeed(person=by, case=case)
    feed.make_token()
    feed.made_at = at
    feed.save()
    record(by, "calendar.opened", by=by, at=at, facts={"case": case.number if case else None})
    return feed


@transaction.atomic(durable=True)
def close_feed(*, case: Case | None = None, by: User, at: datetime) -> None:
    """End the address. Ended already is left so."""
    _lock(by)
    for feed in CalendarFeed.objects.filter(person=by, case=case).select_related("person", "case"):
        end_feed(feed, by=by, at=at)


def end_feed(feed: CalendarFeed, *, by: User, at: datetime) -> None:
    """Let an address lead nowhere. A shared step: call within an operation that has locked whose it
    is."""
    feed.delete()
    facts = {"case": feed.case.number if feed.case else None}
    record(feed.person, "calendar.closed", by=by, at=at, facts=facts)


def _lock(person: User) -> None:
    """First of all: who has locked the person may be waiting for a turn in their history. Without
    the key: what is done in the case meanwhile names the person."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
