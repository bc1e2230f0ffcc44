"""The parts of a draft as the editor finds their way among them: a tree with what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from handbook.differences import Change, Difference, said, title_of, worded
from handbook.sections import Kind, Section, Whole, find, sections


@dataclass
class Leaf:
    """A section in the tree."""

    section: Section
    number: str
    title: str
    address: str
    change: str = ""
    is_here: bool = False
    # Where in its phase a step stands, from 0.
    index: int = 0

    @property
    def is_movable(self) -> bool:
        return self.section.kind == Kind.STEP


@dataclass
class Branch:
    """A phase, or the papers, with its sections."""

    number: str
    title: str
    key: str
    leaves: list[Leaf] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return sum(bool(leaf.change) for leaf in self.leaves)

    @property
    def is_open(self) -> bool:
        return any(leaf.is_here for leaf in self.leaves)


def tree_of(
    whole: Whole,
    found: list[Difference],
    language: str,
    address: Callable[[Section], str],
    here: Section | None = None,
) -> list[Branch]:
    """The phases in order, then the papers; the edition's own words stand first, by themselves."""
    changes = {one.section: one.change for one in found if one.change != Change.GONE}
    titles = {phase["key"]: phase for phase in whole["phases"]}
    branches: dict[str, Branch] = {}
    phase, number = "", 0
    for section in sections(whole):
        if section.kind == Kind.PHASE:
            phase, number = section.key, 0
        home = {Kind.BOOK: "book", Kind.TEMPLATE: "papers"}.get(section.kind, phase)
        if home not in branches:
            branches[home] = Branch(*_named(home, titles, language), key=home)
        step = ""
        if section.kind == Kind.STEP:
            number += 1
            step = f"{titles[phase]['number']}.{number}"
        branches[home].leaves.append(
            Leaf(
                section=section,
                number=step,
                title=_leaf_title(whole, section, language),
                address=address(section),
                change=changes.get(section, ""),
                is_here=section == here,
                index=max(0, number - 1),
            )
        )
    return list(branches.values())


def number_in(tree: list[Branch]) -> str:
    """The number of the section that one stands in: 4.2, or nothing."""
    return next((leaf.number for branch in tree for leaf in branch.leaves if leaf.is_here), "")


def _named(home: str, phases: dict[str, Any], language: str) -> tuple[str, str]:
    if home == "book":
        return "", _("The edition")
    if home == "papers":
        return "", _("Papers")
    phase = phases[home]
    return str(phase["number"]), phase["title"].get(language) or home


def _leaf_title(whole: Whole, section: Section, language: str) -> str:
    if section.kind == Kind.PHASE:
        return _("About the phase")
    return title_of(whole, section, language)


# How far a translation has come


@dataclass(frozen=True)
class Progress:
    """How much of the words a language has, and how many of the original's changes it follows."""

    words: int
    done: int

    @property
    def per_cent(self) -> int:
        return self.done * 100 // self.words if self.words else 100


def progress(whole: Whole, base: Whole, source: str, language: str) -> Progress:
    """A word counts as done when it is written, and not older than what it translates."""
    words = done = 0
    for section in sections(whole):
        now = find(whole, section)
        behind = behind_in(base, section, now, source, language)
        spoken, original = said(now, language), said(now, source)
        for name in worded(now):
            if original[name]:
                words += 1
                done += bool(spoken[name]) and name not in behind
    return Progress(words, done)


def behind_in(
    base: Whole, section: Section, now: dict[str, Any], source: str, language: str
) -> set[str]:
    """Words whose original was changed in the draft while their translation was not."""
    try:
        then = find(base, section)
    except LookupError:
        return set()
    if then == now:
        return set()
    old, new = said(then, source), said(now, source)
    old_spoken, spoken = said(then, language), said(now, language)
    return {
        name
        for name in worded(now)
        if name in old and old[name] != new[name] and old_spoken[name] == spoken[name]
    }
