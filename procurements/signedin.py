"""Who is signed in, with what the menu of every page needs to know, in the query that every
request makes anyway."""

from __future__ import annotations

from datetime import date
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.db.models import IntegerField, QuerySet, Subquery
from django.utils import timezone

from config.written import written
from procurements.models import Case, CaseRole
from procurements.states import CaseState
from teams.models import Organisation, User


class NumberOf(Subquery):
    """How many rows a query has, told within another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


class Backend(AuthenticationBackend):
    """Signs people in as allauth does; who is signed in knows whether to be shown a portfolio."""

    def user_can_authenticate(self, user: User | None) -> bool:
        """The people of a demo have a password that everybody knows: none of them, nor whom they
        invited, gets in when the installation is a demo no longer."""
        is_of_a_demo = user is not None and user.is_demo and not settings.IS_DEMO
        return super().user_can_authenticate(user) and not is_of_a_demo

    def get_user(self, user_id: Any) -> User | None:
        found = person(user_id=user_id, today=timezone.localdate())
        user = found[0] if found else None
        if user is None or not self.user_can_authenticate(user):
            return None
        # Read by the menu (config/page.py).
        # One case of one's own is on the first page; of the house's none is.
        user.has_portfolio = user.own_cases > 1 or user.cases_of_house > 0  # type: ignore[attr-defined]
        return user


@written
def person(*, user_id: int, today: date) -> QuerySet[User]:
    """A person, with how many cases of their own and of their house they have on the day."""
    return (
        User.objects.filter(pk=user_id)
        .annotate(
            own_cases=own_cases(user_id, today), cases_of_house=cases_of_house(user_id, today)
        )
        .order_by()
    )


def own_cases(user_id: int, today: date) -> NumberOf:
    """Cases in which the person has a role, two at most."""
    held = CaseRole.objects.on(today).filter(user=user_id)
    return NumberOf(held.order_by().values("case").distinct()[:2])


def cases_of_house(user_id: int, today: date) -> NumberOf:
    """Other cases that the person may know of as an administrator, two at most."""
    held = CaseRole.objects.on(today).filter(user=user_id)
    administered = Organisation.objects.administered_by(User(pk=user_id), on=today)
    others = Case.objects.filter(authority__in=administered.values("pk"))
    others = others.exclude(state=CaseState.DRAFT).exclude(pk__in=held.values("case"))
    return NumberOf(others.order_by().values("pk")[:2])
