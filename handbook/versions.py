"""Numbers of editions: 0.8 comes before 0.10."""

import re

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
