"""Plain functions that make organisations, teams and roles."""

from datetime import date
from typing import Any

from teams.models import Membership, Organisation, Team, User

LONG_AGO = date(2024, 1, 8)


def an_organisation(name: str = "Lindhaga kommun", **facts: Any) -> Organisation:
    return Organisation.objects.create(name=name, **({"kind": "municipality"} | facts))


def a_part(of: Organisation, name: str = "Omsorgsnämnden") -> Organisation:
    return Organisation.objects.create(parent=of, name=name, kind=of.kind)


def a_team(
    *organisations: Organisation,
    name: str = "Tallvikens team",
    agreed_by: User | None = None,
    **facts: Any,
) -> Team:
    """A team of organisations, for which that person has agreed to it, if somebody has."""
    team = Team.objects.create(name_sv=name, **facts)
    answer = {"agreed_by": agreed_by, "agreed_at": agreed_by and team.created_at}
    team.organisations.set(organisations, through_defaults=answer)
    return team


def a_person(name: str, email: str = "", **facts: Any) -> User:
    """A person whose password is that of every test."""
    address = email or f"{name.split()[0].lower()}@lindhaga.example"
    return User.objects.create_user(address, PASSWORD, name=name, **facts)


def a_role(user: User, place: Organisation | Team, role: str, **days: Any) -> Membership:
    where = {"team": place} if isinstance(place, Team) else {"organisation": place}
    return Membership.objects.create(
        user=user, role=role, **where, **({"from_on": LONG_AGO} | days)
    )


PASSWORD = "Tallbarr-i-motvind-7"
