from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents import files
from documents.models import MadeByWorker, NamesFiles, place_of, the_system
from documents.states import RevisionState
from handbook.models.words import TextSet
from handbook.refusals import EditionRefused
from handbook.states import EditionState
from journal.record import record
from outbox.models import Lane, Message

if TYPE_CHECKING:
    from handbook.models.edition import Edition
    from teams.models import User


class PrintedQuerySet(models.QuerySet["PrintedEdition"]):
    def order(self, edition: Edition) -> None:
        """Promise the PDF of each language whose words are published and have none. Call within
        an operation, when the edition or a translation of it is published."""
        spoken = edition.text_sets.filter(state=EditionState.PUBLISHED)
        for text_set in spoken.only("pk", "edition_id").order_by("pk"):
            printed, is_new = self.get_or_create(text_set=text_set)
            if is_new:
                printed.promise()

    def of(self, edition: Edition, language: str) -> PrintedEdition | None:
        """The one of the newest words in the language that were ever published."""
        found = self.filter(text_set__edition=edition, text_set__language=language)
        return found.select_related("text_set").defer("text_set__texts").order_by(
            "-text_set__number"
        ).first()  # fmt: skip


class PrintedEdition(MadeByWorker, NamesFiles):
    """The whole of a published edition in one language as a PDF, made once by a worker.

    Its words and structure are frozen, so it is made from the rows and can be made again. The
    file is public and belongs to no organisation. Retention: handbook.
    """

    text_set = models.OneToOneField(TextSet, on_delete=models.PROTECT, related_name="printed")
    state = models.CharField(
        max_length=10, choices=RevisionState.choices, default=RevisionState.ORDERED
    )
    tries = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    pages = models.PositiveIntegerField(null=True, blank=True)
    title = models.CharField(max_length=250, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    made_with = models.JSONField(default=dict)
    error_code = models.CharField(max_length=40, blank=True)
    error_details = models.JSONField(default=dict)

    objects = PrintedQuerySet.as_manager()

    class Meta:
        verbose_name = _("printed edition")
        verbose_name_plural = _("printed editions")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RevisionState.values), name="printed_state_is_known"
            ),
            models.CheckConstraint(
                condition=(Q(state="ready") & ~Q(sha256="") & Q(pages__gte=1))
                | (~Q(state="ready") & Q(sha256="")),
                name="printed_is_ready_with_its_file",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.text_set_id}"

    @classmethod
    def named_files(cls) -> Iterator[tuple[int | None, str]]:
        ready = cls.objects.exclude(sha256="").order_by("sha256").values_list("sha256", flat=True)
        yield from ((None, sha256) for sha256 in ready)

    # The file, as documents.files.respond asks for it

    media_type = "application/pdf"

    @property
    def path(self) -> Path:
        return place_of(self.sha256, organisation_id=None)

    @property
    def name(self) -> str:
        return files.name_of_paper(self.title)

    # What happens to it

    def refusal(self) -> EditionRefused:
        return EditionRefused(
            _(
                "That cannot be done as the PDF stands now, and nothing is changed. "
                "Load the page anew to see how it stands."
            )
        )

    def promise(self) -> Message:
        """One message for each try: a kept promise cannot be promised again."""
        return Message.objects.post(
            "handbook.print", subject=str(self.pk), occasion=str(self.tries), lane=Lane.BULK
        )

    def tell(self, verb: str, *, at: datetime, by: User | None = None, **facts: Any) -> None:
        """Record what happened in the stream of the handbook, which the caller has locked."""
        edition = self.text_set.edition
        about = {"version": edition.version, "build": edition.build}
        record(
            edition.handbook, verb, by=by or the_system(), at=at, about=self,
            facts=about | {"language": self.text_set.language} | facts,
        )  # fmt: skip
