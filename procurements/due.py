"""The days of a case in one list: gates, steps and tasks with a day, and its deadlines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from django.urls import reverse
from django.utils.translation import gettext as _

from procurements import saying
from procurements.periodwords import how_counted, name_of
from procurements.states import PhaseState, TaskState

if TYPE_CHECKING:
    from handbook.words import Words
    from procurements.models import CasePhase, CaseRole, Deadline, Task
    from procurements.sight import Sight
    from teams.models import User


@dataclass(frozen=True)
class Due:
    """Something with a day in a case, as one person may read it."""

    kind: Literal["gate", "task", "own", "law"]
    on: date
    title: str
    phase: int
    url: str
    who: str = ""
    why: str = ""
    paragraph: str = ""
    is_announced: bool = False


def deadline_title(deadline: Deadline) -> str:
    """What a deadline is called: by the team, or by what the law's period is about."""
    return deadline.title or name_of(deadline.period)


def why(deadline: Deadline, *, with_reasons: bool = True) -> str:
    """Why it is that day: how the law counts it, why it is another, whether the rule or the legal
    track has changed since, and the reasons that somebody wrote. Of one of the team's own the
    reasons alone."""
    rule, counted = deadline.rule, deadline.counted
    reasons = deadline.reasons if with_reasons else ""
    if not deadline.period or rule is None or counted is None:
        return reasons
    told = [how_counted(rule, counted)]
    if deadline.is_open and deadline.case_phase.case.legal_track not in rule.tracks:
        told.append(
            _(
                "The time limit does not apply on the legal track that the case has now. The day"
                " stands until somebody withdraws it."
            )
        )
    if counted.on != deadline.counted_on:
        told.append(
            _("The rule has changed since: it now gives %(day)s. The day is not moved by itself.")
            % {"day": saying.day(counted.on) or _("no number")}
        )
    if deadline.counted_on and deadline.due_on != deadline.counted_on:
        told.append(
            _("The law's own day is %(day)s; another is set.")
            % {"day": saying.day(deadline.counted_on)}
        )
    return " ".join(filter(None, [*told, reasons]))


def may_know(deadline: Deadline, sight: Sight, user: User) -> bool:
    """Whether the person may read it: inside a secrecy window only those it names, and whoever
    keeps it. What a day is called, and that there is one, may tell of suppliers."""
    return sight.sees_work(deadline.case_phase) or deadline.responsible_id == user.pk


def of_gates(runs: Iterable[CasePhase], *, sight: Sight) -> list[Due]:
    """The gates that are still to be decided, as far as the person may know: that one is decided
    is not told outside its window before the decision takes effect."""
    return [
        Due(
            kind="gate",
            on=run.planned_gate_on,
            title=_("Decide gate %(number)s") % {"number": run.number},
            phase=run.number,
            url=run.get_absolute_url(),
        )
        for run in runs
        if run.state in (PhaseState.PLANNED, PhaseState.ACTIVE)
        or (run.state == PhaseState.DECIDED and not sight.sees_round(run))
    ]


def _who(named: User | None, here: Sequence[CaseRole] | None) -> str:
    """Who is named for it; of what is to be kept also whether they have none of the roles held."""
    if named is None:
        return ""
    if here is None or any(role.user_id == named.pk for role in here):
        return named.name
    return _("%(name)s, no longer in the case") % {"name": named.name}


def of_tasks(
    tasks: Iterable[Task], words: Words, *, here: Sequence[CaseRole], sight: Sight, user: User
) -> list[Due]:
    """Open steps and tasks that have a day; the team's own as far as the person may know them."""
    return [
        Due(
            kind="task",
            on=task.due_on,
            title=words(task.step, "title") if task.step else task.title,
            phase=task.case_phase.number,
            url=reverse("task", args=[task.case_phase.case.number, task.pk]),
            who=_who(task.assignee, here),
        )
        for task in tasks
        if task.due_on
        and task.state == TaskState.OPEN
        and (task.step_id or sight.sees_work(task.case_phase) or task.assignee_id == user.pk)
    ]


def of_deadlines(
    deadlines: Iterable[Deadline], *, number: int, here: Sequence[CaseRole] | None = None
) -> list[Due]:
    """Deadlines that the person may know, open or not."""
    return [
        Due(
            kind="law" if one.period else "own",
            on=one.due_on,
            title=deadline_title(one),
            phase=one.case_phase.number,
            url=reverse("deadline", args=[number, one.pk]),
            who=_who(one.responsible, here),
            why=why(one),
            paragraph=one.rule.paragraph if one.rule else "",
            is_announced=one.is_announced,
        )
        for one in deadlines
    ]
