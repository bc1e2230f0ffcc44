"""A reminder as a letter and as a page of paper: what, when, why and a link; never a supplier, a
score or an amount, and not the person's name, so that all who are reminded get the same paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents import pdf
from documents.source import Given, Source
from handbook.words import Words
from procurements import saying
from procurements.days import swedish_day
from procurements.due import why
from procurements.duties import Duty, names_of_suppliers
from procurements.models import CasePhase, Deadline, Reminder, Task
from procurements.models.reminder import MOVED
from procurements.operations.reminder import is_late
from teams.letters import page_address


@dataclass(frozen=True)
class Told:
    """What a reminder says, in one language."""

    subject: str
    title: str
    lead: str
    day: str
    was: str
    case: str
    reference: str
    authority: str
    phase: str
    handbook: str
    law: str
    link: str
    is_late: bool
    turn: str


def told_of(reminder: Reminder, duty: Duty, *, language: str, at: datetime) -> Told:
    """The content of a reminder in a language, as it is on the day it is sent."""
    with translation.override(language):
        words = duty.case.edition.words(language)
        title = duty.title(words, never=names_of_suppliers([duty.case])[duty.case.pk])
        lead = _lead(reminder, swedish_day(at))
        return Told(
            subject=f"{lead}: {title}, {duty.case.title}",
            title=title,
            lead=lead,
            day=saying.day(reminder.due_on),
            was=saying.day(reminder.was_on),
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
    """The reminder as a PDF of one page. The same content makes the same paper."""
    with translation.override(language):
        kind = _("Reminder")
        note = (
            _("Demo data: days, numbers, people and suppliers are invented.")
            if settings.IS_DEMO
            else ""
        )
    source = Source(
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
    return pdf.write(source, Given(at=at, version="", author=""))


def body_of(told: Told, person_name: str, *, language: str) -> str:
    """The text of the letter that the paper comes with."""
    with translation.override(language):
        return render_to_string(
            "procurements/reminder/letter.txt", {"told": told, "name": person_name}
        )


def _lead(reminder: Reminder, today: date) -> str:
    """How near the day is, or that it has passed or was moved."""
    if reminder.kind == MOVED:
        return _("Moved to %(day)s") % {"day": saying.day(reminder.due_on)}
    left = (reminder.due_on - today).days
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
