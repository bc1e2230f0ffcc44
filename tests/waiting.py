"""Wait for something that another process does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(happened: Callable[[], T], *, seconds: float = 20, what: str = "") -> T:
    """Return what `happened` returns once it is true; fail when it never gets so."""
    until = time.monotonic() + seconds
    while not (result := happened()):
        if time.monotonic() > until:
            raise AssertionError(f"Waited {seconds:g} s in vain for {what or happened.__name__}")
        time.sleep(0.02)
    return result
