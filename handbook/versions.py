"""Numbers of editions: 0.8 comes before 0.10."""

import re
from typing import Any

VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
LONGEST = 20


def order(version: str) -> tuple[int, ...]:
    """What versions are sorted by; trailing zeros say nothing."""
    numbers = [int(number) for number in version.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def following(version: str) -> str:
    """The version that usually comes next: 0.9 after 0.8."""
    *first, last = version.split(".")
    return ".".join([*first, str(int(last) + 1)])


def renumbered(book: dict[str, Any], version: str) -> dict[str, Any]:
    """The first part of a handbook under another version, also where its licence line names its
    own: that line stands under every paper."""
    licence = book["licence"]
    named = re.compile(rf"(?<![\w.]){re.escape(book['version'])}(?!\w|\.\w)")
    line = {language: named.sub(version, text) for language, text in licence["attribution"].items()}
    return book | {"version": version, "licence": licence | {"attribution": line}}
