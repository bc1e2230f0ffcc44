"""The demo as a list of moments: what happens, who does it and when, before anything is played."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from procurements.days import add_working_days, roll_back, swedish_day
from procurements.demo.dates import DateRefused, Dates, When, keyed
from procurements.planning import step_due

FOLDER = Path(__file__).resolve().parent
# The case that one meets first; it is played first.
FIRST = "cases/karlstad-upplev-min-verklighet.yaml"

# When in the day something happens that the file gives only a day.
ROLES_AT, BEGIN_AT, TASKS_AT, STEPS_AT = time(9), time(9, 15), time(9, 30), time(15)
LATE_AT = time(14)
# How far back T may lie from the day the demo is loaded, either way, in days.
REACH = 20 * 366

LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Entry = Mapping[str, Any]


class StepDay(NamedTuple):
    """A step of the handbook as the plan needs it: its number in the phase and its working day."""

    number: int
    offset_days: int


# Steps that apply to the case, by the file's phase key.
Steps = Mapping[str, Sequence[StepDay]]


@dataclass(frozen=True)
class Item:
    """Something that happens: when, what sort, by whom, and what the file says of it."""

    at: datetime
    kind: str
    by: str
    entry: Entry
    days: Mapping[str, date] = field(default_factory=dict)


@cache
def read(name: str, folder: Path = FOLDER) -> Entry:
    """One of the demo's files, as it is written."""
    with (folder / name).open(encoding="utf-8") as lines:
        content: Entry = yaml.load(lines, LOADER)  # noqa: S506 - safe, and in C where it can be
    return content


@cache
def items_of(name: str, folder: Path = FOLDER) -> Mapping[str, Entry]:
    """Every item of a file that has a key, by its key."""
    return keyed(read(name, folder))


def case_files() -> list[str]:
    """The files of the cases that are played, first the one that one meets first."""
    names = sorted(f"cases/{path.name}" for path in (FOLDER / "cases").glob("*.yaml"))
    return sorted(names, key=lambda name: name != FIRST)


def phase_keys(folder: Path = FOLDER) -> Mapping[str, str]:
    """The handbook's keys for the phases whose key in the case files is another."""
    return read("phase-keys.yaml", folder) or {}


def playing_day(at: datetime) -> date:
    """The day the demo plays up to: today, or the working day before a day off."""
    return roll_back(swedish_day(at))


def opened(at: datetime, folder: Path = FOLDER) -> datetime:
    """When the installation came into use: before the first case began."""
    first = read(FIRST, folder)
    dates = shifted(Path(FIRST).name, first, items_of(FIRST, folder), playing_day(at))
    return dates.read(first["play"]["opened"], of="play").at(ROLES_AT)


def shifted(file: str, content: Entry, items: Mapping[str, Entry], day: date) -> Dates:
    """The dates of a case file: T is the day, or is moved so that the day is the one in a phase
    that its `play` asks for.

    T is then the latest day with which the phase has come no further. Periods that end on days
    off are rolled, so that some days cannot be met exactly: the phase is then pinned to begin on
    the day that is required, and the wait before it is some days longer.
    """
    play = content["play"]
    if "working_day" not in play:
        return Dates(file, items, day)
    phase, working_day = play["phase"], play["working_day"]

    def reached(today: date) -> date:
        return add_working_days(Dates(file, items, today).of(phase).day, working_day - 1)

    first = day - timedelta(days=REACH)
    days = _Days(first, 2 * REACH)
    today = days[bisect_right(days, day, key=reached) - 1]
    start = add_working_days(day, 1 - working_day)
    dates = Dates(file, items, today, pins={phase: start})
    if add_working_days(dates.of(phase).day, working_day - 1) != day:
        raise DateRefused(f"{file}, {phase}: {day} cannot be working day {working_day}.")
    return dates


class _Days(Sequence[date]):
    """Days in a row, to search in."""

    def __init__(self, first: date, length: int) -> None:
        self.first, self.length = first, length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, place: Any) -> Any:
        return self.first + timedelta(days=place)


class Plan:
    """Everything in a case file that has an operation, in the order in which it is played."""

    def __init__(
        self, at: datetime, steps: Steps, file: str = FIRST, folder: Path = FOLDER
    ) -> None:
        self.at = at
        self.file = Path(file).name
        self.case = read(file, folder)
        self.steps = steps
        self.day = playing_day(at)
        self.dates = shifted(self.file, self.case, items_of(file, folder), self.day)
        starts = {
            phase["key"]: self.dates.of(phase["key"]).day
            for phase in self.written("phases")
            if phase["start"]
        }
        self.starts = starts
        self.phases = {key: start for key, start in starts.items() if start <= self.day}
        self.gates = {
            gate["phase"]: gate for gate in self.written("gates") if not gate.get("planned")
        }
        # The phase that goes on, if one does.
        self.now = next((key for key in reversed(self.phases) if key not in self.gates), None)
        if "phase" in self.case["play"]:
            self.now = self.case["play"]["phase"]

    def written(self, section: str) -> Sequence[Entry]:
        """The rows of a section of the file; none when it has no such section."""
        return self.case.get(section) or ()

    def read(self, text: object, of: str) -> When:
        return self.dates.read(text, of=of)

    def items(self) -> list[Item]:
        """What has happened by the moment of loading, by moment and then as the file has it."""
        return [item for item in self.everything() if item.at <= self.at and not self._rests(item)]

    def _rests(self, item: Item) -> bool:
        """Whether the case rests by then: nobody works on in one that is paused."""
        paused = self.case.get("paused")
        return paused is not None and item.at > self.read(paused["when"], "paused").at(STEPS_AT)

    def everything(self) -> list[Item]:
        """The same without an end, as far as phases have begun."""
        parts = (
            self._start,
            self._roles,
            self._tasks,
            self._steps,
            self._deadlines,
            self._insights,
            self._needs,
            self._challenge,
            self._legal_track,
            self._suppliers,
            self._gates,
            self._papers,
            self._paused,
        )
        return sorted((item for part in parts for item in part()), key=lambda item: item.at)

    def _start(self) -> Iterator[Item]:
        play = self.case["play"]
        start = self.read(play["start"], "play")
        planned = self.read(play["planned_start"], "play") if "planned_start" in play else start
        days = {"planned_start_on": planned.day}
        yield Item(start.at(ROLES_AT), "start", play["started_by"], play, days)
        if self.phases:
            begin = When(start.day, BEGIN_AT).at(BEGIN_AT)
            yield Item(begin, "begin", play["started_by"], play, days)

    def _roles(self) -> Iterator[Item]:
        giver = self.case["play"]["started_by"]
        for role in self.written("roles"):
            of = role["person"]
            yield Item(self.read(role["from"], of).at(ROLES_AT), "role", giver, role)
            if role.get("until"):
                until = self.read(role["until"], of)
                days = {"until_on": until.day}
                yield Item(until.at(ROLES_AT), "role_ended", giver, role, days)

    def _tasks(self) -> Iterator[Item]:
        keeper = self.case["play"]["kept_by"]
        for task in self.written("tasks"):
            if task["phase"] not in self.phases:
                continue
            due = self.read(task["due"], task["key"]).day
            added = When(self.phases[task["phase"]]).at(TASKS_AT)
            if "added" in task:
                added = self.read(task["added"], task["key"]).at(TASKS_AT)
            if task["done"]:
                done = self.read(task["done"], task["key"]).at(STEPS_AT)
                added = min(added, done - timedelta(hours=1))
                yield Item(done, "task_done", task["assignee"], task)
            yield Item(added, "task", keeper, task, {"due_on": due})

    def _steps(self) -> Iterator[Item]:
        known = {(step["phase"], step["number"]): step for step in self.written("steps")}
        for phase, start in self.phases.items():
            is_now = phase == self.now
            if is_now:
                keeper, morning = self.case["play"]["kept_by"], When(start).at(TASKS_AT)
                days = {
                    str(number): self.read(step["due"], f"step {number} of {phase}").day
                    for (of, number), step in known.items()
                    if of == phase and "due" in step
                }
                yield Item(morning, "steps_given", keeper, {"phase": phase}, days)
            late = self._left_late(phase, start) if is_now else set()
            for step in self.steps.get(phase, ()):
                entry = known.get((phase, step.number))
                if entry and "due" in entry:
                    yield self._given(entry, When(start))
                else:
                    yield self._step(phase, start, step, entry, is_late=step.number in late)

    def _given(self, entry: Entry, start: When) -> Item:
        """A step that is still to do, given to somebody when they have come into the case."""
        of = f"step {entry['number']} of {entry['phase']}"
        given = self.read(entry["given"], of) if "given" in entry else start
        days = {"due_on": self.read(entry["due"], of).day}
        at = given.at(TASKS_AT) + timedelta(minutes=entry["number"])
        return Item(at, "step_given", self.case["play"]["kept_by"], entry, days)

    def _step(
        self, phase: str, start: date, step: StepDay, entry: Entry | None, *, is_late: bool
    ) -> Item:
        of = f"step {step.number} of {phase}"
        due = step_due(start, step.offset_days)
        if is_late:
            begun = When(add_working_days(due, -1)).at(LATE_AT)
            return Item(begun, "step_begun", "", {"phase": phase, "number": step.number})
        if entry and "dropped" in entry:
            at = self.read(entry["dropped"], of).at(STEPS_AT)
            return Item(at, "step_dropped", entry["by"], entry)
        if entry:
            return Item(self.read(entry["done"], of).at(STEPS_AT), "step", entry["by"], entry)
        done = When(due).at(STEPS_AT) + timedelta(minutes=step.number)
        if phase in self.gates:
            before_gate = self._recorded(self.gates[phase]) - timedelta(hours=1)
            done = min(done, before_gate + timedelta(minutes=step.number))
        return Item(done, "step", "", {"phase": phase, "number": step.number})

    def _left_late(self, phase: str, start: date) -> set[int]:
        """The last steps of the phase whose day has passed; they are shown as late."""
        moved = {
            step["number"]
            for step in self.written("steps")
            if step["phase"] == phase and "due" in step
        }
        due = sorted(
            (step_due(start, step.offset_days), step.number)
            for step in self.steps.get(phase, ())
            if step.number not in moved
        )
        passed = [number for day, number in due if day < self.day]
        count = self.case["play"].get("left_late", 0)
        return set(passed[len(passed) - count :])

    def _deadlines(self) -> Iterator[Item]:
        for deadline in self.written("deadlines"):
            of = deadline["key"]
            if deadline["phase"] not in self.phases:
                continue
            days = {
                name: self.read(deadline[name], of).day
                for name in ("event", "due")
                if deadline.get(name)
            }
            set_at = self.read(deadline["set"], of).at(STEPS_AT)
            yield Item(set_at, "deadline", deadline["by"], deadline, days)
            if deadline.get("announced"):
                told = self.read(deadline["announced"], of).at(STEPS_AT)
                yield Item(told, "deadline_announced", deadline["by"], deadline)
            if deadline.get("kept"):
                kept = self.read(deadline["kept"], of).at(STEPS_AT)
                yield Item(kept, "deadline_kept", deadline["by"], deadline)

    def _insights(self) -> Iterator[Item]:
        for insight in self.written("insights"):
            if insight["audience"] == "public":
                continue
            at = self.read(insight["when"], insight["key"]).at(STEPS_AT)
            yield Item(at, "insight", insight["by"], insight)
            if insight.get("held_until"):
                shared = self.read(insight["held_until"], insight["key"]).at(STEPS_AT)
                yield Item(shared, "insight_shared", insight["by"], insight)

    def _needs(self) -> Iterator[Item]:
        for need in self.written("need_versions"):
            yield Item(self.read(need["when"], need["key"]).at(STEPS_AT), "need", need["by"], need)

    def _challenge(self) -> Iterator[Item]:
        for worded in self.written("challenge"):
            at = self.read(worded["when"], "challenge").at(STEPS_AT)
            yield Item(at, "challenge", worded["by"], worded)

    def _legal_track(self) -> Iterator[Item]:
        chosen = self.case.get("legal_track")
        if not chosen or chosen.get("state") == "draft":
            return
        at = self.read(chosen["when"], chosen["key"]).at(STEPS_AT)
        days = {"sent_on": self.read(chosen["sent_on"], chosen["key"]).day}
        yield Item(at, "legal_track", chosen["by"], chosen, days)

    def _suppliers(self) -> Iterator[Item]:
        opening = self.case.get("opening")
        if not opening:
            return
        at = self.read(opening["list_certified"], opening["key"]).at(STEPS_AT)
        yield Item(at, "suppliers", opening["openers"][0], opening)

    def _recorded(self, gate: Entry) -> datetime:
        return self.read(gate.get("recorded") or gate["when"], gate["key"]).at(STEPS_AT)

    def _gates(self) -> Iterator[Item]:
        following = {phase: start for (phase, _), (_, start) in pairwise(self.starts.items())}
        for phase in self.phases:
            if phase not in self.gates:
                continue
            gate = self.gates[phase]
            days = {"decided_on": self.read(gate["when"], gate["key"]).day}
            if phase in following:
                days["next_starts_on"] = following[phase]
            recorder = gate.get("recorded_by") or self.case["play"]["kept_by"]
            yield Item(self._recorded(gate), "gate", recorder, gate, days)
            for signed in gate.get("signed", ()):
                at = self.read(signed["when"], gate["key"]).at(STEPS_AT)
                yield Item(at, "signature", signed["by"], {"phase": phase, **signed})

    def _papers(self) -> Iterator[Item]:
        for paper in self.written("papers"):
            if paper["phase"] in self.phases:
                at = self.read(paper["when"], f"paper {paper['purpose']}").at(STEPS_AT)
                yield Item(at, "paper", paper["by"], paper)

    def _paused(self) -> Iterator[Item]:
        if paused := self.case.get("paused"):
            at = self.read(paused["when"], paused["key"]).at(STEPS_AT)
            yield Item(at, "paused", paused["by"], paused)
