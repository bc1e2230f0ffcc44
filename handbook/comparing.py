"""Two texts side by side, word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import takewhile
from typing import NamedTuple

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# As many pairs of the same word in both texts are looked at: more than two different texts of three
# thousand words have. A text of one word, again and again, would take minutes.
PAIRS_MOST = 150_000


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
    for was, now in _places(old, new):
        block = _Block("".join(was), "".join(now), was != now)
        if block.is_replaced and len(blocks) > 1 and blocks[-1].before == " " == blocks[-1].after:
            first = blocks[-2]
            if first.is_replaced:
                words = f"{first.before} {block.before}", f"{first.after} {block.after}"
                blocks[-2:] = [_Block(*words, is_changed=True)]
                continue
        blocks.append(block)
    return blocks


def _places(old: list[str], new: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Both texts in pieces that are the same or not, but none that is empty in both. What stands
    between the first and the last word that differ is one piece where it repeats itself too much to
    be looked through."""
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if start:
        yield old[:start], new[:start]
    if _pairs(left, right) > PAIRS_MOST:
        yield left, right
    else:
        # A space is no place to begin to look: there is one after each word.
        matcher = SequenceMatcher(str.isspace, left, right, autojunk=False)
        for _what, a, b, c, d in matcher.get_opcodes():
            yield left[a:b], right[c:d]
    if end:
        yield old[-end:], new[-end:]


def _shared(old: list[str], new: list[str]) -> int:
    """How many words they begin with alike."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _pairs(old: list[str], new: list[str]) -> int:
    there = Counter(new)
    return sum(n * there[word] for word, n in Counter(old).items() if not word.isspace())
