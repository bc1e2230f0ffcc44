"""Measurements with their spread, and comparing two ways fairly."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

PAIRS = 15


@dataclass(frozen=True)
class Measurement:
    """One number under its name, the spread it came from, and the limit it is held to."""

    key: str
    value: float
    low: float
    high: float
    limit: float | None
    meaning: str
    # Whether the limit is the least it may be, and not the most.
    is_floor: bool = False

    @property
    def is_within_limit(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.is_floor else self.value <= self.limit

    @classmethod
    def of(
        cls,
        key: str,
        values: list[float],
        *,
        limit: float | None,
        meaning: str,
        is_floor: bool = False,
    ) -> "Measurement":
        """The median; the spread is from the lower to the upper quartile."""
        low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
        return cls(key, middle, low, high, limit, meaning, is_floor)


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratios(
    ours: Callable[[], object], theirs: Callable[[], object], *, pairs: int = PAIRS
) -> list[float]:
    """How much longer ours takes, pair by pair; who goes first alternates."""
    found = []
    for number in range(pairs):
        if number % 2:
            other = seconds(theirs)
            found.append(seconds(ours) / other)
        else:
            own = seconds(ours)
            found.append(own / seconds(theirs))
    return found
