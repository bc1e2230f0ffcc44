"""What follows when a gate decision takes effect: shared steps, called within an operation."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements import days, planning
from procurements.models import (
    Case,
    CasePhase,
    GateDecision,
    GateOutcome,
)
from procurements.refusals import Refused
from procurements.sight import SUPPLIERS, circle_of
from procurements.states import (
    CaseState,
    GateOutcomeChoice,
    ParticipantState,
    PhaseState,
)
from teams.models import User


def take_effect(decision: GateDecision, case: Case, *, by: User, at: datetime) -> None:
    """What was decided at the gate happens: at once, or with the last signature."""
    run = CasePhase.objects.select_related("phase", "case").get(pk=decision.case_phase_id)
    if before := in_effect(run):
        _follow(decision, before, run, case, by=by, at=at)
        return
    circle = circle_of(run)
    decision.took_effect_at = at
    decision.save(update_fields=["took_effect_at"])
    for outcome in decision.outcomes.select_related("participant"):
        # Who withdrew while the decision waited for signatures has left already.
        if not outcome.goes_on and outcome.participant.state == ParticipantState.IN:
            discard(outcome, run, circle, by=by, at=at)
    run.close(on=decision.decided_on, by=by, at=at)
    record(
        case,
        "gate.took_effect",
        by=by,
        at=at,
        about=decision,
        facts={"number": run.number, "outcome": decision.outcome},
    )
    if decision.outcome == GateOutcomeChoice.STOP:
        case.ended_on = run.ended_on
        case.save(update_fields=["ended_on"])
        case.move_to(CaseState.STOPPED, by=by, at=at, reason=_told_to_all(decision, run))
        return
    start = decision.moved_to(next_run(run)) or decision.next_starts_on
    start = start or days.next_working_day(decision.decided_on)
    if decision.signatures_needed and (signed_on := decision.last_signed_on()):
        # What was signed late cannot have started before it was signed.
        start = max(start, days.roll_forward(signed_on))
    following = _following_run(decision, run, start)
    if following is None:
        case.ended_on = run.ended_on
        case.save(update_fields=["ended_on"])
        case.move_to(CaseState.COMPLETED, by=by, at=at)
        return
    _replan_after(run, following, start)
    following.refresh_from_db()
    following.begin(on=start, by=by, at=at)


def _follow(
    right: GateDecision,
    before: GateDecision,
    run: CasePhase,
    case: Case,
    *,
    by: User,
    at: datetime,
) -> None:
    """A correcting decision takes the place of the one that stood: only the suppliers whose outcome
    is another than before come back or leave, and the phase ended on the day that is right."""
    check_day_in_effect(run, right.decided_on)
    right.took_effect_at = at
    right.save(update_fields=["took_effect_at"])
    if right.signatures_needed:
        record(
            case,
            "gate.correction_took_effect",
            by=by,
            at=at,
            about=right,
            facts={"number": run.number},
            secrecy=SUPPLIERS,
        )
    stood = dict(before.outcomes.values_list("participant", "goes_on"))
    for outcome in right.outcomes.select_related("participant"):
        participant = outcome.participant
        is_changed = outcome.goes_on != stood[participant.pk]
        if is_changed and outcome.goes_on and participant.state == ParticipantState.DISCARDED:
            participant.move_to(ParticipantState.IN, phase=run, reason="", on=right.decided_on)
            record(
                case,
                "supplier.restored",
                by=by,
                at=at,
                about=participant,
                texts={"name": participant.name},
                secrecy=SUPPLIERS,
            )
        elif is_changed and participant.state == ParticipantState.IN:
            discard(outcome, run, SUPPLIERS, by=by, at=at)
        elif not outcome.goes_on and participant.state == ParticipantState.DISCARDED:
            participant.left_reason, participant.left_on = outcome.reason, right.decided_on
            participant.save(update_fields=["left_reason", "left_on"])
    run.ended_on = max(right.decided_on, run.started_on or right.decided_on)
    run.save(update_fields=["ended_on"])
    was_last = case.state == CaseState.COMPLETED and run_after(run) is None
    if right.outcome == GateOutcomeChoice.STOP:
        case.state_reason = _told_to_all(right, run)
    if right.outcome == GateOutcomeChoice.STOP or was_last:
        case.ended_on = run.ended_on
        case.save(update_fields=["ended_on", "state_reason"])


def _told_to_all(stop: GateDecision, run: CasePhase) -> str:
    """Who reads the case at all reads why it stopped; the grounds of a round may name suppliers."""
    return "" if run.needs_round else stop.reasons


def in_effect(run: CasePhase) -> GateDecision | None:
    """The decision in effect at the gate of a run, as last corrected."""
    return run.decisions.filter(took_effect_at__isnull=False).order_by("number").last()


def run_after(run: CasePhase) -> CasePhase | None:
    """The run that was begun when this one had been left, another attempt at it or the next."""
    later = Q(number__gt=run.number) | Q(number=run.number, attempt__gt=run.attempt)
    begun = CasePhase.objects.filter(later, case=run.case_id, started_on__isnull=False)
    return begun.order_by("number", "attempt").first()


def check_day_in_effect(run: CasePhase, decided_on: date) -> None:
    """See that a decision in effect keeps a day before the start of the run that followed it.
    Raises Refused at the field."""
    # As it did start, which may be another day than was decided.
    following = run_after(run)
    if following and following.started_on and decided_on >= following.started_on:
        raise Refused(
            {
                "decided_on": _(
                    "The next phase started on that decision, so the day of the decision must be"
                    " earlier."
                )
            }
        )


def discard(outcome: GateOutcome, run: CasePhase, circle: str, *, by: User, at: datetime) -> None:
    """A supplier leaves by a decision, on the day of the decision."""
    participant, reason = outcome.participant, outcome.reason
    on = outcome.decision.decided_on
    participant.move_to(ParticipantState.DISCARDED, phase=run, reason=reason, on=on)
    record(
        run.case,
        "supplier.discarded",
        by=by,
        at=at,
        about=participant,
        facts={"phase": run.number},
        texts={"name": participant.name, "reason": reason},
        secrecy=circle,
    )


def _following_run(decision: GateDecision, run: CasePhase, start: date) -> CasePhase | None:
    case = run.case
    if decision.outcome == GateOutcomeChoice.PROCEED:
        return next_run(run)
    planned = planning.plan([run.lengths], start)[0]
    again = CasePhase.objects.create(
        case=case,
        phase=run.phase,
        number=run.number,
        attempt=run.attempt + 1,
        planned_starts_on=planned.starts_on,
        planned_ends_on=planned.ends_on,
        planned_gate_on=planned.gate_on,
        fee=run.fee,
        planned_suppliers=run.planned_suppliers,
    )
    again.lay_out_tasks()
    return again


def _replan_after(left: CasePhase, following: CasePhase, start: date) -> None:
    """The rest of the plan follows the day the next phase starts; chosen waits between phases are
    kept, counted in working days, as when a phase is moved."""
    rest = [
        r
        for r in left.case.phases.select_related("phase").filter(state=PhaseState.PLANNED)
        if (r.number, r.attempt) >= (following.number, following.attempt)
    ]
    # Before a phase stood the one that has been left, where this is another run of that.
    stood = [left if rest[0].phase_id == left.phase_id else rest[0], *rest[1:]]
    waits = [
        days.working_days_between(before.planned_gate_on, after.planned_starts_on)
        for before, after in pairwise(stood)
    ]
    plan = planning.plan([r.lengths for r in rest], start, waits=waits)
    for run, planned in zip(rest, plan, strict=True):
        run.place(planned)


def next_start(run: CasePhase, outcome: str, decided_on: date, asked: date | None) -> date | None:
    """The working day when what follows the gate starts: the day asked for or the first after it,
    else the first after the decision. None when nothing follows: the case stops, or this was the
    last phase."""
    if outcome == GateOutcomeChoice.STOP:
        return None
    if outcome == GateOutcomeChoice.PROCEED and next_run(run) is None:
        return None
    return days.roll_forward(asked) if asked else days.next_working_day(decided_on)


def planned_start_after(run: CasePhase) -> date | None:
    """The day the phase after this one is planned to start."""
    following = next_run(run)
    return following.planned_starts_on if following else None


def next_run(run: CasePhase) -> CasePhase | None:
    """The phase that starts when this one is left by its gate; none after the last."""
    return (
        CasePhase.objects.select_related("phase", "case")
        .filter(case=run.case_id, number__gt=run.number, state=PhaseState.PLANNED)
        .order_by("number", "attempt")
        .first()
    )
