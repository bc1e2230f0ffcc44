from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from config.lazyjson import LazyJSONField
from handbook.models.part import Part
from handbook.purposes import ACCESS_ROLES
from handbook.refusals import EditionRefused
from handbook.states import EDITION_MOVES, EditionState
from teams.models import Installation, Membership, Organisation, OrganisationRole, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from handbook.models.words import TextSet
    from handbook.words import Words

EDITING = (OrganisationRole.ADMINISTRATOR, OrganisationRole.EDITOR)


def reading_language() -> str:
    """The language that an address of a handbook names: that of the page it stands on."""
    return (get_language() or settings.LANGUAGE_CODE)[:2]


class HandbookQuerySet(models.QuerySet["Handbook"]):
    def edited_by(self, user: User | AnonymousUser, *, on: date | None = None) -> Self:
        """Those whose keeper, or the whole that the keeper is a part of, has the person as editor
        or administrator."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        mine = Membership.objects.filter(user=user, role__in=EDITING)
        held = mine.on(on or timezone.localdate()).values("organisation")
        places = Organisation.objects.filter(Q(pk__in=held) | Q(parent__in=held))
        hosts = Installation.objects.filter(organisation__in=places)
        return self.filter(Q(owner__in=places) | Q(Exists(hosts), owner=None))


class Handbook(models.Model):
    """A method written down, of which editions are published one after the other.

    Its owner's editors write it. One without an owner, as those that are shipped, is kept by the
    organisation that the installation was begun with. Retention: handbook.
    """

    key = models.CharField(max_length=80, unique=True)
    owner = models.ForeignKey(
        Organisation, models.PROTECT, related_name="handbooks", null=True, blank=True
    )

    objects: ClassVar[HandbookQuerySet] = HandbookQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    @property
    def keeper(self) -> Organisation | None:
        """Whose editors write it; None before the installation has been begun."""
        return self.owner or Installation.host()


class EditionQuerySet(models.QuerySet["Edition"]):
    def readable(self) -> EditionQuerySet:
        """Editions that anyone may read: published once, also when a newer one has followed."""
        return self.exclude(state=EditionState.DRAFT)

    def current(self) -> EditionQuerySet:
        """What a new case can begin on: the published build of each version, newest first."""
        published = self.filter(state=EditionState.PUBLISHED)
        return published.order_by("handbook__key", "-published_at", "-pk")

    def listed(self) -> EditionQuerySet:
        """What anyone may read, newest first and those that hold before those that were
        superseded; without what only the pages of an edition need."""
        readable = (
            self.readable().select_related("handbook").order_by("state", "-published_at", "-pk")
        )
        return readable.defer("details", "assessment", "catalogue", "readiness", "law")


class Edition(models.Model):
    """One decided version of a handbook. Cases are pinned to it; once published it never changes.

    Its words are in its text sets, its structure in its parts. What of the files has no part of
    its own is kept here as plain structure: `details` (the first page), `assessment` (scale and
    rules), `catalogue` (the fields that papers may use), `readiness` and `law`.
    Retention: handbook.
    """

    handbook = models.ForeignKey(Handbook, on_delete=models.PROTECT, related_name="editions")
    version = models.CharField(max_length=20)
    build = models.PositiveIntegerField(default=1)
    state = models.CharField(
        max_length=10, choices=EditionState.choices, default=EditionState.DRAFT
    )
    source_language = models.CharField(max_length=10, default="sv")
    languages = models.JSONField(default=list)
    licence_name = models.CharField(max_length=100)
    licence_url = models.URLField(blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    # Of the files as they lay on disk, so that an unchanged folder is not read again.
    source_hash = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    details = LazyJSONField(default=dict)
    assessment = LazyJSONField(default=dict)
    catalogue = LazyJSONField(default=dict)
    readiness = LazyJSONField(default=dict)
    law = LazyJSONField(default=dict)
    # What is new since the edition before, by language.
    changelog = models.JSONField(default=dict, blank=True)

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["handbook", "version", "build"]
        constraints = [
            models.UniqueConstraint(
                fields=["handbook", "version", "build"], name="edition_build_is_unique"
            ),
            models.UniqueConstraint(
                fields=["handbook", "version"],
                condition=Q(state=EditionState.PUBLISHED),
                name="one_published_build_of_a_version",
            ),
            models.CheckConstraint(
                condition=Q(state__in=EditionState.values), name="edition_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=EditionState.DRAFT)
                | (Q(published_at__isnull=False) & ~Q(content_hash="")),
                name="published_edition_is_dated_and_hashed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handbook.key} {self.version}.{self.build}"

    def get_absolute_url(self) -> str:
        """Where it is read, in the language of the page."""
        return reverse("handbook_edition", args=[*self.address, reading_language()])

    @property
    def address(self) -> list[str]:
        """What names the edition in an address: one that was superseded says its build."""
        version = self.version if self.is_published else f"{self.version}+{self.build}"
        return [self.handbook.key, version]

    @property
    def is_published(self) -> bool:
        return self.state == EditionState.PUBLISHED

    def errata(self) -> models.QuerySet[TextSet]:
        """What of its words was corrected after it was published, newest first."""
        corrected = self.text_sets.exclude(corrected_at=None)
        return corrected.defer("texts").order_by("-corrected_at", "language")

    def newer(self) -> Edition | None:
        """The edition that new cases begin on instead of this one; None while it is this one."""
        if self.state != EditionState.SUPERSEDED:
            return None
        return Edition.objects.current().filter(handbook=self.handbook_id).first()

    def can_move_to(self, state: EditionState) -> bool:
        return state in EDITION_MOVES[EditionState(self.state)]

    def move_to(self, state: EditionState) -> None:
        """Change state along the map. Call within an operation, which keeps the event."""
        if not self.can_move_to(state):
            raise EditionRefused(
                _(
                    "That cannot be done as the edition stands now, and nothing is changed. "
                    "Load the page anew to see how it stands."
                )
            )
        self.state = state
        self.save(update_fields=["state"])

    def publish(self, *, content_hash: str, at: datetime) -> None:
        """Freeze the edition and its words, and promise its PDFs. Call within an operation, which
        keeps the event."""
        from handbook.models.printed import PrintedEdition

        self.text_sets.update(state=EditionState.PUBLISHED)
        self.content_hash = content_hash
        self.published_at = at
        self.save(update_fields=["content_hash", "published_at"])
        self.move_to(EditionState.PUBLISHED)
        PrintedEdition.objects.order(self)

    def words(self, language: str = "") -> Words:
        """The newest published words in a language, else in the language it was written in.

        Asked for once by each instance of a published edition.
        """
        from handbook.words import versions_of, words_among

        wanted = language or get_language() or self.source_language
        if self.state == EditionState.DRAFT:
            return words_among(versions_of([self.pk])[self.pk], self, wanted)
        known: dict[str, Words] = self.__dict__.setdefault("_words", {})
        if wanted not in known:
            if "_versions" not in self.__dict__:
                self.__dict__["_versions"] = versions_of([self.pk])[self.pk]
            known[wanted] = words_among(self.__dict__["_versions"], self, wanted)
        return known[wanted]


class HandbookRole(Part):
    """Who does the work of a step, in the method's own words; may name one access role of a case.

    Retention: handbook.
    """

    KIND = "role"
    COLUMNS = {"key": "key", "access": "access"}

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="roles")
    number = models.PositiveSmallIntegerField()
    access = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["edition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="role_key_is_unique"),
            models.CheckConstraint(
                condition=Q(access__in=["", *ACCESS_ROLES]), name="role_access_is_known"
            ),
        ]

    def structure(self) -> dict[str, Any]:
        whole = super().structure()
        if not self.access:
            del whole["access"]
        return whole
