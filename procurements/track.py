"""The phase track: one line is one supplier, a bar line is a gate. Pure geometry, no queries.

A phase draws its own segment in a box of 100 × 120 that is stretched to its column, so the track
follows any width without a script. Words, dots and bars are laid over it unstretched. The same
segment turned on its side (100 × 100, time running downwards) serves narrow screens.

What a phase may do decides how it looks, never what it is called.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Literal, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

State = Literal["done", "now", "later"]
Key = int | str

# Lines that can be told apart in 120 pixels; the true number is written.
MOST_LINES = 11
# More than this are drawn finer where work goes on.
MOST_THICK = 7
# Names are written over the lines as long as they are few, and shortened to fit.
MOST_NAMES = 4
LONGEST_NAME = 22
# From this many phases the columns are too narrow for more than a name each.
MANY_PHASES = 10

MIDDLE = 60.0
HEIGHT = 120.0
SETTLED = 42.0
LINE_ENDS = 97.0
CAP = 4.6
GAPS = {2: 40.0, 3: 30.0, 4: 26.0, 5: 22.0, 6: 18.0, 7: 15.0}


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
    strands = _strands(phases)
    segments = tuple(
        _segment(phase, strand, today, _expected_after(phases, index))
        for index, (phase, strand) in enumerate(zip(phases, strands, strict=True))
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


def spread(count: int) -> list[float]:
    """The height of each lane, from the top, when so many share the 120 pixels."""
    if count < 2:
        return [MIDDLE] * count
    gap = GAPS.get(count, 100 / (count - 1))
    return [MIDDLE - gap * (count - 1) / 2 + lane * gap for lane in range(count)]


# Strands: who is drawn in a phase, from which lane to which


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
    lanes: tuple[Lane, ...] = field(default=())


def _strands(phases: Sequence[TrackPhase]) -> list[Strand]:
    rank = _by_survival(phases)
    lanes: dict[Key, float] = {}
    admitted = False
    strands = []
    for phase in phases:
        admitted = admitted or phase.admits
        kind = _kind(phase, admitted)
        if kind == "suppliers":
            strand = _with_lanes(phase, lanes, rank)
            lanes = {lane.supplier.key: lane.end for lane in strand.lanes}
        else:
            strand = Strand(kind)
            lanes = {}
        strands.append(strand)
    return strands


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
            yield _cap(end, _height_at(lane.start, lane.end, end))
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


# Paths


def _line(css: str, start: float, end: float, until: float = 100.0) -> Line:
    return Line(css, _path(start, end, until), _path(start, end, until, turned=True))


def _cap(at: float, height: float) -> Line:
    low, high = height - CAP, height + CAP
    return Line(
        "ln ln--cap",
        f"M{at:.1f},{low:.1f} L{at:.1f},{high:.1f}",
        f"M{_turn(low):.1f},{at:.1f} L{_turn(high):.1f},{at:.1f}",
    )


def _path(start: float, end: float, until: float, *, turned: bool = False) -> str:
    """From the left edge to a share of the width; a line that moves has settled before half."""

    def point(x: float, y: float) -> str:
        return f"{_turn(y):.1f},{x:.1f}" if turned else f"{x:.1f},{y:.1f}"

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


def _height_at(start: float, end: float, x: float) -> float:
    if start == end or x >= SETTLED:
        return end
    return _first_part(_bend(start, end), _moment(x))[3][1]


def _turn(height: float) -> float:
    return height * 100 / HEIGHT


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
    for index, (phase, strand) in enumerate(zip(phases, _strands(phases), strict=True)):
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


# The track on paper


@dataclass(frozen=True)
class PrintedColumn:
    """The words under one phase of a printed track; all columns are equally wide."""

    number: int
    title: str
    words: str
    is_focus: bool


@dataclass(frozen=True)
class Printed:
    """The track on the first page of a paper: a drawing that needs no style sheet, and words."""

    svg: SafeString
    columns: tuple[PrintedColumn, ...]


PAPER_WIDTH = 680.0
PAPER_INK = "#11212A"
PAPER_ACT = "#0E4A5C"
PAPER_EDGE = "#6F7C81"


def printed(phases: Sequence[TrackPhase], focus: int) -> Printed:
    """Draw the track for a paper about the phase at index `focus`, up to its gate.

    Later phases are drawn as coming, whatever has happened since; those who go on are drawn
    into the phase after. Words are in the active language.
    """
    shown = _as_of(phases, focus)
    strands = _strands(shown)
    wide = PAPER_WIDTH / len(shown)
    strokes: list[tuple[str, str, float, str]] = []
    for index, strand in enumerate(strands):
        strokes += _paper_strokes(strand, index * wide, wide, index - focus)
    for index, phase in enumerate(shown):
        if phase.has_gate:
            strokes += _paper_gate(min((index + 1) * wide, PAPER_WIDTH - 3.2), index - focus)
    paths = format_html_join(
        "",
        '<path d="{}" fill="none" stroke="{}" stroke-width="{}"{}/>',
        ((d, ink, weight, _dashes(dashes)) for d, ink, weight, dashes in strokes),
    )
    svg = format_html(
        '<svg class="track" viewBox="0 0 680 120" width="170mm" height="30mm" role="img"'
        ' aria-label="{}">{}{}</svg>',
        _paper_label(shown, focus),
        format_html('<circle cx="8" cy="60" r="8" fill="{}"/>', PAPER_INK if focus else PAPER_ACT)
        if strands[0].kind == "need"
        else "",
        paths,
    )
    columns = tuple(
        PrintedColumn(phase.number, phase.title, _paper_words(phase, strand), index == focus)
        for index, (phase, strand) in enumerate(zip(shown, strands, strict=True))
    )
    return Printed(svg, columns)


def _as_of(phases: Sequence[TrackPhase], focus: int) -> list[TrackPhase]:
    """The phases as they stood when the gate of the focus was decided."""
    shown = [replace(phase, state="done") for phase in phases[: focus + 1]]
    last = shown[-1]
    going_on = tuple(each for each in last.suppliers or () if each.key not in last.leaving)
    for phase in phases[focus + 1 : focus + 2]:
        state: State = "now" if going_on else "later"
        shown.append(replace(phase, state=state, suppliers=going_on, leaving=frozenset()))
    shown += [replace(phase, state="later", suppliers=()) for phase in phases[focus + 2 :]]
    return shown


def _paper_strokes(
    strand: Strand, left: float, wide: float, distance: int
) -> Iterable[tuple[str, str, float, str]]:
    ink, weight = (PAPER_ACT, 3.2) if distance == 0 else (PAPER_INK, 1.4)
    if strand.kind == "need":
        yield f"M{left:.1f},60H{left + wide:.1f}", ink, 4, ""
    elif strand.kind == "later":
        yield f"M{left:.1f},60H{left + wide:.1f}", PAPER_EDGE, 1.3, "5 4"
    elif strand.kind != "suppliers":
        yield f"M{left:.1f},60H{left + wide:.1f}", PAPER_EDGE, 1.2, "1.5 3.5"
    for lane in strand.lanes:
        end = wide - 8 if lane.leaves else wide
        path = _paper_path(left, wide, end, lane.start, lane.end)
        if distance > 0:
            yield path, PAPER_EDGE, 1.3, "5 4"
        elif lane.leaves:
            at = left + end
            yield path, PAPER_EDGE, 1.4, ""
            yield f"M{at:.1f},{lane.end - 4.5:.1f}V{lane.end + 4.5:.1f}", PAPER_EDGE, 1.4, ""
        else:
            yield path, ink, weight, ""


def _paper_path(left: float, wide: float, end: float, start: float, to: float) -> str:
    if start == to:
        return f"M{left:.1f},{start:.1f}H{left + end:.1f}"
    first, second, settled = (left + wide * share / 100 for share in (24, 18, SETTLED))
    return (
        f"M{left:.1f},{start:.1f} C{first:.1f},{start:.1f} {second:.1f},{to:.1f} "
        f"{settled:.1f},{to:.1f} H{left + end:.1f}"
    )


def _paper_gate(at: float, distance: int) -> Iterable[tuple[str, str, float, str]]:
    ink = PAPER_INK if distance < 0 else PAPER_ACT if distance == 0 else PAPER_EDGE
    yield f"M{at - 2:.1f},2V118", ink, 1.2, ""
    yield f"M{at + 1.5:.1f},2V118", ink, 3, ""


def _dashes(dashes: str) -> SafeString | str:
    return format_html(' stroke-dasharray="{}"', dashes) if dashes else ""


def _paper_words(phase: TrackPhase, strand: Strand) -> str:
    if strand.kind == "secret":
        return gettext("Secret")
    if strand.kind != "suppliers":
        return ""
    before = len(phase.suppliers or ())
    after = before - sum(each.key in phase.leaving for each in phase.suppliers or ())
    if before != after:
        return gettext("%(before)s to %(after)s") % {"before": before, "after": after}
    return ngettext("%(n)s supplier", "%(n)s suppliers", before) % {"n": before}


def _paper_label(phases: Sequence[TrackPhase], focus: int) -> str:
    phase = phases[focus]
    count = ngettext("%(n)s phase", "%(n)s phases", len(phases)) % {"n": len(phases)}
    words = {"phases": count, "number": phase.number, "title": phase.title}
    if phase.suppliers:
        before = len(phase.suppliers)
        after = before - sum(each.key in phase.leaving for each in phase.suppliers)
        words |= {"before": str(before), "after": str(after)}
        return (
            gettext("%(phases)s. Gate %(number)s: from %(before)s suppliers to %(after)s.") % words
        )
    return gettext("%(phases)s. This paper is about phase %(number)s, %(title)s.") % words
