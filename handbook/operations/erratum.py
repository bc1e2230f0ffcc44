"""Correcting words of a published edition: words only, shown, dated, and followed by every case."""

from __future__ import annotations

import copy
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from handbook.differences import Leaf, leaves
from handbook.draftchecks import findings
from handbook.drafted import structure_of, texts_of
from handbook.exporting import manuscript_of
from handbook.manuscript import digest
from handbook.models import Draft, Edition, Handbook, PrintedEdition, TextSet
from handbook.refusals import EditionRefused, StaleDraft
from handbook.sections import Section, SectionMissing, Whole, find, put, revision_of, within
from handbook.states import EditionState
from journal.record import record

if TYPE_CHECKING:
    from teams.models import User

# What of a paper's source is no words: fields, conditions, loops, and the marks of passages.
NO_WORDS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)


@transaction.atomic(durable=True)
def correct_words(
    *,
    edition: Edition,
    section: Section,
    data: dict[str, Any],
    started_from: str,
    reason: str,
    by: User,
    at: datetime,
) -> list[TextSet]:
    """New text sets beside the old, one for each language whose words were corrected, and the
    promise of their PDFs.

    Refused when anything but words differs, when a text is emptied, or when the checks of
    publishing find something. A draft that is being written gets the correction too, where it
    still says what the edition said.
    """
    handbook = Handbook.objects.select_for_update().get(pk=edition.handbook_id)
    edition = Edition.objects.get(pk=edition.pk)
    if edition.state != EditionState.PUBLISHED:
        raise EditionRefused(_("This edition has been replaced; its words stay as they are."))
    whole = manuscript_of(edition, corrected=True).data
    new = put(whole, section, data)
    if new == whole:
        return []
    if started_from != revision_of(whole, section):
        raise StaleDraft(_("Somebody else has corrected these words. Look at them once more."))
    _refuse_more_than_words(find(whole, section), data)
    if findings(new, whole):
        raise EditionRefused(_("The corrected words do not pass the checks of publishing."))
    made = _text_sets(edition, texts_of(whole), texts_of(new), section, reason, at)
    _follow(handbook, section, find(whole, section), data)
    facts = {
        "version": edition.version,
        "build": edition.build,
        "section": section.path,
        "languages": [one.language for one in made],
    }
    record(
        handbook,
        "edition.corrected",
        by=by,
        at=at,
        about=edition,
        facts=facts,
        texts={"reason": reason},
    )
    PrintedEdition.objects.order(edition)
    return made


def _refuse_more_than_words(before: dict[str, Any], after: dict[str, Any]) -> None:
    old, new = list(leaves(before)), list(leaves(after))
    is_same = structure_of(before) == structure_of(after)
    if not is_same or [one.name for one in old] != [one.name for one in new]:
        raise EditionRefused(_("Only words can be corrected; anything else is a new edition."))
    for one, other in zip(old, new, strict=True):
        for language in one.held if one.is_words else ():
            was, now = one.text(language), other.text(language)
            if was.strip() and not now.strip():
                raise EditionRefused(_("A text can be corrected but not emptied."))
            if one.name == "bodies" and NO_WORDS.findall(was) != NO_WORDS.findall(now):
                raise EditionRefused(
                    _("Fields, conditions and elements of a paper stay as they are.")
                )


def _text_sets(
    edition: Edition,
    before: dict[str, Any],
    after: dict[str, Any],
    section: Section,
    reason: str,
    at: datetime,
) -> list[TextSet]:
    newest = dict(
        edition.text_sets.values("language")
        .annotate(newest=Max("number"))
        .values_list("language", "newest")
    )
    return [
        TextSet.objects.create(
            edition=edition,
            language=language,
            number=newest[language] + 1,
            state=EditionState.PUBLISHED,
            hash=digest(texts),
            texts=texts,
            corrected_at=at,
            section=section.path,
            reason=reason,
        )
        for language, texts in after.items()
        if texts != before[language]
    ]


def _follow(
    handbook: Handbook,
    section: Section,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    """Carry the correction into the open draft, where it says what the edition said."""
    draft = Draft.objects.select_for_update().open().filter(handbook=handbook).first()
    if draft is None:
        return
    # Also one that was begun from an earlier build of the edition, whose words may be others.
    for name in ("base", "whole", "aside"):
        setattr(draft, name, copy.deepcopy(getattr(draft, name)))
    for whole in (draft.base, draft.whole, *map(within, draft.aside)):
        _correct(whole, section, before, after)
    draft.save(update_fields=["base", "whole", "aside"])


def _correct(whole: Whole, section: Section, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Write the corrected words in the place, where the section still says what it said before; in
    a list also where the row stands in another place now."""
    try:
        data = find(whole, section)
    except SectionMissing:
        return
    new = {one.name: one for one in leaves(after)}
    there = [one for one in leaves(data) if one.is_words]
    for old in leaves(before):
        if not old.is_words:
            continue
        for language in list(old.held):
            was, now = old.text(language), new[old.name].text(language)
            same = [one for one in there if was != now and one.text(language) == was]
            in_place = [one for one in same if one.name == old.name]
            for leaf in in_place or [one for one in same if _list_of(one) == _list_of(old)]:
                leaf.write(language, now)


def _list_of(leaf: Leaf) -> str:
    """The name of a text without its place in a list."""
    return re.sub(r"\d+", "", leaf.name)
