"""The papers of a shipped method, made of a case's real facts, and what can be wrong with them."""

import re
from collections.abc import Iterator
from typing import Any

from django.utils import translation

from documents import pdf
from documents.article import render_article
from documents.source import Given, Source
from handbook.models import DocumentTemplate
from procurements.days import swedish_day
from procurements.models import Case, CasePhase
from procurements.operations.paper import Place, source_of
from tests.documents.tagtree import wrong_with

LANGUAGES = ("sv", "en")
# What is left of a sentence or a row whose fact is missing.
TORN = {
    "an empty value": r"<dd>\s*</dd>",
    "an empty item": r"<li>\s*</li>",
    "a heading with nothing under it": r"</h([23])>(\s|<p>\s*</p>)*<(h[12]|/article|/section)",
    "a comma before nothing": r",\s*</(dd|td)",
    "a heading without its beginning": r"<h\d>\s*[:,.]",
    "a space before a full stop": r"\s[.,;:](?=[\s<])",
    "empty brackets": r"\(\s*\)",
    "a name of a field": r"\{[{%]|\bfill\.|\bNone\b",
}


def typed(template: DocumentTemplate, language: str) -> dict[str, Any]:
    """What somebody fills in: the sample of each field that has to be."""
    fill = {}
    for field in template.fill_fields(template.edition.words(language)):
        if field["required"]:
            is_money = field["type"] == "money"
            fill[field["key"]] = "40000" if is_money else field["sample"]
    return fill


def sources(
    case: Case, templates: Any, at: Any, *, is_filled: bool, draft: bool = False
) -> Iterator[tuple[str, Source]]:
    """A paper of each template in both languages, in the phase where it is due."""
    taking_part = case.participants.first()
    for template in templates.prefetch_related("phases"):
        if template.audience == "supplier" and taking_part is None:
            # Nobody can write it: the page asks to which supplier.
            continue
        runs = CasePhase.objects.filter(case=case, phase__in=template.phases.all())
        run = runs.filter(decisions__isnull=False).first() or runs.first()
        assert run is not None, template.key
        one = taking_part if template.audience == "supplier" else None
        for language in LANGUAGES:
            source = source_at(
                Place(run, template, one), at, language=language, is_filled=is_filled, draft=draft
            )
            yield f"{template.key} {language}", source


def source_at(
    place: Place, at: Any, *, language: str, is_filled: bool = True, draft: bool = False
) -> Source:
    """A paper made at a place, with what has to be filled in."""
    with translation.override(language):
        return source_of(
            place.run.case, place, language=language,
            fill=typed(place.template, language) if is_filled else {}, passages={},
            draft=draft, on=swedish_day(at),
        )  # fmt: skip


def torn_in(case: Case, at: Any, *, unfinished: bool = False) -> tuple[dict[str, list[str]], int]:
    """What is torn in which of the papers of the case's edition, or in drafts of them in which
    nothing is filled in, and how many were made."""
    torn, count = {}, 0
    made = sources(case, case.edition.templates, at, is_filled=not unfinished, draft=unfinished)
    for name, source in made:
        html = render_article(source, given(at))
        count += 1
        found = [what for what, pattern in TORN.items() if re.search(pattern, html)]
        if f"<h1>{source.frame['title']}" in html:
            found.append("its own name twice: it stands above the heading")
        if found:
            torn[name] = found
    return torn, count


def given(at: Any) -> Given:
    return Given(at, "1", "Maja Lindqvist", "7Q2MZ8R4K1W9X3T5B6VH")


def written(case: Case, purposes: set[str], at: Any) -> dict[str, bytes]:
    """A paper of each template that serves one of the purposes, in both languages."""
    templates = case.edition.templates.filter(serves__in=purposes)
    made = {}
    for name, source in sources(case, templates, at, is_filled=False):
        with translation.override(name.rpartition(" ")[2]):
            made[name] = pdf.write(source, given(at))
    return made


def faults(papers: dict[str, bytes]) -> dict[str, list[str]]:
    return {
        name: wrong
        for name, content in papers.items()
        if (wrong := wrong_with(content, name.rpartition(" ")[2]))
    }
