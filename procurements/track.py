"""The phase track: one line is one supplier, a bar line is a gate. Pure geometry, no queries.

A phase draws its own segment in a box of 100 × 120 that is stretched to its column, so the track
follows any width without a script. Words, dots and bars are laid over it unstretched. The same
segment turned on its side (100 × 100, time running downwards) serves narrow screens.

What a phase may do decides how it looks, never what it is called.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil
from typing import Literal

from django.utils.translation import gettext

from procurements.lanes import (
    MIDDLE,
    MOST_LINES,
    SETTLED,
    State,
    Strand,
    Supplier,
    TrackPhase,
    height_at,
    path,
    strands,
    turn,
)
from procurements.papertrack import Printed, printed

# More than this are drawn finer where work goes on.
MOST_THICK = 7
# Names are written over the lines as long as they are few, and shortened to fit.
MOST_NAMES = 4
LONGEST_NAME = 22
# From this many phases the columns are too narrow for more than a name each.
MANY_PHASES = 10

# A line that ends is capped just before its gate.
LINE_ENDS = 97.0
CAP = 4.6

__all__ = ["Printed", "State", "Supplier", "TrackPhase", "draw", "mini", "printed"]


@dataclass(frozen=True)
class Line:
    """One stroke of a segment: its classes, and its path across and downwards."""

    css: str
    across: str
    down: str


@dataclass(frozen=True)
class Name:
    """A supplier's name over its line: share of the width, pixels beside it, pixels from above."""

    text: str
    x: str
    dx: int
    y: str
    anchor: Literal["start", "end"]


@dataclass(frozen=True)
class Today:
    """Where in the phase today is, and on which side of its mark the word fits."""

    at: str
    dx: int
    anchor: Literal["start", "middle", "end"]
    # Time running downwards: beside the mark when the phase's words are above it.
    beside: bool
    dy: int


@dataclass(frozen=True)
class Gate:
    """The bar line that closes a phase, with the numbers over it when they may be known."""

    number: int
    state: Literal["passed", "next", "later"]
    on: date | None
    before: int | None
    after: int | None
    outcome: str


@dataclass(frozen=True)
class Segment:
    """One phase of the track, ready to draw and to read."""

    phase: TrackPhase
    lines: tuple[Line, ...]
    names: tuple[Name, ...] = ()
    today: Today | None = None
    gate: Gate | None = None
    is_need: bool = False
    is_secret: bool = False
    # How many take part, or are expected to; None when there is nothing to say.
    count: int | None = None
    week: int | None = None
    weeks: int | None = None
    is_waiting: bool = False
    is_deciding: bool = False


@dataclass(frozen=True)
class Track:
    """The whole track with what its legend needs to say."""

    segments: tuple[Segment, ...]
    day: date
    gates: int
    is_many: bool
    is_secret: bool
    is_cut: bool
    has_ended: bool


def draw(phases: Sequence[TrackPhase], *, today: date) -> Track:
    """Lay out the track for three to fourteen phases and any number of suppliers."""
    drawn = strands(phases)
    segments = tuple(
        _segment(phase, strand, today, _expected_after(phases, index))
        for index, (phase, strand) in enumerate(zip(phases, drawn, strict=True))
    )
    return Track(
        segments=segments,
        day=today,
        gates=sum(segment.gate is not None for segment in segments),
        is_many=len(segments) >= MANY_PHASES,
        is_secret=any(segment.is_secret for segment in segments),
        is_cut=any(
            len(phase.suppliers or ()) > MOST_LINES for phase in phases if phase.state != "later"
        ),
        has_ended=any("ln--cap" in line.css for each in segments for line in each.lines),
    )


# Segments


def _segment(phase: TrackPhase, strand: Strand, today: date, expected_after: int | None) -> Segment:
    passed = _passed(phase, today) if phase.state == "now" else 1.0
    is_waiting = bool(phase.state == "now" and phase.starts_on and phase.starts_on > today)
    is_late = bool(phase.state == "now" and phase.ends_on and phase.ends_on < today)
    segment = Segment(
        phase=phase,
        lines=tuple(_lines(phase.state, strand, passed * 100)),
        gate=_gate(phase, strand, expected_after),
        is_need=strand.kind == "need",
        is_secret=strand.kind == "secret",
        count=_count(phase, strand),
        is_waiting=is_waiting,
        is_deciding=is_late,
    )
    if phase.state != "now":
        return segment
    segment = replace(segment, today=_today(passed), names=tuple(_names(strand, passed * 100)))
    if is_waiting or is_late or not (phase.starts_on and phase.ends_on):
        return segment
    return replace(
        segment,
        week=(today - phase.starts_on).days // 7 + 1,
        weeks=ceil(((phase.ends_on - phase.starts_on).days + 1) / 7),
    )


def _passed(phase: TrackPhase, today: date) -> float:
    """How much of the time up to the gate has passed, by calendar days, 0 to 1."""
    end = phase.gate_on or phase.ends_on
    if not phase.starts_on or not end or today < phase.starts_on:
        return 0.0
    whole = (end - phase.starts_on).days + 1
    return min(((today - phase.starts_on).days + 0.5) / max(whole, 1), 1.0)


def _count(phase: TrackPhase, strand: Strand) -> int | None:
    if strand.kind == "later":
        return phase.expected
    return len(phase.suppliers or ()) if strand.kind in ("suppliers", "nobody") else None


def _expected_after(phases: Sequence[TrackPhase], index: int) -> int | None:
    """How many the phase after this one is planned for, from the phase that admits on."""
    admitted = any(phase.admits for phase in phases[: index + 1])
    return phases[index + 1].expected if admitted and index + 1 < len(phases) else None


def _gate(phase: TrackPhase, strand: Strand, expected_after: int | None) -> Gate | None:
    if not phase.has_gate:
        return None
    before: int | None = None
    after: int | None = None
    if strand.kind == "later":
        after = expected_after
    elif strand.kind == "suppliers":
        before = len(phase.suppliers or ())
        left = sum(each.key in phase.leaving for each in phase.suppliers or ())
        after = before - left if phase.state == "done" else expected_after
    states: dict[State, Literal["passed", "next", "later"]] = {
        "done": "passed",
        "now": "next",
        "later": "later",
    }
    state = states[phase.state]
    return Gate(phase.number, state, phase.gate_on, before, after, phase.outcome)


def _lines(state: State, strand: Strand, passed: float) -> Iterable[Line]:
    if strand.kind != "suppliers":
        styles = {"need": "ln--bold", "secret": "ln--secret", "later": "ln--future"}
        css = styles.get(strand.kind, "ln--open")
        if strand.kind == "need" and state == "now":
            yield _line("ln ln--ahead", MIDDLE, MIDDLE)
            yield _line(f"ln {css}", MIDDLE, MIDDLE, passed)
        else:
            yield _line(f"ln {css}", MIDDLE, MIDDLE)
        return
    # Many thick lines would run into each other where they part.
    now = "ln ln--fine" if len(strand.lanes) > MOST_THICK else "ln"
    for lane in strand.lanes:
        if lane.leaves:
            end = min(max(passed - 3, 0.0), LINE_ENDS) if state == "now" else LINE_ENDS
            yield _line("ln ln--end", lane.start, lane.end, end)
            yield _cap(end, height_at(lane.start, lane.end, end))
        elif state == "now":
            yield _line("ln ln--ahead", lane.start, lane.end)
            yield _line(now, lane.start, lane.end, passed)
        else:
            yield _line("ln", lane.start, lane.end)


def _today(passed: float) -> Today:
    """The word stands over its mark, but gives way to the gates' numbers at both ends."""
    mark = _mark(passed * 100)
    anchor: Literal["start", "middle", "end"] = "middle"
    dx = 0
    if passed < 0.25:
        anchor, dx = "start", round(28 - 112 * passed)
    elif passed > 0.75:
        anchor, dx = "end", round(112 * (1 - passed) - 28)
    return Today(f"{mark:.1f}%", dx, anchor, 0.6 <= passed <= 0.85, 16 if passed < 0.3 else -7)


def _mark(passed: float) -> float:
    """Where the mark of today is drawn: clear of the bar lines at both ends."""
    return min(max(passed, 2.5), 97.5)


def _names(strand: Strand, passed: float) -> Iterable[Name]:
    """Names end just before today, or begin just after it while little has passed."""
    if len(strand.lanes) > MOST_NAMES:
        return
    moves = any(lane.start != lane.end for lane in strand.lanes)
    early = passed < 45 or (moves and passed < 70)
    at = max(_mark(passed), SETTLED if early and moves else 0.0)
    for lane in strand.lanes:
        if lane.leaves:
            continue
        yield Name(
            text=shortened(lane.supplier.name),
            x=f"{at:.1f}%",
            dx=8 if early else -8,
            y=f"{lane.end - 8:.1f}",
            anchor="start" if early else "end",
        )


def shortened(name: str) -> str:
    """A name that fits over its line: whole words as far as they go."""
    if len(name) <= LONGEST_NAME:
        return name
    words = name[:LONGEST_NAME].rsplit(" ", 1)[0] if " " in name[:LONGEST_NAME] else ""
    return (words or name[: LONGEST_NAME - 1]).rstrip(" ,-–") + "…"


def _line(css: str, start: float, end: float, until: float = 100.0) -> Line:
    return Line(css, path(start, end, until), path(start, end, until, turned=True))


def _cap(at: float, height: float) -> Line:
    low, high = height - CAP, height + CAP
    return Line(
        "ln ln--cap",
        f"M{at:.1f},{low:.1f} L{at:.1f},{high:.1f}",
        f"M{turn(low):.1f},{at:.1f} L{turn(high):.1f},{at:.1f}",
    )


# The small track of a row


@dataclass(frozen=True)
class Mini:
    """The track in a list row, 168 × 30: classes and paths, and a label that says it in words."""

    label: str
    paths: tuple[tuple[str, str], ...]
    title: str


MINI_WIDTH = 168
MINI_MIDDLE = 15.0
MINI_STATES: dict[State, str] = {"done": "d", "now": "n", "later": "a"}


def mini(phases: Sequence[TrackPhase]) -> Mini:
    """The track of a row: no names, no movement, the same lines and gates."""
    wide = MINI_WIDTH / len(phases)
    admits = next((at for at, phase in enumerate(phases) if phase.admits), len(phases))
    paths: list[tuple[str, str]] = []
    for index, (phase, strand) in enumerate(zip(phases, strands(phases), strict=True)):
        left, right = index * wide, (index + 1) * wide
        css = f"mk {MINI_STATES[phase.state]}"
        if strand.kind == "suppliers":
            heights = _mini_heights(len(strand.lanes))
            css = f"{css} mk-f" if len(heights) > MOST_THICK else css
        elif strand.kind in ("secret", "nobody"):
            css, heights = "mk a", [MINI_MIDDLE]
        else:
            css = f"{css} mk-b" if index < admits and strand.kind != "later" else css
            heights = [MINI_MIDDLE]
        paths += [(css, f"M{left:.1f},{height:.1f}H{right:.1f}") for height in heights]
        if phase.has_gate:
            at = min(right, MINI_WIDTH - 1.3)
            paths.append((f"mg {MINI_STATES[phase.state]}", f"M{at:.1f},1V29"))
    current = next((phase for phase in phases if phase.state == "now"), None)
    return Mini(_mini_label(phases, current), tuple(paths), current.title if current else "")


def _mini_heights(count: int) -> list[float]:
    gap = min(4.0, 24 / (count - 1)) if count > 1 else 0.0
    return [MINI_MIDDLE + gap * (lane - (count - 1) / 2) for lane in range(count)]


def _mini_label(phases: Sequence[TrackPhase], current: TrackPhase | None) -> str:
    if current:
        words = {"number": current.number, "last": phases[-1].number}
        return gettext("Phase %(number)s of %(last)s") % words
    if all(phase.state == "later" for phase in phases):
        return gettext("Not started")
    return gettext("No phase is going on")
