from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from config.lazyjson import LazyJSONField
from handbook.models.edition import Edition, Handbook
from handbook.sections import Section, Whole, revision


class DraftQuerySet(models.QuerySet["Draft"]):
    def open(self) -> DraftQuerySet:
        """Those that are being written."""
        return self.filter(edition=None)


class Draft(models.Model):
    """The next edition of a handbook while it is written: one manuscript, in every language.

    `whole` is what publishing makes an edition of, `base` the edition it began from (with its
    errata), which it is compared with, and `aside` the parts that were taken out of it. It keeps
    what it held when `edition` says that it was published.
    Retention: handbook.
    """

    handbook = models.ForeignKey(Handbook, on_delete=models.PROTECT, related_name="drafts")
    based_on = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=20)
    whole = LazyJSONField()
    base = LazyJSONField()
    aside = LazyJSONField(default=list)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    begun_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField()
    edition = models.OneToOneField(
        Edition, on_delete=models.PROTECT, null=True, blank=True, related_name="draft"
    )

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["handbook", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["handbook"], condition=Q(edition=None), name="one_open_draft_of_a_handbook"
            )
        ]

    def __str__(self) -> str:
        return f"{self.handbook.key} {self.version} (draft)"

    def get_absolute_url(self) -> str:
        return reverse("draft", args=[self.handbook.key])

    @property
    def source_language(self) -> str:
        return self.based_on.source_language

    @property
    def revision(self) -> str:
        """Which content this is: the same for equal content."""
        return revision(self.whole)

    def keep(self, whole: Whole, **saved: Any) -> None:
        """Store the whole and who changed it. Call within an operation, which keeps the event."""
        self.whole = whole
        for name, value in saved.items():
            setattr(self, name, value)
        self.save(update_fields=["whole", *saved])

    def address_of(self, section: Section) -> str:
        return reverse("draft_section", args=[self.handbook.key, section.kind, section.key])
