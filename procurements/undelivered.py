"""Invitations whose letter was given up, for whoever sent them: read from the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse
from django.utils.translation import get_language

from procurements.models import CaseInvitation, CaseRole
from procurements.permissions import RUN_THE_CASE
from procurements.states import CaseState
from teams.models import Invitation, Membership, Organisation, TeamRole

if TYPE_CHECKING:
    from teams.models import User

AT_MOST = 20
PAGES = ("case_people", "organisation", "team")


def undelivered_invitations(user: User, *, on: date) -> list[QuerySet[Any]]:
    """Those the person sent and may still answer for, as rows of page, key, to what, to whom and
    nothing. To be read as one query, also together with other rows of that shape.

    Who no longer manages people there is told nothing more of whom they invited.
    """
    administered = Organisation.objects.administered_by(user, on=on).values("pk")
    return [
        _to_cases(user, on, administered),
        _to_organisations(user, administered),
        _to_teams(user, on),
    ]


def in_words(rows: Iterable[tuple[Any, ...]]) -> list[dict[str, str]]:
    """The same as the first page shows them."""
    found = sorted((row for row in rows if row[0] in PAGES), key=lambda row: row[3])
    return [
        {"email": email, "what": what, "url": reverse(page, args=[key])}
        for page, key, what, email, _nothing in found[:AT_MOST]
    ]


def _to_cases(user: User, on: date, administered: QuerySet[Any]) -> QuerySet[Any]:
    run = CaseRole.objects.current(on).filter(user=user, role__in=RUN_THE_CASE)
    mine = CaseInvitation.objects.filter(
        Q(case__in=run.values("case"))
        | Q(case__authority__in=administered) & ~Q(case__state=CaseState.DRAFT),
        CaseInvitation.letter_given_up(),
        invited_by=user,
        accepted_at=None,
        revoked_at=None,
    )
    return mine.order_by().values_list(
        Value("case_people"), "case__number", "case__title", "email", Value(0)
    )


def _to_organisations(user: User, administered: QuerySet[Any]) -> QuerySet[Any]:
    mine = _given_up(user).filter(organisation__in=administered)
    return mine.values_list(
        Value("organisation"), "organisation_id", "organisation__name", "email", Value(0)
    )


def _to_teams(user: User, on: date) -> QuerySet[Any]:
    led = Membership.objects.on(on).filter(user=user, role=TeamRole.LEAD).values("team")
    english = (get_language() or "").startswith("en")
    name = Coalesce(
        NullIf("team__name_en" if english else "team__name_sv", Value("")), "team__name_sv"
    )
    return (
        _given_up(user)
        .filter(team__in=led)
        .values_list(Value("team"), "team_id", name, "email", Value(0))
    )


def _given_up(user: User) -> QuerySet[Invitation]:
    mine = Invitation.objects.unanswered().filter(Invitation.letter_given_up(), invited_by=user)
    return mine.order_by()
