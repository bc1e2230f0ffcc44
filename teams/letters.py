"""Letters the worker sends: plain text, in the receiver's language, the same Message-ID each time.

A letter carries what, when and a link; never a supplier's name, an amount or diary text.
"""

import contextlib
import smtplib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from journal.models import Event
from outbox.models import Later, Message
from teams.models import (
    AccessibilityFeedback,
    Affiliation,
    Installation,
    Invitation,
    InviteState,
    Organisation,
    User,
    administrators_of,
)
from teams.roles import ORGANISATION_ROLES_EXPLAINED, TEAM_ROLES_EXPLAINED
from teams.signincode import code_of


class NobodyToWriteTo(Exception):
    """A letter without a receiver: Django would send nothing, and say nothing of it."""


_line: ContextVar[Any] = ContextVar("line", default=None)


@contextlib.contextmanager
def one_line() -> Iterator[None]:
    """The letters sent within go over one connection; one that has gone wrong is not used again."""
    line = get_connection()
    token = _line.set(line)
    try:
        yield
    finally:
        _line.reset(token)
        _hang_up(line)


def _hang_up(line: Any) -> None:
    # Whether they take leave of each other or not: the server has given its answer.
    with contextlib.suppress(OSError):
        line.close()


def send(
    message: Message,
    *,
    to: list[str],
    subject: str,
    body: str,
    answer_to: str = "",
    papers: Mapping[str, bytes] | None = None,
) -> None:
    """Send one letter for a message of the outbox, with its papers as PDF; Message-ID is made from
    the row.

    Only a server that refuses the receiver or the content (5xx) speaks of the letter. All else
    is between the installation and its mail server, such as a wrong password or sender: Later.
    """
    if not to:
        raise NobodyToWriteTo("There is nobody to send the letter to.")
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    server, is_sent = _line.get() or get_connection(), False
    letter = EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        to=to,
        reply_to=[answer_to] if answer_to else None,
        connection=server,
        headers={
            "Message-ID": f"<outbox.{message.pk}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    for name, content in (papers or {}).items():
        letter.attach(name, content, "application/pdf")
    try:
        server.open()
        letter.send()
        is_sent = True
    except smtplib.SMTPRecipientsRefused as refused:
        if all(_is_not_its_own(code) for code, _words in refused.recipients.values()):
            raise Later(str(refused)) from refused
        raise
    except smtplib.SMTPDataError as refused:
        if _is_not_its_own(refused.smtp_code):
            raise Later(str(refused)) from refused
        raise
    except (OSError, SoftTimeLimitExceeded) as away:
        # Every other error of smtplib is an OSError too.
        raise Later(f"{away.__class__.__name__}: {away}") from away
    finally:
        if not is_sent or _line.get() is None:
            _hang_up(server)


# 5xx that ask the installation to sign in (RFC 4954), wherever in the talk they come.
SIGN_IN_FIRST = {530, 534, 535, 538}


def _is_not_its_own(code: int) -> bool:
    return not 500 <= code < 600 or code in SIGN_IN_FIRST


def page_address(name: str, *args: object) -> str:
    """A page's address as people outside reach it."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def send_invitation(message: Message) -> None:
    """Send an invitation's link, unless it has been answered, withdrawn or has ended."""
    invitation = Invitation.objects.select_related("organisation", "team", "invited_by").get(
        pk=message.row_id
    )
    if invitation.state(at=timezone.now()) is not InviteState.WAITING:
        return
    explained = TEAM_ROLES_EXPLAINED if invitation.team else ORGANISATION_ROLES_EXPLAINED
    with translation.override(invitation.language):
        subject = _("Invitation to %(place)s in Upptakt") % {"place": invitation.place}
        body = render_to_string(
            "teams/letters/invitation.txt",
            {
                "invitation": invitation,
                "explained": explained[invitation.role],
                "link": page_address("invitation", invitation.token),
            },
        )
    send(message, to=[invitation.email], subject=subject, body=body)


def send_password_reset(message: Message) -> None:
    """Send a link to choose a new password; made when sent, so that no row holds it."""
    person = User.objects.filter(pk=message.row_id, is_active=True).first()
    if person is None:
        return
    uid, key = user_pk_to_url_str(person), default_token_generator.make_token(person)
    with translation.override(person.language):
        body = render_to_string(
            "teams/letters/password_reset.txt",
            {
                "person": person,
                "link": page_address("account_reset_password_from_key", uid, key),
                "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
            },
        )
        subject = _("Choose a new password in Upptakt")
    send(message, to=[person.email], subject=subject, body=body)


def send_sign_in_code(message: Message) -> None:
    """Send a code to sign in with, while it works."""
    person = User.objects.filter(pk=message.row_id, is_active=True).first()
    asked_ago = (timezone.now() - message.made_at).total_seconds()
    if person is None or asked_ago > app_settings.LOGIN_BY_CODE_TIMEOUT:
        return
    with translation.override(person.language):
        body = render_to_string(
            "teams/letters/sign_in_code.txt", {"person": person, "code": code_of(message.occasion)}
        )
        subject = _("Your code to sign in to Upptakt")
    send(message, to=[person.email], subject=subject, body=body)


def send_accessibility_feedback(message: Message) -> None:
    """Pass on what somebody told, to the shared mailbox or else to the administrators.

    Where there is neither, to the administrators of the organisation that runs the installation.
    """
    feedback = AccessibilityFeedback.objects.select_related("organisation").get(pk=message.row_id)
    place, today = feedback.organisation, timezone.localdate()
    mailbox = place.email or place.registry_email
    own = [mailbox] if mailbox else administrators_of(place, on=today)
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Feedback on accessibility in Upptakt")
        body = render_to_string(
            "teams/letters/feedback.txt", {"feedback": feedback, "is_for_others": not own}
        )
    send(
        message,
        to=own or administrators_of(Installation.host(), on=today),
        subject=subject,
        body=body,
        answer_to=feedback.reply_email,
    )


def receiver_of(message: Message) -> User | None:
    """Whom a letter to an address is for, if they can still sign in; nobody of a demo."""
    people = User.objects.filter(email=message.recipient, is_active=True, is_demo=False)
    return people.first()


def send_team_asks(message: Message) -> None:
    """Ask an administrator of an organisation whether a team may start cases in its name.

    Nothing is sent when it has been answered, or taken out of the team, meanwhile.
    """
    place = (
        Affiliation.objects.filter(team=message.row_id, agreed_at=None)
        .filter(organisation=int(message.occasion.partition("/")[0]))
        .select_related("team", "organisation")
        .first()
    )
    person = receiver_of(message)
    if place is None or person is None:
        return
    with translation.override(person.language):
        subject = _("%(team)s asks to start cases for %(place)s in Upptakt") % {
            "team": place.team.name,
            "place": place.organisation,
        }
        body = render_to_string(
            "teams/letters/team_asks.txt",
            {"person": person, "asked": place, "link": page_address("team", place.team.pk)},
        )
    send(message, to=[person.email], subject=subject, body=body)


def send_journal_day(message: Message) -> None:
    """Send the day's fingerprint of all chains to a registry, to be kept outside the house.

    To the registry's mailbox as it is now: a wrong address may have been corrected meanwhile.
    """
    event = Event.objects.get(pk=message.row_id)
    place = Organisation.objects.filter(pk=message.occasion.rpartition("/")[2]).first()
    with translation.override(settings.LANGUAGE_CODE):
        body = render_to_string("teams/letters/journal_day.txt", {"facts": event.facts})
        subject = _("Fingerprint of the history, %(day)s") % {"day": event.facts["day_on"]}
    address = place.registry_email if place else ""
    send(message, to=[address or message.recipient], subject=subject, body=body)
