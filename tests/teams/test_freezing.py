"""That one person has one role in one place at a time, and which it was, is kept by the database
itself."""

from datetime import timedelta

import pytest

from journal import guards
from teams.models import Invitation, Membership, User
from teams.operations.roles import invite, withdraw_invitation
from tests.builders import MONDAY
from tests.journal.guarded import refused
from tests.people import everybody

pytestmark = pytest.mark.django_db
DAY = MONDAY.date()


@pytest.mark.parametrize(("who", "kind"), [("nora", "organisation"), ("lena", "team")])
def test_two_roles_in_one_place_do_not_hold_on_the_same_day(who, kind):
    people = everybody()
    person = getattr(people, who)
    mine = Membership.objects.filter(user=person, **{f"{kind}__isnull": False}).get()
    with guards.lifted():
        Membership.objects.filter(pk=mine.pk).update(from_on=DAY, until_on=DAY + timedelta(days=9))
    same = {"user": person, kind: mine.place, "role": mine.role}

    assert refused(lambda: Membership.objects.create(**same, from_on=DAY + timedelta(days=8)))
    before = Membership(**same, from_on=DAY - timedelta(days=9))
    assert refused(lambda: Membership.objects.bulk_create([before]))
    after = Membership.objects.create(**same, from_on=DAY + timedelta(days=9))
    assert refused(lambda: Membership.objects.filter(pk=after.pk).update(from_on=DAY))


def test_roles_in_two_places_hold_on_the_same_day():
    people = everybody()
    elsewhere = {"organisation": people.elsewhere, "role": "member", "from_on": DAY}

    assert Membership.objects.create(user=people.nora, **elsewhere)


def test_whose_account_is_closed_is_given_no_role():
    people = everybody()
    User.objects.filter(pk=people.nora.pk).update(is_active=False)
    role = {"organisation": people.elsewhere, "role": "member", "from_on": DAY}

    assert refused(lambda: Membership.objects.create(user=people.nora, **role))
    assert Membership.objects.create(user=people.per, **role)


def test_a_role_ends_and_never_becomes_another():
    people = everybody()
    mine = people.per.memberships.get()

    def is_kept(**change):
        return refused(lambda: Membership.objects.filter(pk=mine.pk).update(**change))

    assert is_kept(role="administrator")
    assert is_kept(user_id=people.nora.pk)
    assert is_kept(organisation_id=people.elsewhere.pk)
    assert is_kept(from_on=mine.from_on - timedelta(days=1))
    assert refused(lambda: Membership.objects.filter(pk=mine.pk)._raw_delete("default"))
    for days in (9, 8):
        Membership.objects.filter(pk=mine.pk).update(until_on=DAY + timedelta(days=days))
    assert is_kept(until_on=None)


def test_a_link_that_was_sent_offers_what_it_offered_and_opens_once():
    people = everybody()
    sent = {"email": "ny@x.example", "role": "member", "by": people.anna, "at": MONDAY}
    mine = invite(place=people.municipality, **sent)

    def is_kept(**change):
        return refused(lambda: Invitation.objects.filter(pk=mine.pk).update(**change))

    assert is_kept(role="administrator")
    assert is_kept(email="annan@x.example")
    assert is_kept(organisation_id=people.elsewhere.pk)
    assert is_kept(token_hash="0" * 64)
    withdraw_invitation(invitation=mine, by=people.anna, at=MONDAY)
    assert is_kept(revoked_at=None)
    other = invite(place=people.authority, **sent)
    Invitation.objects.filter(pk=other.pk).update(accepted_at=MONDAY)
    assert refused(lambda: Invitation.objects.filter(pk=other.pk).update(accepted_at=None))
