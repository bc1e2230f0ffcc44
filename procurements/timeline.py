"""The cases of a portfolio along the calendar: from days to shares of the width. No queries.

Everything is a percentage of a row's width, so that the drawing follows any column and any paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

from procurements.lanes import TrackPhase

MONTHS = 12
# What has just been is seen beside what comes.
BEFORE = 3
# A button shows so much earlier or later.
STEP = 6
# A bar without room for a few letters has none; one letter is about this share of the width.
LETTER = 0.75
MARGIN = 1.2
FIRST, LAST = date(1990, 1, 1), date(2150, 1, 1)


class Month(NamedTuple):
    """A month's first day and where it begins."""

    on: date
    x: str


@dataclass(frozen=True)
class Window:
    """Twelve months, from the first of one."""

    first: date

    @classmethod
    def around(cls, today: date) -> Window:
        return cls(_months_on(today.replace(day=1), -BEFORE))

    @classmethod
    def asked(cls, text: str, today: date) -> Window:
        """From a month as an address says it, `2026-08`; nonsense is the window around today."""
        if re.fullmatch(r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])", text):
            first = date.fromisoformat(f"{text}-01")
            if FIRST <= first <= LAST:
                return cls(first)
        return cls.around(today)

    @property
    def end(self) -> date:
        """The first day after it."""
        return _months_on(self.first, MONTHS)

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def earlier(self) -> str:
        return f"{max(_months_on(self.first, -STEP), FIRST):%Y-%m}"

    @property
    def later(self) -> str:
        return f"{min(_months_on(self.first, STEP), LAST):%Y-%m}"

    @property
    def months(self) -> list[Month]:
        firsts = [_months_on(self.first, n) for n in range(MONTHS)]
        return [Month(on, percent(self.at(on))) for on in firsts]

    def at(self, on: date, *, end_of_day: bool = False) -> float:
        """Where a day lies, in hundredths of the width; outside it below 0 or above 100."""
        passed = (on - self.first).days + end_of_day
        return 100 * passed / (self.end - self.first).days

    @property
    def half_a_day(self) -> float:
        """A mark stands in the middle of its day."""
        return 50 / (self.end - self.first).days

    def holds(self, on: date) -> bool:
        return self.first <= on < self.end


def _months_on(first: date, months: int) -> date:
    """The first of the month so many months later."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def percent(share: float) -> str:
    return f"{share:.2f}%"


@dataclass(frozen=True)
class Bar:
    """A phase along the row."""

    css: Literal["d", "n", "a"]
    x: str
    width: str
    words: str
    count: int | None


@dataclass(frozen=True)
class GateMark:
    """The double bar line of a gate; the next one says its number and day."""

    css: Literal["d", "n", "a"]
    x: str
    number: int
    on: date
    # Where its words stand beside the line.
    anchor: Literal["start", "middle", "end"]


@dataclass(frozen=True)
class DayMark:
    """A deadline on the row."""

    css: Literal["late", "open"]
    x: str


class Marked(NamedTuple):
    """A deadline as the reader may know it."""

    on: date
    title: str
    phase: int
    is_late: bool


@dataclass(frozen=True)
class Row:
    """One case along the calendar; `aside` says where it lies when none of it is in the window."""

    bars: tuple[Bar, ...]
    gates: tuple[GateMark, ...]
    days: tuple[DayMark, ...]
    aside: Literal["", "before", "after"]


CSS: dict[str, Literal["d", "n", "a"]] = {"done": "d", "now": "n", "later": "a"}


def row(phases: Sequence[TrackPhase], deadlines: Iterable[Marked], window: Window) -> Row:
    """Lay out a case: its phases in time, their gates, and its deadlines."""
    bars = tuple(bar for phase in phases if (bar := _bar(phase, window)))
    gates = tuple(
        _gate(phase, window)
        for phase in phases
        if phase.has_gate and phase.gate_on and window.holds(phase.gate_on)
    )
    days = tuple(
        DayMark("late" if one.is_late else "open", percent(window.at(one.on) + window.half_a_day))
        for one in deadlines
        if window.holds(one.on)
    )
    return Row(bars, gates, days, _aside(phases, window) if not (bars or gates or days) else "")


def _bar(phase: TrackPhase, window: Window) -> Bar | None:
    if not phase.starts_on or not phase.ends_on:
        return None
    start = max(window.at(phase.starts_on), 0.0)
    end = min(window.at(max(phase.ends_on, phase.starts_on), end_of_day=True), 100.0)
    if end <= start:
        return None
    count = len(phase.suppliers) if phase.suppliers and phase.state != "later" else None
    number = f" {count}" if count else ""
    room = int((end - start - MARGIN) / LETTER) - len(number)
    words = shortened(phase.title, room)
    return Bar(
        css=CSS[phase.state],
        x=percent(start),
        width=percent(end - start),
        words=words,
        count=count if words or room >= 0 else None,
    )


def shortened(title: str, room: int) -> str:
    """A title that fits in so many letters: whole, or cut with a full stop; nothing below three.

    Whole words that fill half the room say more than a longer word that is cut.
    """
    if len(title) <= room:
        return title
    words = title[: room + 1].rpartition(" ")[0].rstrip(" -–/.,(")
    if len(words) * 2 >= room > 3:
        return words
    return f"{title[: room - 1].rstrip(' -–/.,')}." if room > 3 else ""


def _gate(phase: TrackPhase, window: Window) -> GateMark:
    assert phase.gate_on is not None
    at = window.at(phase.gate_on) + window.half_a_day
    anchor: Literal["start", "middle", "end"] = (
        "start" if at < 8 else "end" if at > 92 else "middle"
    )
    return GateMark(CSS[phase.state], percent(at), phase.number, phase.gate_on, anchor)


def _aside(phases: Sequence[TrackPhase], window: Window) -> Literal["", "before", "after"]:
    starts = [phase.starts_on for phase in phases if phase.starts_on]
    if not starts:
        return ""
    return "after" if min(starts) >= window.end else "before"
