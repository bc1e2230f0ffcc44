"""Two texts side by side, word by word."""

from __future__ import annotations

import re
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
    blocks = _blocks(before, after)
    return Compared(
        [Piece(block.before, block.is_changed) for block in blocks if block.before],
        [Piece(block.after, block.is_changed) for block in blocks if block.after],
    )


class Marked(NamedTuple):
    """Some words of one text that holds both: kept, added or taken away."""

    text: str
    how: str


def woven(before: str, after: str) -> list[Marked]:
    """Both texts as one, in reading order: what was taken away stands before what was added."""
    pieces = []
    for block in _blocks(before, after):
        if block.is_changed:
            pieces += [Marked(block.before, "gone"), Marked(block.after, "added")]
        else:
            pieces.append(Marked(block.after, "kept"))
    return [piece for piece in pieces if piece.text]


class _Block(NamedTuple):
    """The same place in both texts."""

    before: str
    after: str
    is_changed: bool

    @property
    def is_replaced(self) -> bool:
        return bool(self.is_changed and self.before and self.after)


def _blocks(before: str, after: str) -> list[_Block]:
    """Both texts place by place; the space between two words that were replaced is marked too."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    blocks: list[_Block] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        block = _Block("".join(old[a:b]), "".join(new[c:d]), what != "equal")
        if block.is_replaced and len(blocks) > 1 and blocks[-1].before == " " == blocks[-1].after:
            first = blocks[-2]
            if first.is_replaced:
                words = f"{first.before} {block.before}", f"{first.after} {block.after}"
                blocks[-2:] = [_Block(*words, is_changed=True)]
                continue
        blocks.append(block)
    return blocks
