"""The corrected words of one build in the next."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise

from handbook.manuscript import digest
from handbook.models import Edition, TextSet

Words = dict[str, dict[str, str]]  # part → field → text


def carry(before: Edition, edition: Edition) -> None:
    """Correct the words of a build that is being made as those of the build before it were, where
    it still says what stood there. Each correction keeps its day, its part and its reason."""
    for first in edition.text_sets.order_by("language"):
        number, texts = first.number, first.texts
        for wrong, erratum in _corrections(before, first.language):
            corrected = _followed(texts, wrong.texts, erratum.texts)
            if corrected == texts:
                continue
            number, texts = number + 1, corrected
            TextSet.objects.create(
                edition=edition,
                language=first.language,
                number=number,
                hash=digest(texts),
                texts=texts,
                corrected_at=erratum.corrected_at,
                section=erratum.section,
                reason=erratum.reason,
            )


def left_behind(edition: Edition) -> list[TextSet]:
    """The corrections of the build before that this one does not say."""
    earlier = edition.handbook.editions.filter(version=edition.version, build__lt=edition.build)
    before = earlier.order_by("build").last()
    if before is None:
        return []
    left = []
    for language in before.languages:
        now, wanted = _newest(edition, language), _newest(before, language)
        for wrong, erratum in _corrections(before, language):
            leaves = _changed(wrong.texts, erratum.texts)
            if any(_said(now, *leaf) != _said(wanted, *leaf) for leaf in leaves):
                left.append(erratum)
    return left


def _corrections(edition: Edition, language: str) -> Iterator[tuple[TextSet, TextSet]]:
    """Each erratum after the words that it corrected."""
    return pairwise(edition.text_sets.filter(language=language).order_by("number"))


def _newest(edition: Edition, language: str) -> Words:
    newest = edition.text_sets.filter(language=language).order_by("number").last()
    return newest.texts if newest else {}


def _changed(before: Words, after: Words) -> Iterator[tuple[str, str]]:
    for part, fields in after.items():
        for field, text in fields.items():
            if text != _said(before, part, field):
                yield part, field


def _followed(texts: Words, before: Words, after: Words) -> Words:
    new = copy.deepcopy(texts)
    for part, field in _changed(before, after):
        text = _said(texts, part, field)
        if text is not None and text == _said(before, part, field):
            new[part][field] = after[part][field]
    return new


def _said(texts: Words, part: str, field: str) -> str | None:
    return texts.get(part, {}).get(field)
