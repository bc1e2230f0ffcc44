from django.db import models
from django.db.models import Q

from handbook.states import EditionState


class TextSet(models.Model):
    """All words of an edition in one language, by part and field; frozen when published.

    `texts` is {"phase:key": {"title": …}}. Words that are corrected become the next number beside
    it, with the day and why; a case follows the newest published, a paper keeps its own.
    Retention: handbook.
    """

    edition = models.ForeignKey(
        "handbook.Edition", on_delete=models.PROTECT, related_name="text_sets"
    )
    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField(default=1)
    state = models.CharField(
        max_length=10, choices=EditionState.choices, default=EditionState.DRAFT
    )
    hash = models.CharField(max_length=64)
    texts = models.JSONField(default=dict)
    # Of an erratum: when it was made, what part it is about, and why.
    corrected_at = models.DateTimeField(null=True, blank=True)
    section = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["edition", "language", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "language", "number"], name="text_set_number_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(state__in=EditionState.values), name="text_set_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(number=1) | (Q(corrected_at__isnull=False) & ~Q(reason="")),
                name="erratum_is_dated_and_reasoned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.language} {self.number}"
