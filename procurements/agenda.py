"""A person's week: what is late, what is due today and on the days to come. No queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from procurements import days

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
# So many of the late things, and of the things of a day, are shown at once; the rest is folded.
SHOWN = 20
SPELLED: list[Promise] = [
    pgettext_lazy("things", "No"),
    pgettext_lazy("things", "One"),
    pgettext_lazy("things", "Two"),
    pgettext_lazy("things", "Three"),
    pgettext_lazy("things", "Four"),
    pgettext_lazy("things", "Five"),
    pgettext_lazy("things", "Six"),
    pgettext_lazy("things", "Seven"),
    pgettext_lazy("things", "Eight"),
    pgettext_lazy("things", "Nine"),
    pgettext_lazy("things", "Ten"),
    pgettext_lazy("things", "Eleven"),
    pgettext_lazy("things", "Twelve"),
]


@dataclass(frozen=True)
class Thing:
    """Something that needs a person on a day: a task, a deadline, a gate to decide, a decision to
    sign."""

    kind: Literal["task", "deadline", "gate", "sign"]
    on: date
    title: str
    case: str
    url: str
    more: str = ""


@dataclass(frozen=True)
class Day:
    """A day of the agenda with what is due on it; late days come before today."""

    on: date
    name: str
    state: Literal["late", "today", "coming"]
    things: tuple[Thing, ...]

    @property
    def first(self) -> tuple[Thing, ...]:
        return self.things[:SHOWN]

    @property
    def folded(self) -> tuple[Thing, ...]:
        return self.things[SHOWN:]


@dataclass(frozen=True)
class Week:
    """The days from the oldest late one to the end of the week, working days also when empty."""

    days: tuple[Day, ...]
    number: int
    needed: int
    late: int
    is_next: bool

    @property
    def late_days(self) -> list[Day]:
        """The oldest late days, as many as hold what is shown of what is late."""
        return self._late_days()[0]

    @property
    def folded(self) -> list[Day]:
        """The late days after them."""
        return self._late_days()[1]

    @property
    def folded_things(self) -> int:
        return sum(len(day.things) for day in self.folded)

    @property
    def coming_days(self) -> list[Day]:
        """Today and the days after it."""
        return [day for day in self.days if day.state != "late"]

    def _late_days(self) -> tuple[list[Day], list[Day]]:
        shown: list[Day] = []
        folded: list[Day] = []
        before = 0
        for day in self.days:
            if day.state == "late":
                (shown if before < SHOWN else folded).append(day)
                before += len(day.things)
        return shown, folded

    @property
    def lead(self) -> str:
        """Four things need you this week. One is late."""
        if not self.needed:
            return nothing_needed(self.is_next)
        first = (
            ngettext(
                "%(many)s thing needs you next week.",
                "%(many)s things need you next week.",
                self.needed,
            )
            if self.is_next
            else ngettext(
                "%(many)s thing needs you this week.",
                "%(many)s things need you this week.",
                self.needed,
            )
        ) % {"many": spelled(self.needed)}
        if not self.late:
            return first
        second = ngettext("%(many)s is late.", "%(many)s are late.", self.late)
        return f"{first} {second % {'many': spelled(self.late)}}"


def spelled(number: int) -> str:
    """A number as a word at the beginning of a sentence, up to twelve."""
    return str(SPELLED[number]) if number < len(SPELLED) else str(number)


def last_day_of_week(today: date) -> date:
    """The Sunday that ends the week; from Saturday on it is the week after that counts."""
    ahead = 7 if is_next_week(today) else 0
    return today + timedelta(days=SUNDAY - today.weekday() + ahead)


def is_next_week(today: date) -> bool:
    """Whether it is the week after today's that counts."""
    return today.weekday() >= SATURDAY


def nothing_needed(is_next: bool) -> str:
    return _("Nothing needs you next week.") if is_next else _("Nothing needs you this week.")


def week_of(things: Iterable[Thing], today: date) -> Week:
    """Lay out what is due by day, as far as to the end of the week."""
    until = last_day_of_week(today)
    due = sorted((t for t in things if t.on <= until), key=lambda t: (t.on, t.case, t.title, t.url))
    by_day: dict[date, list[Thing]] = {}
    for thing in due:
        by_day.setdefault(thing.on, []).append(thing)
    for ahead in range((until - today).days + 1):
        day = today + timedelta(days=ahead)
        if day == today or days.is_working_day(day):
            by_day.setdefault(day, [])
    return Week(
        days=tuple(_day(on, tuple(by_day[on]), today) for on in sorted(by_day)),
        number=until.isocalendar().week,
        needed=len(due),
        late=sum(thing.on < today for thing in due),
        is_next=is_next_week(today),
    )


def _day(on: date, things: tuple[Thing, ...], today: date) -> Day:
    if on < today:
        return Day(on, _("Late"), "late", things)
    if on == today:
        return Day(on, _("Today"), "today", things)
    name = _("Tomorrow") if on == today + timedelta(days=1) else ""
    return Day(on, name, "coming", things)


def greeting(hour: int, name: str) -> str:
    """Good morning, Maja – by the Swedish clock."""
    words = {"name": name}
    if hour < 5 or hour >= 18:
        return _("Good evening, %(name)s") % words
    return (_("Good morning, %(name)s") if hour < 10 else _("Hello, %(name)s")) % words
