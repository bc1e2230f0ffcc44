"""Who is signed in, with what the menu of every page needs to know, in the query that every
request makes anyway."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import IntegerField, Subquery
from django.utils import timezone

from procurements.models import Case, CaseRole
from procurements.states import CaseState
from teams.models import Organisation, User


class NumberOf(Subquery):
    """How many rows a query has, told within another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


class Backend(AuthenticationBackend):
    """Signs people in as allauth does; who is signed in knows whether to be shown a portfolio."""

    def get_user(self, user_id: Any) -> User | None:
        rows = User.objects.filter(pk=user_id).annotate(
            own_cases=own_cases(user_id), cases_of_house=cases_of_house(user_id)
        )
        user = rows.first()
        if user is None or not self.user_can_authenticate(user):
            return None
        # Read by the menu (config/page.py).
        user.sees_several_cases = user.own_cases + user.cases_of_house > 1  # type: ignore[attr-defined]
        return user


def own_cases(user_id: Any) -> NumberOf:
    """Cases in which the person has a role, two at most."""
    held = CaseRole.objects.current(timezone.localdate()).filter(user=user_id)
    return NumberOf(held.order_by().values("case").distinct()[:2])


def cases_of_house(user_id: Any) -> NumberOf:
    """Other cases that the person may know of as an administrator, two at most."""
    today = timezone.localdate()
    held = CaseRole.objects.current(today).filter(user=user_id)
    administered = Organisation.objects.administered_by(User(pk=user_id), on=today)
    others = Case.objects.filter(authority__in=administered.values("pk"))
    others = others.exclude(state=CaseState.DRAFT).exclude(pk__in=held.values("case"))
    return NumberOf(others.order_by().values("pk")[:2])
