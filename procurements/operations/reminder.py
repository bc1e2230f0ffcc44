"""Make the reminders whose turn has come; hold one, let it go, send one now, mark how it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from journal.record import record
from outbox.models import Lane, Message
from procurements.days import start_of, swedish_day
from procurements.duties import Duty, duty_of, is_still_to_keep, runs_in
from procurements.models import Case, CasePhase, CaseRole, Deadline, Reminder, Task
from procurements.models.reminder import LETTER, MOVED, SUBJECTS
from procurements.operations.case import locked
from procurements.refusals import Refused
from procurements.reminding import (
    LATE,
    Rung,
    as_rhythm,
    next_rung,
    rung_on,
    steps_of,
)
from procurements.sight import circle_of_work
from procurements.states import PassedOver, PhaseState
from teams.merging import merged
from teams.models import User


@transaction.atomic(durable=True)
def remind_case(*, case: Case, duties: Sequence[Duty], at: datetime) -> int:
    """Make the reminders of a case whose turn has come; returns how many letters were promised.
    Nobody is nudged for them. Harmless however often. By whom is no question: a letter is no change
    of the case.

    Raises Refused when the case has been thrown away since its duties were read.
    """
    case = locked(case)
    duties = [duty for duty in duties if runs_in(duty.row, case)]
    today = swedish_day(at)
    known = {_key(one): one for one in Reminder.objects.filter(case=case).select_related("person")}
    new, promised = [], 0
    for duty, person, rung in turns(duties, case, today):
        found = known.get(_key_of(duty, person, rung))
        if found is None:
            made = Reminder(
                **{duty.subject: duty.row},
                case=case,
                person=person,
                kind=rung.step,
                due_on=duty.due_on,
                turn_on=rung.on,
                made_at=at,
                promises=1,
            )
            new.append(made)
        elif found.passed_over:
            # Passed over while its case rested or it was another's, it is true again.
            found.passed_over = ""
            found.promise(is_nudged=False)
            promised += 1
    Message.objects.post_new(
        LETTER, [one.promised for one in Reminder.objects.bulk_create(new)], lane=Lane.MAIL
    )
    return promised + len(new)


def turns(duties: Iterable[Duty], case: Case, today: date) -> Iterator[tuple[Duty, User, Rung]]:
    """Of each duty and each of its people the reminder whose turn has come."""
    for duty in duties:
        for person in duty.people:
            rhythm = duty.rhythm_of(person, case)
            rung = rung_on(today, due_on=duty.due_on, set_on=duty.set_on, rhythm=rhythm)
            if rung:
                yield duty, person, rung


def untold(by_case: Mapping[Case, Sequence[Duty]], *, today: date) -> list[Case]:
    """The cases with a reminder to make, so that no other is locked for nothing."""
    rows = Reminder.objects.filter(case__in=by_case, passed_over="")
    told = {_key(one) for one in rows.only(*SUBJECTS, "person", "kind", "due_on")}
    return [
        case
        for case, duties in by_case.items()
        if any(_key_of(*turn) not in told for turn in turns(duties, case, today))
    ]


Key = tuple[str, int, int, str, date]


def _key(reminder: Reminder) -> Key:
    subject, row_id = reminder.subject
    return (subject, row_id, reminder.person_id, reminder.kind, reminder.due_on)


def _key_of(duty: Duty, person: User, rung: Rung) -> Key:
    return (duty.subject, duty.row.pk, person.pk, rung.step, duty.due_on)


@transaction.atomic(durable=True)
def hold_reminder(*, case: Case, reminder: Reminder, by: User, at: datetime) -> Reminder:
    """Keep a reminder from being sent until it is let go. Held already is left so."""
    case, reminder = _of_case(case, reminder)
    return _hold(case, reminder, by=by, at=at)


def _hold(case: Case, reminder: Reminder, *, by: User, at: datetime) -> Reminder:
    if reminder.held_at:
        return reminder
    letter = _its_letter(reminder)
    _check_not_passed_over(reminder)
    if reminder.is_over:
        raise Refused(_("The reminder has been sent already."))
    if letter and letter.is_held(at=at):
        raise Refused(_("The reminder is being sent just now."))
    reminder.held_at, reminder.held_by = at, by
    reminder.save(update_fields=["held_at", "held_by"])
    _tell("reminder.held", case, reminder, by=by, at=at)
    return reminder


@transaction.atomic(durable=True)
def make_coming(
    *,
    case: Case,
    duty: Duty,
    person: User,
    rung: Rung,
    is_now: bool = False,
    by: User,
    at: datetime,
) -> Reminder:
    """Make a reminder before its turn: to be held until it is let go, or to be sent at once. One
    that somebody else has made meanwhile is held, or sent, as it stands; refused with the reason
    when that has been passed over."""
    case = locked(case)
    reminder, is_new = Reminder.objects.get_or_create(
        **{duty.subject: duty.row},
        person=person,
        kind=rung.step,
        due_on=duty.due_on,
        defaults={
            "case": case,
            "turn_on": rung.on,
            "made_at": at,
            "is_hurried": is_now,
            "held_at": None if is_now else at,
            "held_by": None if is_now else by,
        },
    )
    if not is_new:
        case, reminder = _of_case(case, reminder)
        return (_send_now if is_now else _hold)(case, reminder, by=by, at=at)
    _tell("reminder.hurried" if is_now else "reminder.held", case, reminder, by=by, at=at)
    if is_now:
        reminder.promise()
    return reminder


@transaction.atomic(durable=True)
def release_reminder(*, case: Case, reminder: Reminder, by: User, at: datetime) -> Reminder:
    """Let a held reminder go: it is sent when its turn comes, or has come."""
    case, reminder = _of_case(case, reminder)
    if not reminder.held_at:
        _check_not_passed_over(reminder)
        return reminder
    reminder.held_at = reminder.held_by = None
    reminder.save(update_fields=["held_at", "held_by"])
    _tell("reminder.released", case, reminder, by=by, at=at)
    is_ahead = reminder.turn_on > swedish_day(at)
    reminder.promise(due_at=start_of(reminder.turn_on) if is_ahead else None)
    return reminder


@transaction.atomic(durable=True)
def send_reminder_now(*, case: Case, reminder: Reminder, by: User, at: datetime) -> Reminder:
    """Send a reminder at once, whatever the hour. Sent already, or in a worker's hands, is left so;
    refused with the reason when it has been passed over.

    A letter that was given up or put off is taken up again under its own number: whoever got it
    after all sees that it is the same.
    """
    case, reminder = _of_case(case, reminder)
    return _send_now(case, reminder, by=by, at=at)


def _check_not_passed_over(reminder: Reminder) -> None:
    if reminder.passed_over:
        why = PassedOver(reminder.passed_over).label
        raise Refused(_("The reminder was not sent: %(why)s") % {"why": why})


def _its_letter(reminder: Reminder) -> Message | None:
    """Its latest letter, locked so that no worker takes it up. What one that had it in hand until
    now wrote down of the reminder is read anew."""
    letter = reminder.letters.select_for_update().first()
    reminder.refresh_from_db(fields=["sent_at", "passed_over"])
    return letter


def _send_now(case: Case, reminder: Reminder, *, by: User, at: datetime) -> Reminder:
    letter = _its_letter(reminder)
    _check_not_passed_over(reminder)
    if reminder.is_over:
        return reminder
    if reminder.held_at:
        letter = None
    if letter and letter.is_held(at=at):
        return reminder
    is_stuck = letter is not None and (letter.has_given_up or letter.is_put_off)
    if reminder.is_hurried and not reminder.held_at and not is_stuck:
        return reminder
    reminder.held_at = reminder.held_by = None
    reminder.is_hurried = True
    _tell("reminder.hurried", case, reminder, by=by, at=at)
    if letter and is_stuck:
        reminder.save(update_fields=["is_hurried"])
        letter.try_again(at=at)
    else:
        reminder.promise()
    return reminder


@transaction.atomic(durable=True)
def set_rhythm(
    *, case: Case, steps: list[str], began: list[str] | None = None, by: User, at: datetime
) -> Case:
    """Say at which steps people are reminded of the days of the case; none is never. A step that
    somebody else has chosen or left since the page showed those it `began` with stays so."""
    case = locked(case)
    rhythm = as_rhythm(merged(steps_of(case.rhythm), steps, began))
    if rhythm == case.rhythm:
        return case
    record(
        case,
        "reminders.changed",
        by=by,
        at=at,
        facts={"was": case.rhythm, "now": rhythm},
    )
    case.rhythm = rhythm
    case.save(update_fields=["rhythm"])
    return case


@transaction.atomic(durable=True)
def mark_sent(reminder: Reminder, *, at: datetime) -> None:
    """The letter has been handed to the mail server."""
    Reminder.objects.filter(pk=reminder.pk, sent_at=None).update(sent_at=at, passed_over="")


@transaction.atomic(durable=True)
def mark_passed_over(reminder: Reminder, why: PassedOver) -> None:
    """The letter is not sent: what it was about has changed since it was promised."""
    Reminder.objects.filter(pk=reminder.pk, sent_at=None).update(passed_over=why)


def still_to_tell(
    reminder: Reminder, roles: Sequence[CaseRole], *, at: datetime
) -> Duty | PassedOver:
    """The duty that a reminder is about as it stands for those who have these roles in its case, or
    why it is not sent."""
    row: Task | Deadline | CasePhase = reminder.row
    if not runs_in(row, reminder.case):
        return PassedOver.RESTS
    is_planned = isinstance(row, CasePhase) and row.state == PhaseState.PLANNED
    # Of a phase that has not begun only a moved plan is told.
    if not is_still_to_keep(row) and not (is_planned and reminder.kind == MOVED):
        return PassedOver.DONE
    if isinstance(row, Task) and row.due_on is None:
        return PassedOver.MOVED
    duty = duty_of(row, roles, at=at)
    if duty.due_on != reminder.due_on:
        return PassedOver.MOVED
    if reminder.person not in duty.people:
        return PassedOver.NOT_THEIRS
    steps = steps_of(duty.rhythm_of(reminder.person, reminder.case))
    wanted = reminder.person.is_reminded if reminder.kind == MOVED else reminder.kind in steps
    if not wanted and not reminder.is_hurried:
        return PassedOver.UNWANTED
    return duty


def is_late(reminder: Reminder, *, at: datetime) -> bool:
    """Whether its turn came on an earlier day, so that the letter says it comes late."""
    return reminder.kind not in (LATE, MOVED) and reminder.turn_on < swedish_day(at)


def coming(duty: Duty, person: User, *, at: datetime) -> Rung | None:
    """The next reminder of a duty for one of its people."""
    rhythm = duty.rhythm_of(person, duty.case)
    return next_rung(swedish_day(at), due_on=duty.due_on, set_on=duty.set_on, rhythm=rhythm)


def _of_case(case: Case, reminder: Reminder) -> tuple[Case, Reminder]:
    case = locked(case)
    found = Reminder.objects.select_related("person").get(pk=reminder.pk, case=case)
    return case, found


def _tell(verb: str, case: Case, reminder: Reminder, *, by: User, at: datetime) -> None:
    record(
        case,
        verb,
        by=by,
        at=at,
        about=reminder,
        facts={"kind": reminder.kind, "due_on": reminder.due_on},
        texts={"person": reminder.person.name},
        secrecy=circle_of_work(reminder.run),
    )
