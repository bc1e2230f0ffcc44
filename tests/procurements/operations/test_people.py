from datetime import timedelta

import pytest
from django.utils import timezone

from journal.models import Event
from outbox.models import Message
from procurements.days import start_of
from procurements.leaving import leave_authority, return_to_authority
from procurements.letters import send_case_invitation
from procurements.models import Case, CaseInvitation, CaseRole
from procurements.operations.people import (
    accept_case_invitation,
    change_case_role,
    correct_interests,
    end_case_role,
    invite_to_case,
    is_insider,
    offer_role,
    promise_secrecy,
    resend_case_invitation,
    withdraw_case_invitation,
)
from procurements.refusals import Refused, Stale
from procurements.sight import Sight
from procurements.states import Role
from teams.models import InviteState, User
from teams.operations.roles import accept_invitation, end_role, invite
from teams.refusals import AlreadyThere, LastOne, LinkRefused, TooMany, WrongDay
from tests.builders import MONDAY, a_case
from tests.builders_teams import a_role

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


@pytest.fixture
def case(people):
    return a_case(by=people.per, authority=people.authority, team=people.team)


def invited(case, people, email="eva@konsult.example", role=Role.ASSESSOR):
    return invite_to_case(case=case, email=email, role=role, by=people.per, at=MONDAY)


def test_invitations_to_cases_and_to_organisations_are_counted_together(case, people, settings):
    settings.INVITATIONS_A_DAY = 2
    a_role(people.per, people.team, "lead")
    invite(place=people.team, email="bo@x.example", role="member", by=people.per, at=MONDAY)
    one = invited(case, people)

    with pytest.raises(TooMany):
        invited(case, people, "ada@konsult.example")
    with pytest.raises(TooMany):
        resend_case_invitation(case=case, invitation=one, by=people.per, at=MONDAY)
    with pytest.raises(TooMany):
        offer_role(case=case, user=people.lena, role=Role.COACH, by=people.per, at=MONDAY)
    # Somebody of the authority needs no letter.
    assert offer_role(case=case, user=people.nora, role=Role.OWNER, by=people.per, at=MONDAY)
    assert CaseInvitation.objects.get() == one


def test_insiders_are_those_of_the_authority_and_what_it_is_part_of(people):
    insiders = {
        person.name.split()[0]
        for person in (people.per, people.nora, people.anna, people.lena, people.olle)
        if is_insider(person, people.authority, on=TODAY)
    }

    assert insiders == {"Per", "Nora", "Anna"}


def test_somebody_of_the_authority_gets_the_role_at_once(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.NEED_OWNER, by=people.per, at=MONDAY)

    assert isinstance(held, CaseRole)
    assert (held.role, held.from_on, held.is_engagement) == ("need_owner", TODAY, False)
    assert not Message.objects.filter(kind="mail.case_invitation").exists()


def test_somebody_from_outside_is_invited_instead(case, people):
    asked = offer_role(
        case=case, user=people.lena, role=Role.PROCESS_LEADER, by=people.per, at=MONDAY
    )

    assert isinstance(asked, CaseInvitation)
    assert asked.is_engagement
    assert not case.roles.filter(user=people.lena).exists()
    assert Message.objects.filter(kind="mail.case_invitation", recipient=people.lena.email).exists()


def test_same_role_is_not_given_twice(case, people):
    with pytest.raises(Refused):
        offer_role(case=case, user=people.per, role=Role.PROCURER, by=people.per, at=MONDAY)


DEPUTY = {"from_on": TODAY + timedelta(days=7), "until_on": TODAY + timedelta(days=21)}


def deputising(case, people, **days):
    return offer_role(
        case=case, user=people.nora, role=Role.PROCURER, **days, by=people.per, at=MONDAY
    )


def test_a_deputy_has_the_role_on_the_days_it_is_given_for(case, people):
    deputising(case, people, **DEPUTY)

    first, last = DEPUTY["from_on"], DEPUTY["until_on"] - timedelta(days=1)
    around = [first - timedelta(days=1), first, last, last + timedelta(days=1)]
    assert [bool(case.roles_of(people.nora, on=day)) for day in around] == [
        False,
        True,
        True,
        False,
    ]
    assert (
        Event.objects.of(case).readable().last().sentence
        == "Gav Nora Nord rollen upphandlare från och med 12 oktober 2026. "
        "Första dagen utan rollen: 26 oktober 2026"
    )


def test_a_deputy_may_come_back_later_but_not_twice_on_a_day(case, people):
    deputising(case, people, **DEPUTY)
    day = timedelta(days=1)
    for days in (
        {"from_on": DEPUTY["until_on"] - day},
        {"until_on": DEPUTY["from_on"] + day},
        {"from_on": DEPUTY["from_on"] + day, "until_on": DEPUTY["until_on"] - day},
        {},
    ):
        with pytest.raises(Refused):
            deputising(case, people, **days)

    deputising(case, people, until_on=DEPUTY["from_on"])
    deputising(case, people, from_on=DEPUTY["until_on"])
    assert case.roles.filter(user=people.nora).count() == 3


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"from_on": TODAY - timedelta(days=1)}, "from_on"),
        ({"until_on": TODAY}, "until_on"),
        ({"from_on": DEPUTY["until_on"], "until_on": DEPUTY["from_on"]}, "until_on"),
    ],
)
def test_a_role_begins_today_or_later_and_ends_after_that(case, people, days, field):
    with pytest.raises(WrongDay) as refusal:
        deputising(case, people, **days)

    assert set(refusal.value.message_dict) == {field}
    assert not case.roles.filter(user=people.nora).exists()


@pytest.mark.parametrize(
    ("days", "field"), [(DEPUTY, "from_on"), ({"until_on": DEPUTY["until_on"]}, "until_on")]
)
def test_who_comes_from_outside_begins_when_they_answer_and_on_no_day_set_before(
    case, people, days, field
):
    with pytest.raises(Refused) as refusal:
        offer_role(
            case=case, user=people.lena, role=Role.ASSESSOR, **days, by=people.per, at=MONDAY
        )

    assert set(refusal.value.message_dict) == {field}
    assert not case.invitations.exists()


def test_accepting_from_outside_makes_an_engagement(case, people):
    asked = invited(case, people, people.lena.email, Role.PROCESS_LEADER)

    held = accept_case_invitation(
        invitation=asked, by=people.lena, has_promised=True, interests="Inga", at=MONDAY
    )

    assert held.is_engagement
    assert (held.undertaking_on, held.interests) == (TODAY, "Inga")
    assert Sight.of(case, people.lena, at=MONDAY).has_undertaken
    told = [one.sentence for one in Event.objects.of(case).readable() if one.by == people.lena]
    assert told == [
        "Fick rollen processledare från och med 5 oktober 2026",
        "Tackade ja till inbjudan som processledare",
    ]


@pytest.mark.parametrize(
    ("promised", "interests", "missing"),
    [(False, "Inga", {"has_promised"}), (True, "", {"interests"})],
)
def test_engagement_needs_a_promise_and_interests(case, people, promised, interests, missing):
    asked = invited(case, people, people.lena.email)

    with pytest.raises(Refused) as refusal:
        accept_case_invitation(
            invitation=asked,
            by=people.lena,
            has_promised=promised,
            interests=interests,
            at=MONDAY,
        )

    assert set(refusal.value.message_dict) == missing
    assert not case.roles.filter(user=people.lena).exists()


def test_new_person_gets_an_account_and_the_role(case, people):
    held = accept_case_invitation(
        invitation=invited(case, people),
        by=None,
        name="Eva Ek",
        password="Tallbarr-i-motvind-7",
        has_promised=True,
        interests="Äger 2 % i ett bolag som kan delta",
        at=MONDAY,
    )

    assert held.user == User.objects.get(email="eva@konsult.example")
    assert held.user.check_password("Tallbarr-i-motvind-7")


def test_link_works_once(case, people):
    asked = invited(case, people, people.nora.email)
    accept_case_invitation(invitation=asked, by=people.nora, at=MONDAY)

    with pytest.raises(LinkRefused):
        accept_case_invitation(invitation=asked, by=people.nora, at=MONDAY)


def test_link_expires_after_fourteen_days(case, people):
    asked = invited(case, people, people.nora.email)

    with pytest.raises(LinkRefused):
        accept_case_invitation(invitation=asked, by=people.nora, at=MONDAY + timedelta(days=14))


def test_link_is_for_one_address(case, people):
    with pytest.raises(LinkRefused):
        accept_case_invitation(invitation=invited(case, people), by=people.olle, at=MONDAY)


def test_a_link_ends_with_the_role_of_its_sender_until_somebody_sends_it_again(case, people):
    """Whoever may no longer give roles in the case gives none by a letter of long ago either."""
    later = MONDAY + timedelta(days=3)
    CaseRole.objects.create(case=case, user=people.lena, role=Role.PROCURER, from_on=TODAY)
    asked = invite_to_case(
        case=case, email=people.nora.email, role=Role.ASSESSOR, by=people.lena, at=MONDAY
    )
    CaseRole.objects.filter(user=people.lena).update(until_on=later.date())
    assert asked.state(at=MONDAY) is InviteState.WAITING

    assert asked.state(at=later) is InviteState.SENDER_LEFT
    with pytest.raises(LinkRefused):
        accept_case_invitation(invitation=asked, by=people.nora, at=later)
    resend_case_invitation(case=case, invitation=asked, by=people.per, at=later)
    asked.refresh_from_db()
    assert (asked.invited_by, asked.state(at=later)) == (people.per, InviteState.WAITING)
    assert accept_case_invitation(invitation=asked, by=people.nora, at=later).role == Role.ASSESSOR


def test_a_link_holds_while_its_sender_administers_the_authority(case, people):
    a_role(people.olle, people.municipality, "administrator")
    asked = invite_to_case(
        case=case, email=people.nora.email, role=Role.ASSESSOR, by=people.olle, at=MONDAY
    )
    assert asked.state(at=MONDAY) is InviteState.WAITING

    User.objects.filter(pk=people.olle.pk).update(is_active=False)
    assert asked.state(at=MONDAY) is InviteState.SENDER_LEFT


def test_withdrawn_link_no_longer_works(case, people):
    asked = invited(case, people, people.nora.email)
    withdraw_case_invitation(case=case, invitation=asked, by=people.per, at=MONDAY)

    with pytest.raises(LinkRefused):
        accept_case_invitation(invitation=asked, by=people.nora, at=MONDAY)
    with pytest.raises(LinkRefused):
        resend_case_invitation(case=case, invitation=asked, by=people.per, at=MONDAY)


def test_waiting_invitation_is_sent_again_rather_than_twice(case, people):
    asked = invited(case, people)

    with pytest.raises(AlreadyThere):
        invited(case, people)
    resend_case_invitation(case=case, invitation=asked, by=people.per, at=MONDAY)

    assert Message.objects.filter(kind="mail.case_invitation").count() == 2


def test_expired_invitation_gives_way_to_a_new_one(case, people):
    invited(case, people)
    later = MONDAY + timedelta(days=20)

    again = invite_to_case(
        case=case, email="eva@konsult.example", role=Role.LAWYER, by=people.per, at=later
    )

    waiting = case.invitations.filter(accepted_at=None, revoked_at=None)
    assert list(waiting) == [again]


def test_last_owner_cannot_leave(case, people):
    own = case.roles.get(user=people.per, role=Role.OWNER)

    with pytest.raises(LastOne):
        end_case_role(case=case, held=own, until_on=TODAY, by=people.per, at=MONDAY)
    with pytest.raises(LastOne):
        change_case_role(
            case=case, held=own, role=Role.OBSERVER, from_on=TODAY, by=people.per, at=MONDAY
        )


def test_owner_leaves_when_there_is_another(case, people):
    offer_role(case=case, user=people.nora, role=Role.OWNER, by=people.per, at=MONDAY)
    own = case.roles.get(user=people.per, role=Role.OWNER)

    end_case_role(case=case, held=own, until_on=TODAY, by=people.per, at=MONDAY)

    held = case.roles.on(TODAY).filter(role=Role.OWNER)
    assert [one.user for one in held] == [people.nora]


def test_role_ends_on_its_day_and_not_before(case, people):
    held = case.roles.get(user=people.per, role=Role.PROCURER)
    day = TODAY + timedelta(days=3)

    end_case_role(case=case, held=held, until_on=day, by=people.per, at=MONDAY)

    assert case.roles.on(day - timedelta(days=1)).filter(pk=held.pk).exists()
    assert not case.roles.on(day).filter(pk=held.pk).exists()


def test_who_only_has_the_role_can_leave_sooner_but_not_undo_its_end(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    last = TODAY + timedelta(days=5)
    end_case_role(case=case, held=held, until_on=last, by=people.per, at=MONDAY)
    leave = {"case": case, "held": held, "by": people.nora, "at": MONDAY}

    with pytest.raises(WrongDay) as refusal:
        end_case_role(until_on=last + timedelta(days=1), **leave)

    assert set(refusal.value.message_dict) == {"until_on"}
    assert case.roles.get(pk=held.pk).until_on == last
    assert end_case_role(until_on=TODAY + timedelta(days=1), **leave).until_on < last


@pytest.mark.parametrize(
    ("who", "role"), [*(("nora", role) for role in Role), ("anna", Role.OBSERVER)]
)
def test_who_prolongs_a_role_of_their_own_is_who_may_give_roles(
    case, people, time_machine, who, role
):
    time_machine.move_to(MONDAY)
    person = getattr(people, who)
    held = offer_role(case=case, user=person, role=role, by=people.per, at=MONDAY)
    last = TODAY + timedelta(days=5)
    end_case_role(case=case, held=held, until_on=last, by=people.per, at=MONDAY)

    more = {"case": case, "held": held, "until_on": last + timedelta(days=1), "at": MONDAY}
    if person.has_perm("procurements.manage_people", case):
        assert end_case_role(**more, by=person).until_on == last + timedelta(days=1)
    else:
        with pytest.raises(WrongDay):
            end_case_role(**more, by=person)


def test_who_manages_the_people_of_a_case_prolongs_a_role(case, people):
    a_role(people.nora, people.municipality, "administrator")
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    own = case.roles.get(user=people.per, role=Role.PROCURER)

    for role, by in ((held, people.per), (held, people.nora), (own, people.per)):
        for days in (5, 9):
            day = TODAY + timedelta(days=days)
            ended = end_case_role(case=case, held=role, until_on=day, by=by, at=MONDAY)
        assert ended.until_on == day


def test_role_cannot_end_before_it_began(case, people):
    held = case.roles.get(user=people.per, role=Role.PROCURER)

    with pytest.raises(WrongDay):
        end_case_role(
            case=case, held=held, until_on=TODAY - timedelta(days=1), by=people.per, at=MONDAY
        )


def test_a_role_is_not_prolonged_over_the_same_one_that_begins_later(case, people):
    last = TODAY + timedelta(days=9)
    first = offer_role(case=case, user=people.nora, role="observer", by=people.per, at=MONDAY)
    other = offer_role(case=case, user=people.nora, role="lawyer", by=people.per, at=MONDAY)
    end_case_role(case=case, held=first, until_on=last, by=people.per, at=MONDAY)
    change_case_role(case=case, held=other, role="observer", from_on=last, by=people.per, at=MONDAY)

    with pytest.raises(WrongDay) as refusal:
        end_case_role(
            case=case, held=first, until_on=last + timedelta(days=1), by=people.per, at=MONDAY
        )

    assert set(refusal.value.message_dict) == {"until_on"}
    assert CaseRole.objects.get(pk=first.pk).until_on == last


def test_changed_role_keeps_the_promise_of_secrecy(case, people):
    asked = invited(case, people, people.lena.email, Role.COACH)
    held = accept_case_invitation(
        invitation=asked, by=people.lena, has_promised=True, interests="Inga", at=MONDAY
    )

    now = change_case_role(
        case=case,
        held=held,
        role=Role.ASSESSOR,
        from_on=TODAY + timedelta(days=1),
        by=people.per,
        at=MONDAY,
    )

    assert now.is_engagement
    assert now.undertaking_on == TODAY
    assert Event.objects.of(case).readable().last().sentence == (
        "Gav Lena Leander rollen bedömare från och med 6 oktober 2026"
    )


def test_letter_says_what_and_where_and_nothing_secret(case, people, mailoutbox):
    invited(case, people, people.lena.email)
    CaseInvitation.objects.update(expires_at="2099-01-01T00:00Z")
    message = Message.objects.get(kind="mail.case_invitation")

    send_case_invitation(message)

    letter = mailoutbox[0]
    assert letter.to == [people.lena.email]
    assert letter.subject == "Inbjudan till ärendet Trygg första vecka hemma i Upptakt"
    assert "/cases/invitations/" in letter.body
    assert "lova tystnad" in letter.body


def test_answered_invitation_sends_no_letter(case, people, mailoutbox):
    asked = invited(case, people)
    withdraw_case_invitation(case=case, invitation=asked, by=people.per, at=MONDAY)

    send_case_invitation(Message.objects.get(kind="mail.case_invitation"))

    assert mailoutbox == []


def test_a_role_that_begins_later_is_not_given_again(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.OBSERVER, by=people.per, at=MONDAY)
    change_case_role(
        case=case,
        held=held,
        role=Role.MANAGEMENT,
        from_on=TODAY + timedelta(days=7),
        by=people.per,
        at=MONDAY,
    )

    with pytest.raises(Refused):
        offer_role(case=case, user=people.nora, role=Role.MANAGEMENT, by=people.per, at=MONDAY)
    with pytest.raises(Refused):
        invited(case, people, people.nora.email, Role.MANAGEMENT)


def test_a_role_changed_ahead_and_regretted_can_be_given_at_once(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.OBSERVER, by=people.per, at=MONDAY)
    said = {"case": case, "from_on": TODAY + timedelta(days=7), "by": people.per, "at": MONDAY}
    ahead = change_case_role(held=held, role=Role.MANAGEMENT, **said)
    change_case_role(held=ahead, role=Role.OBSERVER, **said)

    given = offer_role(case=case, user=people.nora, role=Role.MANAGEMENT, by=people.per, at=MONDAY)

    assert isinstance(given, CaseRole)
    assert ahead not in case.roles.not_ended(TODAY)
    with pytest.raises(WrongDay, match="redan"):
        end_case_role(
            case=case, held=ahead, until_on=TODAY + timedelta(days=9), by=people.per, at=MONDAY
        )


def test_a_link_to_a_role_that_was_given_otherwise_gives_nobody_the_role_again(case, people):
    link = invited(case, people, people.nora.email)
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    end_case_role(case=case, held=held, until_on=TODAY, by=people.per, at=MONDAY)

    with pytest.raises(LinkRefused):
        accept_case_invitation(invitation=link, by=people.nora, at=MONDAY)
    assert not case.roles.on(TODAY).filter(user=people.nora).exists()
    assert Event.objects.of(case).filter(verb="invitation.withdrawn").count() == 1


def test_an_end_ahead_is_told_once_however_often_it_is_pressed(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.OBSERVER, by=people.per, at=MONDAY)
    for _ in range(2):
        end_case_role(
            case=case, held=held, until_on=TODAY + timedelta(days=9), by=people.per, at=MONDAY
        )

    assert Event.objects.of(case).filter(verb="role.left").count() == 1


def test_a_link_sent_while_a_role_was_held_ends_with_it(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.OBSERVER, by=people.per, at=MONDAY)
    link = invited(case, people, people.nora.email)
    changed = change_case_role(
        case=case, held=held, role=Role.ASSESSOR, from_on=TODAY, by=people.per, at=MONDAY
    )
    end_case_role(case=case, held=changed, until_on=TODAY, by=people.per, at=MONDAY)

    with pytest.raises(LinkRefused):
        accept_case_invitation(invitation=link, by=people.nora, at=MONDAY)


def test_an_invitation_to_a_role_that_begins_later_lets_it_begin_now(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.OBSERVER, by=people.per, at=MONDAY)
    asked = invited(case, people, people.nora.email, Role.MANAGEMENT)
    later = change_case_role(
        case=case,
        held=held,
        role=Role.MANAGEMENT,
        from_on=TODAY + timedelta(days=7),
        by=people.per,
        at=MONDAY,
    )

    taken = accept_case_invitation(invitation=asked, by=people.nora, at=MONDAY)

    assert (taken.pk, taken.from_on) == (later.pk, TODAY)


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ("", "Min bror äger Ask AB."),
        ("Coachar Björk.", "Coachar Björk.\n\nMin bror äger Ask AB."),
        ("Min bror äger Ask AB.", "Min bror äger Ask AB."),
    ],
)
def test_a_promise_given_for_a_role_that_one_has_already_is_kept(people, before, kept):
    """Lena started the case from outside, and got the role while her invitation to it waited."""
    case = a_case(by=people.lena, authority=people.authority, role="process_leader")
    asked = invite_to_case(
        case=case, email=people.lena.email, role=Role.ASSESSOR, by=people.anna, at=MONDAY
    )
    if before:
        promise_secrecy(case=case, has_promised=True, interests=before, by=people.lena, at=MONDAY)
    later = MONDAY + timedelta(days=1)
    got = change_case_role(
        case=case,
        held=case.roles.get(role=Role.PROCESS_LEADER),
        role=Role.ASSESSOR,
        from_on=TODAY,
        by=people.anna,
        at=MONDAY,
    )

    taken = accept_case_invitation(
        invitation=asked,
        by=people.lena,
        has_promised=True,
        interests="Min bror äger Ask AB.",
        at=later,
    )

    assert taken == got
    got.refresh_from_db()
    assert (got.undertaking_on, got.interests) == (TODAY if before else later.date(), kept)
    assert Sight.of(Case.objects.get(pk=case.pk), people.lena, at=later).has_undertaken
    corrected = Event.objects.of(case).filter(verb="person.interests_corrected")
    earlier = [row.text for event in corrected for row in event.texts.filter(name="before")]
    assert earlier == ([before] if before not in ("", kept) else [])


def test_a_role_that_is_to_end_is_replaced_by_one_that_ends_on_the_same_day(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    last = TODAY + timedelta(days=87)
    end_case_role(case=case, held=held, until_on=last, by=people.per, at=MONDAY)

    changed = change_case_role(
        case=case, held=held, role=Role.LAWYER, from_on=TODAY, by=people.per, at=MONDAY
    )

    assert changed.until_on == last


@pytest.mark.parametrize(
    ("role", "from_on", "field"),
    [
        (Role.ASSESSOR, TODAY, "role"),
        (Role.NEED_OWNER, TODAY, "role"),
        (Role.LAWYER, TODAY + timedelta(days=9), "from_on"),
    ],
)
def test_a_role_is_changed_to_one_that_is_new_and_begins_before_it_ends(
    case, people, role, from_on, field
):
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    offer_role(case=case, user=people.nora, role=Role.NEED_OWNER, by=people.per, at=MONDAY)
    last = TODAY + timedelta(days=5)
    end_case_role(case=case, held=held, until_on=last, by=people.per, at=MONDAY)

    with pytest.raises((Refused, WrongDay)) as refusal:
        change_case_role(case=case, held=held, role=role, from_on=from_on, by=people.per, at=MONDAY)

    assert list(refusal.value.error_dict) == [field]
    assert CaseRole.objects.get(pk=held.pk).until_on == last
    assert case.roles.filter(user=people.nora).count() == 2


def test_an_end_that_somebody_else_has_set_is_not_moved_unseen(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    last = TODAY + timedelta(days=5)
    end_case_role(case=case, held=held, until_on=last, was="open", by=people.per, at=MONDAY)

    with pytest.raises(WrongDay) as refusal:
        end_case_role(case=case, held=held, until_on=TODAY, was="open", by=people.per, at=MONDAY)

    assert list(refusal.value.error_dict) == ["until_on"]
    assert CaseRole.objects.get(pk=held.pk).until_on == last


def test_who_has_left_the_authority_gets_no_other_role_without_a_promise(case, people):
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    people.nora.memberships.update(until_on=TODAY)

    with pytest.raises(Refused, match="hör inte längre"):
        change_case_role(
            case=case, held=held, role=Role.LAWYER, from_on=TODAY, by=people.per, at=MONDAY
        )
    assert CaseRole.objects.get(pk=held.pk).until_on is None


def test_who_starts_a_case_from_outside_sees_no_suppliers_before_the_promise(people):
    case = a_case(by=people.lena, authority=people.authority, role="process_leader")
    assert not Sight.of(case, people.lena, at=MONDAY).has_undertaken
    said = {"case": case, "by": people.lena, "at": MONDAY}
    with pytest.raises(Refused):
        promise_secrecy(has_promised=True, interests="", **said)

    for _ in range(2):
        promise_secrecy(has_promised=True, interests="Inga.", **said)

    assert Sight.of(Case.objects.get(pk=case.pk), people.lena, at=MONDAY).has_undertaken
    assert {(h.role, h.interests) for h in case.roles.all()} == {
        ("owner", "Inga."),
        ("process_leader", "Inga."),
    }
    assert Event.objects.of(case).filter(verb="person.promised").count() == 1


def test_who_leaves_the_authority_comes_from_outside_on_that_day(case, people, time_machine):
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    last = TODAY + timedelta(days=14)
    end_role(membership=people.nora.memberships.get(), until_on=last, by=people.anna, at=MONDAY)
    assert not Message.objects.due(MONDAY).filter(kind="role.ended").exists()
    told = Message.objects.get(kind="role.ended")

    for on in (last - timedelta(days=1), last):
        time_machine.move_to(start_of(on) + timedelta(hours=1), tick=False)
        leave_authority(told)
        seen = Sight.of(Case.objects.get(pk=case.pk), people.nora, at=timezone.now())
        assert seen.has_undertaken == (on < last)

    leave_authority(told)
    held.refresh_from_db()
    assert held.is_engagement
    told_of = Event.objects.of(case).filter(verb="role.from_outside")
    assert [event.by for event in told_of] == [User.objects.system()]
    # Per is still of the authority.
    assert Sight.of(Case.objects.get(pk=case.pk), people.per, at=timezone.now()).has_undertaken


def left_by_mistake(people):
    end_role(membership=people.nora.memberships.get(), until_on=TODAY, by=people.anna, at=MONDAY)
    leave_authority(Message.objects.get(kind="role.ended"))


def come_back(people, *, to=None):
    invitation = invite(
        place=to or people.authority, email=people.nora.email, role="member",
        by=people.olle if to else people.anna, at=MONDAY,
    )  # fmt: skip
    accept_invitation(invitation=invitation, by=people.nora, at=MONDAY)
    return_to_authority(Message.objects.get(kind="role.begun"))


def test_who_comes_back_to_the_authority_is_inside_again(case, people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    left_by_mistake(people)
    assert not Sight.of(Case.objects.get(pk=case.pk), people.nora, at=MONDAY).has_undertaken

    come_back(people)

    assert Sight.of(Case.objects.get(pk=case.pk), people.nora, at=MONDAY).has_undertaken
    told = Event.objects.of(case).readable().get(verb="role.inside_again")
    assert (told.object, told.by) == (f"procurements.caserole:{held.pk}", User.objects.system())
    return_to_authority(Message.objects.get(kind="role.begun"))
    assert Event.objects.of(case).filter(verb="role.inside_again").count() == 1


def test_who_comes_back_elsewhere_stays_outside(case, people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    held = offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    left_by_mistake(people)

    come_back(people, to=people.elsewhere)

    held.refresh_from_db()
    assert held.is_engagement


def test_a_role_that_began_outside_the_authority_stays_an_engagement(case, people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    left_by_mistake(people)
    invitation = invited(case, people, people.nora.email)
    held = accept_case_invitation(
        invitation=invitation, by=people.nora, has_promised=True, interests="Inga.", at=MONDAY
    )

    come_back(people)

    held.refresh_from_db()
    assert held.is_engagement


def test_who_gets_another_role_in_the_authority_stays_inside(case, people, time_machine):
    offer_role(case=case, user=people.nora, role=Role.ASSESSOR, by=people.per, at=MONDAY)
    end_role(membership=people.nora.memberships.get(), until_on=TODAY, by=people.anna, at=MONDAY)
    a_role(people.nora, people.municipality, "member")

    time_machine.move_to(MONDAY + timedelta(hours=1), tick=False)
    leave_authority(Message.objects.get(kind="role.ended"))

    assert Sight.of(Case.objects.get(pk=case.pk), people.nora, at=timezone.now()).has_undertaken


def test_declared_interests_are_corrected_and_history_keeps_what_stood_before(case, people):
    eva = User.objects.create_user("eva@konsult.example", "x", name="Eva Ek")
    held = accept_case_invitation(
        invitation=invited(case, people),
        by=eva,
        has_promised=True,
        interests="Äger aktier i Ask.",
        at=MONDAY,
    )
    said = {"case": case, "by": eva, "at": MONDAY}

    correct_interests(interests="Inga.", was="Äger aktier i Ask.", **said)

    held.refresh_from_db()
    assert held.interests == "Inga."
    event = Event.objects.of(case).get(verb="person.interests_corrected")
    assert {row.name: row.text for row in event.texts.all()}["before"] == "Äger aktier i Ask."
    with pytest.raises(Stale):
        correct_interests(interests="Andra.", was="Äger aktier i Ask.", **said)
    # The same again is no correction.
    correct_interests(interests="Inga.", was="Annat.", **said)
    assert Event.objects.of(case).filter(verb="person.interests_corrected").count() == 1


def test_what_was_declared_for_two_roles_is_corrected_as_one_and_none_of_it_is_lost(case, people):
    eva = User.objects.create_user("eva@konsult.example", "x", name="Eva Ek")
    for role, interests in (
        (Role.ASSESSOR, "Äger aktier i Ask."),
        (Role.LAWYER, "Syster i Björk."),
    ):
        accept_case_invitation(
            invitation=invited(case, people, role=role),
            by=eva,
            has_promised=True,
            interests=interests,
            at=MONDAY,
        )
    both = "Äger aktier i Ask.\n\nSyster i Björk."

    correct_interests(case=case, interests="Inga.", was=both, by=eva, at=MONDAY)

    assert set(case.roles.filter(user=eva).values_list("interests", flat=True)) == {"Inga."}
    event = Event.objects.of(case).get(verb="person.interests_corrected")
    assert {row.name: row.text for row in event.texts.all()}["before"] == both


def test_who_has_declared_no_interests_has_none_to_correct(case, people):
    with pytest.raises(Refused, match="inte redovisat"):
        correct_interests(case=case, interests="Inga.", by=people.nora, at=MONDAY)
