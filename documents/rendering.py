"""The worker's part: a promised paper is made, stored and sealed, once however often tried."""

from datetime import datetime

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from documents import files, pdf
from documents.models import Revision, StoredFile, the_system
from documents.refusals import PaperRefused
from documents.states import RevisionState
from outbox.models import Message

PDF = "application/pdf"


def render_document(message: Message) -> None:
    """Make the paper of a revision. No transaction is open while it is made or written. Nothing is
    kept of one that is thrown away meanwhile, with its case."""
    revision = _begin(message.row_id)
    if revision is None:
        return
    try:
        paper = pdf.make(revision.source(), revision.given())
    except PaperRefused as refusal:
        _fail(revision, str(refusal.code), dict(refusal.details), at=timezone.now())
        return
    except SoftTimeLimitExceeded:
        _fail(revision, "too_slow", {}, at=timezone.now())
        return
    organisation_id = revision.document.organisation_id
    # On the disk first: whatever says that it is ready can show it.
    with files.put([paper.content], organisation_id=organisation_id) as (sha256, size):
        is_there = _seal(revision, paper.pages, sha256, size, at=timezone.now())
    if not is_there:
        files.remove_bytes(sha256, organisation_id=organisation_id)


def mark_given_up(message: Message) -> None:
    """The worker will not try again by itself: the page says so."""
    revision = Revision.objects.get(pk=message.row_id)
    # Somebody may have asked for another try since.
    if revision.waits_for(message):
        _fail(revision, "gave_up", {}, at=timezone.now())


@transaction.atomic(durable=True)
def _begin(pk: int) -> Revision | None:
    revision = _locked(pk)
    return revision if revision and revision.begin() else None


@transaction.atomic(durable=True)
def _seal(ordered: Revision, pages: int, sha256: str, size: int, *, at: datetime) -> bool:
    """Whether the revision is still there."""
    revision = _locked(ordered.pk)
    if revision is None:
        return False
    # A worker that lost its lease may come second with the same bytes.
    if not revision.can_move_to(RevisionState.READY):
        return True
    stored, _is_new = StoredFile.objects.get_or_create(
        organisation_id=revision.document.organisation_id,
        sha256=sha256,
        name=files.name_of_paper(f"{revision.title} {revision.number}"),
        defaults={"size": size, "media_type": PDF},
    )
    revision.move_to(
        RevisionState.READY,
        file=stored,
        pages=pages,
        ready_at=at,
        made_with=pdf.made_with(pdf.look_of(revision.kind)),
    )
    revision.tell("document.ready", by=the_system(), at=at, sha256=sha256, pages=pages)
    return True


@transaction.atomic(durable=True)
def _fail(ordered: Revision, code: str, details: dict[str, str | int], *, at: datetime) -> None:
    revision = _locked(ordered.pk)
    if revision is None or not revision.can_move_to(RevisionState.FAILED):
        return
    revision.move_to(RevisionState.FAILED, error_code=code, error_details=details)
    revision.tell("document.failed", by=the_system(), at=at, reason=code)


def _locked(pk: int) -> Revision | None:
    rows = Revision.objects.select_for_update(of=("self",)).select_related("document")
    return rows.filter(pk=pk).first()
