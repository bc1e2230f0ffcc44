"""Decide at a gate, sign the decision, correct it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.models import StoredFile
from handbook.models import HandbookRole
from journal.record import record
from procurements import days, planning
from procurements.days import swedish_day
from procurements.models import (
    Case,
    CasePhase,
    GateDecision,
    GateOutcome,
    GateSignature,
    Participant,
)
from procurements.operations.case import locked
from procurements.refusals import AlreadyDecided, Refused
from procurements.sight import SUPPLIERS, circle_of
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
    hindrances = hindrances_of(run)
    if hindrances and not despite:
        raise Refused(
            {"despite": _("Required steps are not done. Write why you decide all the same.")}
        )
    _check_days(run, decided_on, next_starts_on, at)
    _check_track(case, run, outcome)
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
        next_starts_on=_next_start(run, outcome, decided_on, next_starts_on),
        signatures_needed=run.phase.signatures,
        recorded_by=by,
        recorded_at=at,
    )
    _write_outcomes(decision, case, verdicts)
    circle = circle_of(run) if _is_secret(run) else ""
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
    else:
        _take_effect(decision, case, by=by, at=at)
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


def _check_days(
    run: CasePhase, decided_on: date, next_starts_on: date | None, at: datetime
) -> None:
    if decided_on > swedish_day(at):
        raise Refused({"decided_on": _("The day of the decision cannot lie ahead.")})
    if run.started_on and decided_on < run.started_on:
        raise Refused({"decided_on": _("The decision cannot be older than the phase.")})
    if next_starts_on and next_starts_on <= decided_on:
        raise Refused(
            {
                "next_starts_on": _(
                    "The next phase starts the day after the decision at the earliest."
                )
            }
        )


def _check_track(case: Case, run: CasePhase, outcome: str) -> None:
    undecided = case.legal_track == LegalTrack.UNDECIDED
    if outcome == GateOutcomeChoice.PROCEED and run.phase.opens_call and undecided:
        raise Refused(_("Choose the legal track before the case goes on from this phase."))


def _next_start(run: CasePhase, outcome: str, decided_on: date, asked: date | None) -> date | None:
    if outcome == GateOutcomeChoice.STOP:
        return None
    if outcome == GateOutcomeChoice.PROCEED and next_run(run) is None:
        return None
    return days.roll_forward(asked) if asked else days.next_working_day(decided_on)


def next_run(run: CasePhase) -> CasePhase | None:
    """The phase that starts when this one is left by its gate; none after the last."""
    return (
        CasePhase.objects.select_related("phase", "case")
        .filter(case=run.case_id, number__gt=run.number, state=PhaseState.PLANNED)
        .order_by("number", "attempt")
        .first()
    )


def _is_secret(run: CasePhase) -> bool:
    return run.needs_round


def _write_outcomes(decision: GateDecision, case: Case, verdicts: Mapping[int, Verdict]) -> None:
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


def _take_effect(decision: GateDecision, case: Case, *, by: User, at: datetime) -> None:
    run = CasePhase.objects.select_related("phase", "case").get(pk=decision.case_phase_id)
    circle = circle_of(run)
    decision.took_effect_at = at
    decision.save(update_fields=["took_effect_at"])
    for outcome in decision.outcomes.select_related("participant"):
        if not outcome.goes_on:
            _discard(outcome.participant, run, outcome.reason, circle, by=by, at=at)
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
        case.move_to(CaseState.STOPPED, by=by, at=at, reason=decision.reasons)
        return
    start = decision.next_starts_on or days.next_working_day(decision.decided_on)
    if decision.signatures_needed:
        # What was signed late cannot have started before it was signed.
        start = max(start, days.roll_forward(swedish_day(at)))
    following = _following_run(decision, run, start)
    if following is None:
        case.ended_on = run.ended_on
        case.save(update_fields=["ended_on"])
        case.move_to(CaseState.COMPLETED, by=by, at=at)
        return
    _replan_after(case, following, start)
    following.refresh_from_db()
    following.begin(on=start, by=by, at=at)


def _discard(
    participant: Participant, run: CasePhase, reason: str, circle: str, *, by: User, at: datetime
) -> None:
    participant.move_to(ParticipantState.DISCARDED, phase=run, reason=reason, by=by, at=at)
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
    planned = planning.plan([(run.phase.length_days, run.phase.decision_days)], start)[0]
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


def _replan_after(case: Case, following: CasePhase, start: date) -> None:
    """The rest of the plan follows the day the next phase starts."""
    rest = [
        r
        for r in case.phases.select_related("phase").filter(state=PhaseState.PLANNED)
        if (r.number, r.attempt) >= (following.number, following.attempt)
    ]
    plan = planning.plan([(r.phase.length_days, r.phase.decision_days) for r in rest], start)
    for run, planned in zip(rest, plan, strict=True):
        run.place(planned)


@transaction.atomic(durable=True)
def sign_gate(
    *, case: Case, decision: GateDecision, role: str, by: User, at: datetime
) -> GateSignature:
    """Sign a decision with a second sign-in, for one of the handbook roles that must sign.

    The last signature lets the decision take effect. Refused for someone who does not hold the
    access role that the handbook role names, and twice by the same person.
    """
    case, decision = _decision_to_sign(case, decision, role)
    access = HandbookRole.objects.get(edition_id=case.edition_id, key=role).access
    if not access or access not in case.roles_of(by, on=swedish_day(at)):
        raise Refused(_("Only someone with that role in the case can sign for it."))
    if decision.signatures.filter(by=by, method=GateSignature.Method.SIGN_IN).exists():
        raise Refused(_("You have signed already. The other signature is somebody else's."))
    return _sign(case, decision, role, by.name, GateSignature.Method.SIGN_IN, None, by=by, at=at)


@transaction.atomic(durable=True)
def file_signed_copy(
    *,
    case: Case,
    decision: GateDecision,
    role: str,
    name: str,
    file: StoredFile,
    by: User,
    at: datetime,
) -> GateSignature:
    """File the copy that someone signed on paper, as the signature of one role."""
    case, decision = _decision_to_sign(case, decision, role)
    return _sign(case, decision, role, name, GateSignature.Method.COPY, file, by=by, at=at)


def _check_is_going(case: Case) -> None:
    """A decision that waits for signatures moves a case: not one that rests or has ended."""
    if case.state == CaseState.PAUSED:
        raise Refused(_("The case is paused. Resume it before the decision can take effect."))
    if case.state != CaseState.ACTIVE:
        raise Refused(_("The case is over; the decision can no longer take effect."))


def _decision_to_sign(case: Case, decision: GateDecision, role: str) -> tuple[Case, GateDecision]:
    case = locked(case)
    _check_is_going(case)
    decision = GateDecision.objects.select_related("case_phase__phase").get(
        pk=decision.pk, case_phase__case=case
    )
    if decision.is_in_effect:
        raise Refused(_("The decision has already taken effect."))
    if GateDecision.objects.filter(corrects=decision).exists():
        raise Refused(_("The decision has been corrected. Sign the correcting one."))
    if role not in decision.signatures_needed:
        raise Refused(_("The decision does not ask for that signature."))
    if decision.signatures.filter(role=role).exists():
        raise Refused(_("That signature has already been given."))
    return case, decision


def _sign(
    case: Case,
    decision: GateDecision,
    role: str,
    name: str,
    method: str,
    file: StoredFile | None,
    *,
    by: User,
    at: datetime,
) -> GateSignature:
    signature = GateSignature.objects.create(
        decision=decision, role=role, name=name, method=method, file=file, by=by, at=at
    )
    run = decision.case_phase
    record(
        case,
        "gate.signed",
        by=by,
        at=at,
        about=signature,
        facts={"number": run.number, "role": role, "method": method},
        texts={"name": name, "role_title": _role_title(case, role)},
        secrecy=circle_of(run) if _is_secret(run) else "",
    )
    given = set(decision.signatures.values_list("role", flat=True))
    if given >= set(decision.signatures_needed):
        _take_effect(decision, case, by=by, at=at)
    return signature


def _role_title(case: Case, role: str) -> str:
    words = case.edition.words(case.edition.source_language)
    return words(f"role:{role}", "title") or role


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
    _check_days(run, decided_on, None, at)
    if wrong.is_in_effect:
        _check_day_in_effect(wrong, decided_on)
    else:
        _check_is_going(case)
        _check_track(case, run, outcome)
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
        secrecy=SUPPLIERS if wrong.is_in_effect else circle_of(run) if _is_secret(run) else "",
    )
    if wrong.is_in_effect:
        _correct_suppliers(right, wrong, verdicts, by=by, at=at)
        run.ended_on = max(decided_on, run.started_on or decided_on)
        run.save(update_fields=["ended_on"])
    else:
        _write_outcomes(right, case, verdicts)
        if not right.signatures_needed:
            _take_effect(right, case, by=by, at=at)
    return right


def _check_day_in_effect(wrong: GateDecision, decided_on: date) -> None:
    if wrong.next_starts_on and decided_on >= wrong.next_starts_on:
        raise Refused(
            {"decided_on": _("The next phase started on that decision, so it was decided before.")}
        )


def _corrected_start(
    wrong: GateDecision, run: CasePhase, outcome: str, decided_on: date
) -> date | None:
    kept = wrong.next_starts_on
    if wrong.is_in_effect:
        return kept
    return _next_start(run, outcome, decided_on, kept if kept and kept > decided_on else None)


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
        GateOutcome.objects.create(
            decision=right,
            participant=participant,
            goes_on=verdict.goes_on,
            reason="" if verdict.goes_on else verdict.reason,
        )
        if is_changed and verdict.goes_on:
            participant.move_to(ParticipantState.IN, phase=run, reason="", by=by, at=at)
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
            _discard(participant, run, verdict.reason, SUPPLIERS, by=by, at=at)
        elif not verdict.goes_on and participant.state == ParticipantState.DISCARDED:
            participant.left_reason = verdict.reason
            participant.save(update_fields=["left_reason"])
