"""A paper of a draft with invented data."""

import pytest

from handbook.models import Draft
from handbook.operations.draft import put_part_aside, throw_draft_away
from handbook.operations.preview import order_preview
from handbook.refusals import EditionRefused
from handbook.sections import Kind, Section
from tests.handbook.drafts import LATER
from tests.people import People

pytestmark = pytest.mark.django_db


def test_a_paper_is_not_ordered_from_a_draft_that_has_lost_it_or_is_gone(
    draft: Draft, people: People
) -> None:
    key = draft.whole["templates"][0]["key"]
    said = {"draft": draft, "key": key, "language": "sv", "by": people.lena, "at": LATER}
    assert order_preview(**said).title == draft.whole["templates"][0]["title"]["sv"]

    put_part_aside(draft=draft, section=Section(Kind.TEMPLATE, key), by=people.lena, at=LATER)
    with pytest.raises(EditionRefused):
        order_preview(**said)

    throw_draft_away(draft=draft, by=people.lena, at=LATER)
    with pytest.raises(EditionRefused):
        order_preview(**said)
