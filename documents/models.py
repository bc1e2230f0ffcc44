"""Files, papers in their places, and the revisions of papers."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents import codes
from documents.source import Given, Source
from documents.states import REVISION_MOVES, UNDER_WAY, RevisionState
from journal.record import record
from outbox.models import Lane, Message

if TYPE_CHECKING:
    from teams.models import Organisation, User


class RevisionRefused(ValidationError):
    """The paper cannot do that from where it stands."""


# The folder of the files that belong to no organisation: printed handbooks.
SHARED = "shared"


def folder_of(organisation_id: int | None) -> Path:
    """Where the files of an organisation lie, or those that belong to none."""
    return Path(settings.MEDIA_ROOT) / (SHARED if organisation_id is None else str(organisation_id))


def place_of(sha256: str, *, organisation_id: int | None) -> Path:
    return folder_of(organisation_id) / sha256[:2] / sha256


class NamesFiles(models.Model):
    """Rows that name files: a backup takes those with it."""

    class Meta:
        abstract = True

    @classmethod
    def named_files(cls) -> Iterator[tuple[int | None, str]]:
        """Whose each file is (None: nobody's), and its SHA-256."""
        raise NotImplementedError


class StoredFile(NamesFiles):
    """Bytes that an organisation keeps, found by their SHA-256 and served only through a row.

    Retention: organisation.
    """

    organisation = models.ForeignKey(
        "teams.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    name = models.CharField(max_length=150)

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "sha256", "name"], name="stored_file_kept_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return place_of(self.sha256, organisation_id=self.organisation_id)

    @classmethod
    def named_files(cls) -> Iterator[tuple[int | None, str]]:
        rows = cls.objects.order_by("organisation_id", "sha256", "pk")
        yield from rows.values_list("organisation_id", "sha256").iterator(chunk_size=2000)


class MadeByWorker:
    """Rows that a worker makes a PDF for: `state` follows the map of documents.states."""

    state: Any
    tries: Any
    error_code: Any
    error_details: Any
    save: Any

    @property
    def is_ready(self) -> bool:
        return bool(self.state == RevisionState.READY)

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def has_failed(self) -> bool:
        return bool(self.state == RevisionState.FAILED)

    def waits_for(self, message: Message) -> bool:
        """Whether it is that message that is to make it: each try has one of its own."""
        return bool(self.is_under_way and message.occasion == str(self.tries))

    @property
    def error(self) -> str:
        """Why it failed, in plain words in the reader's language."""
        from documents.failures import words

        return words(self.error_code, self.error_details)

    def can_move_to(self, state: RevisionState) -> bool:
        return state in REVISION_MOVES[RevisionState(self.state)]

    def refusal(self) -> ValidationError:
        """What is said of a move that is not on the map."""
        raise NotImplementedError

    def move_to(self, state: RevisionState, **fields: Any) -> None:
        """Change state along the map, with what belongs to it. Call with the row locked."""
        if not self.can_move_to(state):
            raise self.refusal()
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])

    def begin(self) -> bool:
        """Whether it is to be made now. Call with the row locked."""
        if self.has_failed and self.error_code == "gave_up":
            # Those who run the service asked for another try.
            self.move_to(RevisionState.ORDERED, error_code="", error_details={})
        if not self.can_move_to(RevisionState.RENDERING):
            return False
        self.move_to(RevisionState.RENDERING)
        return True


class DocumentQuerySet(models.QuerySet["Document"]):
    def open(
        self,
        *,
        organisation: "Organisation",
        key: str,
        purpose: str,
        title: str,
        language: str,
        stream: models.Model | str = "",
    ) -> "Document":
        """The paper of that place, made when first asked for.

        Events about it go to the stream given (the case), else to one of its own.
        """
        name = stream if isinstance(stream, str) else f"{stream._meta.label_lower}:{stream.pk}"
        document, is_new = self.get_or_create(
            organisation=organisation,
            key=key,
            defaults={"purpose": purpose, "title": title, "language": language, "stream": name},
        )
        if not is_new and (document.title, document.language) != (title, language):
            document.title, document.language = title, language
            document.save(update_fields=["title", "language"])
        return document


class Document(models.Model):
    """One paper in its place, such as the order to one supplier in one phase of a case.

    What it says is in its revisions. Retention: case.
    """

    organisation = models.ForeignKey(
        "teams.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    key = models.CharField(max_length=150)
    purpose = models.CharField(max_length=40)
    title = models.CharField(max_length=250)
    language = models.CharField(max_length=2)
    stream = models.CharField(max_length=120, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="document_has_one_place")
        ]

    def __str__(self) -> str:
        return self.title

    def order(self, source: Source, *, by: "User", at: datetime, secrecy: str = "") -> "Revision":
        """Promise the paper that the source describes. Call within an operation.

        The same source as the latest revision gives that one back and renders nothing;
        if it had failed, it is tried again. One whose file has been lost is made anew, as the next.
        """
        latest = self._locked_latest()
        source_hash = source.hash
        is_same = latest and not latest.made_elsewhere and latest.source_hash == source_hash
        if latest and is_same and not latest.is_lost:
            if latest.state == RevisionState.FAILED:
                latest.order_again(by=by, at=at)
            return latest
        revision = self._next(
            latest,
            by=by,
            at=at,
            secrecy=secrecy,
            state=RevisionState.ORDERED,
            kind=source.kind,
            language=source.language,
            template_name=source.template_name,
            template_text=source.template_text,
            data=source.data,
            passages=source.passages,
            frame=source.frame,
            draft=source.draft,
            edition_title=source.edition_title,
            edition_version=source.edition_version,
            licence=source.licence,
            source_hash=source_hash,
        )
        revision.tell("document.ordered", by=by, at=at, draft=revision.draft)
        revision.promise()
        return revision

    def retry(self, *, by: "User", at: datetime) -> "Revision":
        """Try the latest revision again after a failure. Call within an operation."""
        latest = self._locked_latest()
        if latest is None or latest.state != RevisionState.FAILED:
            raise RevisionRefused(_("Only a paper that failed can be tried again."), "not_failed")
        latest.order_again(by=by, at=at)
        return latest

    def file(
        self,
        stored_file: StoredFile,
        *,
        is_signed_copy: bool = False,
        by: "User",
        at: datetime,
        secrecy: str = "",
    ) -> "Revision":
        """Put a paper made elsewhere in this place, as the next revision: another text, or the
        latest that was issued here, signed."""
        from documents import files

        if stored_file.organisation_id != self.organisation_id:
            raise ValueError("The file belongs to another organisation.")
        latest = self._locked_latest()
        if is_signed_copy and not (latest and latest.is_signable):
            raise RevisionRefused(
                _("The latest version was not issued here, so this is no signed copy of it."),
                "not_issued",
            )
        revision = self._next(
            latest,
            is_signed_copy=is_signed_copy,
            by=by,
            at=at,
            secrecy=secrecy,
            state=RevisionState.READY,
            made_elsewhere=True,
            language=self.language,
            file=files.held(stored_file),
            ready_at=at,
        )
        verb = "document.signed_copy_filed" if is_signed_copy else "document.filed"
        revision.tell(verb, by=by, at=at, sha256=stored_file.sha256)
        return revision

    def throw_away(self) -> None:
        """The paper is gone with its revisions, their files and what was promised of them: that of
        a case which nobody else has seen. Call within an operation, when nothing names it."""
        from documents import files

        revisions = list(self.revisions.select_related("file__organisation"))
        subjects = [str(revision.pk) for revision in revisions]
        Message.objects.filter(kind="document.render", subject__in=subjects).delete()
        self.revisions.all().delete()
        files.forget_unused({revision.file for revision in revisions if revision.file})
        self.delete()

    def _locked_latest(self) -> "Revision | None":
        Document.objects.select_for_update().get(pk=self.pk)
        return self.revisions.order_by("-number").first()

    def _next(
        self, latest: "Revision | None", *, by: "User", at: datetime, **fields: Any
    ) -> "Revision":
        return self.revisions.create(
            number=latest.number + 1 if latest else 1,
            title=self.title,
            code=codes.make(),
            ordered_by=by,
            ordered_at=at,
            author=by.name,
            **fields,
        )


class RevisionQuerySet(models.QuerySet["Revision"]):
    def newest_first(self) -> "RevisionQuerySet":
        return self.order_by("-number")

    def issued(self) -> "RevisionQuerySet":
        """What has left the team or may: ready, and not a draft."""
        return self.filter(state=RevisionState.READY, draft=False)

    def signable(self) -> "RevisionQuerySet":
        """Issued here, or a copy of what was that others may sign too."""
        return self.issued().filter(Q(is_signed_copy=True) | Q(made_elsewhere=False))

    def unfinished(self) -> "RevisionQuerySet":
        return self.filter(state__in=UNDER_WAY)


class Revision(MadeByWorker, models.Model):
    """A numbered version of a paper: what it was made of, who ordered it, and its file.

    Never changed once ready; the newest by number holds. Retention: case.
    """

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=RevisionState.choices)
    title = models.CharField(max_length=250)
    made_elsewhere = models.BooleanField(default=False)
    # Of one made elsewhere: the version before it, signed on paper. Its text is the same.
    is_signed_copy = models.BooleanField(default=False)
    # The source
    kind = models.CharField(max_length=10, default="edition")
    language = models.CharField(max_length=2)
    template_name = models.CharField(max_length=150, blank=True)
    template_text = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    passages = models.JSONField(default=dict)
    frame = models.JSONField(default=dict)
    draft = models.BooleanField(default=False)
    edition_title = models.CharField(max_length=250, blank=True)
    edition_version = models.CharField(max_length=40, blank=True)
    licence = models.CharField(max_length=250, blank=True)
    source_hash = models.CharField(max_length=64, blank=True)
    # Given beside it
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    ordered_at = models.DateTimeField()
    author = models.CharField(max_length=200)
    code = models.CharField(max_length=20, unique=True)
    # The circle of a secrecy window that its events are kept within
    secrecy = models.CharField(max_length=80, blank=True)
    # What came of it
    tries = models.PositiveSmallIntegerField(default=1)
    file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="revisions"
    )
    pages = models.PositiveIntegerField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    made_with = models.JSONField(default=dict)
    error_code = models.CharField(max_length=40, blank=True)
    error_details = models.JSONField(default=dict)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["document", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "number"], name="revision_numbered_in_document"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RevisionState.values), name="revision_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="ready", file__isnull=False)
                | (~Q(state="ready") & Q(file__isnull=True)),
                name="revision_is_ready_with_its_file",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="first_revision_is_one"),
            models.CheckConstraint(
                condition=Q(state="ready", ready_at__isnull=False)
                | (~Q(state="ready") & Q(ready_at=None)),
                name="revision_is_ready_since_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error_code=""), name="failed_revision_says_why"
            ),
            models.CheckConstraint(
                condition=Q(is_signed_copy=False) | Q(made_elsewhere=True),
                name="signed_copy_is_made_elsewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"

    @property
    def is_signable(self) -> bool:
        """The same as `signable` finds."""
        is_of_ours = self.is_signed_copy or not self.made_elsewhere
        return self.is_ready and not self.draft and is_of_ours

    @property
    def shown_code(self) -> str:
        return codes.shown(self.code)

    def source(self) -> Source:
        return Source(
            kind="system" if self.kind == "system" else "edition",
            language=self.language,
            template_name=self.template_name,
            template_text=self.template_text,
            data=self.data,
            passages=self.passages,
            frame=self.frame,
            draft=self.draft,
            edition_title=self.edition_title,
            edition_version=self.edition_version,
            licence=self.licence,
        )

    def given(self) -> Given:
        return Given(
            at=self.ordered_at, version=str(self.number), author=self.author, code=self.code
        )

    def refusal(self) -> RevisionRefused:
        return RevisionRefused(
            _(
                "That cannot be done as the paper stands now, and nothing is changed. "
                "Load the page anew to see how it stands."
            ),
            "no_move",
        )

    @property
    def is_lost(self) -> bool:
        """Whether it was made, and its file is not where it was put."""
        return self.file is not None and not self.file.path.is_file()

    def order_again(self, *, by: "User", at: datetime) -> None:
        """From failed back to ordered. Call with the document locked."""
        self.move_to(RevisionState.ORDERED, tries=self.tries + 1, error_code="", error_details={})
        self.tell("document.tried_again", by=by, at=at)
        self.promise()

    def promise(self) -> Message:
        """One message for each try: a kept promise cannot be promised again."""
        return Message.objects.post(
            "document.render", subject=str(self.pk), occasion=str(self.tries), lane=Lane.PERSON
        )

    def tell(self, verb: str, *, by: "User", at: datetime, **facts: Any) -> None:
        record(
            self.document.stream or self.document,
            verb,
            by=by,
            at=at,
            about=self,
            facts={"number": self.number, **facts},
            texts={"title": self.title},
            secrecy=self.secrecy,
        )


def the_system() -> "User":
    """Who the journal names when a worker, and no person, did it."""
    system: User = get_user_model().objects.system()
    return system
