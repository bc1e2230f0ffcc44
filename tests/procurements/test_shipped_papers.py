"""The papers of the shipped method, made of a case's real facts, as a screen reader meets them."""

from collections.abc import Iterator
from typing import Any

import pytest

from documents.article import render_article
from procurements.models import Case
from tests.matrix.world import undone
from tests.procurements.demo.builders import ORDINARY, moment
from tests.procurements.demo.test_play import PAPERS
from tests.procurements.demo.test_playing import played
from tests.procurements.shipped import faults, given, sources, torn_in, written

pytestmark = pytest.mark.django_db

# Filled in by hand where the case keeps nothing yet.
BY_HAND = {"opening_record", "assessment_record"}


@pytest.fixture(scope="module")
def case(django_db_setup: None, django_db_blocker: Any) -> Iterator[Case]:
    """The first case of the demo, as it stands on an ordinary day."""
    with django_db_blocker.unblock(), undone():
        yield Case.objects.select_related("edition").get(pk=played().case.pk)


def test_every_paper_is_whole_when_made_of_what_the_case_holds(case: Case) -> None:
    """All of them, also those whose facts the case does not keep yet."""
    assert torn_in(case, moment(ORDINARY)) == ({}, 2 * 31)


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
    assert "0 leverantörer" not in papers["insight-diary sv"]
    terms = papers["call-terms sv"]
    assert "avtalsspärren enligt lagen" in terms
    assert "Ingen avtalsspärr" not in terms


def test_the_eight_papers_are_tagged_as_they_read(case: Case) -> None:
    papers = written(case, PAPERS | BY_HAND, moment(ORDINARY))

    assert len(papers) == 2 * len(PAPERS | BY_HAND)
    assert faults(papers) == {}
