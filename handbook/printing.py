"""The worker's part: an edition as one PDF, made and stored once however often tried."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents import files, pdf
from documents.refusals import PaperRefused
from documents.states import RevisionState
from handbook import stave
from handbook.chapters import Chapters
from handbook.models import Edition, Handbook, PrintedEdition
from outbox.models import Message


def print_edition(message: Message) -> None:
    """Make the PDF. No transaction is open while it is made or written."""
    printed = _begin(message.row_id)
    if printed is None:
        return
    try:
        paper = pdf.make_html(
            *whole(printed.text_set.edition, printed.text_set.language), pdf.A_BOOK
        )
    except PaperRefused as refusal:
        _fail(printed, str(refusal.code), dict(refusal.details), at=timezone.now())
        return
    except SoftTimeLimitExceeded:
        _fail(printed, "too_slow", {}, at=timezone.now())
        return
    # On the disk first: whatever says that it is ready can show it.
    with files.put([paper.content], organisation_id=None) as (sha256, size):
        _seal(printed, paper.pages, sha256, size, at=timezone.now())


def mark_given_up(message: Message) -> None:
    """The worker will not try again by itself: the page says so."""
    printed = PrintedEdition.objects.get(pk=message.row_id)
    # Somebody may have asked for another try since.
    if printed.waits_for(message):
        _fail(printed, "gave_up", {}, at=timezone.now())


def title_of(edition: Edition, language: str) -> str:
    return f"{edition.words(language)('edition', 'title')} {edition.version}"


def whole(edition: Edition, language: str) -> tuple[str, dict[str, Any]]:
    """The body of the book and what stands around it, in the language."""
    with translation.override(language):
        chapters = Chapters(edition, edition.words(language))
        book, words = chapters.book(), chapters.words
        contents = chapters.contents()
        line = words.first_sentences("edition", "source_note")
        context = chapters.introduction() | {
            "edition": edition,
            "book": book,
            "source_line": line,
            "contents": contents,
            "stave": _stave(contents),
            "parts": list(chapters.parts.items()),
            "phases": chapters.whole_phases(),
            "after": [
                {
                    "name": name,
                    "title": title,
                    "template": f"handbook/book/{name}.html",
                    "holds": chapters.part(name),
                }
                for name, title in chapters.parts.items()
            ],
            "address": f"{settings.PUBLIC_URL}{edition.get_absolute_url()}",
        }
        named = _("Edition %(version)s") % {"version": edition.version}
        assert edition.published_at is not None
        frame = {
            "language": words.language,
            "title": f"{book['title']}, {named}",
            "running_head": f"{book['title']}, {named}",
            "description": book["subtitle"],
            "author": _author(edition),
            "foot": f"{book['attribution']} {words.first_sentences('edition', 'source_note', 1)}",
            "made_at": timezone.localtime(edition.published_at).isoformat(timespec="seconds"),
        }
        return render_to_string("handbook/book/whole.html", context), frame


def _author(edition: Edition) -> str:
    return edition.handbook.owner.name if edition.handbook.owner else "Upptakt"


def _stave(contents: list[dict[str, Any]]) -> str:
    counts = [row["phase"].default_suppliers or 0 for row in contents]
    said = [
        ngettext("%(title)s: %(n)s supplier", "%(title)s: %(n)s suppliers", count)
        % {"title": row["title"], "n": count}
        if count
        else row["title"]
        for row, count in zip(contents, counts, strict=True)
    ]
    return stave.drawn(counts, ". ".join(said))


@transaction.atomic(durable=True)
def _begin(pk: int) -> PrintedEdition | None:
    printed = _locked(pk)
    return printed if printed.begin() else None


@transaction.atomic(durable=True)
def _seal(printed: PrintedEdition, pages: int, sha256: str, size: int, *, at: datetime) -> None:
    printed = _locked(printed.pk)
    # A worker that lost its lease may come second with the same bytes.
    if not printed.can_move_to(RevisionState.READY):
        return
    text_set = printed.text_set
    printed.move_to(
        RevisionState.READY,
        sha256=sha256,
        size=size,
        pages=pages,
        title=f"{title_of(text_set.edition, text_set.language)} ({text_set.language})",
        ready_at=at,
        made_with=pdf.made_with(pdf.A_BOOK),
    )
    printed.tell("edition.printed", at=at, sha256=sha256, pages=pages)


@transaction.atomic(durable=True)
def _fail(
    printed: PrintedEdition, code: str, details: dict[str, str | int], *, at: datetime
) -> None:
    printed = _locked(printed.pk)
    if not printed.can_move_to(RevisionState.FAILED):
        return
    printed.move_to(RevisionState.FAILED, error_code=code, error_details=details)
    printed.tell("edition.not_printed", at=at, reason=code)


def _locked(pk: int) -> PrintedEdition:
    """The row, with its handbook locked first: events go to that stream."""
    rows = PrintedEdition.objects.select_related("text_set__edition__handbook__owner")
    handbook = rows.get(pk=pk).text_set.edition.handbook_id
    Handbook.objects.select_for_update().get(pk=handbook)
    return rows.select_for_update(of=("self",)).get(pk=pk)
