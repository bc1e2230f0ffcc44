"""Put right the first day of a phase that was recorded wrong."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements import planning, saying
from procurements.days import roll_forward, swedish_day
from procurements.duties import tell_of_move
from procurements.models import Case, CasePhase
from procurements.operations.case import (
    check_began,
    check_gates_before,
    check_not_over,
    check_was,
    locked,
    place_anew,
)
from procurements.refusals import Refused
from procurements.states import CaseState, PhaseState
from teams.models import User

# What is done in a phase, each at its moment.
DONE_IN = (
    "tasks__done_at",
    "tasks__ticks__at",
    "tasks__notes__at",
    "tasks__evidence__at",
    "insights__at",
    "deadlines__set_at",
    "papers__changed_at",
)


@transaction.atomic(durable=True)
def correct_start(
    *,
    case: Case,
    case_phase: CasePhase,
    starts_on: date,
    reason: str,
    was: str = "",
    by: User,
    at: datetime,
) -> CasePhase:
    """Put right the first day of a phase that has begun, which was recorded wrong, with the reason;
    history keeps both days. The plan follows as when a phase is moved, but days that somebody has
    set in the phase are left as they are. On a day ahead the phase waits for it.

    Refused as `check_start` does, and when somebody has corrected it since it was the day that
    `was` (as text).
    """
    case = locked(case)
    run = case.phases.select_related("phase").get(pk=case_phase.pk)
    starts_on = roll_forward(starts_on)
    check_start(case, run, starts_on, was, at=at)
    if starts_on == run.started_on:
        return run
    was_on, was_gate_on = run.started_on, run.planned_gate_on
    place_anew(case, run, lambda plan, at: planning.moved(plan, at, starts_on), keeps_set=True)
    run.refresh_from_db()
    # The days of its plan are known from now on.
    run.started_on, run.begun_at = starts_on, at
    run.save(update_fields=["started_on", "begun_at"])
    if case.started_on == was_on:
        case.started_on = starts_on
        case.save(update_fields=["started_on"])
    record(
        case,
        "phase.start_corrected",
        by=by,
        at=at,
        about=run,
        facts={"number": run.number, "was_on": was_on, "starts_on": starts_on},
        texts={"reason": reason},
    )
    if case.state == CaseState.ACTIVE and run.planned_gate_on != was_gate_on:
        tell_of_move(run, was_on=was_gate_on, by=by, at=at)
    return run


def may_correct_start(case: Case, run: CasePhase, *, at: datetime) -> bool:
    """Whether the first day of a run can be corrected at all: it has begun, its gate has not been
    decided, and no secrecy window of the case has been open, for then suppliers go by its days."""
    windows = [one.round for one in case.phases_in_order if hasattr(one, "round")]
    return (
        not case.is_over
        and run.state == PhaseState.ACTIVE
        and not run.is_waiting(on=swedish_day(at))
        and all(window.opens_at > at for window in windows)
    )


def check_start(case: Case, run: CasePhase, starts_on: date, was: str, *, at: datetime) -> None:
    """See that a working day can be the first one of a phase that has begun. Raises Refused: when
    nothing can (`may_correct_start`), when the day is longer ago than a case may have begun, or
    before the gate before it was decided and signed, or after something done in it."""
    check_not_over(case)
    if not may_correct_start(case, run, at=at):
        raise Refused(
            _(
                "The first day can be corrected from when the phase has begun until its gate is "
                "decided, and only before suppliers come into the case."
            )
        )
    check_was(run, starts_on, was)
    check_began(starts_on, field="starts_on", at=at)
    check_gates_before(case, starts_on)
    _check_signed_before(case, starts_on)
    done = [day for day in _days_done_in(run) if run.starts_on <= day < starts_on]
    if done:
        words = _("Something was done in the phase on %(day)s, so it had begun by then.")
        raise Refused({"starts_on": words % {"day": saying.day(min(done))}})


def _check_signed_before(case: Case, starts_on: date) -> None:
    """Raises Refused for a start before the decision that led to it was signed."""
    left = [one for one in case.phases_in_order if one.state == PhaseState.CLOSED]
    if not left or not left[-1].phase.signatures:
        return
    # The first one in effect: one that corrects it moves no phase.
    decision = left[-1].decisions.filter(took_effect_at__isnull=False).first()
    signed_on = decision.last_signed_on() if decision else None
    if signed_on and starts_on < signed_on:
        words = _("The decision at the gate before was signed on %(day)s, not earlier.")
        raise Refused({"starts_on": words % {"day": saying.day(signed_on)}})


def _days_done_in(run: CasePhase) -> list[date]:
    """The days on which something has been done in a run, and those of events that the law counts
    from."""
    own = CasePhase.objects.filter(pk=run.pk).order_by()
    first, *others = [
        own.filter(**{f"{path}__isnull": False}).values_list(path, flat=True) for path in DONE_IN
    ]
    events = run.deadlines.filter(event_on__isnull=False).values_list("event_on", flat=True)
    done_on = run.tasks.filter(done_on__isnull=False).values_list("done_on", flat=True)
    days = events.order_by().union(done_on.order_by())
    return [
        *(swedish_day(moment) for moment in first.union(*others)),
        *(day for day in days if day),
    ]
