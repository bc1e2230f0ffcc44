"""Two texts side by side, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(NamedTuple):
    """Some words, and whether they stand only on this side."""

    text: str
    is_changed: bool


class Compared(NamedTuple):
    """A text before and after, each as pieces in order; joined they are the text itself."""

    before: list[Piece]
    after: list[Piece]

    @property
    def differs(self) -> bool:
        return any(piece.is_changed for piece in (*self.before, *self.after))


def compare(before: str, after: str) -> Compared:
    """What was taken away and what was added, in whole words."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    left: list[Piece] = []
    right: list[Piece] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        _add(left, old[a:b], what != "equal")
        _add(right, new[c:d], what != "equal")
    return Compared(left, right)


class Marked(NamedTuple):
    """Some words of one text that holds both: kept, added or taken away."""

    text: str
    how: str


def woven(before: str, after: str) -> list[Marked]:
    """Both texts as one, in reading order: what was taken away stands before what was added."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Marked("".join(new[c:d]), "kept"))
            continue
        pieces += [Marked("".join(old[a:b]), "gone")] if b > a else []
        pieces += [Marked("".join(new[c:d]), "added")] if d > c else []
    return pieces


def _add(pieces: list[Piece], words: Iterable[str], is_changed: bool) -> None:
    text = "".join(words)
    if text:
        pieces.append(Piece(text, is_changed))
