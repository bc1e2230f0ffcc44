from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from config.lazyjson import LazyJSONField
from handbook.models.part import Part
from handbook.models.phase import Phase
from handbook.purposes import Audience, Purpose, Secrecy

if TYPE_CHECKING:
    from handbook.words import Words


class DocumentTemplate(Part):
    """A paper the method can make in some of its phases; its text, one per language, is words.

    `serves` is what code knows it by. `fields` says what a person fills in that the case does
    not hold. A paper with `legal_review` is to be read by a lawyer before it is used.
    Retention: handbook.
    """

    KIND = "template"
    COLUMNS = {
        "key": "key",
        "serves": "serves",
        "audience": "audience",
        "secrecy": "secrecy",
        "legal_review": "legal_review",
        "fields": "fill_in",
    }

    edition = models.ForeignKey(
        "handbook.Edition", on_delete=models.PROTECT, related_name="templates"
    )
    serves = models.CharField(max_length=30, choices=Purpose.choices)
    phases = models.ManyToManyField(Phase, related_name="templates")
    audience = models.CharField(max_length=20, choices=Audience.choices)
    secrecy = models.CharField(max_length=20, choices=Secrecy.choices, default=Secrecy.NONE)
    legal_review = models.BooleanField(default=False)
    fields = LazyJSONField(default=list)

    class Meta:
        ordering = ["edition", "key"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="template_key_is_unique"),
            models.CheckConstraint(
                condition=Q(serves__in=Purpose.values), name="template_purpose_is_known"
            ),
            models.CheckConstraint(
                condition=Q(audience__in=Audience.values), name="template_audience_is_known"
            ),
            models.CheckConstraint(
                condition=Q(secrecy__in=Secrecy.values), name="template_secrecy_is_known"
            ),
        ]

    @property
    def is_for_the_team(self) -> bool:
        return self.audience == Audience.INTERNAL

    def body(self, words: Words) -> str:
        """The template's text in the language of the words."""
        return words(self.path, "body")

    def fill_fields(self, words: Words) -> list[dict[str, Any]]:
        """What to fill in: key, type, required, label, help, sample and, for a choice, options."""
        from handbook.catalogue import fill_fields

        return fill_fields(self, words)
