from django.db import models
from django.db.models import Q

from handbook.states import EditionState


class TextSet(models.Model):
    """All words of an edition in one language, by part and field; frozen when published.

    `texts` is {"phase:key": {"title": …}}. A translation that is corrected becomes the next
    number beside it; a case follows the newest published, a paper keeps its own.
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

    class Meta:
        ordering = ["edition", "language", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "language", "number"], name="text_set_number_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(state__in=EditionState.values), name="text_set_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.language} {self.number}"
