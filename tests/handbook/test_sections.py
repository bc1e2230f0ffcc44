"""The pieces of a draft: each change gives a new whole, and nothing is lost on the way."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.refusals import EditionRefused
from handbook.sections import (
    REMOVABLE,
    Kind,
    Section,
    SectionMissing,
    add,
    find,
    keys,
    moved,
    new_key,
    place_step,
    put,
    put_aside,
    revision_of,
    sections,
    take_back,
)
from tests.handbook.shelves import OTHER_METHOD, shipped

WHOLE = shipped(OTHER_METHOD).data
EVERY = list(sections(WHOLE))
any_section = st.sampled_from(EVERY)
any_movable = st.sampled_from([one for one in EVERY if one.kind in (Kind.PHASE, Kind.STEP)])
any_removable = st.sampled_from([one for one in EVERY if one.kind in REMOVABLE])


@given(any_section)
def test_what_is_put_back_unchanged_changes_nothing(section: Section) -> None:
    assert put(WHOLE, section, find(WHOLE, section)) == WHOLE


@given(any_removable)
def test_what_is_put_aside_can_be_taken_back_where_it_stood(section: Section) -> None:
    before = copy.deepcopy(WHOLE)
    without, aside = put_aside(WHOLE, section)
    with pytest.raises(SectionMissing):
        find(without, section)
    assert take_back(without, aside) == before == WHOLE


@given(any_movable, st.sampled_from([-1, 1]))
def test_a_move_and_the_move_back_are_nothing(section: Section, by: int) -> None:
    there = moved(WHOLE, section, by)
    assert sorted(keys(there)) == sorted(keys(WHOLE))
    assert [phase["number"] for phase in there["phases"]] == list(range(len(WHOLE["phases"])))
    if there != WHOLE:
        assert moved(there, section, -by) == WHOLE


@given(st.lists(st.tuples(any_movable, st.sampled_from([-1, 1])), max_size=12))
def test_however_much_is_moved_nothing_is_lost(moves: list[tuple[Section, int]]) -> None:
    whole = WHOLE
    for section, by in moves:
        whole = moved(whole, section, by)
    assert sorted(one.path for one in sections(whole)) == sorted(one.path for one in EVERY)
    assert all(
        find(whole, one) == find(WHOLE, one)
        for one in EVERY
        if one.kind not in (Kind.PHASE, Kind.TEMPLATE)
    )


@given(st.text(max_size=80), st.sets(st.sampled_from(["part", "en-workshop"])))
def test_a_new_key_is_written_the_right_way_and_used_once(title: str, taken: set[str]) -> None:
    key = new_key(title, taken)
    assert key not in taken
    assert len(key) <= 60
    assert all(piece and piece.isascii() and piece.isalnum() for piece in key.split("-"))


def test_a_new_step_stands_last_in_its_phase() -> None:
    phase = WHOLE["phases"][1]
    whole, section = add(
        WHOLE, Kind.STEP, title="Öva i par", language="sv", taken=set(), phase=phase["key"]
    )
    assert section == Section(Kind.STEP, "ova-i-par")
    assert whole["phases"][1]["steps"][-1]["title"] == {"sv": "Öva i par", "en": ""}
    assert len(WHOLE["phases"][1]["steps"]) == len(whole["phases"][1]["steps"]) - 1


def test_a_new_phase_comes_after_the_one_it_was_added_in() -> None:
    first = WHOLE["phases"][0]["key"]
    whole, section = add(WHOLE, Kind.PHASE, title="Andrum", language="sv", taken=set(), phase=first)
    assert [phase["key"] for phase in whole["phases"]][:2] == [first, section.key]
    assert [phase["number"] for phase in whole["phases"]] == list(range(len(whole["phases"])))


def test_a_step_dragged_to_another_phase_keeps_all_of_itself() -> None:
    step = WHOLE["phases"][0]["steps"][0]
    goal = WHOLE["phases"][1]["key"]
    whole = place_step(WHOLE, step["key"], goal, 0)
    assert whole["phases"][1]["steps"][0] == step


def test_an_assessed_phase_gets_a_place_for_its_criteria() -> None:
    phase = next(one for one in WHOLE["phases"] if one["flags"]["assessment"] == "none")
    section = Section(Kind.PHASE, phase["key"])
    data = find(WHOLE, section)
    whole = put(WHOLE, section, data | {"flags": data["flags"] | {"assessment": "reversed"}})
    criteria = find(whole, Section(Kind.CRITERIA, phase["key"]))
    assert criteria["method"] == "reversed"
    assert criteria["criteria"] == []


def test_the_last_phase_cannot_be_put_aside() -> None:
    whole = WHOLE
    for phase in WHOLE["phases"][1:]:
        whole, _aside = put_aside(whole, Section(Kind.PHASE, phase["key"]))
    with pytest.raises(EditionRefused):
        put_aside(whole, Section(Kind.PHASE, WHOLE["phases"][0]["key"]))


@given(any_section)
def test_a_revision_is_the_same_for_the_same_content(section: Section) -> None:
    assert revision_of(WHOLE, section) == revision_of(copy.deepcopy(WHOLE), section)
    assert len(revision_of(WHOLE, section)) == 16
