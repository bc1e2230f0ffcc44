"""Who is to sign a gate decision, and who may see it before it has taken effect.

Who signs must see what is signed, also a manager whom the round does not name; nobody else
outside the round may (OSL 19:3). What corrects a decision in effect is seen meanwhile by those
who see the suppliers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from handbook.models import HandbookRole
from procurements.models import CasePhase, GateDecision, GateSignature
from procurements.states import PhaseState

if TYPE_CHECKING:
    from handbook.words import Words
    from procurements.sight import Sight


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
    if not decision.signatures_needed or not sight.has_undertaken:
        return []
    roles = HandbookRole.objects.filter(
        edition=edition_id, key__in=decision.signatures_needed, access__in=sight.roles
    ).values_list("key", flat=True)
    return [role for role in decision.signatures_needed if role in set(roles)]


def may_see(decision: GateDecision, run: CasePhase, edition_id: int, sight: Sight) -> bool:
    """Whether the person may know of the decision now."""
    if decision.is_in_effect or sees_unsigned(run, sight):
        return True
    return bool(own_roles(decision, edition_id, sight))


def told(
    decisions: Iterable[GateDecision], run: CasePhase, edition_id: int, sight: Sight
) -> list[GateDecision]:
    """Those of the decisions at one gate that the person may know of; as all of them ask for the
    same signatures, one that is not in effect answers for the others."""
    every = list(decisions)
    unsigned = next((one for one in every if not one.is_in_effect), None)
    if unsigned is None or may_see(unsigned, run, edition_id, sight):
        return every
    return [one for one in every if one.is_in_effect]


def sees_unsigned(run: CasePhase, sight: Sight) -> bool:
    """Whether a decision at the gate that waits for signatures is told to the person: while its
    phase goes on as its round is, afterwards as the suppliers are."""
    return sight.sees_work(run) and (run.state != PhaseState.CLOSED or sight.sees_suppliers)
