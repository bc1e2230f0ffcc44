"""The periods of the law: from an event to a day, with all that shows why it is that day.

The periods are dated rows in `data/periods.yaml`. Where the act gives no number ("skälig tid")
the day is not known, and nothing is made up in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from procurements import days
from procurements.dated import Dated

FILE = Path(__file__).parent / "data" / "periods.yaml"
FORWARD, BACKWARD = "forward", "backward"
AT_LEAST, AT_MOST = "at_least", "at_most"
LAST_DAY, FIRST_DAY_AFTER = "last_day", "first_day_after"


@dataclass(frozen=True)
class Period(Dated):
    """A period of the law as it stands for a time; no `count` where the act gives no number."""

    key: str
    event: str
    tracks: frozenset[str]
    since: date
    until: date | None
    count: int | None
    unit: str
    way: str
    gives: str
    kind: str
    paragraph: str
    verified: str

    @property
    def is_for_tenders(self) -> bool:
        """Whether its day is the last for tenders, and not for applications to give one."""
        return self.key.startswith("tenders")

    @property
    def runs_to_midnight(self) -> bool:
        """Whether what comes in on its last day is in time all that day: the shortest time for
        tenders and for applications ends with the day's last hour."""
        return self.key.startswith(("tenders", "applications"))

    def from_day(self, day: date) -> Counted:
        """What comes of the period when its event is on the day."""
        if not self.holds_on(day):
            raise ValueError(f"{self.key} does not hold on {day}.")
        if self.count is None:
            return Counted(self, day, None, None)
        if self.way == BACKWARD:
            raw = day - timedelta(days=self.count)
            return Counted(self, day, raw, raw)
        raw = _later(day, self.count, self.unit)
        return Counted(self, day, raw, days.roll_forward(raw))


@dataclass(frozen=True)
class Counted:
    """A period counted from a day: `raw` before the last day is moved, `last` after.

    Both are None where the act gives no number.
    """

    period: Period
    start: date
    raw: date | None
    last: date | None

    @property
    def is_moved(self) -> bool:
        """Whether the last day was no working day (LOU 20:18, 1930:173 2 §)."""
        return self.raw != self.last

    @property
    def on(self) -> date | None:
        """The day that the period gives: its last one, or the first when something may be done."""
        if self.last is None or self.period.gives == LAST_DAY:
            return self.last
        return self.last + days.ONE_DAY

    @property
    def advised_on(self) -> date | None:
        """Counted backwards no day is moved; better is the working day before."""
        if self.last is None or self.period.way == FORWARD:
            return self.on
        return days.roll_back(self.last)


def _later(day: date, count: int, unit: str) -> date:
    match unit:
        case "days":
            return day + timedelta(days=count)
        case "working_days":
            return days.add_working_days(day, count)
        case "weeks":
            return day + timedelta(weeks=count)
        case "months":
            return days.same_day_months_later(day, count)
        case "years":
            return days.same_day_months_later(day, 12 * count)
        case _:
            raise ValueError(f"Nothing is counted in {unit!r}.")


@cache
def periods() -> tuple[Period, ...]:
    """Every period that is shipped, in the order of the file."""
    shipped: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(
        Period(since=row.pop("from"), tracks=frozenset(row.pop("tracks")), **row) for row in shipped
    )


@cache
def never_late() -> frozenset[str]:
    """The periods with whose day the team is never late: it only ends what others may do, or begins
    what may be done. A period is of one kind through all its rows."""
    return frozenset(one.key for one in periods() if one.kind != AT_MOST)


def periods_for(track: str, day: date) -> list[Period]:
    """What holds on a legal track for events of the day."""
    return [one for one in periods() if track in one.tracks and one.holds_on(day)]


def contract_from(track: str, sent_on: date) -> date | None:
    """The first day for contracts when the notice of award is sent on a day, electronically to all;
    nothing on a track without a standstill."""
    begun = (one for one in periods_for(track, sent_on) if one.event == "award_notice_sent")
    first = (one.from_day(sent_on).on for one in begun)
    return min((day for day in first if day), default=None)


def period_on(key: str, day: date) -> Period | None:
    """The period of that name as it holds for events of the day."""
    return next((one for one in periods() if one.key == key and one.holds_on(day)), None)
