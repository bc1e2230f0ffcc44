"""The people of a case: give roles, invite, change and end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal.models import Event
from journal.record import record
from outbox.models import Lane, Message
from procurements.days import swedish_day
from procurements.models import Case, CaseInvitation, CaseRole
from procurements.operations.case import give_role, is_insider, locked
from procurements.refusals import Refused, Stale
from procurements.states import RUN_THE_CASE
from teams.models import InviteState, Organisation, User
from teams.models.invitation import LINK_HOLDS
from teams.operations.roles import (
    check_end,
    check_letters,
    check_may_answer,
    check_no_longer,
    revoke,
    who_accepts,
    withdraw_ended,
)
from teams.refusals import LastOne, LinkRefused, WrongDay


@transaction.atomic(durable=True)
def offer_role(
    *,
    case: Case,
    user: User,
    role: str,
    from_on: date | None = None,
    until_on: date | None = None,
    by: User,
    at: datetime,
) -> CaseRole | CaseInvitation:
    """Give a role to somebody of the authority, or invite somebody who comes from outside it.

    It begins today or on a later day, and may end on one (`until_on`, the first day without it), as
    a deputy's does. Who is given a role is told by a letter. Who comes from outside has to promise
    secrecy and declare interests before the role begins: it begins when they answer.
    Raises WrongDay, Refused when the person already has the role on one of the days or is to come
    from outside on days of their own, AlreadyThere when an invitation waits, and TooMany.
    """
    case = locked(case)
    today = swedish_day(at)
    begins = from_on or today
    if begins < today:
        raise WrongDay({"from_on": _("A role begins today or later.")})
    if until_on and until_on <= begins:
        raise WrongDay({"until_on": _("The role would end before it has begun.")})
    held_then = case.roles.not_ended(begins).filter(user=user, role=role)
    if until_on:
        held_then = held_then.filter(from_on__lt=until_on)
    if held_then.exists():
        raise Refused({"role": _("The person already has that role.")})
    if is_insider(user, case.authority, on=begins):
        held = give_role(
            case, user=user, role=role, from_on=begins, until_on=until_on, by=by, at=at
        )
        _let_links_end(held, by=by, at=at)
        if by != user:
            # At most one a day, however often it is given and ended.
            Message.objects.post(
                "mail.case_role",
                subject=f"procurements.case:{case.pk}",
                recipient=user.email,
                occasion=f"{role}/{today}/{by.pk}",
                lane=Lane.MAIL,
            )
        return held
    if begins != today or until_on:
        raise Refused(
            {
                "until_on" if begins == today else "from_on": _(
                    "%(name)s comes from outside the authority and begins when they have promised "
                    "secrecy. Leave the days as they were, and end the role when it is time."
                )
                % {"name": user.name}
            }
        )
    return _invite(case, user.email, role, user.name, user.language, by=by, at=at)


@transaction.atomic(durable=True)
def invite_to_case(
    *,
    case: Case,
    email: str,
    role: str,
    name: str = "",
    language: str = "sv",
    by: User,
    at: datetime,
) -> CaseInvitation:
    """Ask somebody by e-mail to take a role in the case, with a link that works once.

    Raises Refused when the person already has the role, AlreadyThere when an invitation waits,
    ClosedAccount, and TooMany.
    """
    case = locked(case)
    held = case.roles.not_ended(swedish_day(at))
    if held.filter(user__email=email, role=role).exists():
        raise Refused({"email": _("The person already has that role.")})
    return _invite(case, email, role, name, language, by=by, at=at)


def _invite(
    case: Case, email: str, role: str, name: str, language: str, *, by: User, at: datetime
) -> CaseInvitation:
    check_may_answer(email)
    withdraw_ended(case.invitations.unanswered().filter(email=email), at=at)
    check_letters(by, at=at)
    known = User.objects.people().filter(email=email).first()
    invitation = CaseInvitation(
        case=case,
        email=email,
        name=name,
        role=role,
        language=language,
        is_engagement=known is None or not is_insider(known, case.authority, on=swedish_day(at)),
        invited_by=by,
        invited_at=at,
        expires_at=at + LINK_HOLDS,
    )
    invitation.make_token()
    invitation.save()
    invitation.promise_letter()
    record(
        case,
        "person.invited",
        by=by,
        at=at,
        about=invitation,
        facts={"role": role, "engagement": invitation.is_engagement},
        texts={"email": email},
    )
    return invitation


@transaction.atomic(durable=True)
def resend_case_invitation(
    *, case: Case, invitation: CaseInvitation, by: User, at: datetime
) -> CaseInvitation:
    """Send the same link again and let it hold for fourteen days more; once within a minute. From
    now on it holds as long as this sender looks after the people of the case. Raises TooMany."""
    case = locked(case)
    invitation = _unanswered(case, invitation, at)
    if not invitation.send_again(by=by, at=at):
        return invitation
    check_letters(by, at=at)
    record(
        case,
        "invitation.sent_again",
        by=by,
        at=at,
        about=invitation,
        texts={"email": invitation.email},
    )
    return invitation


@transaction.atomic(durable=True)
def withdraw_case_invitation(
    *, case: Case, invitation: CaseInvitation, by: User, at: datetime
) -> CaseInvitation:
    """Let the link stop working."""
    case = locked(case)
    invitation = _unanswered(case, invitation, at)
    revoke(invitation, by=by, at=at)
    return invitation


def _let_links_end(held: CaseRole, *, by: User, at: datetime) -> None:
    """A link to a role that was given otherwise, or has been ended, gives it to nobody again."""
    waiting = CaseInvitation.objects.select_for_update(of=("self",)).filter(
        case=held.case_id, email=held.user.email, role=held.role, accepted_at=None, revoked_at=None
    )
    for invitation in waiting:
        revoke(invitation, by=by, at=at)


def _unanswered(case: Case, invitation: CaseInvitation, at: datetime) -> CaseInvitation:
    invitation = CaseInvitation.objects.select_for_update().get(pk=invitation.pk, case=case)
    state = invitation.state(at=at)
    if state in (InviteState.ACCEPTED, InviteState.REVOKED):
        raise LinkRefused(_("The invitation has already been answered or withdrawn."))
    return invitation


@transaction.atomic(durable=True)
def accept_case_invitation(
    *,
    invitation: CaseInvitation,
    by: User | None,
    name: str = "",
    password: str = "",
    has_promised: bool = False,
    interests: str = "",
    at: datetime,
) -> CaseRole:
    """Take the role. Without `by` the link's holder becomes a new person with the password.

    Somebody from outside the authority must promise secrecy and declare interests: it becomes an
    engagement, and a role that they have already keeps what was declared for it before.
    Raises LinkRefused when the link is used, withdrawn, expired or somebody else's.
    """
    case = locked(invitation.case)
    invitation = CaseInvitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    person = who_accepts(invitation, by=by, name=name, password=password, at=at)
    today = swedish_day(at)
    is_engagement = not is_insider(person, case.authority, on=today)
    if is_engagement:
        _check_engagement(has_promised, interests)
    role = invitation.role
    held = case.roles.filter(user=person, role=role, until_on=None).first()
    if held and held.from_on > today:
        held.from_on = today
        held.save(update_fields=["from_on"])
    if held and is_engagement:
        _declare_too(held, interests, by=person, at=at)
    if held is None:
        held = give_role(
            case,
            user=person,
            role=role,
            from_on=today,
            is_engagement=is_engagement,
            undertaking_on=today if is_engagement else None,
            interests=interests if is_engagement else "",
            by=person,
            at=at,
        )
    invitation.accepted_at, invitation.accepted_by = at, person
    invitation.is_engagement = is_engagement
    invitation.save(update_fields=["accepted_at", "accepted_by", "is_engagement"])
    record(
        case,
        "person.accepted",
        by=person,
        at=at,
        about=held,
        facts={"role": role, "engagement": is_engagement},
        texts={"person": person.name, "interests": interests},
    )
    return held


def _declare_too(held: CaseRole, interests: str, *, by: User, at: datetime) -> None:
    """Keep what is promised and declared for a role that the person has already."""
    before = held.interests
    held.undertaking_on = held.undertaking_on or swedish_day(at)
    held.interests = "\n\n".join(dict.fromkeys(text for text in (before, interests) if text))
    held.save(update_fields=["undertaking_on", "interests"])
    if before and held.interests != before:
        record(
            held.case,
            "person.interests_corrected",
            by=by,
            at=at,
            about=held,
            texts={"person": by.name, "before": before, "interests": held.interests},
        )


@transaction.atomic(durable=True)
def promise_secrecy(
    *, case: Case, has_promised: bool, interests: str, by: User, at: datetime
) -> list[CaseRole]:
    """Somebody who is in the case from outside without it, having started the case or left the
    authority since, promises secrecy and declares interests, for each role they have."""
    case = locked(case)
    _check_engagement(has_promised, interests)
    today = swedish_day(at)
    rows = case.roles.not_ended(today).filter(user=by, is_engagement=True)
    promised = list(rows.filter(Q(undertaking_on=None) | Q(interests="")))
    for held in promised:
        held.undertaking_on, held.interests = today, interests
        held.save(update_fields=["undertaking_on", "interests"])
    if promised:
        record(
            case,
            "person.promised",
            by=by,
            at=at,
            about=promised[0],
            facts={"roles": [held.role for held in promised]},
            texts={"person": by.name, "interests": interests},
        )
    return promised


@transaction.atomic(durable=True)
def come_from_outside(*, case: Case, user: User, by: User, at: datetime) -> list[CaseRole]:
    """Let the roles of somebody who has left the authority be those of an outsider, who sees no
    suppliers before promising secrecy. Nothing is done while they belong to it."""
    case = locked(case)
    today = swedish_day(at)
    rows = list(case.roles.not_ended(today).filter(user=user, is_engagement=False))
    if not rows or is_insider(user, case.authority, on=today):
        return []
    for held in rows:
        _turn(held, "role.from_outside", is_engagement=True, by=by, at=at)
    return rows


def _turn(held: CaseRole, verb: str, *, is_engagement: bool, by: User, at: datetime) -> None:
    """Make a role one from outside the authority, or one inside it again."""
    held.is_engagement = is_engagement
    held.save(update_fields=["is_engagement"])
    record(
        held.case,
        verb,
        by=by,
        at=at,
        about=held,
        facts={"role": held.role, "user": held.user_id},
        texts={"person": held.user.name},
    )


@transaction.atomic(durable=True)
def come_back_inside(*, case: Case, user: User, by: User, at: datetime) -> list[CaseRole]:
    """Let the roles that became an outsider's when somebody left the authority be an insider's
    again. Nothing is done while they do not belong to it, nor to a role that began outside it and
    for which secrecy was promised."""
    case = locked(case)
    today = swedish_day(at)
    if not is_insider(user, case.authority, on=today):
        return []
    turned = Event.objects.of(case).filter(verb="role.from_outside")
    rows = [
        held
        for held in case.roles.not_ended(today).filter(user=user, is_engagement=True)
        # One changed to another role since has no such event, but it was never promised for either.
        if held.undertaking_on is None or turned.about(held).exists()
    ]
    for held in rows:
        _turn(held, "role.inside_again", is_engagement=False, by=by, at=at)
    return rows


def _check_engagement(has_promised: bool, interests: str) -> None:
    missing = {}
    if not has_promised:
        missing["has_promised"] = _("You have to promise secrecy before you take part.")
    if not interests:
        missing["interests"] = _("Write your interests, or “none” when you have none.")
    if missing:
        raise Refused(missing)


@transaction.atomic(durable=True)
def change_case_role(
    *, case: Case, held: CaseRole, role: str, from_on: date, by: User, at: datetime
) -> CaseRole:
    """Give the person another role in place of this from a day; the earlier row is kept, and a
    role that was to end on a day is replaced by one that ends on it.

    Raises WrongDay, Refused when they already have it or have left the authority since (who comes
    from outside is invited and promises secrecy), and LastOne for the last owner.
    """
    case = locked(case)
    held = _held(case, held, at)
    until_on = held.until_on
    has_it = case.roles.not_ended(from_on).filter(user=held.user, role=role)
    if role == held.role or has_it.exists():
        raise Refused({"role": _("The person already has that role.")})
    if from_on < held.from_on:
        raise WrongDay({"from_on": _("The role began later than that.")})
    if held.until_on and from_on >= held.until_on:
        raise WrongDay({"from_on": _("The role has ended by then.")})
    if not held.is_engagement and not is_insider(held.user, case.authority, on=from_on):
        raise Refused(
            {
                "role": _(
                    "%(name)s no longer belongs to the authority. End this role and invite them: "
                    "who comes from outside promises secrecy first."
                )
                % {"name": held.user.name}
            }
        )
    _end(case, held, from_on, by=by, at=at)
    given = give_role(
        case,
        user=held.user,
        role=role,
        from_on=from_on,
        is_engagement=held.is_engagement,
        undertaking_on=held.undertaking_on,
        interests=held.interests,
        until_on=until_on,
        by=by,
        at=at,
    )
    if until_on:
        _let_links_end(given, by=by, at=at)
    return given


@transaction.atomic(durable=True)
def end_case_role(
    *, case: Case, held: CaseRole, until_on: date, was: str = "", by: User, at: datetime
) -> CaseRole:
    """End a role; until_on is the first day without it. The row is kept.

    Raises WrongDay, also when somebody has set another end than the writer saw (`was`), when the
    holder, who does not manage the people of the case, would keep the role longer and when they
    have the same role anew by then, and LastOne when the case would have no owner.
    """
    case = locked(case)
    held = _held(case, held, at)
    check_end(held.until_on, was, until_on)
    if held.user_id == by.pk and not _manages_people(case, by, on=swedish_day(at)):
        check_no_longer(held.until_on, until_on)
    if held.until_on == until_on:
        return held
    later = case.roles.filter(user=held.user_id, role=held.role, from_on__gt=held.from_on)
    if later.not_ended(held.from_on).filter(from_on__lt=until_on).exists():
        raise WrongDay({"until_on": _("The person already has that role.")})
    _end(case, held, until_on, by=by, at=at)
    return held


def _manages_people(case: Case, user: User, *, on: date) -> bool:
    """Whether the person may give roles in the case on the day, as `permissions` has it."""
    if not case.roles_of(user, on=on).isdisjoint(RUN_THE_CASE):
        return True
    administered = Organisation.objects.administered_by(user, on=on)
    return administered.filter(pk=case.authority_id).exists()


def _held(case: Case, held: CaseRole, at: datetime) -> CaseRole:
    row = case.roles.select_for_update(of=("self",)).select_related("user").get(pk=held.pk)
    if row.has_ended(swedish_day(at)):
        raise WrongDay(_("The role has already ended."))
    return row


def _end(case: Case, held: CaseRole, until_on: date, *, by: User, at: datetime) -> None:
    if until_on < held.from_on:
        raise WrongDay({"until_on": _("The role began later than that.")})
    if CaseRole.objects.filter(pk=held.pk).irreplaceable(until_on).exists():
        raise last_owner(held)
    end_held(case, held, until_on, by=by, at=at)


def end_held(case: Case, held: CaseRole, until_on: date, *, by: User, at: datetime) -> None:
    """Set the end of a role, with its event. A shared step: call within an operation that has
    locked the case."""
    held.until_on = until_on
    held.save(update_fields=["until_on"])
    _let_links_end(held, by=by, at=at)
    record(
        case,
        "role.left",
        by=by,
        at=at,
        about=held,
        facts={"role": held.role, "user": held.user_id, "until_on": until_on},
        texts={"person": held.user.name},
    )


def last_owner(leaving: CaseRole) -> LastOne:
    return LastOne(
        _("%(name)s is the only owner of the case. Make somebody else owner first."),
        params={"name": leaving.user.name},
    )


def declared_by(user: User, case: Case, *, on: date) -> list[CaseRole]:
    """The roles, also coming ones, for which somebody from outside has declared interests."""
    rows = case.roles.not_ended(on).filter(user=user, is_engagement=True)
    return list(rows.exclude(undertaking_on=None).order_by("pk"))


def joined_interests(declared: Iterable[CaseRole]) -> str:
    """What somebody has declared for several roles as one text, each once."""
    return "\n\n".join(dict.fromkeys(held.interests for held in declared))


@transaction.atomic(durable=True)
def correct_interests(
    *, case: Case, interests: str, was: str | None = None, by: User, at: datetime
) -> list[CaseRole]:
    """Correct or add to what somebody from outside has declared, for each role they have; the
    earlier text stays in the history.

    Refused for who has not declared anything yet, and when the text has been corrected since the
    person began (`was`). The same text again changes nothing.
    """
    case = locked(case)
    declared = declared_by(by, case, on=swedish_day(at))
    if not declared:
        raise Refused(_("You have not declared any interests here."))
    before = joined_interests(declared)
    if all(held.interests == interests for held in declared):
        return declared
    if was is not None and was != before:
        raise Stale(_("Your interests have been corrected meanwhile. Look at both texts and save."))
    for held in declared:
        held.interests = interests
        held.save(update_fields=["interests"])
    record(
        case,
        "person.interests_corrected",
        by=by,
        at=at,
        about=declared[0],
        texts={"person": by.name, "before": before, "interests": interests},
    )
    return declared
