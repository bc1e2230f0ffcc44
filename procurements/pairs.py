"""What is to be done in a phase, beside what the handbook says of it.

Read with a few queries for a whole phase, whatever the number of steps, notes and files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    Value,
)
from django.utils.safestring import SafeString

from handbook.models import ChecklistItem, Edition, Note, Step
from handbook.purposes import Context
from handbook.words import Words
from procurements.models import CasePhase, CaseRole, Evidence, Task, TaskItem, TaskNote
from procurements.sight import Sight
from procurements.states import TaskState
from teams.models import User


@dataclass(frozen=True)
class Item:
    """One thing on a checklist, and whether it is ticked."""

    key: str
    text: str
    is_ticked: bool


@dataclass(frozen=True)
class Law:
    """A reference to the law: where it stands, and the gist of it."""

    citation: str
    gist: str


@dataclass(frozen=True)
class Written:
    """A note, as the page shows it."""

    pk: int
    task_id: int
    text: str
    by_id: int
    by_name: str
    at: datetime
    corrected_at: datetime | None


@dataclass(frozen=True)
class Filed:
    """A file that shows that a task was done, as the page shows it."""

    pk: int
    task_id: int
    name: str
    by_id: int
    by_name: str
    at: datetime


@dataclass
class Pair:
    """One task and the guidance beside it."""

    task: Task
    number: str
    title: str
    html: SafeString | str = ""
    tags: list[tuple[str, str]] = field(default_factory=list)
    laws: list[Law] = field(default_factory=list)
    who: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    notes: list[Written] = field(default_factory=list)
    files: list[Filed] = field(default_factory=list)
    is_open: bool = False
    can_change: bool = False
    # Who is named for it does it, also where only others may change who does it and when.
    can_do: bool = False
    # Whether who is to do it has no role in the case any more.
    has_left: bool = False

    @property
    def ticked(self) -> list[Item]:
        return [item for item in self.items if item.is_ticked]

    @property
    def is_done(self) -> bool:
        return self.task.state == TaskState.DONE

    @property
    def is_to_do(self) -> bool:
        return self.task.state == TaskState.OPEN

    @property
    def may_be_dropped(self) -> bool:
        return self.is_to_do and not self.task.is_required


@dataclass(frozen=True)
class Left:
    """A step that does not apply to the case, and what it applies to."""

    number: str
    title: str
    contexts: list[str]


def tasks_of(run: CasePhase, sight: Sight, user: User) -> list[Task]:
    """The tasks of a run that the person may see, with who does them.

    What the team calls its own tasks may tell of suppliers: outside an open secrecy window only
    the handbook's steps are seen, and what is one's own.
    """
    tasks = run.tasks.select_related("step", "assignee", "done_by")
    if not sight.sees_work(run):
        tasks = tasks.filter(Q(step__isnull=False) | Q(assignee=user))
    return list(tasks)


def pairs_of(
    run: CasePhase,
    tasks: Sequence[Task],
    words: Words,
    *,
    edition: Edition,
    sight: Sight,
    user: User,
) -> tuple[list[Pair], list[Left]]:
    """Every task given beside its guidance, and the steps of the phase that were left out."""
    parts, steps = _parts(run)
    notes, files = _written([task.pk for task in tasks], sees_all=sight.sees_work(run), user=user)
    citations = {row["key"]: row["citation"] for row in edition.law.get("references", [])}
    pairs = []
    for task in tasks:
        task.case_phase = run
        pair = Pair(task, "", task.title, notes=notes[task.pk], files=files[task.pk])
        if task.step:
            _guide(pair, task.step, run, words, parts[task.step_id or 0], citations)
        pairs.append(pair)
    applying = {task.step_id for task in tasks}
    left = [
        Left(
            number=f"{run.number}.{number}",
            title=words(f"step:{key}", "title"),
            contexts=[
                words(f"context:{one}", "title") or str(Context(one).label) for one in applies_to
            ],
        )
        for pk, key, number, applies_to in steps
        if pk not in applying
    ]
    return pairs, left


def mark_can(pairs: Iterable[Pair], user: User, *, can_work: bool, is_own_to_do: bool) -> None:
    """Mark what the person may do with each: all of it, or only do what is their own."""
    for pair in pairs:
        pair.can_change = can_work
        pair.can_do = can_work or (is_own_to_do and pair.task.assignee_id == user.pk)


def mark_left(pairs: Iterable[Pair], here: Iterable[CaseRole]) -> None:
    """Mark what is left to do for somebody who has none of the roles held now."""
    people = {role.user_id for role in here}
    for pair in pairs:
        who = pair.task.assignee_id
        pair.has_left = pair.is_to_do and who is not None and who not in people


def _guide(
    pair: Pair,
    step: Step,
    run: CasePhase,
    words: Words,
    parts: Iterable[tuple[str, str, str, bool]],
    citations: dict[str, str],
) -> None:
    pair.number = f"{run.number}.{step.number}"
    pair.title = words(step, "title") or step.key
    pair.html = words.html(step, "guidance")
    pair.who = [words(f"role:{role}", "title") or role for role in step.who]
    pair.laws = [Law(citations.get(key, key), words(f"law:{key}", "gist")) for key in step.law]
    for kind, key, tag, is_ticked in parts:
        if kind == "item":
            pair.items.append(Item(key, words(f"item:{key}", "text"), is_ticked))
        else:
            pair.tags.append((tag, words(f"note:{key}", "text")))


def _parts(
    run: CasePhase,
) -> tuple[dict[int, list[tuple[str, str, str, bool]]], list[tuple[int, str, int, list[str]]]]:
    """Checklists with their ticks and the notes of the handbook, by step; and every step."""
    ticks = TaskItem.objects.filter(item=OuterRef("pk"), task__case_phase=run)
    items = (
        ChecklistItem.objects.filter(step__phase=run.phase_id)
        .annotate(kind=Value("item"), mark=Value(""), is_ticked=Exists(ticks))
        .order_by()
        .values_list("kind", "step_id", "position", "key", "mark", "is_ticked")
    )
    notes = (
        Note.objects.filter(step__phase=run.phase_id)
        .annotate(
            kind=Value("note"),
            mark=F("tag"),
            is_ticked=Value(False, output_field=BooleanField()),
        )
        .order_by()
        .values_list("kind", "step_id", "position", "key", "mark", "is_ticked")
    )
    parts = defaultdict(list)
    for kind, step, _position, key, mark, is_ticked in sorted(items.union(notes, all=True)):
        parts[step].append((kind, key, mark, bool(is_ticked)))
    steps = list(
        Step.objects.filter(phase=run.phase_id)
        .order_by("number")
        .values_list("pk", "key", "number", "applies_to")
    )
    return parts, steps


def _written(
    tasks: list[int], *, sees_all: bool, user: User
) -> tuple[dict[int, list[Written]], dict[int, list[Filed]]]:
    """Notes and files of the tasks; outside an open secrecy window only one's own."""
    moment = DateTimeField()
    notes = TaskNote.objects.filter(task__in=tasks).annotate(
        kind=Value("note", output_field=CharField()),
        said=F("text"),
        later=F("corrected_at"),
    )
    files = Evidence.objects.filter(task__in=tasks, removed_at__isnull=True).annotate(
        kind=Value("file", output_field=CharField()),
        said=F("name"),
        later=Value(None, output_field=moment),
    )
    columns = ("kind", "pk", "task_id", "said", "by_id", "by__name", "at", "later")
    rows: list[tuple[Any, ...]] = []
    if tasks:
        both = [
            (rows_ if sees_all else rows_.filter(by=user)).order_by().values_list(*columns)
            for rows_ in (notes, files)
        ]
        rows = sorted(both[0].union(both[1], all=True), key=lambda row: (row[6], row[1]))
    written: dict[int, list[Written]] = defaultdict(list)
    filed: dict[int, list[Filed]] = defaultdict(list)
    for kind, *rest in rows:
        if kind == "note":
            written[rest[1]].append(Written(*rest))
        else:
            filed[rest[1]].append(Filed(*rest[:-1]))
    return written, filed
