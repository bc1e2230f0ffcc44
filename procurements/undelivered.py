"""Letters that were given up, read from the outbox: invitations for whoever sent them, reminders
for those who run the case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.urls import reverse
from django.utils.translation import get_language

from outbox.models import Message
from procurements.models import Case, CaseInvitation, CaseRole, Deadline, Reminder
from procurements.models.reminder import LETTER
from procurements.states import RUN_THE_CASE, CaseState
from teams.models import Invitation, Membership, Organisation, TeamRole

if TYPE_CHECKING:
    from teams.models import User

AT_MOST = 20
REMINDERS = "case_reminders"
PAGES = ("case_people", "organisation", "team", REMINDERS)


def undelivered_letters(user: User, *, on: date) -> list[QuerySet[Any]]:
    """Those the person may still answer for, as rows of page, key, about what, to whom and nothing.
    To be read as one query, also together with other rows of that shape.

    Who no longer manages people there is told nothing more of whom they invited.
    """
    administered = Organisation.objects.administered_by(user, on=on).values("pk")
    return [
        _to_cases(user, on, administered),
        _to_organisations(user, administered),
        _to_teams(user, on),
        _of_days(user, on),
    ]


def is_untold() -> Exists:
    """For a query of roles: whether the letter that tells of it was given up, and the person has
    not signed in since."""
    words = CharField(max_length=120)
    seen_at = Coalesce(OuterRef("user__last_login"), OuterRef("user__joined_at"))
    letters = Message.objects.given_up().filter(
        kind="mail.case_role",
        given_up_at__gte=seen_at,
        subject=Concat(Value(f"{Case._meta.label_lower}:"), Cast(OuterRef("case"), words)),
        recipient=OuterRef("user__email"),
        occasion__startswith=Concat(OuterRef("role"), Value("/")),
    )
    return Exists(letters)


def in_words(rows: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The same as the first page shows them: once for each place where something is to be done,
    with all whom letters from there did not reach."""
    found = sorted((row for row in rows if row[0] in PAGES), key=itemgetter(0, 2, 1, 3))
    return [
        {
            "to": [row[3] for row in of_place],
            "what": what,
            "url": reverse(page, args=[key]),
            "is_reminder": page == REMINDERS,
        }
        for (page, what, key), of_place in groupby(found, key=itemgetter(0, 2, 1))
    ][:AT_MOST]


def _to_cases(user: User, on: date, administered: QuerySet[Any]) -> QuerySet[Any]:
    run = CaseRole.objects.on(on).filter(user=user, role__in=RUN_THE_CASE)
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


def _of_days(user: User, on: date) -> QuerySet[Any]:
    """Once for each person and case, however many letters that person did not get. In a case that
    rests or is over only those about the law are still to be told."""
    run = CaseRole.objects.on(on).filter(user=user, role__in=RUN_THE_CASE)
    words = CharField(max_length=120)
    letters = Message.objects.given_up().filter(
        kind=LETTER,
        subject=Concat(Value("reminder:"), Cast(OuterRef("pk"), words)),
        occasion=Cast(OuterRef("promises"), words),
    )
    mine = Reminder.objects.filter(
        Exists(letters),
        Q(case__state=CaseState.ACTIVE) | Q(deadline__in=Deadline.objects.running(on=on)),
        case__in=run.values("case"),
        sent_at=None,
        passed_over="",
        held_at=None,
    )
    return (
        mine.order_by()
        .values_list(Value(REMINDERS), "case__number", "case__title", "person__name", Value(0))
        .distinct()
    )


def _given_up(user: User) -> QuerySet[Invitation]:
    mine = Invitation.objects.unanswered().filter(Invitation.letter_given_up(), invited_by=user)
    return mine.order_by()
