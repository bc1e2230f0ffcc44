"""Decide at a gate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements import saying, signing
from procurements.days import swedish_day
from procurements.models import (
    Case,
    CasePhase,
    GateDecision,
    GateOutcome,
)
from procurements.operations.case import locked
from procurements.operations.effect import next_start, planned_start_after, take_effect
from procurements.refusals import AlreadyDecided, Refused
from procurements.sight import circle_of_decision
from procurements.states import (
    CaseState,
    GateOutcomeChoice,
    LegalTrack,
    ParticipantState,
    PhaseState,
    TaskState,
)
from teams.models import User


class Verdict(NamedTuple):
    """Whether a supplier goes on, and why."""

    goes_on: bool
    reason: str = ""


@transaction.atomic(durable=True)
def decide_gate(
    *,
    case: Case,
    case_phase: CasePhase,
    outcome: str,
    reasons: str,
    conditions: str = "",
    verdicts: Mapping[int, Verdict],
    decided_by: str,
    decided_by_user: User | None = None,
    reference: str,
    decided_on: date,
    next_starts_on: date | None = None,
    despite: str = "",
    by: User,
    at: datetime,
) -> GateDecision:
    """Record what was decided at the gate of a phase.

    Takes effect at once, or with the last signature when the edition asks for signatures. Then
    the suppliers that leave have left, the secrecy window ends and the next phase starts on its
    day. Raises AlreadyDecided when someone was first, Refused when steps are missing and no
    reason is given for deciding all the same.
    """
    case = locked(case)
    run = _run_to_decide(case, case_phase, at)
    if run.decisions.exists():
        raise AlreadyDecided(_("Someone has already recorded a decision at this gate."))
    _check_who_takes_part(case)
    hindrances = hindrances_of(run)
    if hindrances and not despite:
        raise Refused(
            {"despite": _("Required steps are not done. Write why you decide all the same.")}
        )
    check_days(run, decided_on, next_starts_on, at)
    check_track(case, run, outcome)
    decision = GateDecision.objects.create(
        case_phase=run,
        outcome=outcome,
        reasons=reasons,
        conditions=conditions,
        hindrances=hindrances,
        despite=despite if hindrances else "",
        decided_by=decided_by,
        decided_by_user=decided_by_user,
        reference=reference,
        decided_on=decided_on,
        next_starts_on=next_start(run, outcome, decided_on, next_starts_on),
        next_planned_on=planned_start_after(run),
        signatures_needed=run.phase.signatures,
        recorded_by=by,
        recorded_at=at,
    )
    write_outcomes(decision, case, verdicts)
    circle = circle_of_decision(run)
    record(
        case,
        "gate.decided",
        by=by,
        at=at,
        about=decision,
        facts={
            "number": run.number,
            "attempt": run.attempt,
            "outcome": outcome,
            "decided_on": decided_on,
            "signatures": run.phase.signatures,
        },
        texts={"decided_by": decided_by, "reference": reference, "reasons": reasons},
        secrecy=circle,
    )
    if decision.signatures_needed:
        run.move_to(PhaseState.DECIDED, by=by, at=at, secrecy=circle)
        signing.promise_letters(decision, by=by, at=at)
    else:
        take_effect(decision, case, by=by, at=at)
    return decision


def hindrances_of(run: CasePhase) -> list[str]:
    """Keys of the required steps of the phase that are not done."""
    open_steps = run.tasks.filter(is_required=True, step__isnull=False)
    return list(
        open_steps.exclude(state=TaskState.DONE)
        .order_by("position")
        .values_list("step__key", flat=True)
    )


def _run_to_decide(case: Case, case_phase: CasePhase, at: datetime) -> CasePhase:
    run = case.phases.select_related("phase").get(pk=case_phase.pk)
    if run.state in (PhaseState.DECIDED, PhaseState.CLOSED):
        raise AlreadyDecided(_("Someone has already recorded a decision at this gate."))
    if case.state == CaseState.PAUSED:
        raise Refused(_("The case is paused. Resume it before you decide."))
    if case.state != CaseState.ACTIVE or run.state != PhaseState.ACTIVE:
        raise Refused(_("The phase has not begun, so its gate cannot be decided."))
    if run.is_waiting(on=swedish_day(at)):
        raise Refused(_("The phase has not begun, so its gate cannot be decided."))
    return run


def _check_who_takes_part(case: Case) -> None:
    """Who takes part is known before it is decided who goes on."""
    rows = GateDecision.objects.filter(case_phase__case=case, case_phase__state=PhaseState.CLOSED)
    decisions = list(rows.select_related("case_phase"))
    stands = GateDecision.standing(decisions)
    for run, correction in GateDecision.waiting(decisions).items():
        if _who_goes_on(correction) != _who_goes_on(stands[run]):
            raise Refused(
                _(
                    "The decision at gate %(number)s is being corrected, and with it who goes on. "
                    "Have the correction signed first, or correct it."
                )
                % {"number": correction.case_phase.number}
            )


def _who_goes_on(decision: GateDecision) -> set[int]:
    return set(decision.outcomes.filter(goes_on=True).values_list("participant", flat=True))


def check_days(run: CasePhase, decided_on: date, next_starts_on: date | None, at: datetime) -> None:
    """See that the day of the decision lies neither ahead nor before the phase, and that the next
    phase starts after it. Raises Refused at the field of the day that cannot be."""
    if decided_on > swedish_day(at):
        raise Refused({"decided_on": _("The day of the decision cannot lie ahead.")})
    if run.started_on and decided_on < run.started_on:
        words = _("The decision cannot be older than the phase, which started on %(day)s.")
        raise Refused({"decided_on": words % {"day": saying.day(run.started_on)}})
    if next_starts_on and next_starts_on <= decided_on:
        raise Refused(
            {
                "next_starts_on": _(
                    "The next phase starts the day after the decision at the earliest."
                )
            }
        )


def needs_track(case: Case, run: CasePhase) -> bool:
    """Whether the case may not go on from a run before its legal track is chosen.

    It is chosen before a phase that opens a call begins; in a case that began with such a phase,
    before it is left.
    """
    following = case.run_after(run)
    opens_call = run.phase.opens_call or (following and following.phase.opens_call)
    return bool(opens_call) and case.legal_track == LegalTrack.UNDECIDED


def check_track(case: Case, run: CasePhase, outcome: str) -> None:
    """See that the case goes on to a call only when its legal track is chosen (`needs_track`); to
    repeat or stop needs none. Raises Refused."""
    if outcome == GateOutcomeChoice.PROCEED and needs_track(case, run):
        raise Refused(_("Choose the legal track before the case goes on from this phase."))


def write_outcomes(decision: GateDecision, case: Case, verdicts: Mapping[int, Verdict]) -> None:
    """Write down for each supplier that takes part whether it goes on; nothing when the case does
    not. Whoever leaves is told the grounds (LOU 12:12, 19:19). Raises Refused at the field of each
    supplier without a verdict, or without grounds for leaving."""
    taking_part = list(case.participants.filter(state=ParticipantState.IN))
    if decision.outcome != GateOutcomeChoice.PROCEED:
        return
    missing = {}
    for participant in taking_part:
        verdict = verdicts.get(participant.pk)
        if verdict is None:
            missing["verdicts"] = _("Say for each supplier whether it goes on.")
        elif not verdict.goes_on and not verdict.reason:
            missing[f"reason_{participant.pk}"] = _(
                "Write your grounds. They are sent to the supplier."
            )
    if missing:
        raise Refused(missing)
    GateOutcome.objects.bulk_create(
        GateOutcome(
            decision=decision,
            participant=participant,
            goes_on=verdicts[participant.pk].goes_on,
            reason="" if verdicts[participant.pk].goes_on else verdicts[participant.pk].reason,
        )
        for participant in taking_part
    )
