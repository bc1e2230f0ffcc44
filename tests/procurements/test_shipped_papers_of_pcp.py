"""The papers of the other shipped method, made of a case that was played through it."""

from typing import Any

import pytest

from tests.clock import a_quiet_monday
from tests.handbook.shelves import OTHER_METHOD, loaded, shipped
from tests.journeys.playing import Player
from tests.people import everybody
from tests.procurements.shipped import faults, torn_in, written

pytestmark = pytest.mark.django_db


class WithoutPapers(Player):
    def order_papers(self, key: str) -> None:
        """They are made afterwards, all at once."""


def test_the_papers_of_the_other_method_are_tagged_as_they_read(time_machine: Any) -> None:
    edition = loaded(shipped(OTHER_METHOD))
    case = WithoutPapers(everybody(), edition, a_quiet_monday(), time_machine).play()
    purposes = set(edition.templates.values_list("serves", flat=True))

    assert torn_in(case, a_quiet_monday()) == ({}, 2 * edition.templates.count())
    papers = written(case, purposes, a_quiet_monday())

    assert len(papers) >= 2 * len(purposes)
    assert faults(papers) == {}
