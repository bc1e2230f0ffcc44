from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.days import swedish_day
from procurements.refusals import TransitionRefused
from procurements.states import TASK_MOVES, WORKED_IN, TaskState

if TYPE_CHECKING:
    from procurements.models.case import Case
    from teams.models import User


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> TaskQuerySet:
        """Those to be done, in phases that are worked in."""
        return self.filter(state=TaskState.OPEN, case_phase__state__in=WORKED_IN)


class Task(models.Model):
    """Something to do in a phase: a step of the handbook, or the team's own. Retention: case."""

    case_phase = models.ForeignKey(
        "procurements.CasePhase", on_delete=models.CASCADE, related_name="tasks"
    )
    step = models.ForeignKey(
        "handbook.Step", on_delete=models.PROTECT, null=True, blank=True, related_name="tasks"
    )
    # Only the team's own tasks; a step's title comes from the edition in the reader's language.
    title = models.CharField(max_length=160, blank=True)
    position = models.PositiveSmallIntegerField()
    is_required = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
    )
    due_on = models.DateField(null=True, blank=True)
    # When somebody set the day; one that follows the plan was set when the phase began.
    due_set_at = models.DateTimeField(null=True, blank=True)
    # How many times the day was moved: a calendar's SEQUENCE.
    moves = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)
    # The day it was done, where that is another than the day of the moment when it was recorded.
    done_on = models.DateField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_phase", "step"],
                condition=Q(step__isnull=False),
                name="one_task_per_step",
            ),
            models.CheckConstraint(
                condition=Q(state__in=TaskState.values), name="task_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(step__isnull=False) | ~Q(title=""), name="own_task_has_a_title"
            ),
            models.CheckConstraint(
                condition=~Q(state=TaskState.DONE)
                | (Q(done_at__isnull=False) & Q(done_by__isnull=False)),
                name="done_task_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state=TaskState.DONE) | Q(done_at=None, done_by=None),
                name="task_not_done_was_done_by_nobody",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"step {self.step_id}"

    @property
    def done_day(self) -> date | None:
        """The day it was done; None while it is not."""
        return self.done_on or (swedish_day(self.done_at) if self.done_at else None)

    def can_move_to(self, state: str) -> bool:
        return state in TASK_MOVES[self.state]

    def move_to(
        self,
        state: str,
        *,
        case: Case,
        title: str,
        done_on: date | None = None,
        by: User,
        at: datetime,
        secrecy: str = "",
    ) -> None:
        """Change state along the map and record the event. Call within an operation."""
        if not self.can_move_to(state):
            raise TransitionRefused(_("Someone has already changed this task."))
        facts: dict[str, object] = {"was": self.state, "now": state}
        if done_on:
            facts["done_on"] = done_on
        if self.step:
            facts["step"] = self.step.key
        record(
            case,
            "task.moved",
            by=by,
            at=at,
            about=self,
            facts=facts,
            texts={"title": title},
            secrecy=secrecy,
        )
        self.state = state
        done = state == TaskState.DONE
        self.done_at, self.done_by, self.done_on = (at, by, done_on) if done else (None,) * 3
        self.save(update_fields=["state", "done_at", "done_by", "done_on"])


class TaskItem(models.Model):
    """A ticked item of a step's checklist, by whom and when. Retention: case."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="ticks")
    item = models.ForeignKey("handbook.ChecklistItem", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "item"], name="item_is_ticked_once")]

    def __str__(self) -> str:
        return f"{self.task_id}/{self.item_id}"


class TaskNote(models.Model):
    """What someone wrote about a task. A correction changes the row; the earlier text stays in
    the history. Retention: case."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    corrected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="note_has_a_text")]

    def __str__(self) -> str:
        return self.text[:40]


class Evidence(models.Model):
    """A file that shows that a task was done. Retention: case."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="evidence")
    file = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return self.name
