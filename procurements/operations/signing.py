"""Sign a decision at a gate, here or on paper."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from documents import files
from documents.models import StoredFile
from handbook.models import HandbookRole
from journal.record import record
from procurements import saying
from procurements.days import swedish_day
from procurements.models import (
    Case,
    GateDecision,
    GateSignature,
)
from procurements.operations.case import locked
from procurements.operations.effect import in_effect, take_effect
from procurements.operations.gate import check_track
from procurements.refusals import Refused
from procurements.sight import SUPPLIERS, circle_of_decision, trusted_of
from procurements.states import CaseState, PhaseState
from teams.models import User


@transaction.atomic(durable=True)
def sign_gate(
    *, case: Case, decision: GateDecision, role: str, by: User, at: datetime
) -> GateSignature:
    """Sign a decision with a second sign-in, for one of the handbook roles that must sign.

    The last signature lets the decision take effect. Refused for someone who does not hold the
    access role that the handbook role names, or comes from outside and has not promised secrecy and
    declared interests (decision 9), and twice by the same person.
    """
    case, decision = _decision_to_sign(case, decision, role)
    access = HandbookRole.objects.get(edition_id=case.edition_id, key=role).access
    held = [one for one in case.roles_on(swedish_day(at)) if one.user_id == by.pk]
    if not access or access not in {one.role for one in held}:
        raise Refused(_("Only someone with that role in the case can sign for it."))
    if not trusted_of(held):
        raise Refused(_("You have to promise secrecy before you take part."))
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
    signed_on: date | None = None,
    by: User,
    at: datetime,
) -> GateSignature:
    """File the copy that someone signed on paper, as the signature of one role, on the day that it
    says (`signed_on`; else today). Refused for a day ahead and for one before the decision."""
    case, decision = _decision_to_sign(case, decision, role)
    if signed_on and signed_on > swedish_day(at):
        raise Refused({"signed_on": _("The day of the signature cannot lie ahead.")})
    if signed_on and signed_on < decision.decided_on:
        words = _("It cannot have been signed before it was decided, on %(day)s.")
        raise Refused({"signed_on": words % {"day": saying.day(decision.decided_on)}})
    copy = GateSignature.Method.COPY
    return _sign(case, decision, role, name, copy, file, signed_on=signed_on, by=by, at=at)


def check_is_going(case: Case) -> None:
    """A decision that waits for signatures moves a case: not one that rests or has ended."""
    if case.state == CaseState.PAUSED:
        raise Refused(_("The case is paused. Resume it before the decision can take effect."))
    if case.state != CaseState.ACTIVE:
        raise Refused(_("The case is over; the decision can no longer take effect."))


def _decision_to_sign(case: Case, decision: GateDecision, role: str) -> tuple[Case, GateDecision]:
    case = locked(case)
    decision = GateDecision.objects.select_related("case_phase__phase").get(
        pk=decision.pk, case_phase__case=case
    )
    # What corrects a decision in effect moves no case, and may come when the case is over.
    moves_the_case = not in_effect(decision.case_phase)
    if moves_the_case:
        check_is_going(case)
    if decision.is_in_effect:
        raise Refused(_("The decision has already taken effect."))
    if GateDecision.objects.filter(corrects=decision).exists():
        raise Refused(_("The decision has been corrected. Sign the correcting one."))
    if role not in decision.signatures_needed:
        raise Refused(_("The decision does not ask for that signature."))
    if decision.signatures.filter(role=role).exists():
        raise Refused(_("That signature has already been given."))
    if moves_the_case:
        check_track(case, decision.case_phase, decision.outcome)
    return case, decision


def _sign(
    case: Case,
    decision: GateDecision,
    role: str,
    name: str,
    method: str,
    file: StoredFile | None,
    *,
    signed_on: date | None = None,
    by: User,
    at: datetime,
) -> GateSignature:
    signature = GateSignature.objects.create(
        decision=decision,
        role=role,
        name=name,
        method=method,
        file=files.held(file) if file else None,
        signed_on=signed_on,
        by=by,
        at=at,
    )
    run = decision.case_phase
    record(
        case,
        "gate.signed",
        by=by,
        at=at,
        about=signature,
        facts={"number": run.number, "role": role, "method": method}
        | ({"signed_on": signed_on} if signed_on else {}),
        texts={"name": name, "role_title": _role_title(case, role)},
        secrecy=SUPPLIERS if run.state == PhaseState.CLOSED else circle_of_decision(run),
    )
    given = set(decision.signatures.values_list("role", flat=True))
    if given >= set(decision.signatures_needed):
        take_effect(decision, case, by=by, at=at)
    return signature


def _role_title(case: Case, role: str) -> str:
    words = case.edition.words(case.edition.source_language)
    return words(f"role:{role}", "title") or role
