import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from procurements.states import Audience, InsightSource


class Insight(models.Model):
    """Something new that changes how we understand the need: an entry of the insight diary.
    A correction changes the row; the earlier text stays in the history. Retention: case."""

    case = models.ForeignKey("procurements.Case", on_delete=models.CASCADE, related_name="insights")
    case_phase = models.ForeignKey(
        "procurements.CasePhase", on_delete=models.PROTECT, related_name="insights"
    )
    number = models.PositiveIntegerField()
    title = models.CharField(_("in short"), max_length=160)
    text = models.TextField(_("the insight"))
    source = models.CharField(_("source"), max_length=12, choices=InsightSource.choices)
    audience = models.CharField(_("audience"), max_length=10, choices=Audience.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # When it became readable for all suppliers at once.
    shared_at = models.DateTimeField(null=True, blank=True)
    corrected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="insight_is_numbered_once"),
            models.CheckConstraint(
                condition=Q(source__in=InsightSource.values), name="insight_source_is_known"
            ),
            models.CheckConstraint(
                condition=Q(audience__in=Audience.values), name="insight_audience_is_known"
            ),
            models.CheckConstraint(
                condition=Q(audience=Audience.TEAM, shared_at__isnull=True)
                | Q(audience=Audience.SUPPLIERS, shared_at__isnull=False),
                name="insight_for_suppliers_says_when_shared",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def revision(self) -> str:
        """Names the words as they stand: another when they have been corrected."""
        return hashlib.sha256(f"{self.title}\n{self.text}".encode()).hexdigest()[:16]
