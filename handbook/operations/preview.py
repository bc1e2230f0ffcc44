"""A paper of a draft with invented data, made by a worker as a real one would be."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from documents.models import Document, Revision
from documents.source import Source
from handbook.drafted import samples, words_of_whole
from handbook.models import Draft
from handbook.operations.draft import opened, part_of
from handbook.refusals import EditionRefused
from handbook.sections import Kind, Section

if TYPE_CHECKING:
    from teams.models import User


def preview_of(draft: Draft, key: str) -> Document | None:
    """The previews that were ordered of a paper of the draft."""
    keeper = draft.handbook.keeper
    return Document.objects.filter(organisation=keeper, key=_place(draft, key)).first()


@transaction.atomic(durable=True)
def order_preview(*, draft: Draft, key: str, language: str, by: User, at: datetime) -> Revision:
    """Order the paper as it stands in the draft; unchanged it is not made again."""
    draft = opened(draft)
    template = part_of(draft, Section(Kind.TEMPLATE, key))
    keeper = draft.handbook.keeper
    if keeper is None:
        raise EditionRefused(_("Nobody keeps this handbook yet."))
    words = words_of_whole(draft.whole, language)
    title = template["title"][language] or key
    source = Source(
        language=language,
        data=samples(draft.whole, key, language),
        template_text=template["bodies"][language],
        draft=True,
        edition_title=words("edition", "title"),
        edition_version=draft.version,
        licence=words("edition", "licence.attribution") or draft.based_on.licence_name,
        frame={
            "title": title,
            "kind": title,
            "organisation": keeper.name,
            "origin": words.first_sentences("edition", "source_note"),
            "note": _("A preview: every fact in it is invented."),
        },
    )
    document = Document.objects.open(
        organisation=keeper,
        key=_place(draft, key),
        purpose=template["serves"],
        title=title,
        language=language,
        stream=draft.handbook,
    )
    return document.order(source, by=by, at=at)


def _place(draft: Draft, key: str) -> str:
    return f"draft:{draft.pk}/{key}"
