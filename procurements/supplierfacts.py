"""What a case can say of its suppliers in a paper: only for readers who see suppliers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from documents.models import Revision
from procurements.models import Case, CasePhase, GateDecision, Participant
from procurements.saying import day, money
from procurements.states import CaseState, GateOutcomeChoice, ParticipantState, PhaseState

if TYPE_CHECKING:
    from handbook.words import Words


# The groups of the field catalogue that are one supplier's own; all others are the same in the
# papers of a phase, whoever they are for.
OF_ONE_SUPPLIER = ("supplier", "contract")


class SupplierFacts:
    """The groups of the field catalogue that tell who takes part, how many, and what became of
    them."""

    case: Case
    run: CasePhase
    words: Words
    participant: Participant | None
    is_decision: bool
    language: str
    names: set[str]

    @cached_property
    def _decided(self) -> list[Any]:
        """Every decision at the gates of the case, first to last: a row for each signature."""
        rows = GateDecision.objects.filter(case_phase__case=self.case).select_related("recorded_by")
        signed = {
            "signed_as": F("signatures__role"),
            "signed_by": F("signatures__name"),
            "signed_at": F("signatures__at"),
            "signed_on": F("signatures__signed_on"),
        }
        return list(rows.annotate(**signed).order_by("number"))

    @cached_property
    def decisions(self) -> dict[int, GateDecision]:
        """By run the decision that stands at its gate; at the gate of the phase the one that waits
        for signatures, in the paper that is to be signed.

        One that the case ended before it took effect decided nothing: no other paper tells of it.
        """
        closed = {one.pk for one in self.case.phases_in_order if one.state == PhaseState.CLOSED}
        found = {
            run: one
            for run, one in GateDecision.standing(self._decided).items()
            if one.is_in_effect or run not in closed
        }
        waiting = GateDecision.waiting(self._decided).get(self.run.pk)
        return found | {self.run.pk: waiting} if waiting and self.is_decision else found

    @property
    def decision(self) -> GateDecision | None:
        """The decision that the paper tells of, at the gate of the phase."""
        return self.decisions.get(self.run.pk)

    @property
    def is_stopped(self) -> bool:
        """Whether the case ends with the decision that the paper tells of, or ended without one."""
        if self.decision is None:
            return self.case.state == CaseState.STOPPED
        return self.decision.outcome == GateOutcomeChoice.STOP

    @cached_property
    def _judged(self) -> list[Any]:
        """Every supplier that has come into the case, with what the gate of the phase says."""
        said = FilteredRelation("outcomes", condition=Q(outcomes__decision=self.decision))
        rows = self.case.participants.select_related("admitted_in", "left_in")
        verdict = {"goes_on": F("said__goes_on"), "verdict_reason": F("said__reason")}
        return list(rows.annotate(said=said).annotate(**verdict))

    @property
    def everyone(self) -> list[Participant]:
        """Every supplier that has come into the case, in the order they came."""
        return self._judged

    @property
    def verdicts(self) -> dict[int, tuple[bool, str]]:
        """Who goes on and who does not, by the decision told of, with the reason. Of who withdrew
        while it waited for signatures only the decision itself says so."""
        if self.is_stopped:
            # Nobody is judged when the case stops, and nobody goes on.
            left = (one for one in self.in_phase if one.left_in is None or one.left_after(self.run))
            return {one.pk: (False, "") for one in left}
        return {
            one.pk: (one.goes_on, one.verdict_reason)
            for one in self._judged
            if one.goes_on is not None and (self.is_decision or not one.withdrew_in(self.run.pk))
        }

    def _supplier(self) -> dict[str, Any]:
        one = self.participant or self._only_one
        if one is None:
            return {}
        facts = {
            "supplier.name": one.name,
            "supplier.number": one.shown_number,
            "supplier.contact": one.contact_name,
            "supplier.email": one.contact_email,
        }
        if not any(name.startswith("supplier.") for name in self.names - facts.keys()):
            return facts
        standing = self._standing(one, self.verdicts.get(one.pk))
        return facts | {f"supplier.{key}": value for key, value in standing.items()}

    @property
    def _only_one(self) -> Participant | None:
        """Whoever is left, where the paper is about the case and one supplier takes part in it."""
        left = [one for one in self.in_phase if one.state == ParticipantState.IN]
        return left[0] if len(left) == 1 else None

    def _standing(self, one: Participant, verdict: tuple[bool, str] | None) -> dict[str, Any]:
        """State and reasons by the decision of this phase, else as things stand; what came of it in
        a later run is that run's to tell."""
        if verdict is not None:
            goes_on, reasons = verdict
            state = ParticipantState.IN if goes_on else ParticipantState.DISCARDED
        elif one.left_after(self.run):
            state, reasons = ParticipantState.IN, ""
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

    @property
    def in_phase(self) -> list[Participant]:
        """Suppliers that take part in the phase: admitted by then, and not gone before it."""
        return [one for one in self.everyone if one.takes_part_in(self.run)]

    def _suppliers(self) -> dict[str, Any]:
        verdicts = self.verdicts
        fee = money(self.run.fee, self.language)
        return {
            "suppliers": [
                {"name": one.name, "number": one.shown_number, "fee": fee}
                | self._standing(one, verdicts.get(one.pk))
                for one in sorted(self.in_phase, key=lambda one: self._place(one, verdicts))
            ]
        }

    @staticmethod
    def _place(one: Participant, verdicts: dict[int, tuple[bool, str]]) -> tuple[bool, str]:
        """Those who go on first, then by name: never by what they were given in points."""
        goes_on, _reasons = verdicts.get(one.pk, (True, ""))
        return (not goes_on, one.name.casefold())

    def _totals(self) -> dict[str, Any]:
        return {
            # Who withdrew and came anew in a repeated admission is one.
            "totals.started": len({one.name.casefold() for one in self.everyone}),
            "totals.remaining": sum(one.state == ParticipantState.IN for one in self.everyone),
        }

    @cached_property
    def ordered(self) -> CasePhase:
        """The phase that a contract made in this one orders: this one when its suppliers are paid,
        else the first paid phase that follows."""
        if self.run.phase.pays_suppliers:
            return self.run
        return next(iter(self._paid_after(self.run)), self.run)

    def _paid_after(self, earlier: CasePhase) -> list[CasePhase]:
        return [
            run
            for run in self.case.phases_in_order
            if run.number > earlier.number and run.phase.pays_suppliers
        ]

    def _options(self) -> dict[str, Any]:
        """What the buyer may order later: the paid phases after the one that is ordered."""
        return {
            "options": [
                {
                    "title": self.words(run.phase, "title"),
                    "phase": str(run.number),
                    "length_days": run.lengths[0],
                    "fee": money(run.fee, self.language),
                    "exercise_by": day(run.planned_starts_on),
                    "state_name": _("not exercised"),
                }
                for run in self._paid_after(self.ordered)
            ]
        }

    def _contract(self) -> dict[str, Any]:
        if self.participant is None:
            return {}
        return {"contract.number": self._contract_numbers[self.participant.pk]}

    @cached_property
    def _contract_numbers(self) -> dict[int, str]:
        """By supplier the number of its contract. It keeps what the first ordered paper gave it
        when the case gets another reference."""
        ordered = Revision.objects.filter(document__place__participant=OuterRef("pk"), draft=False)
        given = ordered.filter(data__contract__number__isnull=False).order_by("ordered_at", "pk")
        first = Subquery(given.values(given=KT("data__contract__number"))[:1])
        # Also those entered by mistake, so that the number of a paper is never given again.
        every = Participant.everyone.filter(case=self.case).order_by("pk")
        rows = every.annotate(given=first).values_list("pk", "given")
        return {
            pk: number or f"{self.case.reference}-{place:02d}"
            for place, (pk, number) in enumerate(rows, 1)
        }
