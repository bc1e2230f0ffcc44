"""When somebody is reminded of a day: so many days before, and when it has passed. No queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings

from procurements import days
from procurements.days import SWEDEN

# What a rhythm may hold, in the order of the form; "late" is when the day has passed.
LATE = "late"
STEPS = ("14", "7", "3", "1", LATE)
USUAL = "7 1 late"


@dataclass(frozen=True)
class Rung:
    """One reminder of a day: its step, and the working day when its turn comes."""

    step: str
    on: date


def steps_of(rhythm: str) -> tuple[str, ...]:
    """The steps that a rhythm names; what it does not know it passes over."""
    return tuple(step for step in STEPS if step in rhythm.split())


def rungs(due_on: date, rhythm: str, *, set_on: date = date.min) -> list[Rung]:
    """Every reminder of a day, in the order they come: before it on the working day on or before
    the one counted to, after it on the first working day. Of a day that had passed when it was set
    it is told at once that it is late."""
    return [Rung(step, _turn(due_on, step, set_on)) for step in steps_of(rhythm)]


def _turn(due_on: date, step: str, set_on: date) -> date:
    if step == LATE:
        return days.roll_forward(max(due_on + days.ONE_DAY, set_on))
    return days.roll_back(due_on - timedelta(days=int(step)))


def rung_on(today: date, *, due_on: date, set_on: date, rhythm: str) -> Rung | None:
    """The latest reminder whose turn has come; those before it are passed over.

    One whose turn came before the day was set never comes, but the next one does.
    """
    come = [one for one in rungs(due_on, rhythm, set_on=set_on) if set_on <= one.on <= today]
    return come[-1] if come else None


def next_rung(today: date, *, due_on: date, set_on: date, rhythm: str) -> Rung | None:
    """The first reminder whose turn is still to come."""
    known = rungs(due_on, rhythm, set_on=set_on)
    return next((one for one in known if one.on > today and one.on >= set_on), None)


def is_sending_time(at: datetime) -> bool:
    """Whether letters may go out now: within the hours of a Swedish working day."""
    here = at.astimezone(SWEDEN)
    first, last = settings.SENDING_HOURS
    return days.is_working_day(here.date()) and first <= here.hour < last


def next_sending_time(at: datetime) -> datetime:
    """The moment from which letters may go out, the present one included."""
    if is_sending_time(at):
        return at
    here = at.astimezone(SWEDEN)
    first, _last = settings.SENDING_HOURS
    day = here.date() if here.hour < first else here.date() + days.ONE_DAY
    return datetime.combine(days.roll_forward(day), time(first), tzinfo=SWEDEN)


def as_rhythm(steps: Iterable[str]) -> str:
    """Chosen steps as they are stored, in their own order."""
    chosen = set(steps)
    return " ".join(step for step in STEPS if step in chosen)
