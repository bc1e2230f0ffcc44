"""Correct a decision at a gate by a decision that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.models import (
    Case,
    CasePhase,
    GateDecision,
    GateOutcome,
)
from procurements.operations.case import locked
from procurements.operations.effect import discard, next_start
from procurements.operations.gate import Verdict, check_days, check_track, write_outcomes
from procurements.operations.signing import check_is_going
from procurements.refusals import AlreadyDecided, Refused
from procurements.sight import SUPPLIERS, circle_of_decision
from procurements.states import (
    GateOutcomeChoice,
    ParticipantState,
)
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
    by: User,
    at: datetime,
) -> GateDecision:
    """Follow a decision with a correcting one that says what it corrects.

    Before the first has taken effect everything may be corrected, and it is signed anew. After
    that the outcome stands (pause or stop the case instead), while reasons, days, who decided
    and which suppliers go on may be corrected; suppliers come back or leave accordingly.
    """
    case = locked(case)
    wrong = GateDecision.objects.select_related("case_phase__phase", "case_phase__case").get(
        pk=decision.pk, case_phase__case=case
    )
    if GateDecision.objects.filter(corrects=wrong).exists():
        raise AlreadyDecided(_("Someone has already corrected this decision."))
    if wrong.is_in_effect and outcome != wrong.outcome:
        raise Refused(
            {"outcome": _("The decision has taken effect. Pause or stop the case instead.")}
        )
    run = wrong.case_phase
    check_days(run, decided_on, None, at)
    if wrong.is_in_effect:
        _check_day_in_effect(wrong, decided_on)
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
        despite=wrong.despite,
        decided_by=decided_by,
        decided_by_user=decided_by_user,
        reference=reference,
        decided_on=decided_on,
        next_starts_on=_corrected_start(wrong, run, outcome, decided_on),
        signatures_needed=[] if wrong.is_in_effect else wrong.signatures_needed,
        recorded_by=by,
        recorded_at=at,
        took_effect_at=at if wrong.is_in_effect else None,
    )
    record(
        case,
        "gate.corrected",
        by=by,
        at=at,
        about=right,
        facts={"number": run.number, "outcome": outcome},
        texts={"correction": correction},
        secrecy=SUPPLIERS if wrong.is_in_effect else circle_of_decision(run),
    )
    if wrong.is_in_effect:
        _correct_suppliers(right, wrong, verdicts, by=by, at=at)
        run.ended_on = max(decided_on, run.started_on or decided_on)
        run.save(update_fields=["ended_on"])
        if case.ended_on and (outcome == GateOutcomeChoice.STOP or run_after(run) is None):
            case.ended_on = run.ended_on
            case.save(update_fields=["ended_on"])
    else:
        write_outcomes(right, case, verdicts)
    return right


def run_after(run: CasePhase) -> CasePhase | None:
    """The run that was begun when this one had been left, another attempt at it or the next."""
    later = Q(number__gt=run.number) | Q(number=run.number, attempt__gt=run.attempt)
    begun = CasePhase.objects.filter(later, case=run.case_id, started_on__isnull=False)
    return begun.order_by("number", "attempt").first()


def _check_day_in_effect(wrong: GateDecision, decided_on: date) -> None:
    # As it did start, which may be another day than was decided.
    following = run_after(wrong.case_phase)
    if following and following.started_on and decided_on >= following.started_on:
        raise Refused(
            {"decided_on": _("The next phase started on that decision, so it was decided before.")}
        )


def _corrected_start(
    wrong: GateDecision, run: CasePhase, outcome: str, decided_on: date
) -> date | None:
    kept = wrong.next_starts_on
    if wrong.is_in_effect:
        if kept is None or kept >= decided_on:
            return kept
        # It was signed late or moved, and so was decided after the day once meant.
        following = run_after(run)
        return following.started_on if following else None
    return next_start(run, outcome, decided_on, kept if kept and kept > decided_on else None)


def _correct_suppliers(
    right: GateDecision,
    wrong: GateDecision,
    verdicts: Mapping[int, Verdict],
    *,
    by: User,
    at: datetime,
) -> None:
    """Write the outcomes anew, and move only the suppliers whose outcome is another than before."""
    run = right.case_phase
    next_gate_is_decided = GateDecision.objects.filter(
        Q(case_phase__number__gt=run.number)
        | Q(case_phase__number=run.number, case_phase__attempt__gt=run.attempt),
        case_phase__case=run.case_id,
    ).exists()
    for before in wrong.outcomes.select_related("participant"):
        participant = before.participant
        verdict = verdicts.get(participant.pk, Verdict(before.goes_on, before.reason))
        field = f"reason_{participant.pk}"
        if not verdict.goes_on and not verdict.reason:
            raise Refused({field: _("Write your grounds. They are sent to the supplier.")})
        is_changed = verdict.goes_on != before.goes_on
        if is_changed and next_gate_is_decided:
            raise Refused(
                {
                    field: _(
                        "The gate after this has been decided; who went on can no longer change."
                    )
                }
            )
        outcome = GateOutcome.objects.create(
            decision=right,
            participant=participant,
            goes_on=verdict.goes_on,
            reason="" if verdict.goes_on else verdict.reason,
        )
        if is_changed and verdict.goes_on:
            participant.move_to(ParticipantState.IN, phase=run, reason="", on=right.decided_on)
            record(
                run.case,
                "supplier.restored",
                by=by,
                at=at,
                about=participant,
                texts={"name": participant.name},
                secrecy=SUPPLIERS,
            )
        elif is_changed and participant.state == ParticipantState.IN:
            discard(outcome, run, SUPPLIERS, by=by, at=at)
        elif not verdict.goes_on and participant.state == ParticipantState.DISCARDED:
            participant.left_reason, participant.left_on = verdict.reason, right.decided_on
            participant.save(update_fields=["left_reason", "left_on"])
