"""Roles: invite to them, accept, change and end them."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.models import Event
from journal.record import record
from outbox.models import Lane, Message
from teams.models import (
    Installation,
    Invitation,
    Invite,
    InviteState,
    Membership,
    Organisation,
    OrganisationRole,
    Team,
    TeamRole,
    User,
)
from teams.models.invitation import LINK_HOLDS
from teams.refusals import AlreadyThere, ClosedAccount, LastOne, LinkRefused, TooMany, WrongDay

# Each is a letter to an address that somebody has typed.
LETTERS_SENT = ("invitation.sent", "invitation.sent_again", "person.invited")


@transaction.atomic(durable=True)
def invite(
    *,
    place: Organisation | Team,
    email: str,
    role: str,
    name: str = "",
    language: str = "sv",
    by: User,
    at: datetime,
) -> Invitation:
    """Ask somebody by e-mail to take a role, with a link that works once for fourteen days.

    An earlier invitation that expired unanswered, or ended with its sender's role, is withdrawn.
    Raises AlreadyThere when the person has a role there or an invitation waits, ClosedAccount, and
    TooMany.
    """
    place = _lock(place)
    check_may_answer(email)
    held = place.memberships.filter(user__email=email).not_ended(timezone.localdate(at))
    if held.exists():
        raise AlreadyThere(
            {"email": _("The person already has a role here. Change that role instead.")}
        )
    withdraw_ended(place.invitations.unanswered().filter(email=email), at=at)
    check_letters(by, at=at)
    invitation = Invitation(
        organisation=place if isinstance(place, Organisation) else None,
        team=place if isinstance(place, Team) else None,
        email=email,
        name=name,
        role=role,
        language=language,
        invited_by=by,
        invited_at=at,
        expires_at=at + LINK_HOLDS,
    )
    invitation.make_token()
    invitation.save()
    invitation.promise_letter()
    record(
        place,
        "invitation.sent",
        by=by,
        at=at,
        about=invitation,
        facts={"role": role},
        texts={"email": email},
    )
    return invitation


@transaction.atomic(durable=True)
def resend_invitation(*, invitation: Invitation, by: User, at: datetime) -> Invitation:
    """Send the same link again and let it hold for fourteen days more; once within a minute.

    From now on it holds as long as this sender looks after the place.
    Raises LinkRefused when it is accepted or withdrawn, and TooMany.
    """
    place = _lock(invitation.place)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    _check_unanswered(invitation, at)
    if not invitation.send_again(by=by, at=at):
        return invitation
    check_letters(by, at=at)
    record(
        place,
        "invitation.sent_again",
        by=by,
        at=at,
        about=invitation,
        texts={"email": invitation.email},
    )
    return invitation


@transaction.atomic(durable=True)
def withdraw_invitation(*, invitation: Invitation, by: User, at: datetime) -> Invitation:
    """Let the link stop working. Raises LinkRefused when it is accepted or withdrawn."""
    _lock(invitation.place)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    _check_unanswered(invitation, at)
    revoke(invitation, by=by, at=at)
    return invitation


def revoke(invitation: Invite, *, by: User, at: datetime) -> None:
    """Withdraw an invitation that has not been answered, with its event. A shared step: call within
    an operation that has locked the place or the case."""
    invitation.revoked_at = at
    invitation.save(update_fields=["revoked_at"])
    record(
        invitation.place,
        "invitation.withdrawn",
        by=by,
        at=at,
        about=invitation,
        texts={"email": invitation.email},
    )


@transaction.atomic(durable=True)
def accept_invitation(
    *,
    invitation: Invitation,
    by: User | None,
    name: str = "",
    password: str = "",
    at: datetime,
) -> Membership:
    """Take the role. Without `by` the link's holder becomes a new person with the password.

    Raises LinkRefused when the link is used, withdrawn, expired or somebody else's, or its sender
    no longer looks after the place.
    """
    place = _lock(invitation.place)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    person = who_accepts(invitation, by=by, name=name, password=password, at=at)
    today = timezone.localdate(at)
    held = place.memberships.filter(user=person).not_ended(today).first()
    membership = held or Membership.objects.create(
        user=person,
        organisation=invitation.organisation,
        team=invitation.team,
        role=invitation.role,
        from_on=today,
    )
    invitation.accepted_at = at
    invitation.accepted_by = person
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(
        place,
        "invitation.accepted",
        by=person,
        at=at,
        about=membership,
        facts={"role": membership.role},
        texts={"name": person.name},
    )
    if by and isinstance(place, Organisation):
        # Who comes back: what followed elsewhere when they left is undone.
        Message.objects.post("role.begun", subject=str(membership.pk), lane=Lane.PERSON)
    return membership


@transaction.atomic(durable=True)
def change_role(
    *, membership: Membership, role: str, from_on: date, by: User, at: datetime
) -> Membership:
    """Give the person another role in the same place from a day; the earlier row is kept.

    From the very day it began, or before it has begun, the earlier row holds on no day.
    Raises WrongDay, and LastOne when nobody else would look after the place.
    """
    place = _lock(membership.place)
    membership = _held(membership, at)
    was = membership.role
    if from_on < membership.from_on:
        raise WrongDay({"from_on": _("The role began later than that.")})
    if membership.until_on and from_on >= membership.until_on:
        raise WrongDay({"from_on": _("The role has ended by then.")})
    if role == was:
        raise AlreadyThere({"role": _("The person already has that role.")})
    check_replaceable(membership, from_on)
    until_on, membership.until_on = membership.until_on, from_on
    membership.save(update_fields=["until_on"])
    following = Membership.objects.create(
        user=membership.user,
        organisation=membership.organisation,
        team=membership.team,
        role=role,
        from_on=from_on,
        until_on=until_on,
    )
    record(
        place,
        "role.changed",
        by=by,
        at=at,
        about=following,
        facts={"was": was, "now": role, "from_on": from_on, "user": membership.user_id},
        texts={"name": membership.user.name},
    )
    return following


@transaction.atomic(durable=True)
def end_role(
    *, membership: Membership, until_on: date, was: str = "", by: User, at: datetime
) -> Membership:
    """End a role; until_on is the first day without it. The row is kept.

    Raises WrongDay, also when somebody has set another end than the writer saw (`was`, as
    `said_end` says it) and when the holder, who does not look after the place, would keep the role
    longer, and LastOne when nobody else would look after the place.
    """
    place = _lock(membership.place)
    membership = _held(membership, at)
    check_end(membership.until_on, was, until_on)
    if membership.user_id == by.pk and not _looks_after(place, by, on=timezone.localdate(at)):
        check_no_longer(membership.until_on, until_on)
    if membership.until_on == until_on:
        return membership
    if until_on < membership.from_on:
        raise WrongDay({"until_on": _("The role began later than that.")})
    later = place.memberships.filter(user=membership.user_id, from_on__gt=membership.from_on)
    if later.not_ended(membership.from_on).filter(from_on__lt=until_on).exists():
        raise WrongDay({"until_on": _("The person has another role here by then.")})
    check_replaceable(membership, until_on)
    end_membership(membership, until_on, by=by, at=at)
    return membership


def end_membership(membership: Membership, until_on: date, *, by: User, at: datetime) -> None:
    """Set the end of a role, with its event and what follows elsewhere. A shared step: call within
    an operation that has locked the place."""
    membership.until_on = until_on
    membership.save(update_fields=["until_on"])
    record(
        membership.place,
        "role.ended",
        by=by,
        at=at,
        about=membership,
        facts={"role": membership.role, "until_on": until_on, "user": membership.user_id},
        texts={"name": membership.user.name},
    )
    if membership.organisation_id:
        # What follows from it elsewhere comes on its day; a day that is set, moved and set again is
        # promised again, since what was promised first may have passed.
        day = timezone.make_aware(datetime.combine(until_on, time.min))
        Message.objects.post(
            "role.ended",
            subject=str(membership.pk),
            occasion=f"{until_on.isoformat()} {at.isoformat()}",
            lane=Lane.PERSON,
            due_at=max(at, day),
        )


def withdraw_ended(earlier: Iterable[Invite], *, at: datetime) -> None:
    """Withdraw what was sent to an address before and was never answered. Raises AlreadyThere for
    what still waits for its answer."""
    for one in earlier:
        if one.state(at=at) is InviteState.WAITING:
            raise AlreadyThere(
                {"email": _("An invitation to that address is waiting. Send it again instead.")}
            )
        one.revoked_at = at
        one.save(update_fields=["revoked_at"])


def check_letters(by: User, *, at: datetime) -> None:
    """Raises TooMany when the person has sent as many invitations within a day as one may, whether
    to organisations, teams or cases. Call before the next is recorded."""
    sent = Event.objects.filter(by=by, verb__in=LETTERS_SENT, at__gt=at - timedelta(days=1))
    if sent.count() >= settings.INVITATIONS_A_DAY:
        raise TooMany(
            _(
                "One person sends at most %(most)s invitations in 24 hours, and you have sent as "
                "many. This one has not been sent; those before stand. Send it tomorrow, or ask "
                "somebody else who may invite here."
            ),
            params={"most": settings.INVITATIONS_A_DAY},
        )


def check_may_answer(email: str) -> None:
    """Raises ClosedAccount for an address whose account is closed: its link would open nothing."""
    if User.objects.filter(email=email, is_active=False).exists():
        raise ClosedAccount(
            {
                "email": _(
                    "The account with that address is closed. An administrator of an organisation "
                    "that the person has had a role in, or who runs the installation, opens it "
                    "again. Then it can be invited."
                )
            }
        )


def held_open(person: User) -> User:
    """The person whom a role is to be given, locked: an account is not closed meanwhile. Without
    the key: what is done elsewhere names the person. Raises ClosedAccount when it is closed."""
    row = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not row.is_active:
        raise ClosedAccount(_("The account of %(name)s is closed.") % {"name": row.name})
    return cast(User, row)


def said_end(until_on: date | None) -> str:
    """The end of a role as a form carries it: a day, or that there is none."""
    return until_on.isoformat() if until_on else "open"


def check_end(until_on: date | None, was: str, wanted: date) -> None:
    """An end that somebody else has set since is not moved unseen."""
    if was and was != said_end(until_on) and until_on != wanted:
        day = until_on.isoformat() if until_on else "–"
        words = _("Somebody has changed meanwhile when the role ends: %(day)s.") % {"day": day}
        raise WrongDay({"until_on": ValidationError(words, code="stale")})


def check_no_longer(until_on: date | None, wanted: date) -> None:
    """Whoever may only leave does not move an end that is set further ahead."""
    if until_on and wanted > until_on:
        words = _("Your role ends before that. Only somebody who gives roles here can prolong it.")
        raise WrongDay({"until_on": words})


def _looks_after(place: Organisation | Team, by: User, *, on: date) -> bool:
    """Whether the person gives roles in the place on the day, as `teams.permissions` has it."""
    held = Membership.objects.on(on)
    if isinstance(place, Team):
        return held.filter(user=by, team=place, role=TeamRole.LEAD).exists()
    administrators = held.filter(role=OrganisationRole.ADMINISTRATOR)
    own = administrators.filter(organisation__in=[place.pk, place.parent_id or place.pk])
    if own.exists():
        return own.filter(user=by).exists()
    host = Installation.objects.values("organisation")
    return administrators.filter(user=by, organisation__in=host).exists()


def _lock(place: Organisation | Team) -> Organisation | Team:
    return type(place).objects.select_for_update().get(pk=place.pk)


def _held(membership: Membership, at: datetime) -> Membership:
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "organisation", "team")
        .get(pk=membership.pk)
    )
    if membership.has_ended(timezone.localdate(at)):
        raise WrongDay(_("The role has already ended."))
    return membership


def check_replaceable(leaving: Membership, day: date) -> None:
    """Raises LastOne when nobody else would look after the place from the day."""
    if Membership.objects.filter(pk=leaving.pk).irreplaceable(day).exists():
        raise last_one(leaving)


def last_one(leaving: Membership) -> LastOne:
    return LastOne(
        _("%(name)s is the only %(role)s. Give somebody else that role first."),
        params={"name": leaving.user.name, "role": leaving.role_label.lower()},
    )


def _check_unanswered(invitation: Invitation, at: datetime) -> None:
    state = invitation.state(at=at)
    if state in (InviteState.ACCEPTED, InviteState.REVOKED):
        raise LinkRefused(
            _("The invitation is already %(state)s."), params={"state": str(state.label).lower()}
        )


def who_accepts(
    invitation: Invite, *, by: User | None, name: str, password: str, at: datetime
) -> User:
    """Who takes what the invitation offers: who is signed in, or the link's holder as a new person.

    Raises LinkRefused when the link is used, withdrawn, expired or somebody else's, or its sender
    no longer looks after the place.
    """
    if invitation.state(at=at) is not InviteState.WAITING:
        raise LinkRefused(_("The link has been used or withdrawn, or is no longer valid."))
    person = held_open(by) if by else _new_person(invitation, name, password, at)
    if person.email != invitation.email:
        raise LinkRefused(_("The invitation is to another address than yours."))
    return person


def _new_person(invitation: Invite, name: str, password: str, at: datetime) -> User:
    try:
        with transaction.atomic():
            return cast(
                User,
                User.objects.create_user(
                    invitation.email,
                    password,
                    name=name,
                    language=invitation.language,
                    is_demo=invitation.invited_by.is_demo,
                    joined_at=at,
                ),
            )
    except IntegrityError as taken:
        raise LinkRefused(_("The address already has an account. Sign in first.")) from taken
