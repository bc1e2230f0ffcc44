"""Who is to sign a gate decision, and who may see it before it has taken effect.

Who signs must see what is signed, also a manager whom the round does not name; nobody else
outside the round may (OSL 19:3). What corrects a decision in effect is seen meanwhile by those
who see the suppliers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from handbook.models import HandbookRole
from outbox.models import Lane, Message
from procurements.days import swedish_day
from procurements.models import CasePhase, CaseRole, GateDecision, GateSignature
from procurements.sight import trusted_of
from procurements.states import CaseState, PhaseState
from teams.models import User

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

    from handbook.words import Words
    from procurements.models import Case
    from procurements.sight import Sight


# How long a decision waits for its signatures before anybody is asked by letter.
SIGNED_AT_ONCE = timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """One signature that a decision asks for, given or not."""

    role: str
    title: str
    given: GateSignature | None


def lines_of(decision: GateDecision, words: Words) -> list[Line]:
    """The signatures a decision asks for, in the edition's order."""
    given = {signature.role: signature for signature in decision.signatures.all()}
    return [
        Line(role, words(f"role:{role}", "title") or role, given.get(role))
        for role in decision.signatures_needed
    ]


def is_being_corrected() -> Q:
    """Runs whose decision is in effect while a correcting one waits for signatures."""
    decisions = GateDecision.objects.filter(case_phase=OuterRef("pk"))
    waiting = decisions.filter(took_effect_at=None, corrected_by=None)
    stands = decisions.filter(took_effect_at__isnull=False)
    return Q(Exists(waiting), Exists(stands), state=PhaseState.CLOSED)


def own_roles(decision: GateDecision, edition_id: int, sight: Sight) -> list[str]:
    """The handbook roles for which the person may sign, given or not."""
    if not sight.has_undertaken:
        return []
    return own_among(decision, access_of(decision, edition_id), sight)


def access_of(decision: GateDecision, edition_id: int) -> dict[str, str]:
    """What role in the case whoever signs for each of the handbook roles has."""
    if not decision.signatures_needed:
        return {}
    roles = HandbookRole.objects.filter(edition=edition_id, key__in=decision.signatures_needed)
    return dict(roles.values_list("key", "access"))


def own_among(decision: GateDecision, access: Mapping[str, str], sight: Sight) -> list[str]:
    """The same where the access that the roles give is read already."""
    if not sight.has_undertaken:
        return []
    return [role for role in decision.signatures_needed if access.get(role) in sight.roles]


def left_to(person: User, cases: QuerySet[Case], *, on: date) -> list[GateDecision]:
    """The decisions of the cases that wait for a signature which the person can give, with their
    phases and cases: of those that go on, and those that correct one in effect."""
    goes_on = Q(case_phase__state=PhaseState.DECIDED, case_phase__case__state=CaseState.ACTIVE)
    corrected = Q(case_phase__in=CasePhase.objects.filter(is_being_corrected()))
    waiting = GateDecision.objects.filter(goes_on | corrected, case_phase__case__in=cases)
    of_cases = waiting.select_related("case_phase__case").prefetch_related("signatures")
    decisions = list(of_cases.filter(took_effect_at=None, corrected_by=None))
    mine: dict[int, list[CaseRole]] = {}
    held = CaseRole.objects.on(on).filter(user=person)
    for role in held.filter(case__in=[one.case_phase.case_id for one in decisions]):
        mine.setdefault(role.case_id, []).append(role)
    return [
        one for one in decisions if _can_sign(person, one, mine.get(one.case_phase.case_id, []))
    ]


def promise_letters(decision: GateDecision, *, by: User, at: datetime) -> None:
    """Ask those who can sign the decision, but not who recorded it, when it has waited for an hour:
    it may be signed at the same table. Call within an operation."""
    case = decision.case_phase.case
    access = access_of(decision, case.edition_id)
    able = case.roles.on(swedish_day(at)).trusted().filter(role__in=access.values())
    people = User.objects.filter(is_active=True, pk__in=able.values("user")).exclude(pk=by.pk)
    for address in people.order_by("email").values_list("email", flat=True):
        Message.objects.post(
            "mail.signature",
            subject=f"procurements.gatedecision:{decision.pk}",
            recipient=address,
            lane=Lane.MAIL,
            due_at=at + SIGNED_AT_ONCE,
        )


def _can_sign(person: User, decision: GateDecision, held: Iterable[CaseRole]) -> bool:
    given = list(decision.signatures.all())
    has_signed = any(one.by_id == person.pk and one.method == one.Method.SIGN_IN for one in given)
    if has_signed or not trusted_of(held):
        return False
    access = access_of(decision, decision.case_phase.case.edition_id)
    left = access.keys() - {one.role for one in given}
    return any(access[role] == one.role for role in left for one in held)


def can_still_be_signed(decision: GateDecision, at_the_gate: Iterable[GateDecision]) -> bool:
    """Whether no decision at the gate, this or a later one, has taken effect."""
    return not any(one.is_in_effect and one.number >= decision.number for one in at_the_gate)


def told(
    decisions: Iterable[GateDecision], run: CasePhase, edition_id: int, sight: Sight
) -> list[GateDecision]:
    """Those of the decisions at one gate that the person may know of; as all of them ask for the
    same signatures, one that can still be signed answers for the others."""
    every = list(decisions)
    if all(one.is_in_effect for one in every) or sees_unsigned(run, sight):
        return every
    to_sign = [one for one in every if can_still_be_signed(one, every)]
    if to_sign and not own_roles(to_sign[0], edition_id, sight):
        to_sign = []
    return [one for one in every if one.is_in_effect or one in to_sign]


def sees_unsigned(run: CasePhase, sight: Sight) -> bool:
    """Whether a decision at the gate that waits for signatures is told to the person: while its
    phase goes on as its round is, afterwards as the suppliers are."""
    return sight.sees_work(run) and (run.state != PhaseState.CLOSED or sight.sees_suppliers)
