from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from journal.models import Event
from outbox.models import Message
from teams.models import Installation, Invitation, InviteState, Membership, User
from teams.operations.roles import (
    accept_invitation,
    change_role,
    end_role,
    invite,
    resend_invitation,
    withdraw_invitation,
)
from teams.permissions import leads_the_place
from teams.refusals import AlreadyThere, LastOne, LinkRefused, TooMany, WrongDay
from teams.roles import OrganisationRole, TeamRole
from tests.builders_teams import PASSWORD, a_person, a_role, an_organisation

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
TODAY = date(2026, 10, 5)


def invited(people, email="ny@lindhaga.example", **facts):
    return invite(
        email=email,
        **({"place": people.municipality, "role": "member", "by": people.anna, "at": NOW} | facts),
    )


def test_invite_promises_one_letter_and_keeps_only_the_hash_of_the_link(people):
    invitation = invited(people)

    message = Message.objects.get(kind="mail.invitation")
    assert message.recipient == "ny@lindhaga.example"
    stored = " ".join(str(value) for value in Invitation.objects.values_list().get())
    assert invitation.token not in stored
    assert Invitation.find(invitation.token) == invitation
    assert Event.objects.of(people.municipality).get().verb == "invitation.sent"


def test_invite_somebody_who_is_there_is_refused(people):
    with pytest.raises(AlreadyThere):
        invited(people, email=people.anna.email)


def test_invite_twice_while_one_waits_is_refused(people):
    invited(people)

    with pytest.raises(AlreadyThere):
        invited(people)


def test_invite_again_after_it_expired_withdraws_the_earlier(people):
    earlier = invited(people)

    later = invited(people, at=NOW + timedelta(days=15))

    earlier.refresh_from_db()
    assert earlier.revoked_at == NOW + timedelta(days=15)
    assert later.token != earlier.token


def test_accepting_makes_a_person_with_the_role(people):
    invitation = invited(people, role="editor", language="en")

    held = accept_invitation(
        invitation=invitation, by=None, name="Nina Ny", password=PASSWORD, at=NOW
    )

    assert (held.user.email, held.role, held.from_on) == ("ny@lindhaga.example", "editor", TODAY)
    assert held.user.language == "en"
    assert held.user.check_password(PASSWORD)


def test_accepting_twice_is_refused(people):
    invitation = invited(people)
    accept_invitation(invitation=invitation, by=None, name="Nina", password=PASSWORD, at=NOW)

    with pytest.raises(LinkRefused):
        accept_invitation(invitation=invitation, by=None, name="Eva", password=PASSWORD, at=NOW)

    assert User.objects.filter(email="ny@lindhaga.example").get().name == "Nina"


@pytest.mark.parametrize("why", ["expired", "withdrawn", "foreign"])
def test_a_link_that_cannot_be_used_is_refused_and_changes_nothing(people, why):
    invitation = invited(people, email="per@lindhaga.example")
    person, at = people.per, NOW
    if why == "expired":
        at = NOW + timedelta(days=14)
    elif why == "withdrawn":
        withdraw_invitation(invitation=invitation, by=people.anna, at=NOW)
    else:
        person = people.olle

    with pytest.raises(LinkRefused):
        accept_invitation(invitation=invitation, by=person, at=at)

    assert not person.memberships.filter(organisation=people.municipality).exists()


def test_resend_lets_the_same_link_live_longer_and_promises_another_letter(people):
    invitation = invited(people)
    link = invitation.token

    again = resend_invitation(invitation=invitation, by=people.anna, at=NOW + timedelta(days=20))

    assert again.token == link
    assert again.expires_at == NOW + timedelta(days=34)
    assert Message.objects.filter(kind="mail.invitation").count() == 2


# Whoever sent an invitation answers for it.


@pytest.fixture
def bo(people) -> User:
    """Another administrator, so that Anna may go."""
    bo = a_person("Bo Berg")
    a_role(bo, people.municipality, "administrator")
    return bo


def begun_with(organisation, by):
    Installation.objects.create(organisation=organisation, begun_by=by, begun_at=NOW)


def end_the_role(people):
    end_role(membership=people.anna.memberships.get(), until_on=TODAY, by=people.anna, at=NOW)


def change_the_role(people):
    held = people.anna.memberships.get()
    change_role(membership=held, role="editor", from_on=TODAY, by=people.anna, at=NOW)


def close_the_account(people):
    User.objects.filter(pk=people.anna.pk).update(is_active=False)


LEAVING = pytest.mark.parametrize("leave", [end_the_role, change_the_role, close_the_account])


@LEAVING
@pytest.mark.parametrize("place", ["municipality", "authority"])
def test_a_link_gives_no_role_when_its_sender_no_longer_looks_after_the_place(
    people, bo, leave, place
):
    invitation = invited(people, place=getattr(people, place), email=people.olle.email)
    assert invitation.state(at=NOW) is InviteState.WAITING
    leave(people)

    with pytest.raises(LinkRefused):
        accept_invitation(invitation=invitation, by=people.olle, at=NOW)

    assert invitation.state(at=NOW) is InviteState.SENDER_LEFT
    assert not invitation.place.memberships.filter(user=people.olle).exists()


def test_a_link_holds_until_the_day_on_which_the_role_of_its_sender_ends(people, bo):
    invitation = invited(people)
    later = NOW + timedelta(days=3)
    end_role(
        membership=people.anna.memberships.get(),
        until_on=TODAY + timedelta(days=3),
        by=people.anna,
        at=NOW,
    )

    assert invitation.state(at=NOW) is InviteState.WAITING
    assert invitation.state(at=later) is InviteState.SENDER_LEFT


def test_a_link_to_a_team_ends_with_the_account_of_the_lead_who_sent_it(people):
    invitation = invited(people, place=people.team, by=people.lena)
    assert invitation.state(at=NOW) is InviteState.WAITING

    User.objects.filter(pk=people.lena.pk).update(is_active=False)

    assert invitation.state(at=NOW) is InviteState.SENDER_LEFT


def test_a_link_to_a_team_ends_with_the_lead_who_sent_it(people):
    a_role(people.per, people.team, "lead")
    invitation = invited(people, place=people.team, by=people.lena)

    # Who runs the installation leads no team by it.
    begun_with(people.municipality, by=people.lena)
    a_role(people.lena, people.municipality, "administrator")
    held = people.lena.memberships.get(team=people.team)
    end_role(membership=held, until_on=TODAY, by=people.lena, at=NOW)

    assert invitation.state(at=NOW) is InviteState.SENDER_LEFT


def test_what_the_host_sent_holds_when_the_organisation_gets_its_first_administrator(people):
    begun_with(people.municipality, by=people.anna)
    made = an_organisation("Region Tall")
    invitation = invited(people, place=made)

    a_role(people.olle, made, "administrator")

    assert invitation.state(at=NOW) is InviteState.WAITING


@LEAVING
def test_sent_again_by_another_it_holds_as_long_as_they_look_after_the_place(people, bo, leave):
    invitation = invited(people)
    resend_invitation(invitation=invitation, by=people.anna, at=NOW)
    leave(people)

    again = resend_invitation(invitation=invitation, by=bo, at=NOW + timedelta(seconds=20))
    assert again.token == invitation.token
    assert again.state(at=NOW) is InviteState.WAITING

    a_role(people.per, people.municipality, "administrator")
    end_role(membership=bo.memberships.get(), until_on=TODAY, by=people.per, at=NOW)
    assert again.state(at=NOW) is InviteState.SENDER_LEFT


def test_invite_anew_after_the_sender_left_withdraws_the_earlier(people, bo):
    earlier = invited(people)
    end_the_role(people)

    later = invited(people, by=bo)

    earlier.refresh_from_db()
    assert earlier.revoked_at == NOW
    assert Invitation.objects.unanswered().get() == later


def test_withdraw_twice_is_refused(people):
    invitation = invited(people)
    withdraw_invitation(invitation=invitation, by=people.anna, at=NOW)

    with pytest.raises(LinkRefused):
        withdraw_invitation(invitation=invitation, by=people.anna, at=NOW)


def test_change_role_from_a_day_keeps_the_earlier_row(people):
    held = people.per.memberships.get()

    following = change_role(
        membership=held, role="administrator", from_on=date(2026, 11, 2), by=people.anna, at=NOW
    )

    held.refresh_from_db()
    assert (held.role, held.until_on) == ("editor", date(2026, 11, 2))
    assert (following.role, following.from_on, following.until_on) == (
        "administrator",
        date(2026, 11, 2),
        None,
    )
    on = Membership.objects.filter(user=people.per)
    assert on.on(date(2026, 11, 1)).get() == held
    assert on.on(date(2026, 11, 2)).get() == following


def test_change_role_from_the_day_it_began_leaves_the_earlier_row_without_a_day(people):
    end = TODAY + timedelta(days=9)
    held = a_role(people.olle, people.team, "member", from_on=TODAY, until_on=end)

    following = change_role(membership=held, role="lead", from_on=TODAY, by=people.lena, at=NOW)

    there = people.olle.memberships.filter(team=people.team)
    assert there.on(TODAY).get() == following
    assert (following.role, following.until_on) == ("lead", end)
    held.refresh_from_db()
    assert (held.role, held.from_on, held.until_on) == ("member", TODAY, TODAY)


def test_change_role_before_it_began_is_refused(people):
    with pytest.raises(WrongDay):
        change_role(
            membership=people.per.memberships.get(),
            role="member",
            from_on=date(2020, 1, 1),
            by=people.anna,
            at=NOW,
        )


def test_a_role_is_changed_to_another_while_it_lasts(people, bo):
    held = bo.memberships.get()
    end_role(membership=held, until_on=TODAY + timedelta(days=5), by=people.anna, at=NOW)
    change = {"membership": held, "by": people.anna, "at": NOW}

    with pytest.raises(AlreadyThere):
        change_role(role=held.role, from_on=TODAY, **change)
    with pytest.raises(WrongDay) as refusal:
        change_role(role="member", from_on=TODAY + timedelta(days=5), **change)

    assert list(refusal.value.error_dict) == ["from_on"]
    assert bo.memberships.count() == 1


def test_a_role_does_not_end_before_it_began_nor_over_one_that_comes(people, bo):
    held = bo.memberships.get()
    with pytest.raises(WrongDay) as before:
        end_role(membership=held, until_on=held.from_on - timedelta(days=1), by=people.anna, at=NOW)
    later = TODAY + timedelta(days=5)
    change_role(membership=held, role="member", from_on=later, by=people.anna, at=NOW)
    with pytest.raises(WrongDay) as over:
        end_role(membership=held, until_on=later + timedelta(days=1), by=people.anna, at=NOW)

    assert [list(one.value.error_dict) for one in (before, over)] == [["until_on"]] * 2
    held.refresh_from_db()
    assert held.until_on == later


def test_a_role_is_prolonged_when_the_one_that_was_to_follow_is_regretted(people, bo):
    held, later = bo.memberships.get(), TODAY + timedelta(days=5)
    coming = change_role(membership=held, role="member", from_on=later, by=people.anna, at=NOW)
    end_role(membership=coming, until_on=later, by=people.anna, at=NOW)

    end_role(membership=held, until_on=later + timedelta(days=9), by=people.anna, at=NOW)

    assert bo.memberships.on(later).get() == held


def test_an_end_that_somebody_else_has_set_is_not_moved_unseen(people, bo):
    held = bo.memberships.get()
    later = TODAY + timedelta(days=5)
    end_role(membership=held, until_on=later, was="open", by=people.anna, at=NOW)

    with pytest.raises(WrongDay) as refusal:
        end_role(membership=held, until_on=TODAY, was="open", by=people.anna, at=NOW)

    assert list(refusal.value.error_dict) == ["until_on"]
    held.refresh_from_db()
    assert held.until_on == later


@pytest.mark.parametrize("is_accepted", [True, False])
def test_an_invitation_that_is_answered_or_withdrawn_is_not_sent_again(people, is_accepted):
    invitation = invited(people)
    if is_accepted:
        accept_invitation(invitation=invitation, by=None, name="Nina Ny", password=PASSWORD, at=NOW)
    else:
        withdraw_invitation(invitation=invitation, by=people.anna, at=NOW)

    with pytest.raises(LinkRefused):
        resend_invitation(invitation=invitation, by=people.anna, at=NOW + timedelta(hours=1))

    assert Message.objects.filter(kind="mail.invitation").count() == 1


def test_a_role_ends_on_the_day_and_is_kept(people):
    held = end_role(membership=people.per.memberships.get(), until_on=TODAY, by=people.anna, at=NOW)

    assert held.until_on == TODAY
    assert not Membership.objects.filter(user=people.per).on(TODAY).exists()


def test_an_end_ahead_is_told_once_and_promised_anew_each_time_it_is_set(people):
    held = people.per.memberships.get()
    first, second = TODAY + timedelta(days=10), TODAY + timedelta(days=40)
    for minute, day in enumerate((first, first, second, first)):
        at = NOW + timedelta(minutes=minute)
        end_role(membership=held, until_on=day, by=people.anna, at=at)

    assert Event.objects.filter(verb="role.ended").count() == 3
    # The second press changed nothing; the day that was set again is promised again.
    assert Message.objects.filter(kind="role.ended").count() == 3


@pytest.mark.parametrize("place", ["authority", "team"])
def test_who_only_has_the_role_can_leave_sooner_but_not_undo_its_end(people, place):
    held = a_role(people.olle, getattr(people, place), "member")
    last = TODAY + timedelta(days=5)
    end_role(membership=held, until_on=last, by=people.anna, at=NOW)

    with pytest.raises(WrongDay) as refusal:
        end_role(membership=held, until_on=last + timedelta(days=1), by=people.olle, at=NOW)

    assert set(refusal.value.message_dict) == {"until_on"}
    assert people.olle.memberships.get(pk=held.pk).until_on == last
    end_role(membership=held, until_on=TODAY, by=people.olle, at=NOW)


@pytest.mark.parametrize(
    ("place", "role"),
    [
        *((place, role) for place in ("municipality", "authority") for role in OrganisationRole),
        *(("team", role) for role in TeamRole),
    ],
)
def test_who_prolongs_a_role_of_their_own_is_who_may_give_roles(people, time_machine, place, role):
    time_machine.move_to(NOW)
    held = a_role(people.olle, getattr(people, place), role)
    last = TODAY + timedelta(days=5)
    by = people.lena if place == "team" else people.anna
    end_role(membership=held, until_on=last, by=by, at=NOW)

    more = {"membership": held, "until_on": last + timedelta(days=1), "by": people.olle, "at": NOW}
    if leads_the_place.test(people.olle, held):
        assert end_role(**more).until_on == last + timedelta(days=1)
    else:
        with pytest.raises(WrongDay):
            end_role(**more)


def test_who_looks_after_the_place_prolongs_a_role(people, bo):
    a_role(people.per, people.team, "lead")
    begun_with(people.elsewhere, by=people.olle)
    made = an_organisation("Region Tall")
    for held, by in (
        (people.per.memberships.get(organisation=people.authority), people.anna),
        (a_role(people.anna, people.authority, "member"), people.anna),
        (bo.memberships.get(), bo),
        (people.lena.memberships.get(team=people.team), people.lena),
        (a_role(people.olle, made, "member"), people.olle),
    ):
        for days in (5, 9):
            day = TODAY + timedelta(days=days)
            ended = end_role(membership=held, until_on=day, by=by, at=NOW)
        assert ended.until_on == day


def test_a_role_regretted_before_it_began_has_ended(people):
    coming = TODAY + timedelta(days=30)
    held = Membership.objects.create(
        user=people.nora,
        organisation=people.authority,
        role="editor",
        from_on=coming,
        until_on=coming,
    )

    assert held.has_ended(TODAY)
    with pytest.raises(WrongDay, match="redan avslutad"):
        end_role(membership=held, until_on=coming + timedelta(days=9), by=people.anna, at=NOW)


def test_an_ended_role_cannot_end_again(people):
    held = people.per.memberships.get()
    end_role(membership=held, until_on=TODAY, by=people.anna, at=NOW)

    with pytest.raises(WrongDay):
        end_role(membership=held, until_on=TODAY, by=people.anna, at=NOW)


def test_the_last_administrator_cannot_leave(people):
    with pytest.raises(LastOne):
        end_role(membership=people.anna.memberships.get(), until_on=TODAY, by=people.anna, at=NOW)

    assert people.anna.memberships.get().until_on is None


def test_the_last_administrator_cannot_become_something_else(people):
    held = people.anna.memberships.get()

    with pytest.raises(LastOne):
        change_role(membership=held, role="member", from_on=TODAY, by=people.anna, at=NOW)

    assert people.anna.memberships.get().role == "administrator"


def test_an_administrator_can_leave_when_another_stays(people):
    a_role(a_person("Bo Björk"), people.municipality, "administrator")

    end_role(membership=people.anna.memberships.get(), until_on=TODAY, by=people.anna, at=NOW)

    assert not people.anna.has_perm("teams.manage_organisation", people.municipality)


def test_an_administrator_who_ends_later_does_not_count_as_the_one_who_stays(people):
    a_role(a_person("Bo Björk"), people.municipality, "administrator", until_on=date(2026, 12, 1))

    with pytest.raises(LastOne):
        end_role(membership=people.anna.memberships.get(), until_on=TODAY, by=people.anna, at=NOW)


def test_the_last_lead_of_a_team_cannot_leave(people):
    with pytest.raises(LastOne):
        end_role(
            membership=people.lena.memberships.get(team=people.team),
            until_on=TODAY,
            by=people.lena,
            at=NOW,
        )


def test_a_part_may_be_without_an_administrator(people):
    held = a_role(people.sam, people.authority, "administrator", from_on=TODAY + timedelta(days=3))

    until_on = TODAY + timedelta(days=9)

    end_role(membership=held, until_on=until_on, by=people.anna, at=NOW)

    held.refresh_from_db()
    assert held.until_on == until_on


def test_one_person_sends_so_many_invitations_within_a_day_wherever_they_are_to(people, settings):
    settings.INVITATIONS_A_DAY = 3
    first = invited(people)
    invited(people, place=people.authority)
    resend_invitation(invitation=first, by=people.anna, at=NOW + timedelta(hours=1))
    late = NOW + timedelta(hours=23)

    with pytest.raises(TooMany):
        invited(people, "en.till@lindhaga.example", at=late)
    with pytest.raises(TooMany):
        resend_invitation(invitation=first, by=people.anna, at=late)

    first.refresh_from_db()
    assert first.expires_at == NOW + timedelta(hours=1, days=14)
    assert Message.objects.count() == Event.objects.count() == 3
    assert invited(people, place=people.team, by=people.lena, at=late)
    assert invited(people, "en.till@lindhaga.example", at=NOW + timedelta(days=1))


def test_every_event_of_a_role_reads_as_a_sentence(people):
    invitation = invited(people)
    accept_invitation(invitation=invitation, by=None, name="Nina", password=PASSWORD, at=NOW)
    held = people.municipality.memberships.get(user__name="Nina")
    held = change_role(
        membership=held, role="editor", from_on=TODAY + timedelta(days=1), by=people.anna, at=NOW
    )
    end_role(membership=held, until_on=TODAY + timedelta(days=8), by=people.anna, at=NOW)

    with timezone.override("Europe/Stockholm"):
        said = [event.sentence for event in Event.objects.of(people.municipality).readable()]

    assert len(said) == 4
    assert all("%(" not in words and "None" not in words for words in said)
    assert "Nina" in said[-1]
