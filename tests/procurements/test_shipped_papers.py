"""The papers of the shipped methods, made of a case's real facts, as a screen reader meets them."""

from typing import Any

import pytest
from django.utils import translation

from documents import pdf
from documents.source import Given
from handbook.models import Edition
from procurements.days import swedish_day
from procurements.models import Case, CasePhase
from procurements.operations.paper import Place, source_of
from tests.clock import a_quiet_monday
from tests.documents.tagtree import wrong_with
from tests.handbook.shelves import OTHER_METHOD, loaded, shipped
from tests.journeys.playing import Player
from tests.people import everybody
from tests.procurements.demo.test_play import ORDINARY, PAPERS, moment, played

pytestmark = pytest.mark.django_db


class WithoutPapers(Player):
    def order_papers(self, key: str) -> None:
        """They are made afterwards, all at once."""


def written(case: Case, edition: Edition, purposes: set[str], at: Any) -> dict[str, bytes]:
    """A paper of each template that serves one of the purposes, in both languages."""
    made = {}
    taking_part = case.participants.first()
    for template in edition.templates.filter(serves__in=purposes).prefetch_related("phases"):
        runs = CasePhase.objects.filter(case=case, phase__in=template.phases.all())
        run = runs.filter(decisions__isnull=False).first() or runs.first()
        one = taking_part if template.audience == "supplier" else None
        for language in ("sv", "en"):
            with translation.override(language):
                source = source_of(
                    case, Place(run, template, one), language=language, fill={}, passages={},
                    draft=False, on=swedish_day(at),
                )  # fmt: skip
                given = Given(at, "1", "Maja Lindqvist", "7Q2MZ8R4K1W9X3T5B6VH")
                made[f"{template.key} {language}"] = pdf.write(source, given)
    return made


def faults(papers: dict[str, bytes]) -> dict[str, list[str]]:
    return {
        name: wrong
        for name, content in papers.items()
        if (wrong := wrong_with(content, name.rpartition(" ")[2]))
    }


def test_the_eight_papers_are_tagged_as_they_read() -> None:
    case = Case.objects.get(pk=played().case.pk)

    papers = written(case, case.edition, PAPERS, moment(ORDINARY))

    assert len(papers) == 2 * len(PAPERS)
    assert faults(papers) == {}


def test_the_papers_of_the_other_method_are_tagged_as_they_read(time_machine: Any) -> None:
    edition = loaded(shipped(OTHER_METHOD))
    case = WithoutPapers(everybody(), edition, a_quiet_monday(), time_machine).play()
    purposes = set(edition.templates.values_list("serves", flat=True))

    papers = written(case, edition, purposes, a_quiet_monday())

    assert len(papers) >= 2 * len(purposes)
    assert faults(papers) == {}
