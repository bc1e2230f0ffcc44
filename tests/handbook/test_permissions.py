import pytest
from django.contrib.auth.models import AnonymousUser

from handbook.models import Handbook
from teams.models import Installation
from tests.builders import MONDAY
from tests.builders_teams import a_person, a_role

pytestmark = pytest.mark.django_db
EDIT = "handbook.edit_handbook"


def editors(people, handbook):
    """Who of the people of the tests may write in it."""
    names = ("lena", "per", "nora", "sam", "olle", "anna")
    return {name for name in names if getattr(people, name).has_perm(EDIT, handbook)}


def test_editors_and_administrators_of_the_owner_write_its_handbook(people):
    handbook = Handbook.objects.create(key="method", owner=people.science_park)
    member = a_person("Disa Dal", "disa@tallviken.example")
    a_role(member, people.science_park, "member")

    assert editors(people, handbook) == {"lena"}
    assert not member.has_perm(EDIT, handbook)
    assert not AnonymousUser().has_perm(EDIT, handbook)


def test_a_part_of_an_organisation_may_own_a_handbook_that_the_whole_administrates(people):
    handbook = Handbook.objects.create(key="method", owner=people.authority)

    assert editors(people, handbook) == {"per", "anna"}


def test_a_handbook_without_an_owner_is_kept_by_whom_the_installation_was_begun_with(people):
    handbook = Handbook.objects.create(key="method")
    assert editors(people, handbook) == set()

    Installation.objects.create(
        organisation=people.elsewhere, begun_by=people.olle, begun_at=MONDAY
    )

    assert handbook.keeper == people.elsewhere
    assert editors(people, handbook) == {"olle"}


def test_an_editor_who_has_left_writes_no_more(people):
    handbook = Handbook.objects.create(key="method", owner=people.science_park)
    people.science_park.memberships.update(until_on="2025-01-07")

    assert editors(people, handbook) == set()
    assert not Handbook.objects.edited_by(people.lena).exists()
