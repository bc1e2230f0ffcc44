"""What several people choose of the same set, each from a page of their own."""

from collections.abc import Collection
from typing import TypeVar

T = TypeVar("T")


def merged(now: Collection[T], chosen: Collection[T], began: Collection[T] | None) -> set[T]:
    """What is to be when somebody has chosen on a page that showed `began`: what they added and
    took away, beside what others have added and taken away since. Nothing said of what the page
    showed: just what was chosen."""
    start = set(now if began is None else began)
    return (set(now) | (set(chosen) - start)) - (start - set(chosen))
