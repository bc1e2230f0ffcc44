"""What the forms of a draft keep of a section: what nobody changed stays as it was."""

from typing import Any

import pytest

from handbook.forms.section import FORMS, SectionForm
from handbook.sections import Kind, find, sections
from tests.handbook.shelves import METHOD, OTHER_METHOD, shipped

CHOSEN = {
    Kind.STEP: ("applies_to", "who", "produces", "law"),
    Kind.GATE: ("deciding_roles", "signatures"),
    Kind.TEMPLATE: ("phases",),
}


def ticked(form: SectionForm, names: tuple[str, ...]) -> dict[str, list[str]]:
    """What a browser sends of the choices: in the order of the page."""
    return {
        name: [key for key, _words in form.fields[name].choices if key in form.initial[name]]  # type: ignore[attr-defined]
        for name in names
    }


@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
def test_what_is_chosen_keeps_its_order_when_it_is_saved_unchanged(method: str) -> None:
    whole = shipped(method).data
    reordered = []
    for section in sections(whole):
        before = find(whole, section)
        names = CHOSEN.get(section.kind, ())
        facts: dict[str, Any] = {"before": before, "whole": whole, "language": "sv"}
        form = FORMS[section.kind](**facts)
        sent = {**form.initial, **ticked(form, names)}
        bound = FORMS[section.kind](sent, **facts)
        assert bound.is_valid(), bound.errors
        after = bound.section({})
        reordered += [(section.path, name) for name in names if after[name] != before[name]]

    assert reordered == []
