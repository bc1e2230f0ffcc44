"""A person's week over all cases, as a letter and on paper: days, what, and in which case; never a
supplier, a score or an amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from documents import pdf
from documents.source import Given, Source
from procurements import days, saying, signing
from procurements.days import swedish_day
from procurements.duties import Duty, duties_of, sees_suppliers_in, titles_of
from procurements.models import Case, GateDecision
from procurements.reminderpaper import link_to
from teams.letters import page_address
from teams.models import User

# So many lines of what is late, and of what comes, are in the letter; its paper tells all.
IN_A_LETTER = 30


@dataclass(frozen=True)
class Line:
    """One thing of the week."""

    on: date
    day: str
    title: str
    case: str
    phase: int
    link: str
    is_late: bool


@dataclass(frozen=True)
class Week:
    """What needs a person in a week: what is late first, then day by day."""

    number: int
    first: str
    last: str
    lines: tuple[Line, ...]

    @property
    def late(self) -> list[Line]:
        return [line for line in self.lines if line.is_late]

    @property
    def coming(self) -> list[Line]:
        return [line for line in self.lines if not line.is_late]

    @property
    def told(self) -> dict[str, object]:
        """What the letter tells of them, and how many things more there are."""
        late, coming = self.late, self.coming
        return {
            "late": late[:IN_A_LETTER],
            "more_late": len(late[IN_A_LETTER:]),
            "coming": coming[:IN_A_LETTER],
            "more_coming": len(coming[IN_A_LETTER:]),
        }


def week_name(day: date) -> str:
    """The ISO week of a day: 2026-W42."""
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02}"


def first_working_day(day: date) -> date:
    """The first working day of the week that a day is in."""
    return days.roll_forward(monday_of(day))


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week_of(person: User, *, at: datetime) -> Week:
    """The person's week, from what is late to its Sunday, in the person's language."""
    today = swedish_day(at)
    monday = monday_of(today)
    held = Case.objects.held_by(person, on=today)
    mine = [
        duty
        for duty in duties_of(held, until=monday + timedelta(days=6), at=at)
        if person in duty.people
    ]
    with translation.override(person.language):
        seen = sees_suppliers_in([duty.case.pk for duty in mine], person, at=at)
        titles = titles_of(mine, person, seen=seen)
        lines = [_line(duty, title, today) for duty, title in zip(mine, titles, strict=True)]
        lines += [_to_sign(one, today) for one in signing.left_to(person, held, on=today)]
        return Week(
            number=monday.isocalendar().week,
            first=saying.day(monday),
            last=saying.day(monday + timedelta(days=6)),
            lines=tuple(sorted(lines, key=attrgetter("on", "case", "title", "link"))),
        )


def _line(duty: Duty, title: str, today: date) -> Line:
    return Line(
        on=duty.due_on,
        day=date_format(duty.due_on, "l j F"),
        title=title,
        case=duty.case.title,
        phase=duty.run.number,
        link=link_to(duty),
        is_late=duty.due_on < today,
    )


def _to_sign(decision: GateDecision, today: date) -> Line:
    run = decision.case_phase
    title = (
        _("Sign the corrected decision at gate %(number)s")
        if decision.corrects_id
        else _("Sign the decision at gate %(number)s")
    )
    return Line(
        on=today,
        day=date_format(today, "l j F"),
        title=title % {"number": run.number},
        case=run.case.title,
        phase=run.number,
        link=page_address("gate", run.case.number, decision.pk),
        is_late=False,
    )


def paper_of_week(week: Week, person: User, *, at: datetime) -> bytes:
    """The week as a PDF."""
    language = person.language
    with translation.override(language):
        kind = _("Weekly letter")
        title = _("Week %(number)s") % {"number": week.number}
        note = saying.demo_note()
    source = Source(
        kind="system",
        template_name="documents/week.html",
        language=language,
        data={
            "title": title,
            "first": week.first,
            "last": week.last,
            "name": person.name,
            "late": [vars(line) for line in week.late],
            "coming": [vars(line) for line in week.coming],
        },
        frame={"title": title, "kind": kind, "organisation": "Upptakt", "note": note},
    )
    return pdf.write(source, Given(at=at, version="", author=""))


def letter_of_week(week: Week, person: User) -> tuple[str, str]:
    """Subject and text of the letter."""
    with translation.override(person.language):
        subject = _("Your week %(number)s in Upptakt") % {"number": week.number}
        body = render_to_string(
            "procurements/reminder/week.txt", {"week": week, "name": person.name, **week.told}
        )
    return subject, body
