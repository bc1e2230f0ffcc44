from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class PhaseDocument(models.Model):
    """The place of a paper in a case: from which template, in which phase, for which supplier.
    What was typed for it is kept here until it is ordered. Without a template it is a paper of
    the system itself, such as the history. Retention: case."""

    case = models.ForeignKey("procurements.Case", on_delete=models.CASCADE, related_name="papers")
    case_phase = models.ForeignKey(
        "procurements.CasePhase",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="papers",
    )
    template = models.ForeignKey(
        "handbook.DocumentTemplate",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="papers",
    )
    participant = models.ForeignKey(
        "procurements.Participant",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="papers",
    )
    document = models.OneToOneField(
        "documents.Document", on_delete=models.PROTECT, related_name="place"
    )
    # Tells about suppliers or a coming decision: hidden like the round it belongs to.
    is_secret = models.BooleanField(default=False)
    fill = models.JSONField(default=dict)
    # Rewritten passages, by language: each language has its own words to rewrite.
    passages = models.JSONField(default=dict)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_phase", "template", "participant"],
                condition=Q(participant__isnull=False),
                name="one_place_per_paper_and_supplier",
            ),
            models.UniqueConstraint(
                fields=["case_phase", "template"],
                condition=Q(template__isnull=False, participant__isnull=True),
                name="one_place_per_paper",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(template__isnull=True),
                name="one_place_for_the_history",
            ),
            models.CheckConstraint(
                condition=Q(template__isnull=True) | Q(case_phase__isnull=False),
                name="paper_from_a_template_has_a_phase",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.document_id}"

    def passages_in(self, language: str) -> dict[str, str]:
        """The passages that were rewritten in a language."""
        return dict(self.passages.get(language, {}))

    @property
    def version(self) -> str:
        """What a form carries of what it began with."""
        return self.changed_at.isoformat()
