from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from handbook.models.edition import reading_language
from handbook.models.part import Part
from handbook.purposes import Assessment, Tag


class Phase(Part):
    """A part of the work with its own purpose, time, participants and gate.

    What a phase may do is said by its capabilities, never by its key. Days are working days:
    `length_days` is the suppliers' own time, `decision_days` is added for assessment and gate.
    Retention: handbook.
    """

    KIND = "phase"
    COLUMNS = {
        "key": "key",
        "number": "number",
        "length_days": "length_days",
        "decision_days": "decision_days",
        "opens_call": "flags.opens_call",
        "admits_suppliers": "flags.admits_suppliers",
        "pays_suppliers": "flags.pays_suppliers",
        "assessment": "flags.assessment",
        "decides_award": "flags.decides_award",
        "has_standstill": "flags.has_standstill",
        "default_suppliers": "suppliers.default",
        "fee": "fee.amount",
        "deciding_roles": "gate.deciding_roles",
        "signatures": "gate.signatures",
    }

    edition = models.ForeignKey("handbook.Edition", on_delete=models.PROTECT, related_name="phases")
    number = models.PositiveSmallIntegerField()
    length_days = models.PositiveSmallIntegerField()
    decision_days = models.PositiveSmallIntegerField(default=0)
    opens_call = models.BooleanField(default=False)
    admits_suppliers = models.BooleanField(default=False)
    pays_suppliers = models.BooleanField(default=False)
    assessment = models.CharField(
        max_length=10, choices=Assessment.choices, default=Assessment.NONE
    )
    decides_award = models.BooleanField(default=False)
    has_standstill = models.BooleanField(default=False)
    default_suppliers = models.PositiveSmallIntegerField(null=True, blank=True)
    # Per supplier, without VAT, in Swedish kronor.
    fee = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    # Roles of the handbook. They are shown and asked for as who decided; they are no permissions.
    deciding_roles = models.JSONField(default=list)
    # Roles that must sign before the gate's decision takes effect; none means it does at once.
    signatures = models.JSONField(default=list)

    class Meta:
        ordering = ["edition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="phase_key_is_unique"),
            models.UniqueConstraint(fields=["edition", "number"], name="phase_number_is_unique"),
            models.CheckConstraint(condition=Q(length_days__gte=1), name="phase_has_length"),
            models.CheckConstraint(
                condition=Q(assessment__in=Assessment.values), name="phase_assessment_is_known"
            ),
            models.CheckConstraint(
                condition=Q(fee__isnull=True) | Q(fee__gte=0), name="phase_fee_is_not_negative"
            ),
        ]

    def get_absolute_url(self) -> str:
        """Where it is read, in the language of the page."""
        named = [*self.edition.address, reading_language(), self.key]
        return reverse("handbook_phase", args=named)

    @property
    def total_days(self) -> int:
        """Working days from the start of the phase to its gate."""
        return self.length_days + self.decision_days

    @property
    def leads_to_contracts(self) -> bool:
        """Whether contracts are signed after its gate, for which a standstill may make wait."""
        return self.has_standstill or self.opens_call

    def structure(self) -> dict[str, Any]:
        whole = super().structure()
        if self.fee is not None:
            whole["fee"]["amount"] = plain_number(self.fee)
        return whole


class Step(Part):
    """Something to be done in a phase, with guidance, a checklist and notes from those before.

    `offset_days` is the planned finish, in working days from the start of the phase.
    Retention: handbook.
    """

    KIND = "step"
    COLUMNS = {
        "key": "key",
        "required": "required",
        "applies_to": "applies_to",
        "offset_days": "offset_days",
        "who": "who",
        "law": "law",
        "produces": "produces",
    }

    edition = models.ForeignKey("handbook.Edition", on_delete=models.PROTECT, related_name="steps")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    required = models.BooleanField(default=False)
    applies_to = models.JSONField(default=list)
    offset_days = models.PositiveSmallIntegerField()
    who = models.JSONField(default=list)
    law = models.JSONField(default=list)
    produces = models.JSONField(default=list)

    class Meta:
        ordering = ["phase", "number"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="step_key_is_unique"),
            models.UniqueConstraint(fields=["phase", "number"], name="step_number_is_unique"),
        ]

    def applies_in(self, context: str) -> bool:
        return context in self.applies_to


class ChecklistItem(Part):
    """One thing to look at before a step is called done.

    Retention: handbook.
    """

    KIND = "item"
    COLUMNS = {}

    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["step", "position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="item_key_is_unique"),
            models.UniqueConstraint(fields=["step", "position"], name="item_position_is_unique"),
        ]


class Note(Part):
    """What an earlier team marked in a step as obvious, new or important.

    Retention: handbook.
    """

    KIND = "note"
    COLUMNS = {"tag": "tag"}

    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="notes")
    position = models.PositiveSmallIntegerField()
    tag = models.CharField(max_length=10, choices=Tag.choices)

    class Meta:
        ordering = ["step", "position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="note_key_is_unique"),
            models.CheckConstraint(condition=Q(tag__in=Tag.values), name="note_tag_is_known"),
        ]


class Criterion(Part):
    """What suppliers are judged by in a phase: 0, 1, 2 with a must, or a weight in per cent.

    Retention: handbook.
    """

    KIND = "criterion"
    COLUMNS = {"key": "key", "must": "must", "weight": "weight"}

    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    must = models.BooleanField(null=True, blank=True)
    weight = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["phase", "position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="criterion_key_is_unique"),
            models.CheckConstraint(
                condition=Q(weight__isnull=True) | Q(weight__gte=0, weight__lte=100),
                name="criterion_weight_is_a_percentage",
            ),
        ]

    def structure(self) -> dict[str, Any]:
        whole = super().structure()
        if self.weight is not None:
            whole["weight"] = plain_number(self.weight)
        return whole


def plain_number(number: Decimal) -> int | float:
    """A stored decimal as it is written in a content file: 25000, not 25000.00."""
    return int(number) if number == number.to_integral_value() else float(number)
