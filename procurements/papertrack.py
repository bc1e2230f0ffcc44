"""The phase track on the first page of a paper: one drawing with its colours in attributes.

It is frozen with the paper's data, so it tells what was known when the gate was decided.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from procurements.lanes import SETTLED, State, Strand, TrackPhase, strands


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
    drawn = strands(shown)
    wide = PAPER_WIDTH / len(shown)
    strokes: list[tuple[str, str, float, str]] = []
    for index, strand in enumerate(drawn):
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
        # Named by a title: what the tagged PDF takes as the words of the figure.
        '<svg viewBox="0 0 680 120" width="170mm" height="30mm" role="img">'
        "<title>{}</title>{}{}</svg>",
        _paper_label(shown, focus),
        format_html('<circle cx="8" cy="60" r="8" fill="{}"/>', PAPER_INK if focus else PAPER_ACT)
        if drawn[0].kind == "need"
        else "",
        paths,
    )
    columns = tuple(
        PrintedColumn(phase.number, phase.title, _paper_words(phase, strand), index == focus)
        for index, (phase, strand) in enumerate(zip(shown, drawn, strict=True))
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
        return f"{before} → {after}"
    return ngettext("%(n)s supplier", "%(n)s suppliers", before) % {"n": before}


def _paper_label(phases: Sequence[TrackPhase], focus: int) -> str:
    phase = phases[focus]
    count = ngettext("%(n)s phase", "%(n)s phases", len(phases)) % {"n": len(phases)}
    words = {"phases": count, "number": phase.number, "title": phase.title}
    if phase.suppliers:
        before = len(phase.suppliers)
        after = before - sum(each.key in phase.leaving for each in phase.suppliers)
        words |= {"before": str(before), "after": str(after)}
        if before == 1:
            return gettext("%(phases)s. Gate %(number)s: from one supplier to %(after)s.") % words
        return (
            gettext("%(phases)s. Gate %(number)s: from %(before)s suppliers to %(after)s.") % words
        )
    return gettext("%(phases)s. This paper is about phase %(number)s, %(title)s.") % words
