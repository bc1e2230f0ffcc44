"""A reminder as a letter and as a page of paper: what, when, why and a link; never a supplier, a
score or an amount, and not the person's name, so that all who are reminded get the same paper."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents import ahead
from documents.source import Source
from handbook.words import Words
from outbox.models import Message
from procurements import saying
from procurements.days import start_of, swedish_day
from procurements.due import why
from procurements.duties import Duty, current_duty, is_still_to_keep, names_of_suppliers
from procurements.models import CasePhase, Deadline, Reminder, Task
from procurements.models.reminder import MOVED
from procurements.operations.reminder import is_late
from teams.letters import page_address

ABOUT = ("phase", "case__edition", "case__authority", "round")


@dataclass(frozen=True)
class Told:
    """What a reminder says, in one language."""

    subject: str
    title: str
    lead: str
    day: str
    was: str
    # Whether all that is planned after it has moved with it.
    moves_plan: bool
    case: str
    reference: str
    authority: str
    phase: str
    handbook: str
    law: str
    link: str
    is_late: bool
    turn: str


def told_of(
    reminder: Reminder,
    duty: Duty,
    *,
    language: str,
    never: Collection[str],
    tells_own: bool = True,
    at: datetime,
) -> Told:
    """The content of a reminder in a language, as it is on the day it is sent; the words that tell
    of a supplier are `never` in it, nor for all what the team calls its own (`tells_own`)."""
    with translation.override(language):
        words = duty.case.edition.words(language)
        title = duty.title(words, never=never, tells_own=tells_own)
        lead = _lead(reminder, duty, swedish_day(at))
        return Told(
            subject=f"{lead}: {title}, {duty.case.title}",
            title=title,
            lead=lead,
            day=saying.day(reminder.due_on),
            was=saying.day(reminder.was_on),
            moves_plan=reminder.kind == MOVED and isinstance(duty.row, CasePhase),
            case=duty.case.title,
            reference=duty.case.reference,
            authority=str(duty.case.authority),
            phase=f"{duty.run.number} {words(duty.run.phase, 'title')}",
            handbook=_by_the_handbook(duty, words),
            law=_by_the_law(duty),
            link=link_to(duty),
            is_late=is_late(reminder, at=at),
            turn=saying.day(reminder.turn_on),
        )


def paper_of(told: Told, *, language: str, at: datetime) -> bytes:
    """The reminder as a PDF of one page: the one made for it in the night, unless its text has
    changed since."""
    return ahead.paper(source_of(told, language=language), on=swedish_day(at), at=at)


def source_of(told: Told, *, language: str) -> Source:
    """What the paper is made of: the same for everybody who is told the same."""
    with translation.override(language):
        kind = _("Reminder")
        note = saying.demo_note()
    return Source(
        kind="system",
        template_name="documents/reminder.html",
        language=language,
        data={"told": vars(told)},
        frame={
            "title": told.title,
            "kind": kind,
            "reference": told.reference,
            "organisation": told.authority,
            "case": told.case,
            "note": note,
        },
    )


@dataclass(frozen=True)
class Wanted:
    """A paper that is made in the night before its day: of what, which step, and in what language.
    Its words name a promise of the outbox."""

    on: date
    subject: str
    row_id: int
    step: str
    due_on: date
    language: str

    def __str__(self) -> str:
        return f"{self.on} {self.subject}:{self.row_id} {self.step} {self.due_on} {self.language}"

    @classmethod
    def read(cls, words: str) -> Wanted:
        on, thing, step, due_on, language = words.split()
        subject, _colon, row_id = thing.partition(":")
        return cls(
            date.fromisoformat(on),
            subject,
            int(row_id),
            step,
            date.fromisoformat(due_on),
            language,
        )


def make_paper(message: Message) -> None:
    """Make a paper ahead, as it will be sent; nothing of what is kept or moved by now, nor when its
    day has come: then whoever sends it makes what is missing."""
    wanted, today = Wanted.read(message.subject), swedish_day(timezone.now())
    row = row_of(wanted.subject, wanted.row_id)
    if row is None or today > wanted.on or not is_still_to_keep(row):
        return
    if isinstance(row, Task) and row.due_on is None:
        return
    # At noon of its day.
    then = start_of(wanted.on) + timedelta(hours=12)
    duty = current_duty(row, at=then)
    if duty.due_on != wanted.due_on:
        return
    reminder = Reminder(
        **{wanted.subject: row},
        case=duty.case,
        kind=wanted.step,
        due_on=wanted.due_on,
        turn_on=wanted.on,
    )
    never = names_of_suppliers([duty.case])[duty.case.pk]
    told = told_of(reminder, duty, language=wanted.language, never=never, at=then)
    source = source_of(told, language=wanted.language)
    ahead.paper(source, on=wanted.on, at=timezone.now())


def row_of(subject: str, row_id: int) -> Task | Deadline | CasePhase | None:
    """What a reminder is about, with all that its words are made of."""
    if subject == "gate":
        return CasePhase.objects.select_related(*ABOUT).filter(pk=row_id).first()
    phase = [f"case_phase__{more}" for more in ABOUT]
    if subject == "task":
        return Task.objects.select_related("step", "assignee", *phase).filter(pk=row_id).first()
    return Deadline.objects.select_related("responsible", *phase).filter(pk=row_id).first()


def body_of(told: Told, person_name: str, *, language: str) -> str:
    """The text of the letter that the paper comes with."""
    with translation.override(language):
        return render_to_string(
            "procurements/reminder/letter.txt", {"told": told, "name": person_name}
        )


def _lead(reminder: Reminder, duty: Duty, today: date) -> str:
    """How near the day is, or that it has passed or was moved. With a day of the law until which
    others may act, or from which something may be done, nobody is late."""
    if reminder.kind == MOVED:
        return _("Moved to %(day)s") % {"day": saying.day(reminder.due_on)}
    left = (reminder.due_on - today).days
    if left < 0 and isinstance(duty.row, Deadline) and not duty.row.binds:
        return ngettext("%(n)s day ago", "%(n)s days ago", -left) % {"n": -left}
    if left < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -left) % {"n": -left}
    if left == 0:
        return _("Today")
    if left == 1:
        return _("Tomorrow")
    return ngettext("In %(n)s day", "In %(n)s days", left) % {"n": left}


def _by_the_handbook(duty: Duty, words: Words) -> str:
    row = duty.row
    if isinstance(row, CasePhase):
        return words(row.phase, "gate.question")
    if isinstance(row, Task) and row.step:
        return words.first_sentences(row.step, "guidance")
    return ""


def _by_the_law(duty: Duty) -> str:
    row = duty.row
    if isinstance(row, Deadline) and row.period:
        rule = row.rule
        counted = why(row, with_reasons=False)
        return " ".join(filter(None, [counted, rule.paragraph if rule else ""]))
    if isinstance(row, Task) and row.step and row.step.law:
        references = duty.case.edition.law.get("references", [])
        return ", ".join(one["citation"] for one in references if one["key"] in row.step.law)
    return ""


def link_to(duty: Duty) -> str:
    """Where the thing is done, as people outside reach it."""
    row, number = duty.row, duty.case.number
    if isinstance(row, CasePhase):
        return page_address("case_phase", number, row.phase.key)
    return page_address(duty.subject, number, row.pk)
