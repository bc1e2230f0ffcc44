"""Who is signed in, with what the menu of every page needs to know, in the query that every
request makes anyway."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import connection
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
        user = next(iter(User.objects.raw(*question(user_id, timezone.localdate()))), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        # Read by the menu (config/page.py).
        user.sees_several_cases = user.own_cases + user.cases_of_house > 1  # type: ignore[attr-defined]
        return user


# Who and when, where the question is written down before anybody asks it.
SOMEBODY, SOME_DAY = -1, date.min


def question(user_id: int, today: date) -> tuple[str, list[Any]]:
    """The query for a person and a day, with its parameters.

    Written once for all who ask: that takes ten times as long as the answer.
    """
    as_kept = connection.ops.adapt_datefield_value
    sql, parameters = _written()
    facts = {SOMEBODY: user_id, as_kept(SOME_DAY): as_kept(today)}
    return sql, [facts.get(value, value) for value in parameters]


@cache
def _written() -> tuple[str, tuple[Any, ...]]:
    rows = User.objects.filter(pk=SOMEBODY).annotate(
        own_cases=own_cases(SOMEBODY, SOME_DAY), cases_of_house=cases_of_house(SOMEBODY, SOME_DAY)
    )
    return rows.order_by().query.sql_with_params()


def own_cases(user_id: int, today: date) -> NumberOf:
    """Cases in which the person has a role, two at most."""
    held = CaseRole.objects.current(today).filter(user=user_id)
    return NumberOf(held.order_by().values("case").distinct()[:2])


def cases_of_house(user_id: int, today: date) -> NumberOf:
    """Other cases that the person may know of as an administrator, two at most."""
    held = CaseRole.objects.current(today).filter(user=user_id)
    administered = Organisation.objects.administered_by(User(pk=user_id), on=today)
    others = Case.objects.filter(authority__in=administered.values("pk"))
    others = others.exclude(state=CaseState.DRAFT).exclude(pk__in=held.values("case"))
    return NumberOf(others.order_by().values("pk")[:2])
