from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.periods import Counted, Period, never_late, period_on
from procurements.refusals import TransitionRefused
from procurements.states import DEADLINE_MOVES, CaseState, DeadlineState

if TYPE_CHECKING:
    from teams.models import User


def given(texts: dict[str, str]) -> dict[str, str]:
    """The texts that hold something; an event keeps no empty ones."""
    return {name: text for name, text in texts.items() if text}


# The same as `is_announced`, for queries.
ANNOUNCED = Q(announced_at__gte=F("set_at"))


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def to_keep(self, *, on: date) -> DeadlineQuerySet:
        """Those that are open and have not passed by themselves (`Deadline.has_passed`)."""
        return self.filter(state=DeadlineState.OPEN).exclude(period__in=never_late(), due_on__lt=on)

    def running(self, *, on: date) -> DeadlineQuerySet:
        """Those that wait to be kept: in a case that goes on every one, and in one that rests or is
        over those of the law, which runs on whatever becomes of the case."""
        goes_on = Q(case_phase__case__state=CaseState.ACTIVE)
        of_law = ~Q(period="") & ~Q(case_phase__case__state=CaseState.DRAFT)
        return self.to_keep(on=on).filter(goes_on | of_law)


class Deadline(models.Model):
    """A day that a case must keep: one of the team's own, or one counted by a period of the law
    from the day of an event. The day is stored as it was set; a rule that changes later moves
    nothing by itself. Retention: case."""

    case_phase = models.ForeignKey(
        "procurements.CasePhase", on_delete=models.CASCADE, related_name="deadlines"
    )
    # One of the team's own has a title; one of the law a period, called what the law is about.
    title = models.CharField(max_length=160, blank=True)
    period = models.CharField(max_length=60, blank=True)
    event_on = models.DateField(null=True, blank=True)
    # What the period gave when it was counted; nothing where the act gives no number.
    counted_on = models.DateField(null=True, blank=True)
    due_on = models.DateField()
    # Why this day, where it is another than the one counted, or the act gives none.
    reasons = models.TextField(blank=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deadlines",
    )
    state = models.CharField(
        max_length=10, choices=DeadlineState.choices, default=DeadlineState.OPEN
    )
    set_at = models.DateTimeField()
    # How many times the day was moved: a calendar's SEQUENCE.
    moves = models.PositiveSmallIntegerField(default=0)
    # When others were told of the day: from then on it is moved only with a reason.
    announced_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_phase", "period", "event_on"],
                condition=Q(state=DeadlineState.OPEN) & ~Q(period=""),
                name="one_open_deadline_per_period_and_event",
            ),
            models.CheckConstraint(
                condition=Q(state__in=DeadlineState.values), name="deadline_state_is_known"
            ),
            models.CheckConstraint(
                condition=(~Q(title="") & Q(period="", event_on=None, counted_on=None))
                | (Q(title="", event_on__isnull=False) & ~Q(period="")),
                name="deadline_is_own_or_counted",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state=DeadlineState.DONE, done_at__isnull=False) & Q(done_by__isnull=False)
                )
                | (~Q(state=DeadlineState.DONE) & Q(done_at=None, done_by=None)),
                name="kept_deadline_says_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.period

    def get_absolute_url(self) -> str:
        return reverse("deadline", args=[self.case_phase.case.number, self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == DeadlineState.OPEN

    @property
    def is_announced(self) -> bool:
        """Whether others have been told of the day that it is now: not of one that was moved
        since."""
        return self.announced_at is not None and self.announced_at >= self.set_at

    @property
    def has_ended(self) -> bool:
        """Whether it was to be kept when its case ended: a day of the team's own ends with it, and
        the law runs on."""
        return self.is_open and not self.period and self.case_phase.case.is_over

    @property
    def rule(self) -> Period | None:
        """The period of the law as it held on the day of the event."""
        return period_on(self.period, self.event_on) if self.period and self.event_on else None

    @property
    def binds(self) -> bool:
        """Whether the team is late when it has passed: not where it only ends what others may do,
        or begins what may be done."""
        return self.period not in never_late()

    def has_passed(self, on: date) -> bool:
        """Whether it lies behind and leaves nothing to be done: it is not late, and nobody marks
        it."""
        return self.is_open and not self.binds and self.due_on < on

    @property
    def counted(self) -> Counted | None:
        """What the period gives today for that event, which may differ from what was stored."""
        rule = self.rule
        return rule.from_day(self.event_on) if rule and self.event_on else None

    def can_move_to(self, state: str) -> bool:
        return state in DEADLINE_MOVES[self.state]

    def move_to(
        self, state: str, *, by: User, at: datetime, secrecy: str, reason: str = ""
    ) -> None:
        """Change state along the map and record the event. Call within an operation."""
        if not self.can_move_to(state):
            raise TransitionRefused(_("Someone has already changed this deadline."))
        record(
            self.case_phase.case,
            "deadline.moved",
            by=by,
            at=at,
            about=self,
            facts={"period": self.period, "was": self.state, "now": state},
            texts=given({"title": self.title, "reason": reason}),
            secrecy=secrecy,
        )
        self.state = state
        done = state == DeadlineState.DONE
        self.done_at, self.done_by = (at, by) if done else (None, None)
        self.save(update_fields=["state", "done_at", "done_by"])
