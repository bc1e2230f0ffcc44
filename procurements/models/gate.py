from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When

from procurements.days import next_working_day, swedish_day
from procurements.states import GateOutcomeChoice

if TYPE_CHECKING:
    from procurements.models.phase import CasePhase


class GateDecision(models.Model):
    """What was decided at the gate of a phase, by whom and on which day. Never edited, only
    followed by a correcting one. In effect once signed; until a correcting one is, the decision
    it corrects stands. Retention: case."""

    case_phase = models.ForeignKey(
        "procurements.CasePhase", on_delete=models.PROTECT, related_name="decisions"
    )
    # 1 is the decision, later numbers correct the one before.
    number = models.PositiveSmallIntegerField(default=1)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    correction = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, choices=GateOutcomeChoice.choices)
    reasons = models.TextField()
    conditions = models.TextField(blank=True)
    # Keys of required steps that were not done, frozen, and why it was decided all the same.
    hindrances = models.JSONField(default=list)
    despite = models.TextField(blank=True)
    # A person or a body, as written in the decision; a person of the house when one is named.
    decided_by = models.CharField(max_length=160)
    decided_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reference = models.CharField(max_length=160)
    decided_on = models.DateField()
    next_starts_on = models.DateField(null=True, blank=True)
    # When the next phase was planned to start as this was recorded: by it one sees whether the
    # phase has been moved while the decision waited for signatures.
    next_planned_on = models.DateField(null=True, blank=True)
    # Handbook roles that must sign, frozen from the edition.
    signatures_needed = models.JSONField(default=list)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField()
    took_effect_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["case_phase", "number"]
        constraints = [
            models.UniqueConstraint(fields=["case_phase", "number"], name="one_gate_per_phase"),
            models.CheckConstraint(
                condition=Q(outcome__in=GateOutcomeChoice.values), name="gate_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=Q(number=1, corrects__isnull=True)
                | (Q(number__gt=1, corrects__isnull=False) & ~Q(correction="")),
                name="correcting_decision_says_what_it_corrects",
            ),
            models.CheckConstraint(
                condition=Q(hindrances=[]) | ~Q(despite=""),
                name="gate_despite_hindrances_has_a_reason",
            ),
            models.CheckConstraint(condition=~Q(decided_by=""), name="gate_says_who_decided"),
            models.CheckConstraint(condition=~Q(reasons=""), name="gate_says_why"),
            models.CheckConstraint(condition=~Q(reference=""), name="gate_has_a_reference"),
            models.CheckConstraint(
                condition=Q(next_starts_on__isnull=True)
                | Q(next_starts_on__gte=models.F("decided_on")),
                name="next_phase_starts_after_the_gate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_phase_id}: {self.outcome}"

    @property
    def is_in_effect(self) -> bool:
        return self.took_effect_at is not None

    def last_signed_on(self) -> date | None:
        """The day of the last signature on it; None where it has none."""
        return max((one.day for one in self.signatures.all()), default=None)

    @property
    def spoken_of(self) -> set[int] | None:
        """The suppliers of which it says whether they go on; None where nobody is to go on yet."""
        if self.outcome != GateOutcomeChoice.PROCEED:
            return None
        return set(self.outcomes.values_list("participant", flat=True))

    def moved_to(self, following: CasePhase | None) -> date | None:
        """The day to which the phase that follows was moved while the decision waited, if it was,
        after the day of the decision; another run of the same phase has no plan before it
        begins."""
        if self.outcome != GateOutcomeChoice.PROCEED or following is None:
            return None
        on = following.planned_starts_on
        if self.next_planned_on in (None, on):
            return None
        return max(on, next_working_day(self.decided_on))

    def next_start(self, following: CasePhase | None, *, is_in_effect: bool) -> date | None:
        """The day the next run starts as it is, moved or put off by a late signature; none when the
        case ended before. In effect is this decision, or the one that it is to correct."""
        if following and following.was_never_begun:
            return None
        if is_in_effect:
            return (following and following.started_on) or self.next_starts_on
        return self.moved_to(following) or self.next_starts_on

    @staticmethod
    def standing(decisions: Iterable[GateDecision]) -> dict[int, GateDecision]:
        """By run the decision that stands at its gate: the last that is in effect; before any is,
        the last that was recorded."""
        found: dict[int, GateDecision] = {}
        for one in sorted(decisions, key=attrgetter("is_in_effect", "number")):
            found[one.case_phase_id] = one
        return found

    @staticmethod
    def waiting(decisions: Iterable[GateDecision]) -> dict[int, GateDecision]:
        """By run the decision that waits for signatures, also where another stands meanwhile."""
        last = {one.case_phase_id: one for one in sorted(decisions, key=attrgetter("number"))}
        return {run: one for run, one in last.items() if not one.is_in_effect}

    @staticmethod
    def correcting(decisions: Collection[GateDecision]) -> dict[int, GateDecision]:
        """By run the decision that waits for signatures while the one it corrects stands."""
        stands = GateDecision.standing(decisions)
        waiting = GateDecision.waiting(decisions)
        return {run: one for run, one in waiting.items() if stands[run].is_in_effect}


class GateOutcome(models.Model):
    """What a gate decision means for one supplier, with the reason. Retention: case."""

    decision = models.ForeignKey(GateDecision, on_delete=models.PROTECT, related_name="outcomes")
    participant = models.ForeignKey(
        "procurements.Participant", on_delete=models.PROTECT, related_name="outcomes"
    )
    goes_on = models.BooleanField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["participant"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "participant"], name="one_outcome_per_supplier"
            ),
            models.CheckConstraint(
                condition=Q(goes_on=True) | ~Q(reason=""), name="leaving_supplier_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id}: {self.goes_on}"

    @property
    def has_withdrawn_since(self) -> bool:
        """Whether the supplier left of its own free will after the decision had spoken of it."""
        return self.participant.withdrew_in(self.decision.case_phase_id)


class GateSignature(models.Model):
    """A signature on a gate decision: by a second sign-in here, or on a signed copy that was
    filed. Retention: case."""

    class Method(models.TextChoices):
        SIGN_IN = "sign_in"
        COPY = "copy"

    decision = models.ForeignKey(GateDecision, on_delete=models.PROTECT, related_name="signatures")
    # The handbook role it is given for.
    role = models.CharField(max_length=60)
    name = models.CharField(max_length=160)
    method = models.CharField(max_length=10, choices=Method.choices)
    file = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # The day that a filed copy says, where it was asked for; else it is the day of the moment.
    signed_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "role"], name="one_signature_per_role"),
            models.CheckConstraint(
                condition=Q(method="sign_in", file__isnull=True)
                | Q(method="copy", file__isnull=False),
                name="signed_copy_is_filed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.name}"

    @property
    def day(self) -> date:
        return self.signed_on or swedish_day(self.at)

    @classmethod
    def signed_in_by(cls) -> Case:
        """In a query: who signed here; nobody (0) for a copy, which somebody else has signed."""
        return Case(When(method=cls.Method.SIGN_IN, then=F("by")), default=Value(0))
