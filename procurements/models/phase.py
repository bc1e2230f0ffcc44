from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.refusals import TransitionRefused
from procurements.states import PHASE_MOVES, WORKED_IN, PhaseState, Role

if TYPE_CHECKING:
    from procurements.planning import PlannedPhase
    from teams.models import User


class CasePhase(models.Model):
    """One run of a handbook phase in a case, with planned and actual days. A phase that is
    repeated by its gate gets a new row with the next attempt. Retention: case."""

    case = models.ForeignKey("procurements.Case", on_delete=models.CASCADE, related_name="phases")
    phase = models.ForeignKey("handbook.Phase", on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=PhaseState.choices, default=PhaseState.PLANNED)
    planned_starts_on = models.DateField()
    planned_ends_on = models.DateField()
    planned_gate_on = models.DateField()
    # How many times the day was moved: a calendar's SEQUENCE.
    moves = models.PositiveSmallIntegerField(default=0)
    started_on = models.DateField(null=True, blank=True)
    # When the first day was recorded; not known of what began before that was kept.
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    # Copied from the edition, excluding VAT; what the case actually pays for the phase.
    fee = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    planned_suppliers = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["number", "attempt"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "phase", "attempt"], name="one_run_of_a_phase_per_attempt"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=WORKED_IN),
                name="one_phase_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=PhaseState.values), name="case_phase_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(planned_ends_on__gte=F("planned_starts_on"))
                & Q(planned_gate_on__gte=F("planned_ends_on")),
                name="phase_is_planned_in_order",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(started_on__isnull=False),
                name="phase_that_ended_had_started",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="phase_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=Q(attempt__gte=1), name="first_attempt_is_one"),
            models.CheckConstraint(
                condition=~Q(state=PhaseState.PLANNED) | Q(started_on=None),
                name="planned_phase_has_not_begun",
            ),
            # One that was closed while it waited for its first day never began.
            models.CheckConstraint(
                condition=Q(state=PhaseState.CLOSED, started_on=None)
                | Q(state=PhaseState.CLOSED, ended_on__isnull=False)
                | ~Q(state=PhaseState.CLOSED) & Q(ended_on=None),
                name="phase_has_ended_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(fee__isnull=True) | Q(fee__gte=0), name="case_phase_fee_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}.{self.attempt}"

    def get_absolute_url(self) -> str:
        url = reverse("case_phase", args=[self.case.number, self.phase.key])
        return url if self.attempt == 1 else f"{url}?attempt={self.attempt}"

    @property
    def starts_on(self) -> date:
        return self.started_on or self.planned_starts_on

    @property
    def days_known_on(self) -> date:
        """Since when the days of its plan can be kept: its first day, or the one on which that was
        recorded, where it was entered afterwards."""
        from procurements.days import swedish_day

        if self.begun_at is None:
            return self.starts_on
        return max(self.starts_on, swedish_day(self.begun_at))

    @property
    def is_open(self) -> bool:
        """Whether it is planned or going on, also while its decision waits for signatures."""
        return self.state != PhaseState.CLOSED

    @property
    def planned(self) -> PlannedPhase:
        from procurements.planning import PlannedPhase

        return PlannedPhase(self.planned_starts_on, self.planned_ends_on, self.planned_gate_on)

    @property
    def lengths(self) -> tuple[int, int]:
        """Working days that it is planned to take, and those after it until its gate: the
        edition's, unless the case has planned it otherwise."""
        from procurements.planning import lengths_of

        return lengths_of(self.planned)

    @property
    def was_never_begun(self) -> bool:
        """Whether the case ended while the phase waited for its first day."""
        return self.state == PhaseState.CLOSED and self.started_on is None

    @property
    def is_going(self) -> bool:
        return self.state in WORKED_IN

    def is_waiting(self, *, on: date) -> bool:
        """Whether the phase is decided to start but its first day has not come."""
        return bool(self.is_going and self.started_on and self.started_on > on)

    @property
    def needs_round(self) -> bool:
        """Phases that admit or assess suppliers have a secrecy window of their own."""
        return bool(self.phase.admits_suppliers or self.phase.assessment != "none")

    @property
    def admits_again(self) -> bool:
        """Whether it is another attempt at a phase that admits suppliers."""
        return self.attempt > 1 and self.phase.admits_suppliers

    def lay_out_tasks(self) -> None:
        """Make a task of each step that applies to the case's context. Call within an operation."""
        from procurements.models.task import Task
        from procurements.planning import step_due

        steps = [s for s in self.phase.steps.all() if s.applies_in(self.case.context)]
        Task.objects.bulk_create(
            Task(
                case_phase=self,
                step=step,
                position=step.number,
                is_required=step.required,
                due_on=step_due(self.starts_on, step.offset_days),
            )
            for step in sorted(steps, key=lambda s: s.number)
        )

    def place(self, planned: PlannedPhase, *, keeps_set: bool = False) -> None:
        """Move the planned days, and those of the tasks with them: of one that is done too, for it
        may be taken up again. With `keeps_set` those that somebody has set stay. Call within an
        operation."""
        from procurements import days

        shift = days.working_days_between(self.planned_starts_on, planned.starts_on)
        if planned.gate_on != self.planned_gate_on:
            self.moves += 1
        self.planned_starts_on, self.planned_ends_on, self.planned_gate_on = planned
        self.save(
            update_fields=["planned_starts_on", "planned_ends_on", "planned_gate_on", "moves"]
        )
        if shift:
            tasks = self.tasks.filter(due_on__isnull=False)
            for task in tasks.filter(due_set_at=None) if keeps_set else tasks:
                assert task.due_on is not None
                task.due_on = days.add_working_days(task.due_on, shift)
                task.moves += 1
                task.save(update_fields=["due_on", "moves"])

    def begin(self, *, on: date, by: User, at: datetime) -> None:
        """Start the run on a Swedish day (which may lie ahead: until then it waits), and open its
        secrecy window from that day's first moment; that of an admission begun again at once, for
        the roles chosen before, since what it keeps is there already. Call within an operation."""
        from procurements import days, planning

        self.place(planning.plan([self.lengths], on)[0])
        self.started_on, self.begun_at = on, at
        self.move_to(PhaseState.ACTIVE, by=by, at=at)
        if self.needs_round:
            window = Round(case_phase=self, opens_at=days.start_of(on))
            if self.admits_again:
                window.opens_at = at
                before = Round.objects.get(
                    case_phase__case=self.case_id,
                    case_phase__phase=self.phase_id,
                    case_phase__attempt=self.attempt - 1,
                )
                window.roles = before.roles
            window.save()
            facts: dict[str, object] = {"number": self.number, "roles": window.roles}
            verb = "round.opened"
            if window.opens_at > at:
                verb, facts["opens_on"] = "round.planned", on
            record(self.case, verb, by=by, at=at, about=window, facts=facts)

    def close(self, *, on: date, by: User, at: datetime) -> None:
        """End the run on a Swedish day, and its secrecy window now: the matter is decided or
        over (OSL 19:3). Call within an operation."""
        self.ended_on = max(on, self.started_on) if self.started_on else None
        self.move_to(PhaseState.CLOSED, by=by, at=at)
        window = Round.objects.filter(case_phase=self, ends_at__isnull=True).first()
        if window:
            is_ahead = window.opens_at > at
            window.ends_at = max(at, window.opens_at)
            window.save(update_fields=["ends_at"])
            record(
                self.case,
                "round.cancelled" if is_ahead else "round.ended",
                by=by,
                at=at,
                about=window,
                facts={"number": self.number},
            )

    def can_move_to(self, state: str) -> bool:
        return state in PHASE_MOVES[self.state]

    def move_to(self, state: str, *, by: User, at: datetime, secrecy: str = "") -> None:
        """Change state along the map and record the event. Call within an operation."""
        if not self.can_move_to(state):
            raise TransitionRefused(
                _(
                    "That cannot be done as the phase stands now, and nothing is changed. "
                    "Load the page anew to see how it stands."
                )
            )
        record(
            self.case,
            "phase.moved",
            by=by,
            at=at,
            about=self,
            facts={
                "phase": self.phase.key,
                "number": self.number,
                "attempt": self.attempt,
                "was": self.state,
                "now": state,
            }
            | ({"starts_on": self.started_on} if state == PhaseState.ACTIVE else {}),
            secrecy=secrecy,
        )
        self.state = state
        self.save(update_fields=["state", "started_on", "begun_at", "ended_on"])


DEFAULT_ROUND_ROLES = [Role.PROCURER, Role.PROCESS_LEADER, Role.LAWYER, Role.ASSESSOR]


def default_round_roles() -> list[str]:
    return [str(role) for role in DEFAULT_ROUND_ROLES]


class Round(models.Model):
    """The secrecy window of a phase that admits or assesses suppliers. Until it ends, only the
    roles it names see what it covers (OSL 19:3). Retention: case."""

    case_phase = models.OneToOneField(CasePhase, on_delete=models.CASCADE, related_name="round")
    opens_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    roles = models.JSONField(default=default_round_roles)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("opens_at")),
                name="round_ends_after_it_opens",
            )
        ]

    def __str__(self) -> str:
        return self.circle

    @property
    def circle(self) -> str:
        """What journal events covered by the round carry."""
        return f"round:{self.pk}"
