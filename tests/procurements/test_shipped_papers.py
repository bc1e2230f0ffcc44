"""The papers of the shipped methods, made of a case's real facts, as a screen reader meets them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from documents import pdf
from documents.article import render_article
from documents.source import Given, Source
from handbook.models import DocumentTemplate, Edition
from procurements.days import swedish_day
from procurements.models import Case, CasePhase
from procurements.operations.paper import Place, source_of
from tests.clock import a_quiet_monday
from tests.documents.tagtree import wrong_with
from tests.handbook.shelves import OTHER_METHOD, loaded, shipped
from tests.journeys.playing import Player
from tests.matrix.world import undone
from tests.people import everybody
from tests.procurements.demo.builders import ORDINARY, moment
from tests.procurements.demo.test_play import PAPERS
from tests.procurements.demo.test_playing import played

LANGUAGES = ("sv", "en")
# Filled in by hand where the case keeps nothing yet.
BY_HAND = {"opening_record", "assessment_record"}
# What is left of a sentence or a row whose fact is missing.
TORN = {
    "an empty value": r"<dd>\s*</dd>",
    "an empty item": r"<li>\s*</li>",
    "a heading without its beginning": r"<h\d>\s*[:,.]",
    "a space before a full stop": r"\s[.,;:](?=[\s<])",
    "empty brackets": r"\(\s*\)",
    "a name of a field": r"\{[{%]|\bfill\.|\bNone\b",
}


class WithoutPapers(Player):
    def order_papers(self, key: str) -> None:
        """They are made afterwards, all at once."""


@pytest.fixture(scope="module")
def case(django_db_setup: None, django_db_blocker: Any) -> Iterator[Case]:
    """The first case of the demo, as it stands on an ordinary day."""
    with django_db_blocker.unblock(), undone():
        yield Case.objects.select_related("edition").get(pk=played().case.pk)


def typed(template: DocumentTemplate, language: str) -> dict[str, Any]:
    """What somebody fills in: the sample of each field that has to be."""
    fill = {}
    for field in template.fill_fields(template.edition.words(language)):
        if field["required"]:
            is_money = field["type"] == "money"
            fill[field["key"]] = "40000" if is_money else field["sample"]
    return fill


def sources(
    case: Case, templates: Any, at: Any, *, is_filled: bool
) -> Iterator[tuple[str, Source]]:
    """A paper of each template in both languages, in the phase where it is due."""
    taking_part = case.participants.first()
    for template in templates.prefetch_related("phases"):
        runs = CasePhase.objects.filter(case=case, phase__in=template.phases.all())
        run = runs.filter(decisions__isnull=False).first() or runs.first()
        assert run is not None, template.key
        one = taking_part if template.audience == "supplier" else None
        for language in LANGUAGES:
            with translation.override(language):
                source = source_of(
                    case, Place(run, template, one), language=language,
                    fill=typed(template, language) if is_filled else {}, passages={},
                    draft=False, on=swedish_day(at),
                )  # fmt: skip
                yield f"{template.key} {language}", source


def torn_in(case: Case, at: Any) -> tuple[dict[str, list[str]], int]:
    """What is torn in which of the papers of the case's edition, and how many were made."""
    torn, count = {}, 0
    for name, source in sources(case, case.edition.templates, at, is_filled=True):
        html = render_article(source, given(at))
        count += 1
        if found := [what for what, pattern in TORN.items() if re.search(pattern, html)]:
            torn[name] = found
    return torn, count


def given(at: Any) -> Given:
    return Given(at, "1", "Maja Lindqvist", "7Q2MZ8R4K1W9X3T5B6VH")


def written(case: Case, edition: Edition, purposes: set[str], at: Any) -> dict[str, bytes]:
    """A paper of each template that serves one of the purposes, in both languages."""
    templates = edition.templates.filter(serves__in=purposes)
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


@pytest.mark.django_db
def test_every_paper_is_whole_when_made_of_what_the_case_holds(case: Case) -> None:
    """All of them, also those whose facts the case does not keep yet."""
    assert torn_in(case, moment(ORDINARY)) == ({}, 2 * 31)


@pytest.mark.django_db
def test_a_paper_says_what_is_not_recorded_instead_of_denying_it(case: Case) -> None:
    at = moment(ORDINARY)
    papers = {
        name: render_article(source, given(at))
        for name, source in sources(case, case.edition.templates, at, is_filled=True)
    }

    assert "Anbuden är inte antecknade här" in papers["opening-record sv"]
    assert "The scores are not recorded here" in papers["assessment-record en"]
    assert "Helena Strand" in papers["assessment-record sv"]
    assert "inte antecknat" in papers["diffusion-report sv"]
    terms = papers["call-terms sv"]
    assert "avtalsspärren enligt lagen" in terms
    assert "Ingen avtalsspärr" not in terms


@pytest.mark.django_db
def test_the_eight_papers_are_tagged_as_they_read(case: Case) -> None:
    papers = written(case, case.edition, PAPERS | BY_HAND, moment(ORDINARY))

    assert len(papers) == 2 * len(PAPERS | BY_HAND)
    assert faults(papers) == {}


@pytest.mark.django_db
def test_the_papers_of_the_other_method_are_tagged_as_they_read(time_machine: Any) -> None:
    edition = loaded(shipped(OTHER_METHOD))
    case = WithoutPapers(everybody(), edition, a_quiet_monday(), time_machine).play()
    purposes = set(edition.templates.values_list("serves", flat=True))

    assert torn_in(case, a_quiet_monday()) == ({}, 2 * edition.templates.count())
    papers = written(case, edition, purposes, a_quiet_monday())

    assert len(papers) >= 2 * len(purposes)
    assert faults(papers) == {}
