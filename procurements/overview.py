"""What the first page of a case says: where it is, what to do now, what comes next. No queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from procurements import days
from procurements.states import TaskState
from procurements.tracking import latest_runs

if TYPE_CHECKING:
    from handbook.words import Words
    from procurements.models import CasePhase, Task
    from teams.models import User

# How much of what comes next is told, beside the gate.
NEXT_AT_MOST = 3


@dataclass(frozen=True)
class StepRow:
    """One step or own task of a phase, as a row: done, the one to work with now, or later."""

    task: Task
    number: str
    title: str
    state: Literal["done", "dropped", "now", "later"]
    who: User | None
    on: date | None
    anchor: str

    @property
    def is_open(self) -> bool:
        return self.state in ("now", "later")


@dataclass(frozen=True)
class Saying:
    """What the handbook notes about a step, with its tag."""

    text: str
    tag: str = ""


@dataclass(frozen=True)
class NowNext:
    """What to work with now, what comes after, and how much of the phase is done."""

    rows: tuple[StepRow, ...]
    now: StepRow | None
    next: tuple[StepRow, ...]

    @property
    def done(self) -> int:
        return sum(row.state == "done" for row in self.rows)

    @property
    def all(self) -> int:
        return sum(row.state != "dropped" for row in self.rows)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is left but the gate."""
        return self.now is None


@dataclass(frozen=True)
class Ahead:
    """One line of what comes next: a step or own task, or the gate where there is none."""

    on: date | None
    step: StepRow | None = None


def ahead(steps: NowNext, gate_on: date | None) -> list[Ahead]:
    """What comes next by its day, the gate after the steps of its day. A gate that is decided has
    no day: then the step that is worked with comes next too."""
    first = (steps.now,) if steps.now and gate_on is None else ()
    lines = [Ahead(row.on, row) for row in (*first, *steps.next)[:NEXT_AT_MOST]]
    if gate_on:
        lines.append(Ahead(gate_on))
    return sorted(lines, key=lambda line: (line.on is None, line.on or date.max))


def now_and_next(tasks: Iterable[Task], words: Words, *, has_begun: bool) -> NowNext:
    """The rows of a phase; the first open one is the one to work with, once the phase has begun."""
    rows: list[StepRow] = []
    now: StepRow | None = None
    for task in tasks:
        row = _row(task, words, is_now=now is None and has_begun)
        now = row if row.state == "now" else now
        rows.append(row)
    later = sorted(
        (row for row in rows if row.state == "later"),
        key=lambda row: (row.on is None, row.on or date.max, row.task.position),
    )
    return NowNext(tuple(rows), now, tuple(later[:NEXT_AT_MOST]))


def _row(task: Task, words: Words, *, is_now: bool) -> StepRow:
    state: Literal["done", "dropped", "now", "later"] = "now" if is_now else "later"
    if task.state == TaskState.DONE:
        state = "done"
    elif task.state == TaskState.DROPPED:
        state = "dropped"
    done_on = task.done_day if state == "done" else None
    return StepRow(
        task=task,
        number=f"{task.case_phase.number}.{task.step.number}" if task.step else "",
        title=words(task.step, "title") if task.step else task.title,
        state=state,
        who=(task.done_by if state == "done" else None) or task.assignee,
        on=done_on or task.due_on,
        anchor=f"step-{task.pk}",
    )


def first_sentences(text: str, *, most: int = 240) -> str:
    """The beginning of the handbook's guidance, whole sentences as far as they fit."""
    paragraph = text.strip().split("\n\n", 1)[0].replace("**", "").replace("*", "")
    paragraph = " ".join(paragraph.split())
    if len(paragraph) <= most:
        return paragraph
    kept = paragraph[: most + 1].rpartition(". ")[0]
    return f"{kept}." if kept else paragraph[:most].rsplit(" ", 1)[0] + " …"


def planned_fees(runs: Sequence[CasePhase]) -> Decimal:
    """What the phases are planned to pay the suppliers together: an optional fee too, once it is
    planned for how many (LOU 5:3)."""
    total = Decimal(0)
    for run in latest_runs(runs):
        if run.fee and run.phase.pays_suppliers:
            total += run.fee * (run.planned_suppliers or 0)
    return total


def waiting_days(gate_on: date, starts_on: date) -> int:
    """Working days between a gate and the first day of the next phase, neither counted."""
    return max(days.working_days_between(gate_on, starts_on) - 1, 0)
