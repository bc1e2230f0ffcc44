from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from journal.models import Event
from outbox.models import Message
from outbox.work import carry_out_one
from procurements.closing import hindrances
from procurements.models import CalendarFeed, CaseRole, Reminder
from procurements.operations.account import close_account
from procurements.operations.feed import open_feed
from procurements.operations.people import (
    accept_case_invitation,
    invite_to_case,
    offer_role,
    withdraw_case_invitation,
)
from procurements.operations.task import add_task
from procurements.refusals import Refused
from procurements.states import PassedOver, Role
from procurements.tasks import remind_at
from teams.models import Invitation, InviteState, Membership, User
from teams.operations.account import open_account
from teams.operations.roles import accept_invitation, invite
from teams.refusals import ClosedAccount, LastOne
from tests.builders import MONDAY, a_case
from tests.builders_teams import a_person, a_role
from tests.people import signed_in

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


@pytest.fixture
def case(people):
    roles = {"need_owner": people.nora}
    return a_case(by=people.per, authority=people.authority, team=people.team, roles=roles)


def closed(person, by, **more):
    return close_account(person=person, by=by, at=MONDAY, **more)


def test_every_role_ends_and_is_told_where_it_was_held(case, people):
    coming = a_role(people.nora, people.team, "member", from_on=TODAY + timedelta(days=9))
    deputy = offer_role(
        case=case, user=people.nora, role=Role.PROCURER, from_on=TODAY + timedelta(days=3),
        until_on=TODAY + timedelta(days=5), by=people.per, at=MONDAY,
    )  # fmt: skip

    closed(people.nora, people.anna, reason="Har slutat.")

    assert not CaseRole.objects.filter(user=people.nora).not_ended(TODAY).exists()
    assert not Membership.objects.filter(user=people.nora).not_ended(TODAY).exists()
    for row in (coming, deputy):
        row.refresh_from_db()
        assert row.until_on == row.from_on
    left = Event.objects.of(case).filter(verb="role.left")
    assert [event.by for event in left] == [people.anna] * 2
    assert Event.objects.of(people.authority).get().verb == "role.ended"
    assert Event.objects.of(people.team).get().verb == "role.ended"
    with translation.override("en"):
        told = Event.objects.of(people.nora).get().sentence
    assert told == "The account of Nora Nord was closed: Har slutat."


def test_one_closes_ones_own_account(people):
    closed(people.nora, people.nora)

    people.nora.refresh_from_db()
    assert not people.nora.is_active
    told = Event.objects.of(people.nora).get()
    assert (told.by, told.verb) == (people.nora, "account.closed")
    assert set(told.digests) == {"name"}


def test_closing_twice_changes_nothing(people):
    closed(people.nora, people.anna)

    closed(people.nora, people.anna)

    assert Event.objects.filter(verb="account.closed").count() == 1


def test_the_last_to_look_after_a_place_or_own_a_case_stays(case, people):
    a_role(people.per, people.municipality, "administrator")
    a_role(people.lena, people.municipality, "member")
    found = hindrances(people.per, by=people.anna, on=TODAY)
    assert list(found) == [case]

    with pytest.raises(LastOne, match="Per Palm"):
        closed(people.per, people.anna)
    with pytest.raises(LastOne):
        closed(people.lena, people.anna)

    for person in (people.per, people.lena):
        person.refresh_from_db()
        assert person.is_active
        assert Membership.objects.filter(user=person).not_ended(TODAY).exists()
    assert not Event.objects.filter(verb__in=["role.ended", "role.left"]).exists()


def test_whoever_has_somebody_beside_them_may_leave(case, people):
    offer_role(case=case, user=people.nora, role=Role.OWNER, by=people.per, at=MONDAY)
    a_role(people.per, people.municipality, "administrator")

    closed(people.per, people.anna)
    with pytest.raises(LastOne):
        closed(people.nora, people.anna)
    with pytest.raises(LastOne):
        closed(people.anna, people.anna)


def test_a_draft_hinders_its_owner_and_nobody_else(people):
    draft = a_case(by=people.per, authority=people.authority, begun=False)

    assert list(hindrances(people.per, by=people.per, on=TODAY)) == [draft]
    closed(people.per, people.anna)

    assert not draft.roles.not_ended(TODAY).exists()


def test_invitations_to_the_address_are_withdrawn_and_no_new_one_is_sent(case, people):
    to = {"email": people.sam.email, "at": MONDAY}
    invite(place=people.municipality, role="member", by=people.anna, **to)
    asked = invite_to_case(case=case, role=Role.COACH, by=people.per, **to)
    a_role(a_person("Siv Sol"), people.company, "administrator")

    closed(people.sam, people.sam)

    asked.refresh_from_db()
    states = [Invitation.objects.get().state(at=MONDAY), asked.state(at=MONDAY)]
    assert states == [InviteState.REVOKED] * 2
    for stream in (people.municipality, case):
        assert Event.objects.of(stream).filter(verb="invitation.withdrawn").count() == 1
    with pytest.raises(ClosedAccount):
        invite(place=people.municipality, role="member", by=people.anna, **to)
    with pytest.raises(ClosedAccount):
        invite_to_case(case=case, role=Role.COACH, by=people.per, **to)
    with pytest.raises(ClosedAccount):
        offer_role(case=case, user=people.sam, role=Role.COACH, by=people.per, at=MONDAY)


def test_a_link_that_was_opened_before_gives_no_role_after(case, people):
    asked = invite_to_case(
        case=case, email=people.sam.email, role=Role.COACH, by=people.per, at=MONDAY
    )
    to_place = invite(
        place=people.municipality, email=people.sam.email, role="member", by=people.anna, at=MONDAY
    )
    # As in a database where nobody withdrew them.
    User.objects.filter(pk=people.sam.pk).update(is_active=False)

    with pytest.raises(ClosedAccount):
        accept_case_invitation(
            invitation=asked, by=people.sam, has_promised=True, interests="inga", at=MONDAY
        )
    with pytest.raises(ClosedAccount):
        accept_invitation(invitation=to_place, by=people.sam, at=MONDAY)
    withdraw_case_invitation(case=case, invitation=asked, by=people.per, at=MONDAY)


def test_a_role_is_given_to_nobody_whose_account_is_closed(case, people):
    # As it was closed in the database, with all their roles left.
    User.objects.filter(pk=people.nora.pk).update(is_active=False)

    with pytest.raises(ClosedAccount):
        offer_role(case=case, user=people.nora, role=Role.LAWYER, by=people.per, at=MONDAY)


def test_sessions_and_calendars_end(case, people):
    client = signed_in(people.nora)
    feeds = [open_feed(case=one, by=people.nora, at=MONDAY) for one in (case, None)]

    closed(people.nora, people.anna)

    assert client.get(reverse("account")).status_code == 302
    assert not CalendarFeed.objects.exists()
    for feed in feeds:
        assert client.get(reverse("calendar_feed", args=[feed.token])).status_code == 404
    open_account(person=people.nora, by=people.anna, at=MONDAY)
    assert client.get(reverse("account")).status_code == 302
    assert signed_in(User.objects.get(pk=people.nora.pk)).get(reverse("account")).status_code == 200


def test_nothing_promised_is_sent_to_a_closed_account(case, people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    offer_role(case=case, user=people.nora, role=Role.PROCURER, by=people.per, at=MONDAY)
    invite_to_case(case=case, email=people.lena.email, role=Role.COACH, by=people.per, at=MONDAY)
    task = add_task(
        case=case, case_phase=case.current_phase, title="Ring", assignee=people.nora,
        due_on=TODAY + timedelta(days=1), by=people.per, at=MONDAY,
    )  # fmt: skip
    signed_in(people.nora).post(reverse("account_reset_password"), {"email": people.nora.email})
    Message.objects.post("mail.week", subject=f"teams.user:{people.nora.pk}", occasion="2026-41")

    remind_at(MONDAY)

    closed(people.nora, people.anna)
    a_role(a_person("Lo Lund"), people.team, "lead")
    closed(people.lena, people.lena)
    for message in Message.objects.due(timezone.now()):
        carry_out_one(message.pk)

    told = {address for letter in mail.outbox for address in letter.to}
    assert told.isdisjoint({people.nora.email, people.lena.email})
    reminder = Reminder.objects.get(person=people.nora, task=task)
    assert reminder.passed_over == PassedOver.NOT_THEIRS
    assert not Message.objects.waiting().filter(kind__startswith="mail.").exists()
    task.refresh_from_db()
    assert task.assignee == people.nora


def test_opening_gives_no_role_back(case, people):
    closed(people.nora, people.anna)

    open_account(person=people.nora, by=people.anna, at=MONDAY)
    open_account(person=people.nora, by=people.anna, at=MONDAY)

    people.nora.refresh_from_db()
    assert people.nora.is_active
    assert not Membership.objects.filter(user=people.nora).not_ended(TODAY).exists()
    verbs = Event.objects.of(people.nora).values_list("verb", flat=True)
    assert list(verbs) == ["account.closed", "account.opened"]
    assert invite(
        place=people.authority, email=people.nora.email, role="member", by=people.anna, at=MONDAY
    )


def test_whose_own_account_was_closed_meanwhile_closes_nobodys(people):
    boss = a_person("Bodil Berg")
    a_role(boss, people.municipality, "administrator")
    closed(boss, people.anna)

    with pytest.raises(Refused, match="Bodil Berg"):
        closed(people.nora, boss)
