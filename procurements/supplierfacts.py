"""What a case can say of its suppliers in a paper: only for readers who see suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from procurements.models import Case, CasePhase, GateDecision, Participant
from procurements.saying import day, money
from procurements.states import ParticipantState

if TYPE_CHECKING:
    from handbook.words import Words


class SupplierFacts:
    """The groups of the field catalogue that tell who takes part, how many, and what became of
    them."""

    case: Case
    run: CasePhase
    words: Words
    participant: Participant | None
    language: str

    def decision(self) -> GateDecision | None:
        """The decision that stands at the gate of the phase."""
        return self.run.decisions.order_by("-number").first()

    def _supplier(self) -> dict[str, Any]:
        one = self.participant
        if one is None:
            return {}
        verdict = self._verdicts().get(one.pk)
        return {
            "supplier.name": one.name,
            "supplier.number": one.shown_number,
            "supplier.contact": one.contact_name,
            "supplier.email": one.contact_email,
            **{f"supplier.{key}": value for key, value in self._standing(one, verdict).items()},
        }

    def _verdicts(self) -> dict[int, tuple[bool, str]]:
        decision = self.decision()
        if decision is None:
            return {}
        return {o.participant_id: (o.goes_on, o.reason) for o in decision.outcomes.all()}

    def _standing(self, one: Participant, verdict: tuple[bool, str] | None) -> dict[str, Any]:
        """State and reasons by the decision of this phase, else as things stand."""
        if verdict is not None:
            goes_on, reasons = verdict
            state = ParticipantState.IN if goes_on else ParticipantState.DISCARDED
        else:
            state, reasons = ParticipantState(one.state), one.left_reason
        said = {
            ParticipantState.IN: pgettext("supplier in a paper", "goes on")
            if verdict
            else pgettext("supplier in a paper", "takes part"),
            ParticipantState.DISCARDED: pgettext("supplier in a paper", "does not go on"),
            ParticipantState.WITHDRAWN: pgettext("supplier in a paper", "has withdrawn"),
        }
        return {
            "state": state.value,
            "state_name": said[state],
            "reasons": reasons,
            "paid": False,
        }

    def _in_phase(self) -> list[Participant]:
        """Suppliers that take part in the phase: admitted by then, and not gone before it."""
        everyone = self.case.participants.select_related("admitted_in", "left_in")
        return [one for one in everyone if one.takes_part_in(self.run)]

    def _suppliers(self) -> dict[str, Any]:
        verdicts = self._verdicts()
        fee = money(self.run.fee, self.language)
        return {
            "suppliers": [
                {"name": one.name, "number": one.shown_number, "fee": fee}
                | self._standing(one, verdicts.get(one.pk))
                for one in sorted(self._in_phase(), key=lambda one: self._place(one, verdicts))
            ]
        }

    @staticmethod
    def _place(one: Participant, verdicts: dict[int, tuple[bool, str]]) -> tuple[bool, str]:
        """Those who go on first, then by name: never by what they were given in points."""
        goes_on, _reasons = verdicts.get(one.pk, (True, ""))
        return (not goes_on, one.name.casefold())

    def _totals(self) -> dict[str, Any]:
        everyone = list(self.case.participants.all())
        return {
            "totals.started": len(everyone),
            "totals.remaining": sum(one.state == ParticipantState.IN for one in everyone),
        }

    def _options(self) -> dict[str, Any]:
        """What the buyer may order later: the paid phases after this one."""
        later = (
            self.case.phases.filter(number__gt=self.run.number, phase__pays_suppliers=True)
            .select_related("phase")
            .order_by("number")
        )
        return {
            "options": [
                {
                    "title": self.words(run.phase, "title"),
                    "phase": str(run.number),
                    "length_days": run.phase.length_days,
                    "fee": money(run.fee, self.language),
                    "exercise_by": day(run.planned_starts_on),
                    "state_name": _("not exercised"),
                }
                for run in later
            ]
        }

    def _contract(self) -> dict[str, Any]:
        if self.participant is None:
            return {}
        order = list(self.case.participants.order_by("pk").values_list("pk", flat=True))
        place = order.index(self.participant.pk) + 1
        return {"contract.number": f"{self.case.reference}-{place:02d}"}
