"""The days of a person, or of a case, as a calendar that other programs fetch (RFC 5545).

It tells what, when, in which case and where; never a supplier, a score or an amount.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone

from procurements.days import swedish_day
from procurements.due import may_know
from procurements.duties import (
    Duty,
    duties_of,
    duty_of,
    sees_suppliers_in,
    titles_of,
)
from procurements.models import Case, Deadline, Task
from procurements.reminderpaper import link_to
from procurements.sight import Sight
from procurements.states import PhaseState

if TYPE_CHECKING:
    from teams.models import User

AHEAD = timedelta(days=800)
ZONE = "Europe/Stockholm"


@dataclass(frozen=True)
class Entry:
    """One whole day in the calendar; `moves` is how many times it has been moved."""

    uid: str
    on: date
    title: str
    case: str
    link: str
    moves: int


def calendar_of_person(person: User, *, at: datetime) -> bytes:
    """Everything the person answers for, over all cases, in the person's language."""
    held = Case.objects.held_by(person, on=swedish_day(at))
    duties = duties_of(held, until=swedish_day(at) + AHEAD, at=at)
    mine = [duty for duty in duties if person in duty.people]
    with translation.override(person.language):
        seen = sees_suppliers_in([duty.case.pk for duty in mine], person, at=at)
        return _written(_("Upptakt, my days"), _entries(mine, person, seen), at=at)


def calendar_of_case(case: Case, person: User, *, at: datetime) -> bytes:
    """The days of a case as far as the person may know them on its pages."""
    sight = Sight.of(case, person, at=at)
    duties = list(_days_of(case, person, sight, at=at))
    seen = {case.pk} if sight.sees_suppliers else set()
    with translation.override(person.language):
        name = _("Upptakt, %(case)s") % {"case": case.title}
        return _written(name, _entries(duties, person, seen), at=at)


def _days_of(case: Case, person: User, sight: Sight, *, at: datetime) -> Iterator[Duty]:
    roles = case.roles_on(swedish_day(at))
    of_phase = ("case_phase__case__edition", "case_phase__phase", "case_phase__round")
    deadlines = Deadline.objects.to_keep(on=swedish_day(at)).filter(case_phase__case=case)
    for deadline in deadlines.select_related("responsible", *of_phase):
        deadline.case_phase.case = case
        if not deadline.has_ended and may_know(deadline, sight, person):
            yield duty_of(deadline, roles, at=at)
    if case.is_over:
        return
    for run in case.phases_in_order:
        # That a gate is decided is told outside its window only when the decision takes effect.
        waits = run.state == PhaseState.DECIDED and not sight.sees_round(run)
        if waits or run.state in (PhaseState.PLANNED, PhaseState.ACTIVE):
            yield duty_of(run, roles, at=at)
    tasks = Task.objects.open().filter(case_phase__case=case, due_on__isnull=False)
    for task in tasks.select_related("step", "assignee", *of_phase):
        is_open = task.step_id or task.assignee_id == person.pk
        if is_open or sight.sees_work(task.case_phase):
            yield duty_of(task, roles, at=at)


def _entries(duties: Iterable[Duty], person: User, seen: Collection[int]) -> list[Entry]:
    """With what the team calls its own only in the cases whose suppliers the person sees."""
    duties = sorted(duties, key=lambda each: (each.due_on, each.subject, each.row.pk))
    titles = titles_of(duties, person, seen=seen)
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return [
        Entry(
            uid=f"{duty.subject}-{duty.row.pk}@{host}",
            on=duty.due_on,
            title=title,
            case=duty.case.title,
            link=link_to(duty),
            moves=duty.row.moves,
        )
        for duty, title in zip(duties, titles, strict=True)
    ]


def _written(name: str, entries: Iterable[Entry], *, at: datetime) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Upptakt//Upptakt//SV")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", ZONE)
    # Asked for anew this often, by programs that obey.
    calendar.add("refresh-interval", timedelta(hours=4), parameters={"value": "DURATION"})
    calendar.add_component(Timezone.from_tzid(ZONE))
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("sequence", entry.moves)
        event.add("dtstamp", at)
        event.add("dtstart", entry.on)
        event.add("dtend", entry.on + timedelta(days=1))
        event.add("summary", f"{entry.title}, {entry.case}")
        event.add("url", entry.link)
        event.add("description", entry.link)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
