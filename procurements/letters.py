"""Letters about cases: the case's title, what, when and a link; never a supplier or an amount."""

from collections.abc import Generator
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from outbox.models import Later, Message
from procurements import reminderpaper, signing, weekpaper
from procurements.days import swedish_day
from procurements.duties import (
    Duty,
    names_of_suppliers,
    roles_of,
    sees_suppliers,
    windows_in,
)
from procurements.models import Case, CaseInvitation, GateDecision, Reminder
from procurements.operations.reminder import mark_passed_over, mark_sent, still_to_tell
from procurements.reminderpaper import ABOUT, Told
from procurements.reminding import is_sending_time, next_sending_time
from procurements.states import ROLE_SENTENCES, PassedOver, Role
from teams.letters import one_line, page_address, receiver_of, send
from teams.models import InviteState, User


def send_case_invitation(message: Message) -> None:
    """Send an invitation's link, unless it has been answered, withdrawn or has expired."""
    invitation = CaseInvitation.objects.select_related("case__authority", "invited_by").get(
        pk=message.row_id
    )
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


def send_case_role(message: Message) -> None:
    """Tell somebody of the authority that they were given a role in a case, if they have it or are
    to have it."""
    case = Case.objects.select_related("authority").get(pk=message.row_id)
    named, _day, giver = message.occasion.split("/")
    person, today = receiver_of(message), swedish_day(timezone.now())
    held = case.roles.not_ended(today).filter(user=person, role=named).last()
    if person is None or held is None:
        return
    role = Role(named)
    with translation.override(person.language):
        subject = _("You have a role in the case %(title)s in Upptakt") % {"title": case.title}
        body = render_to_string(
            "procurements/people/role_given.txt",
            {
                "person": person,
                "case": case,
                "giver": User.objects.get(pk=giver),
                "role": role.label,
                "explained": ROLE_SENTENCES[role],
                "from_on": held.from_on if held.from_on > today else None,
                "until_on": held.until_on,
                "link": page_address("case", case.number),
            },
        )
    send(message, to=[person.email], subject=subject, body=body)


def send_signature(message: Message) -> None:
    """Ask somebody to sign a decision at a gate, if it waits for a signature that they can give."""
    decision = GateDecision.objects.select_related("case_phase__case").get(pk=message.row_id)
    case, person = decision.case_phase.case, receiver_of(message)
    of_case, today = Case.objects.filter(pk=case.pk), swedish_day(timezone.now())
    if person is None or decision not in signing.left_to(person, of_case, on=today):
        return
    with translation.override(person.language):
        number = decision.case_phase.number
        subject = _("Sign the decision at gate %(number)s: %(title)s") % {
            "number": number,
            "title": case.title,
        }
        body = render_to_string(
            "procurements/gate/to_sign.txt",
            {
                "person": person,
                "case": case,
                "number": number,
                "is_correction": decision.corrects_id is not None,
                "link": page_address("gate", case.number, decision.pk),
            },
        )
    send(message, to=[person.address_for_reminders], subject=subject, body=body)


def send_reminder(message: Message) -> None:
    """Send one reminder."""
    for _message, error in send_reminders([message]):
        if error:
            raise error


def send_reminders(messages: list[Message]) -> Generator[tuple[Message, Exception | None]]:
    """Send reminders with their papers one by one over one connection, each if it is still true:
    what is done, moved, paused, held or no longer that person's is not reminded of. Letters wait
    for the hours when they go out. Tells of each how it went."""
    heap = _Heap(messages, at=timezone.now())
    with one_line():
        for message in messages:
            error = None
            try:
                heap.send(message)
            except Exception as fault:
                error = fault
            yield message, error


class _Heap:
    """Reminders with all that they share, read once."""

    def __init__(self, messages: list[Message], *, at: datetime) -> None:
        self.at = at
        keys = [message.row_id for message in messages]
        phases = [
            f"{name}{more}"
            for name in ("task__case_phase__", "deadline__case_phase__", "gate__")
            for more in ABOUT
        ]
        # Fetched by kind, not joined: what many share is read, and made, once.
        rows = Reminder.objects.prefetch_related(
            "person", "task__step", "task__assignee", "deadline__responsible", *phases
        )
        self.reminders = {row.pk: row for row in rows.filter(pk__in=keys)}
        cases = {row.case_id: row.run.case for row in self.reminders.values()}
        self.roles = roles_of(cases, swedish_day(at))
        self.never = names_of_suppliers(cases.values())
        self.windows = windows_in(cases)
        self.papers: dict[tuple[object, ...], tuple[Told, bytes]] = {}

    def send(self, message: Message) -> None:
        reminder = self.reminders.get(message.row_id)
        # A later promise has taken its place.
        if reminder is None or message.occasion != str(reminder.promises):
            return
        if reminder.is_over or reminder.held_at:
            return
        reminder.case = reminder.run.case
        duty = still_to_tell(reminder, self.roles.get(reminder.case_id, []), at=self.at)
        if isinstance(duty, PassedOver):
            mark_passed_over(reminder, duty)
            return
        if not reminder.is_hurried and not is_sending_time(self.at):
            raise Later("Letters wait for their hours.", until=next_sending_time(self.at))
        person = reminder.person
        told, paper = self.paper_of(reminder, duty)
        with translation.override(person.language):
            name = _("reminder") + ".pdf"
        send(
            message,
            to=[person.address_for_reminders],
            subject=told.subject,
            body=reminderpaper.body_of(told, person.name, language=person.language),
            papers={name: paper},
        )
        mark_sent(reminder, at=timezone.now())

    def paper_of(self, reminder: Reminder, duty: Duty) -> tuple[Told, bytes]:
        """What it says and its paper: the same for all who are told the same."""
        language, case = reminder.person.language, reminder.case_id
        days = (reminder.due_on, reminder.was_on, reminder.turn_on)
        tells_own = sees_suppliers(
            reminder.person, self.roles.get(case, []), self.windows.get(case, []), at=self.at
        )
        key = (*reminder.subject, reminder.kind, *days, language, tells_own)
        if key not in self.papers:
            told = reminderpaper.told_of(
                reminder,
                duty,
                language=language,
                never=self.never[case],
                tells_own=tells_own,
                at=self.at,
            )
            paper = reminderpaper.paper_of(told, language=language, at=self.at)
            self.papers[key] = told, paper
        return self.papers[key]


def send_week(message: Message) -> None:
    """Send a person the week that the message names, as it looks now; nothing of a week that has
    passed, nor when nothing needs the person."""
    at = timezone.now()
    person = User.objects.filter(pk=message.row_id, is_active=True, gets_week=True).first()
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
