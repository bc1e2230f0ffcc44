"""Letters about cases: the case's title, what, when and a link; never a supplier or an amount."""

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from outbox.models import Later, Message
from procurements import reminderpaper, weekpaper
from procurements.days import swedish_day
from procurements.models import CaseInvitation, Reminder
from procurements.operations.reminder import mark_passed_over, mark_sent, still_to_tell
from procurements.reminderpaper import ABOUT
from procurements.reminding import is_sending_time, next_sending_time
from procurements.states import ROLE_SENTENCES, PassedOver, Role
from teams.letters import page_address, send
from teams.models import InviteState, User


def send_case_invitation(message: Message) -> None:
    """Send an invitation's link, unless it has been answered, withdrawn or has expired."""
    key = int(message.subject.rpartition(":")[2])
    invitation = CaseInvitation.objects.select_related("case__authority", "invited_by").get(pk=key)
    if invitation.state(at=timezone.now()) is not InviteState.WAITING:
        return
    role = Role(invitation.role)
    with translation.override(invitation.language):
        subject = _("Invitation to the case %(title)s in Upptakt") % {
            "title": invitation.case.title
        }
        body = render_to_string(
            "procurements/people/invitation.txt",
            {
                "invitation": invitation,
                "role": role.label,
                "explained": ROLE_SENTENCES[role],
                "link": page_address("case_invitation", invitation.token),
            },
        )
    send(message, to=[invitation.email], subject=subject, body=body)


def send_reminder(message: Message) -> None:
    """Send a reminder with its paper, if it is still true: what is done, moved, paused, held or no
    longer that person's is not reminded of. Letters wait for the hours when they go out."""
    at = timezone.now()
    reminder = (
        Reminder.objects.select_related(
            "person",
            "case__edition",
            "case__authority",
            *(f"{name}__case_phase__{more}" for name in ("task", "deadline") for more in ABOUT),
            *(f"gate__{more}" for more in ABOUT),
            "task__step",
            "task__assignee",
            "deadline__responsible",
        )
        .filter(pk=int(message.subject.rpartition(":")[2]))
        .first()
    )
    # A later promise has taken its place.
    if reminder is None or message.occasion != str(reminder.promises):
        return
    if reminder.is_over or reminder.held_at:
        return
    duty = still_to_tell(reminder, at=at)
    if isinstance(duty, PassedOver):
        mark_passed_over(reminder, duty)
        return
    if not reminder.is_hurried and not is_sending_time(at):
        raise Later("Letters wait for their hours.", until=next_sending_time(at))
    person = reminder.person
    told = reminderpaper.told_of(reminder, duty, language=person.language, at=at)
    with translation.override(person.language):
        name = _("reminder") + ".pdf"
    send(
        message,
        to=[person.address_for_reminders],
        subject=told.subject,
        body=reminderpaper.body_of(told, person.name, language=person.language),
        papers={name: reminderpaper.paper_of(told, language=person.language, at=at)},
    )
    mark_sent(reminder, at=timezone.now())


def send_week(message: Message) -> None:
    """Send a person the week that the message names, as it looks now; nothing of a week that has
    passed, nor when nothing needs the person."""
    at = timezone.now()
    person = User.objects.filter(
        pk=int(message.subject.rpartition(":")[2]), is_active=True, gets_week=True
    ).first()
    if person is None or weekpaper.week_name(swedish_day(at)) != message.occasion:
        return
    if not is_sending_time(at):
        raise Later("Letters wait for their hours.", until=next_sending_time(at))
    week = weekpaper.week_of(person, at=at)
    if not week.lines:
        return
    subject, body = weekpaper.letter_of_week(week, person)
    with translation.override(person.language):
        name = _("week") + f" {week.number}.pdf"
    send(
        message,
        to=[person.address_for_reminders],
        subject=subject,
        body=body,
        papers={name: weekpaper.paper_of_week(week, person, at=at)},
    )
