"""The drawing on the cover of a book: a line for each supplier, a bar for each gate."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH = 680.0
HEIGHT = 120.0
MIDDLE = HEIGHT / 2
GAPS = {2: 40.0, 3: 30.0, 4: 26.0, 5: 22.0, 6: 18.0, 7: 15.0}
MOST_LINES = 12
INK, ACT, EDGE = "#11212A", "#0E4A5C", "#6F7C81"


def drawn(suppliers: Sequence[int], words: str) -> SafeString:
    """How many take part in each phase, as the edition proposes it; none is one line, the need.

    `words` say the same to whoever does not see the drawing.
    """
    wide = WIDTH / max(1, len(suppliers))
    counts = [min(MOST_LINES, max(1, count)) for count in suppliers]
    paths, before = [], [MIDDLE]
    for index, count in enumerate(counts):
        at, lanes = index * wide, spread(count)
        goes_on = counts[index + 1] if index + 1 < len(counts) else count
        kept = _kept(count, goes_on)
        for number, lane in enumerate(lanes):
            start = before[number] if len(before) == count else MIDDLE
            is_kept = number in kept or goes_on >= count
            end = at + wide - (0 if is_kept else 0.06 * wide)
            weight = 4.0 if suppliers[index] < 1 else 1.6
            colour = INK if is_kept else EDGE
            paths.append((_line(at, start, end, lane, wide), colour, weight))
            if not is_kept:
                paths.append((f"M{end:.1f},{lane - 3:.1f}V{lane + 3:.1f}", EDGE, 1.2))
        before = [lanes[number] for number in sorted(kept)] if goes_on < count else lanes
    for index in range(1, len(counts) + 1):
        at = min(index * wide, WIDTH - 2)
        paths.append((f"M{at - 3:.1f},6V{HEIGHT - 6:.0f}", ACT, 1.0))
        paths.append((f"M{at:.1f},6V{HEIGHT - 6:.0f}", ACT, 2.6))
    strokes = format_html_join(
        "", '<path d="{}" fill="none" stroke="{}" stroke-width="{}"/>', paths
    )
    return format_html(
        '<svg viewBox="0 0 {} {}"><title>{}</title>{}'
        '<circle cx="8" cy="{}" r="7" fill="{}"/></svg>',
        int(WIDTH), int(HEIGHT), words, strokes, MIDDLE, INK,
    )  # fmt: skip


def spread(count: int) -> list[float]:
    """How high each line lies, from the top, when so many share the height."""
    gap = GAPS.get(count, 100.0 / max(1, count - 1))
    return [MIDDLE - gap * (count - 1) / 2 + number * gap for number in range(count)]


def _kept(count: int, goes_on: int) -> set[int]:
    """Which lines go on, spread over those there are."""
    if goes_on >= count:
        return set(range(count))
    return {round((number + 0.5) * count / goes_on - 0.5) for number in range(goes_on)}


def _line(start: float, a: float, end: float, b: float, wide: float) -> str:
    """Straight, or settled before half the phase is over."""
    if abs(a - b) < 0.5:
        return f"M{start:.1f},{a:.1f}H{end:.1f}"
    turn, settled = start + 0.2 * wide, start + 0.42 * wide
    return (
        f"M{start:.1f},{a:.1f}C{turn:.1f},{a:.1f} {turn:.1f},{b:.1f} {settled:.1f},{b:.1f}"
        f"H{end:.1f}"
    )
