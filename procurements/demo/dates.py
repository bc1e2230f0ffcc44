"""The days of the demo files: texts such as `@rfi.closes +6wd 15:00`, read with a given T.

The language is described in README.md beside this file.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from procurements.days import SWEDEN, add_working_days, roll_forward

STANDSTILL = timedelta(days=10)
EXPRESSION = re.compile(
    r"(?P<base>T|@(?P<key>[a-z0-9-]+)(?:\.(?P<field>[a-z_0-9]+))?)(?P<standstill>/standstill)?"
    r"(?P<steps>(?: [+-]\d+(?:wd|d|w))*)(?: (?P<clock>\d\d:\d\d))?(?P<exact> exact)?"
)
STEP = re.compile(r"([+-]\d+)(wd|d|w)")


class DateRefused(ValueError):
    """A date in a demo file cannot be read; says in which file, of which item and why."""


@dataclass(frozen=True)
class When:
    """A day, with the Swedish clock when the file says it."""

    day: date
    clock: time | None = None

    def at(self, otherwise: time) -> datetime:
        """The moment in UTC, by the clock of the file or else by another."""
        clock = self.clock or otherwise
        return datetime.combine(self.day, clock, tzinfo=SWEDEN).astimezone(UTC)


class Dates:
    """The dates of one file's items for one T; a pinned item begins on the day it is given.

    Raises DateRefused for what cannot be read, with the file and the key.
    """

    def __init__(
        self,
        file: str,
        items: Mapping[str, Mapping[str, Any]],
        today: date,
        *,
        pins: Mapping[str, date] | None = None,
    ) -> None:
        self.file = file
        self.today = today
        self._items = items
        self._known = {f"@{key}": When(day) for key, day in (pins or {}).items()}

    def read(self, text: object, *, of: str) -> When:
        """The day that a text says. `of` names whose it is, for the message."""
        return self._read(text, of, ())

    def of(self, key: str) -> When:
        """When the item with the key is, or starts."""
        return self.read(f"@{key}", of=key)

    def _read(self, text: object, of: str, asked: tuple[str, ...]) -> When:
        if isinstance(text, str) and text in self._known:
            return self._known[text]
        found = EXPRESSION.fullmatch(text) if isinstance(text, str) else None
        if not isinstance(text, str) or found is None:
            raise self._refuse(of, f"{text!r} is no date")
        if text in asked:
            raise self._refuse(of, f"{text!r} leads back to itself")
        base = self._base(found, of, (*asked, text))
        day = roll_forward(base.day + STANDSTILL) if found["standstill"] else base.day
        for count, unit in STEP.findall(found["steps"]):
            day = _step(day, int(count), unit, is_exact=bool(found["exact"]))
        keeps_clock = not found["steps"] and not found["standstill"]
        clock = base.clock if keeps_clock else None
        if found["clock"]:
            clock = self._clock(found["clock"], of)
        self._known[text] = When(day, clock)
        return self._known[text]

    def _base(self, found: re.Match[str], of: str, asked: tuple[str, ...]) -> When:
        if found["base"] == "T":
            return When(self.today)
        key, field = found["key"], found["field"]
        item = self._items.get(key)
        if item is None:
            raise self._refuse(of, f"nothing has the key {key!r}")
        own = self._known.get(f"@{key}")
        is_start = field in (None, "start" if "when" not in item else "when")
        if own and is_start:
            return own
        field = field or ("when" if "when" in item else "start")
        if not item.get(field):
            raise self._refuse(of, f"{key!r} has no {field!r}")
        return self._read(item[field], key, asked)

    def _clock(self, text: str, of: str) -> time:
        try:
            return time.fromisoformat(text)
        except ValueError:
            raise self._refuse(of, f"{text!r} is no time of the day") from None

    def _refuse(self, of: str, why: str) -> DateRefused:
        return DateRefused(f"{self.file}, {of}: {why}.")


def _step(day: date, count: int, unit: str, *, is_exact: bool) -> date:
    if unit == "wd":
        return add_working_days(day, count)
    day += timedelta(days=count * (7 if unit == "w" else 1))
    return day if is_exact else roll_forward(day)


def keyed(content: object) -> dict[str, Mapping[str, Any]]:
    """Every item of a file that has a key, however deep it lies, by its key."""
    return dict(_keyed(content))


def _keyed(content: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(content, Mapping):
        if isinstance(content.get("key"), str):
            yield content["key"], content
        for inner in content.values():
            yield from _keyed(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _keyed(inner)
