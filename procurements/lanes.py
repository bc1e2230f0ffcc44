"""The lanes of the phase track: who is drawn in a phase, from which height to which, on what path.

Heights are pixels from the top of a track 120 high; widths are hundredths of a phase's column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from handbook.stave import HEIGHT, MIDDLE, spread

State = Literal["done", "now", "later"]
Key = int | str

# Lines that can be told apart in 120 pixels; the true number is written.
MOST_LINES = 11

# Where a line that changes lane has come to rest.
SETTLED = 42.0


@dataclass(frozen=True)
class Supplier:
    """A supplier as the track knows it: an id that follows the line, and a short name."""

    key: Key
    name: str


@dataclass(frozen=True)
class TrackPhase:
    """A phase of a case as its reader may see it.

    `suppliers` are those who take part, in the order they came; None says that the reader may
    not know (a round's secrecy window), and then nothing about them is drawn or written.
    `leaving` are the ids of those whose line ends in the phase, only when that may be known.
    `expected` is how many a later phase is planned for; `gate_on` the day its gate was decided
    or is planned; `outcome` a word for a gate that did anything else than let the case go on.
    """

    number: int
    title: str
    state: State
    url: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    gate_on: date | None = None
    has_gate: bool = True
    admits: bool = False
    suppliers: tuple[Supplier, ...] | None = ()
    leaving: frozenset[Key] = frozenset()
    expected: int | None = None
    fee: Decimal | None = None
    outcome: str = ""


class Lane(NamedTuple):
    """One supplier's way through a phase."""

    supplier: Supplier
    start: float
    end: float
    leaves: bool


@dataclass(frozen=True)
class Strand:
    """What a phase draws: the need owner's line, a secret, something to come, or suppliers."""

    kind: Literal["need", "secret", "nobody", "later", "suppliers"]
    lanes: tuple[Lane, ...] = ()


def strands(phases: Sequence[TrackPhase]) -> list[Strand]:
    """What each phase draws; a supplier keeps its lane while the number is unchanged."""
    rank = _by_survival(phases)
    lanes: dict[Key, float] = {}
    admitted = False
    woven = []
    for phase in phases:
        admitted = admitted or phase.admits
        kind = _kind(phase, admitted)
        if kind == "suppliers":
            strand = _with_lanes(phase, lanes, rank)
            lanes = {lane.supplier.key: lane.end for lane in strand.lanes}
        else:
            strand = Strand(kind)
            lanes = {}
        woven.append(strand)
    return woven


def _kind(
    phase: TrackPhase, admitted: bool
) -> Literal["need", "secret", "nobody", "later", "suppliers"]:
    if phase.state == "later":
        return "later"
    if phase.suppliers:
        return "suppliers"
    if phase.suppliers is None and admitted:
        return "secret"
    return "nobody" if phase.admits else "need"


def _by_survival(phases: Sequence[TrackPhase]) -> dict[Key, tuple[int, int]]:
    """Sort keys that put those who came furthest first, so that their lines are among the drawn."""
    lasted: dict[Key, int] = {}
    for phase in phases:
        for supplier in phase.suppliers or ():
            lasted[supplier.key] = lasted.get(supplier.key, 0) + (supplier.key not in phase.leaving)
    return {
        key: (-phases_through, order) for order, (key, phases_through) in enumerate(lasted.items())
    }


def _with_lanes(
    phase: TrackPhase, before: dict[Key, float], rank: dict[Key, tuple[int, int]]
) -> Strand:
    suppliers = sorted(phase.suppliers or (), key=lambda supplier: rank[supplier.key])
    drawn = suppliers[:MOST_LINES]
    # Old lines keep their order, so that no two cross; new ones come after them.
    drawn.sort(key=lambda each: (before.get(each.key, HEIGHT), rank[each.key][1]))
    heights = spread(len(drawn))
    if len(drawn) == len(before):
        kept = {each.key: before[each.key] for each in drawn if each.key in before}
        free = [height for height in heights if height not in kept.values()]
        heights = [kept[each.key] if each.key in kept else free.pop(0) for each in drawn]
    return Strand(
        "suppliers",
        tuple(
            Lane(each, before.get(each.key, MIDDLE), height, each.key in phase.leaving)
            for each, height in zip(drawn, heights, strict=True)
        ),
    )


# Paths


def path(start: float, end: float, until: float, *, turned: bool = False) -> str:
    """From the left edge to a share of the width; a line that moves has settled before half."""

    def point(x: float, y: float) -> str:
        return f"{turn(y):.1f},{x:.1f}" if turned else f"{x:.1f},{y:.1f}"

    if start == end:
        return f"M{point(0, start)} L{point(until, end)}"
    curve = _bend(start, end)
    if until < SETTLED:
        curve = _first_part(curve, _moment(until))
        return f"M{point(*curve[0])} C{point(*curve[1])} {point(*curve[2])} {point(*curve[3])}"
    return (
        f"M{point(*curve[0])} C{point(*curve[1])} {point(*curve[2])} {point(*curve[3])}"
        f" L{point(until, end)}"
    )


Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]


def _bend(start: float, end: float) -> Curve:
    return (0.0, start), (24.0, start), (18.0, end), (SETTLED, end)


def _moment(x: float) -> float:
    """The curve's own parameter at a share of the width; x only grows along the curve."""
    low, high = 0.0, 1.0
    for _halving in range(24):
        middle = (low + high) / 2
        at = 72 * (1 - middle) ** 2 * middle + 54 * (1 - middle) * middle**2 + SETTLED * middle**3
        low, high = (middle, high) if at < x else (low, middle)
    return (low + high) / 2


def _first_part(curve: Curve, moment: float) -> Curve:
    """The beginning of a curve, cut by de Casteljau's construction."""

    def between(one: Point, other: Point) -> Point:
        return (
            one[0] + (other[0] - one[0]) * moment,
            one[1] + (other[1] - one[1]) * moment,
        )

    first = [between(curve[index], curve[index + 1]) for index in range(3)]
    second = [between(first[index], first[index + 1]) for index in range(2)]
    return curve[0], first[0], second[0], between(second[0], second[1])


def height_at(start: float, end: float, x: float) -> float:
    """How high a line stands at a share of the width."""
    if start == end or x >= SETTLED:
        return end
    return _first_part(_bend(start, end), _moment(x))[3][1]


def turn(height: float) -> float:
    """The same place when the track stands on end, 100 wide."""
    return height * 100 / HEIGHT
