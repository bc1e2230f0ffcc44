"""Room for deep calls, in one piece.

CPython gives the frames of a thread their memory in pieces of 16 KiB, and hands a piece back to the
system the moment it is empty. A loop that goes up and down over the edge of one asks the system
twice each time round: a tenth of the time of a page or a paper (docs/decisions/0014). A frame that
asks for more than a piece is given one of its own, rounded up to a power of two; all that is called
from it finds its place in the rest.
"""

from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

# In slots of 8 bytes: a little over half of 1 MiB, which leaves nearly as much to those called,
# some thousands of frames. Nobody writes to a frame's unused slots, so they take no memory.
SLOTS = 65_536


def with_room(call: Callable[P, R]) -> Callable[P, R]:
    """The same call, with room for what it calls. A middleware as it stands."""

    @wraps(call)
    def roomy(*args: P.args, **kwargs: P.kwargs) -> R:
        return call(*args, **kwargs)

    made = cast(FunctionType, roomy)
    made.__code__ = made.__code__.replace(co_stacksize=SLOTS)
    return roomy
