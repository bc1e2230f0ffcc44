"""The words of an edition in one language, read once per process and kept by their hash."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown_it import MarkdownIt

from handbook.splitting import lines_of
from handbook.states import EditionState

if TYPE_CHECKING:
    from handbook.models import Edition, Part

_markdown = MarkdownIt("commonmark", {"html": False})
_ALLOWED_TAGS = {"a", "blockquote", "br", "code", "em", "h3", "h4", "li", "ol", "p", "strong", "ul"}
_SENTENCES = re.compile(r"(?<=[.!?]) +")
_kept: OrderedDict[tuple[int, str], Words] = OrderedDict()
_KEPT_AT_MOST = 64


class Words:
    """What is said about the parts of an edition: `words(phase, "title")`.

    A part is given as its row or as its path. What nobody has written is "".
    """

    # Templates ask for its language; without this they would try to call it.
    do_not_call_in_templates = True

    def __init__(self, texts: dict[str, dict[str, str]], language: str) -> None:
        self.language = language
        self._texts = texts
        self._html: dict[tuple[str, str], SafeString] = {}

    def __call__(self, part: Part | str, field: str) -> str:
        return self._fields(part).get(field, "")

    def has(self, part: Part | str, field: str) -> bool:
        return bool(self(part, field))

    def lines(self, part: Part | str, field: str) -> list[str]:
        """The texts of a field that is a list, such as a gate's `gate.on_the_table`."""
        return lines_of(self._fields(part), field)

    def rows(self, part: Part | str, field: str) -> list[dict[str, str]]:
        """The texts of a list of small records, such as a phase's `risks`."""
        rows: dict[int, dict[str, str]] = {}
        for name, text in self._fields(part).items():
            prefix, _, rest = name.rpartition(".")
            head, _, number = prefix.rpartition(".")
            if head == field and number.isdigit():
                rows.setdefault(int(number), {})[rest] = text
        return [rows[number] for number in sorted(rows)]

    def html(self, part: Part | str, field: str) -> SafeString:
        """The text's light markup as clean HTML."""
        path = part if isinstance(part, str) else part.path
        if (path, field) not in self._html:
            self._html[path, field] = _to_html(self(path, field))
        return self._html[path, field]

    def first_paragraph(self, part: Part | str, field: str) -> SafeString:
        """How the text begins, where the whole would be too much."""
        return _to_html(self(part, field).strip().partition("\n\n")[0])

    def first_sentences(self, part: Part | str, field: str, count: int = 2) -> str:
        """How the text begins, as plain words on one line: for the foot of a paper."""
        paragraph = self(part, field).strip().partition("\n\n")[0].replace("**", "")
        return " ".join(_SENTENCES.split(" ".join(paragraph.split()))[:count])

    def in_other_words(self, others: Words, kind: str, field: str) -> dict[str, str]:
        """By what the parts of a kind are called here, what others call them."""
        return {
            fields[field]: others(path, field)
            for path, fields in self._texts.items()
            if path.startswith(f"{kind}:") and fields.get(field) and others.has(path, field)
        }

    def speak(self, part: str, field: str, kind: str) -> Any:
        """What `splitting.join` puts in place of a marker."""
        return self.lines(part, field) if kind == "lines" else self(part, field)

    def _fields(self, part: Part | str) -> dict[str, str]:
        return self._texts.get(part if isinstance(part, str) else part.path, {})


# The texts that an edition has: id, hash, language, number and state of each.
Versions = list[tuple[Any, ...]]


def words_of_many(editions: Iterable[Edition], language: str = "") -> dict[int, Words]:
    """The words of several editions by their ids, with the one query that one of them takes."""
    by_id = {edition.pk: edition for edition in editions}
    found = versions_of(by_id)
    return {pk: words_among(found[pk], edition, language) for pk, edition in by_id.items()}


def versions_of(ids: Iterable[int]) -> dict[int, Versions]:
    """Which texts editions have, by their ids, with one small query."""
    from handbook.models import TextSet

    found: dict[int, Versions] = {pk: [] for pk in ids}
    rows = TextSet.objects.filter(edition__in=found).order_by()
    for edition, *row in rows.values_list("edition", "pk", "hash", "language", "number", "state"):
        found[edition].append(tuple(row))
    return found


def words_among(found: Versions, edition: Edition, language: str = "") -> Words:
    """The words of an edition in a language, read only the first time this process needs them.

    A language without published words gives the language that the edition was written in.
    """
    from handbook.models import TextSet

    wanted = (language or get_language() or edition.source_language).split("-")[0]
    is_draft = edition.state == EditionState.DRAFT
    fitting = sorted(
        (
            row
            for row in found
            if row[2] in (wanted, edition.source_language)
            and (is_draft or row[4] == EditionState.PUBLISHED)
        ),
        key=lambda row: (row[2] == wanted, row[3]),
    )
    if not fitting:
        return Words({}, wanted)
    pk, digest, spoken, _number, _state = fitting[-1]
    if is_draft:
        return Words(TextSet.objects.values_list("texts", flat=True).get(pk=pk), spoken)
    # Another thread may let go of it meanwhile.
    words = _kept.get((pk, digest))
    if words is None:
        texts = TextSet.objects.values_list("texts", flat=True).get(pk=pk)
        words = _kept[pk, digest] = Words(texts, spoken)
        while len(_kept) > _KEPT_AT_MOST:
            _kept.popitem(last=False)
    return words


def _to_html(text: str) -> SafeString:
    cleaned = nh3.clean(
        _markdown.render(text), tags=_ALLOWED_TAGS, url_schemes={"https", "http", "mailto"}
    )
    return mark_safe(cleaned)  # noqa: S308 - cleaned by nh3
