"""Who sees which organisations and teams, and who may do what: written out by hand."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from teams.models import Installation, Invitation, Membership, Organisation, Team, User
from teams.operations.roles import invite
from tests.builders_teams import a_role

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
SEEN = {
    "anna": {"municipality", "authority", "science_park"},
    "per": {"municipality", "authority", "science_park"},
    "nora": {"municipality", "authority", "science_park"},
    "lena": {"municipality", "authority", "science_park"},
    "sam": {"company"},
    "olle": {"elsewhere"},
}


@pytest.mark.parametrize("name", SEEN)
def test_people_see_their_own_and_those_of_a_shared_team(people, name):
    seen = set(Organisation.objects.visible_to(getattr(people, name)))

    assert seen == {getattr(people, place) for place in SEEN[name]}


def test_nobody_signed_in_sees_nothing(people):
    assert not Organisation.objects.visible_to(AnonymousUser()).exists()
    assert not Team.objects.visible_to(AnonymousUser()).exists()
    assert not AnonymousUser().has_perm("teams.view_organisation", people.municipality)


def test_a_team_is_seen_by_its_people_and_its_organisations(people):
    for name in ("anna", "per", "lena"):
        assert list(Team.objects.visible_to(getattr(people, name))) == [people.team]
    for name in ("sam", "olle"):
        assert not Team.objects.visible_to(getattr(people, name)).exists()


def test_an_ended_role_shows_nothing(people):
    people.per.memberships.update(until_on=date(2026, 1, 1))

    assert not Organisation.objects.visible_to(people.per).exists()
    assert not people.per.has_perm("teams.view_organisation", people.authority)


def test_who_runs_the_installation_sees_every_organisation_and_may_add(people):
    Installation.objects.create(
        organisation=people.municipality, begun_by=people.anna, begun_at="2026-01-01T00:00Z"
    )

    assert Organisation.objects.visible_to(people.anna).count() == 5
    assert people.anna.has_perm("teams.add_organisation")
    assert not people.per.has_perm("teams.add_organisation")
    assert not people.anna.has_perm("teams.manage_organisation", people.elsewhere)


MATRIX = """
                     municipality  authority  science_park  company  elsewhere
anna   manage             x            x           -           -         -
anna   add_part           x            -           -           -         -
anna   edit_statement     x            -           -           -         -
per    manage             -            -           -           -         -
nora   manage             -            -           -           -         -
lena   manage             -            -           -           -         -
sam    manage             -            -           -           x         -
sam    add_part           -            -           -           x         -
olle   manage             -            -           -           -         x
"""


def test_the_matrix_of_organisations(people):
    head, *rows = MATRIX.strip("\n").split("\n")
    places = head.split()
    for row in rows:
        name, verb, *marks = row.split()
        permission = "teams.manage_organisation" if verb == "manage" else f"teams.{verb}"
        for place, mark in zip(places, marks, strict=True):
            may = getattr(people, name).has_perm(permission, getattr(people, place))
            assert may is (mark == "x"), (name, verb, place)


def test_only_leads_manage_the_team(people):
    assert people.lena.has_perm("teams.manage_team", people.team)
    for name in ("anna", "per", "nora", "sam", "olle"):
        assert not getattr(people, name).has_perm("teams.manage_team", people.team)


def test_own_role_can_be_ended_by_oneself_and_changed_only_by_who_leads(people):
    own = people.per.memberships.get()

    assert people.per.has_perm("teams.end_role", own)
    assert not people.per.has_perm("teams.change_role", own)
    assert people.anna.has_perm("teams.change_role", own)
    assert not people.olle.has_perm("teams.end_role", own)


def test_somebody_inactive_may_nothing(people):
    people.anna.is_active = False

    assert not people.anna.has_perm("teams.manage_organisation", people.municipality)


# What the database itself refuses.


def test_addresses_are_unique_whatever_their_case(people):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="PER@lindhaga.example", name="Per igen")


@pytest.mark.parametrize(
    "wrong",
    [
        {"organisation": None, "team": None, "role": "member"},
        {"role": "lead"},
        {"role": "emperor"},
        {"until_on": date(2023, 1, 1)},
    ],
)
def test_a_membership_that_cannot_be_is_refused_by_the_database(people, wrong):
    right = {
        "user": people.olle,
        "organisation": people.municipality,
        "role": "member",
        "from_on": date(2024, 1, 1),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(**(right | wrong))


def test_two_open_roles_in_one_place_are_refused_by_the_database(people):
    with pytest.raises(IntegrityError), transaction.atomic():
        a_role(people.anna, people.municipality, "member")


def test_everybody_has_a_name(people):
    with pytest.raises(IntegrityError, match="user_has_a_name"), transaction.atomic():
        User.objects.filter(pk=people.per.pk).update(name="")


def test_an_invitation_is_accepted_or_withdrawn(people):
    invitation = invite(
        place=people.authority, email="eva@lindhaga.example", role="member", by=people.anna, at=AT
    )
    both = {"accepted_at": AT, "revoked_at": AT}

    with pytest.raises(IntegrityError, match="invitation_has_one_end"), transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(**both)


def test_there_is_one_system_and_it_cannot_sign_in(db, client):
    system = User.objects.system()

    assert User.objects.system() == system
    assert not system.is_active
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="andra@x.example", name="Två", is_system=True, is_active=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=system.pk).update(is_active=True)
