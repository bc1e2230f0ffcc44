"""How a difference between two editions reads."""

from django.utils import translation

from handbook.differences import rows
from handbook.sections import Kind, Section, find, put
from tests.handbook.shelves import METHOD, shipped


def test_roles_papers_and_laws_are_called_by_their_names() -> None:
    before = shipped(METHOD).data
    step = Section(Kind.STEP, before["phases"][0]["steps"][0]["key"])
    role, paper = before["book"]["roles"][0], before["templates"][0]
    law = before["law"]["references"][0]
    emptied = {"who": [], "produces": [], "law": []}
    named = {"who": [role["key"]], "produces": [paper["key"]], "law": [law["key"]]}
    data = find(before, step)
    bare, full = (put(before, step, data | chosen) for chosen in (emptied, named))

    for language in ("sv", "en"):
        with translation.override(language):
            told = {row.after for row in rows(bare, full, step)}
        assert told == {role[language], paper["title"][language], law["citation"]}


def test_what_has_been_taken_out_of_the_newer_edition_is_called_as_it_was() -> None:
    before = shipped(METHOD).data
    step = Section(Kind.STEP, before["phases"][0]["steps"][0]["key"])
    paper = before["templates"][0]
    with_paper = put(before, step, find(before, step) | {"produces": [paper["key"]]})
    without = put(before, step, find(before, step) | {"produces": []})
    without = without | {"templates": before["templates"][1:]}

    with translation.override("en"):
        told = {row.before for row in rows(with_paper, without, step)}

    assert told == {paper["title"]["en"]}
