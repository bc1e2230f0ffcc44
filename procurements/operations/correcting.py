"""Correct a decision at a gate by a decision that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements import signing
from procurements.models import Case, GateDecision, GateOutcome
from procurements.operations.case import locked
from procurements.operations.effect import (
    check_day_in_effect,
    in_effect,
    next_start,
    run_after,
    take_effect,
)
from procurements.operations.gate import Verdict, check_days, check_track, write_outcomes
from procurements.operations.signing import check_is_going
from procurements.refusals import AlreadyDecided, Refused
from procurements.sight import SUPPLIERS, circle_of_decision
from teams.models import User


@transaction.atomic(durable=True)
def correct_gate(
    *,
    case: Case,
    decision: GateDecision,
    correction: str,
    outcome: str,
    reasons: str,
    conditions: str = "",
    verdicts: Mapping[int, Verdict],
    decided_by: str,
    decided_by_user: User | None = None,
    reference: str,
    decided_on: date,
    despite: str = "",
    by: User,
    at: datetime,
) -> GateDecision:
    """Follow a decision with a correcting one that says what it corrects.

    It is signed anew where the edition asks for signatures. Before the first has taken effect
    everything may be corrected but which steps were not done. After that the first stands until
    the last signature on this one, and its outcome stands for good (pause or stop the case
    instead), while reasons, days, who decided and which suppliers go on may be corrected;
    suppliers come back or leave accordingly.
    """
    case = locked(case)
    wrong = GateDecision.objects.select_related("case_phase__phase", "case_phase__case").get(
        pk=decision.pk, case_phase__case=case
    )
    if GateDecision.objects.filter(corrects=wrong).exists():
        raise AlreadyDecided(_("Someone has already corrected this decision."))
    run = wrong.case_phase
    before = in_effect(run)
    if before and outcome != before.outcome:
        raise Refused(
            {"outcome": _("The decision has taken effect. Pause or stop the case instead.")}
        )
    check_days(run, decided_on, None, at)
    if before:
        check_day_in_effect(run, decided_on)
    else:
        check_is_going(case)
        check_track(case, run, outcome)
    right = GateDecision.objects.create(
        case_phase=run,
        number=wrong.number + 1,
        corrects=wrong,
        correction=correction,
        outcome=outcome,
        reasons=reasons,
        conditions=conditions,
        hindrances=wrong.hindrances,
        despite=(despite or wrong.despite) if wrong.hindrances else "",
        decided_by=decided_by,
        decided_by_user=decided_by_user,
        reference=reference,
        decided_on=decided_on,
        next_starts_on=_corrected_start(wrong, before, outcome, decided_on),
        next_planned_on=wrong.next_planned_on,
        signatures_needed=run.phase.signatures,
        recorded_by=by,
        recorded_at=at,
    )
    record(
        case,
        "gate.corrected",
        by=by,
        at=at,
        about=right,
        facts={
            "number": run.number,
            "outcome": outcome,
            "decided_on": decided_on,
            "signatures": run.phase.signatures,
        },
        texts={
            "correction": correction,
            "decided_by": decided_by,
            "reference": reference,
            "reasons": reasons,
        },
        secrecy=SUPPLIERS if before else circle_of_decision(run),
    )
    signing.promise_letters(right, by=by, at=at)
    if before is None:
        write_outcomes(right, case, verdicts)
        return right
    _write_outcomes_anew(right, before, verdicts)
    if not right.signatures_needed:
        take_effect(right, case, by=by, at=at)
    return right


def _corrected_start(
    wrong: GateDecision, before: GateDecision | None, outcome: str, decided_on: date
) -> date | None:
    run, kept = wrong.case_phase, wrong.next_starts_on
    if before:
        if kept is None or kept >= decided_on:
            return kept
        # It was signed late or moved, and so was decided after the day once meant.
        following = run_after(run)
        return following.started_on if following else None
    return next_start(run, outcome, decided_on, kept if kept and kept > decided_on else None)


def _write_outcomes_anew(
    right: GateDecision, before: GateDecision, verdicts: Mapping[int, Verdict]
) -> None:
    """Who goes on as it should have been, for those the decision that stands was about."""
    run = right.case_phase
    next_gate_is_decided = GateDecision.objects.filter(
        Q(case_phase__number__gt=run.number)
        | Q(case_phase__number=run.number, case_phase__attempt__gt=run.attempt),
        case_phase__case=run.case_id,
    ).exists()
    for stood in before.outcomes.all():
        verdict = verdicts.get(stood.participant_id, Verdict(stood.goes_on, stood.reason))
        field = f"reason_{stood.participant_id}"
        if not verdict.goes_on and not verdict.reason:
            raise Refused({field: _("Write your grounds. They are sent to the supplier.")})
        if verdict.goes_on != stood.goes_on and next_gate_is_decided:
            raise Refused(
                {
                    field: _(
                        "The gate after this has been decided; who went on can no longer change."
                    )
                }
            )
        GateOutcome.objects.create(
            decision=right,
            participant_id=stood.participant_id,
            goes_on=verdict.goes_on,
            reason="" if verdict.goes_on else verdict.reason,
        )
