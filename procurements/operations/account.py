"""Close a person's account. It is opened again in `teams`, since no role comes back with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.closing import hindrances
from procurements.days import swedish_day
from procurements.models import CalendarFeed, Case, CaseInvitation, CaseRole
from procurements.operations.feed import end_feed
from procurements.operations.people import end_held
from procurements.refusals import Refused
from teams.models import Invitation, Membership, Organisation, Team, User
from teams.operations.roles import end_membership, revoke
from teams.refusals import LastOne


@transaction.atomic(durable=True)
def close_account(*, person: User, reason: str = "", by: User, at: datetime) -> User:
    """Let a person sign in no more. Their roles end today, each told where it was held; invitations
    to their address are withdrawn, sessions and calendars end. What they have done stays.

    Closed already is left so. Raises LastOne with every place and case that would have nobody, and
    Refused when who closes it was closed meanwhile, or the person was given a role.
    """
    today = swedish_day(at)
    locked = _locked_places(person, today)
    person, by = _locked_people(person, by)
    if not person.is_active:
        return person
    if not by.is_active:
        raise Refused(_("The account of %(name)s is closed.") % {"name": by.name})
    memberships = Membership.objects.not_ended(today).filter(user=person)
    memberships = memberships.select_related("user", "organisation", "team")
    roles = CaseRole.objects.not_ended(today).filter(user=person).select_related("user", "case")
    if not locked >= {*(row.place for row in memberships), *(held.case for held in roles)}:
        raise Refused(_("The person has been given a role just now. Look at it, and try again."))
    if last := hindrances(person, by=by, on=today):
        raise LastOne(list(last.values()))
    for held in roles:
        end_held(held.case, held, max(today, held.from_on), by=by, at=at)
    for row in memberships:
        end_membership(row, max(today, row.from_on), by=by, at=at)
    for invitation in _invitations(person.email):
        if invitation.place in locked:
            revoke(invitation, by=by, at=at)
    for feed in CalendarFeed.objects.filter(person=person).select_related("person", "case"):
        end_feed(feed, by=by, at=at)
    person.is_active = False
    # Opened again, it is signed in to anew.
    person.signed_out_elsewhere_at = at
    person.save(update_fields=["is_active", "signed_out_elsewhere_at"])
    texts = {"name": person.name} | ({"reason": reason} if reason else {})
    record(person, "account.closed", by=by, at=at, texts=texts)
    return person


def _locked_places(person: User, today: date) -> set[Case | Organisation | Team]:
    """Where the person has a role or is invited, locked: cases, teams and organisations, each in
    their order, as two who close at once do."""
    roles = CaseRole.objects.not_ended(today).filter(user=person)
    memberships = Membership.objects.not_ended(today).filter(user=person)
    invitations = _invitations(person.email)
    found: set[Case | Organisation | Team] = set()
    for model, name, held in (
        (Case, "case", roles),
        (Team, "team", memberships),
        (Organisation, "organisation", memberships),
    ):
        keys = {*held.values_list(name, flat=True)}
        keys |= {getattr(one, f"{name}_id", None) for one in invitations}
        rows: Any = model._default_manager.select_for_update(no_key=True)
        found |= set(rows.filter(pk__in=keys - {None}).order_by("pk"))
    return found


def _locked_people(person: User, by: User) -> tuple[User, User]:
    # Without the key: what is done elsewhere meanwhile names them.
    rows = User.objects.select_for_update(no_key=True).filter(pk__in={person.pk, by.pk})
    both = {row.pk: row for row in rows.order_by("pk")}
    return both[person.pk], both[by.pk]


def _invitations(email: str) -> Iterable[Any]:
    """Those to an address that are not answered."""
    places = Invitation.objects.unanswered().filter(email=email)
    cases = CaseInvitation.objects.unanswered().filter(email=email)
    return [*places.select_related("organisation", "team"), *cases.select_related("case")]
