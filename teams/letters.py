"""Letters the worker sends: plain text, in the receiver's language, the same Message-ID each time.

A letter carries what, when and a link; never a supplier's name, an amount or diary text.
"""

import smtplib
from urllib.parse import urlsplit

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from journal.models import Event
from outbox.models import Later, Message
from teams.models import AccessibilityFeedback, Invitation, InviteState, Membership, User
from teams.roles import ORGANISATION_ROLES_EXPLAINED, TEAM_ROLES_EXPLAINED, OrganisationRole


def send(message: Message, *, to: list[str], subject: str, body: str, answer_to: str = "") -> None:
    """Send one letter for a message of the outbox; Message-ID is made from the row.

    Raises Later when the mail server is away or asks us to come back (4xx).
    """
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    letter = EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        to=to,
        reply_to=[answer_to] if answer_to else None,
        headers={
            "Message-ID": f"<outbox.{message.pk}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        letter.send()
    except smtplib.SMTPRecipientsRefused as refused:
        if all(400 <= code < 500 for code, _words in refused.recipients.values()):
            raise Later(str(refused)) from refused
        raise
    except smtplib.SMTPResponseException as refused:
        if 400 <= refused.smtp_code < 500:
            raise Later(str(refused)) from refused
        raise
    except (smtplib.SMTPServerDisconnected, OSError) as away:
        raise Later(str(away)) from away


def page_address(name: str, *args: object) -> str:
    """A page's address as people outside reach it."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def send_invitation(message: Message) -> None:
    """Send an invitation's link, unless it has been answered, withdrawn or has expired."""
    invitation = Invitation.objects.select_related("organisation", "team", "invited_by").get(
        pk=_key(message)
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
    person = User.objects.filter(pk=_key(message), is_active=True).first()
    if person is None:
        return
    uid, key = user_pk_to_url_str(person), default_token_generator.make_token(person)
    with translation.override(person.language):
        body = render_to_string(
            "teams/letters/password_reset.txt",
            {"person": person, "link": page_address("account_reset_password_from_key", uid, key)},
        )
        subject = _("Choose a new password in Upptakt")
    send(message, to=[person.email], subject=subject, body=body)


def send_accessibility_feedback(message: Message) -> None:
    """Pass on what somebody told, to the shared mailbox or else to the administrators."""
    feedback = AccessibilityFeedback.objects.select_related("organisation").get(pk=_key(message))
    place = feedback.organisation
    mailboxes = [place.email or place.registry_email]
    if not mailboxes[0]:
        administrators = Membership.objects.filter(
            organisation=place, role=OrganisationRole.ADMINISTRATOR
        ).on(timezone.localdate())
        mailboxes = list(administrators.values_list("user__email", flat=True))
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Feedback on accessibility in Upptakt")
        body = render_to_string("teams/letters/feedback.txt", {"feedback": feedback})
    send(message, to=mailboxes, subject=subject, body=body, answer_to=feedback.reply_email)


def send_journal_day(message: Message) -> None:
    """Send the day's fingerprint of all chains to a registry, to be kept outside the house."""
    event = Event.objects.get(pk=_key(message))
    with translation.override(settings.LANGUAGE_CODE):
        body = render_to_string("teams/letters/journal_day.txt", {"facts": event.facts})
        subject = _("Fingerprint of the history, %(day)s") % {"day": event.facts["day_on"]}
    send(message, to=[message.recipient], subject=subject, body=body)


def _key(message: Message) -> int:
    return int(message.subject.rpartition(":")[2])
