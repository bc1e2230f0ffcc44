"""Suggesting something better, and what the editors answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from handbook.models import Draft, Edition, Handbook, Suggestion
from handbook.refusals import SuggestionRefused
from handbook.states import EditionState, SuggestionState
from journal.record import record
from outbox.models import Lane, Message

if TYPE_CHECKING:
    from teams.models import User


@transaction.atomic(durable=True)
def suggest(
    *,
    edition: Edition,
    part: str = "",
    language: str,
    text: str,
    reason: str,
    by: User,
    at: datetime,
) -> Suggestion:
    """Keep a suggestion for the editors, about a part of a published edition or the whole.

    The same words about the same part by the same person within an hour are one suggestion.
    """
    handbook = Handbook.objects.select_for_update().get(pk=edition.handbook_id)
    if edition.state == EditionState.DRAFT:
        raise SuggestionRefused(_("Only a published edition can be improved upon."), "draft")
    said = {"edition": edition, "part": part, "language": language, "text": text, "reason": reason}
    lately = Suggestion.objects.filter(by=by, at__gt=at - timedelta(hours=1))
    before = lately.filter(**said).first()
    if before:
        return before
    suggestion = Suggestion.objects.create(**said, by=by, at=at)
    record(
        handbook, "suggestion.made", by=by, at=at, about=suggestion,
        facts={"version": edition.version, "part": part, "language": language},
        texts={"text": text, "reason": reason},
    )  # fmt: skip
    return suggestion


@transaction.atomic(durable=True)
def accept(
    *, suggestion: Suggestion, draft: Draft | None, answer: str = "", by: User, at: datetime
) -> Suggestion:
    """Accept it into a draft of the handbook, or into the next when there is none, and promise
    the one who suggested it a letter. The words of the draft are written in the editor.

    Raises SuggestionRefused when it has been answered, or the edition is no draft of the handbook.
    """
    row = _locked(suggestion)
    handbook = row.edition.handbook_id
    # Before anything is recorded, as who writes in the draft does.
    into = Draft.objects.open().select_for_update().filter(handbook=handbook)
    if draft and into.filter(pk=draft.pk).first() is None:
        raise SuggestionRefused(_("It can only be taken into a draft of the handbook."), "draft")
    row.move_to(SuggestionState.ACCEPTED, by=by, at=at, answer=answer, taken_into=draft)
    version = draft.version if draft else ""
    _answered(row, "suggestion.accepted", by=by, at=at, taken_into=version)
    return row


@transaction.atomic(durable=True)
def decline(*, suggestion: Suggestion, answer: str, by: User, at: datetime) -> Suggestion:
    """Decline it with reasons, and promise the one who suggested it a letter.

    Raises SuggestionRefused when it has been answered.
    """
    row = _locked(suggestion)
    row.move_to(SuggestionState.DECLINED, by=by, at=at, answer=answer)
    _answered(row, "suggestion.declined", by=by, at=at)
    return row


def _locked(suggestion: Suggestion) -> Suggestion:
    Handbook.objects.select_for_update().get(editions=suggestion.edition_id)
    rows = Suggestion.objects.select_related("edition__handbook")
    return rows.select_for_update(of=("self",)).get(pk=suggestion.pk)


def _answered(row: Suggestion, verb: str, *, by: User, at: datetime, **facts: str) -> None:
    facts = {"version": row.edition.version, "part": row.part} | facts
    texts = {"answer": row.answer} if row.answer else {}
    record(row.edition.handbook, verb, by=by, at=at, about=row, facts=facts, texts=texts)
    Message.objects.post(
        "mail.suggestion_answer", subject=f"handbook.suggestion:{row.pk}", lane=Lane.MAIL
    )
