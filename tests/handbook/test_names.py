"""Code knows what phases may do and what papers are for, never what a method calls them."""

import ast
from pathlib import Path

import pytest

from tests.handbook.shelves import METHOD, OTHER_METHOD, shipped
from tests.test_house import ROOMS, TOP

# Words of the house that a method happens to use as well: access roles and purposes are code.
SHARED = {"mandate", "rfi", "call"}


def keys_of(key: str) -> set[str]:
    manuscript = shipped(key)
    phases = {phase["key"] for phase in manuscript.phases}
    steps = {step["key"] for phase in manuscript.phases for step in phase["steps"]}
    return phases | steps | {template["key"] for template in manuscript.templates}


def strings_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.slow
def test_no_phase_step_or_template_is_named_in_python():
    keys = (keys_of(METHOD) | keys_of(OTHER_METHOD)) - SHARED

    named = {
        str(path.relative_to(TOP)): found
        for room in [*ROOMS, "config", "scripts"]
        for path in (TOP / room).rglob("*.py")
        if (found := sorted(strings_in(path) & keys))
    }

    assert named == {}
