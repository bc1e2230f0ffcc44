import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.stave import spread
from procurements.lanes import MOST_LINES
from procurements.track import Supplier, TrackPhase, draw, mini, printed, shortened

START = date(2026, 3, 2)
NAMES = ["Klarsyn", "Tankegång", "Vårdvinkel", "Nordspel", "Empatia", "Lyktan", "Minnesrum"]


def suppliers(count):
    return tuple(
        Supplier(key, NAMES[key] if key < len(NAMES) else f"Bolag {key}") for key in range(count)
    )


def a_case(*, phases=8, now=5, admits=3, funnel=(7, 7, 3), is_secret=False):
    """Phases of four weeks, decided the week after; the funnel is how many each phase admits on."""
    taking_part, drawn = suppliers(funnel[0] if funnel else 0), []
    for index in range(phases):
        starts_on = START + timedelta(weeks=5 * index)
        step = index - admits
        leaving = frozenset()
        inside = taking_part if step >= 0 and index <= now else ()
        if step >= 0 and index < now:
            goes_on = funnel[min(step + 1, len(funnel) - 1)]
            leaving = frozenset(each.key for each in taking_part[goes_on:])
            taking_part = taking_part[:goes_on]
        hidden = is_secret and step >= 0 and index <= now
        drawn.append(
            TrackPhase(
                number=index,
                title=f"Fasnamn {index}",
                state="done" if index < now else "now" if index == now else "later",
                url=f"/cases/1/phases/{index}/",
                starts_on=starts_on,
                ends_on=starts_on + timedelta(days=25),
                gate_on=starts_on + timedelta(days=32),
                admits=step == 0,
                suppliers=None if hidden else inside,
                leaving=frozenset() if hidden else leaving,
                fee=Decimal(25000) if index == admits + 1 else None,
            )
        )
    return drawn


def day_in(phases, days):
    return next(phase for phase in phases if phase.state == "now").starts_on + timedelta(days=days)


def rendered(phases, days=10, language="sv"):
    with translation.override(language):
        return render_to_string(
            "procurements/_track.html", {"track": draw(phases, today=day_in(phases, days))}
        )


def drawings(html):
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def words(html):
    """What a screen reader says: no drawings, no tags, single spaces."""
    silent = re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", silent).replace("\xa0", " ").split())


def paths(segment):
    return [(line.css, line.across) for line in segment.lines]


def points(path):
    return [tuple(map(float, each)) for each in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]


@pytest.mark.parametrize("phases", [3, 8, 14])
@pytest.mark.parametrize("count", [0, 1, 3, 7, 11, 40])
@pytest.mark.parametrize("is_secret", [False, True])
def test_any_number_of_phases_and_suppliers_can_be_drawn(phases, count, is_secret):
    case = a_case(phases=phases, now=1, admits=1, funnel=(count,), is_secret=is_secret)

    html = rendered(case)

    assert html.count('<li class="ph ') == phases
    assert html.count('aria-current="step"') == 1
    assert html.count('class="marks__today"') == 2  # across and downwards, one is shown
    assert "style=" not in html
    assert all(drawing.tag == "svg" for drawing in drawings(html))


@pytest.mark.parametrize("count", [1, 3, 7, 11, 40])
def test_a_secret_round_shows_neither_names_nor_number_nor_lines(count):
    case = a_case(now=3, funnel=(count,), is_secret=True)

    html = rendered(case)
    now = draw(case, today=day_in(case, 10)).segments[3]

    assert paths(now) == [("ln ln--secret", "M0.0,60.0 L100.0,60.0")]
    assert (now.count, now.names, now.gate.before, now.gate.after) == (None, (), None, None)
    assert "Sekretess" in words(html)
    assert html == rendered(a_case(now=3, funnel=(count + 1,), is_secret=True))


def test_a_reader_who_may_know_nothing_sees_nothing_after_the_phase_that_admits():
    html = rendered(a_case(is_secret=True))

    assert [segment.count for segment in draw(a_case(is_secret=True), today=START).segments] == [
        None
    ] * 8
    assert not any(name in html for name in NAMES)
    assert "ln--cap" not in html


def test_the_need_owners_line_runs_until_the_phase_that_admits():
    segments = draw(a_case(), today=START).segments

    assert [segment.is_need for segment in segments] == [True] * 3 + [False] * 5
    assert paths(segments[0]) == [("ln ln--bold", "M0.0,60.0 L100.0,60.0")]


def test_suppliers_fan_out_from_the_need_in_the_phase_that_admits():
    lines = draw(a_case(), today=START).segments[3].lines

    assert [points(line.across)[0] for line in lines] == [(0, 60)] * 7
    assert [points(line.across)[-1] for line in lines] == [(100, y) for y in spread(7)]


def test_a_supplier_keeps_its_lane_while_the_number_is_unchanged():
    fourth = draw(a_case(), today=START).segments[4]

    assert [line.across for line in fourth.lines if "cap" not in line.css] == [
        f"M0.0,{y:.1f} L{97 if gone else 100}.0,{y:.1f}"
        for y, gone in zip(spread(7), [False] * 3 + [True] * 4, strict=True)
    ]


def test_a_newcomer_takes_the_free_lane_and_the_others_stay():
    phases = a_case(phases=5, now=4, admits=2, funnel=(3, 2, 2))
    others = (Supplier(0, "Klarsyn"), Supplier(9, "Sent"), Supplier(2, "Vårdvinkel"))
    phases[2] = replace(phases[2], leaving=frozenset([1]))
    phases[3] = replace(phases[3], suppliers=others, leaving=frozenset())

    lines = draw(phases, today=START).segments[3].lines

    assert [line.across for line in lines] == [
        "M0.0,30.0 L100.0,30.0",
        "M0.0,90.0 L100.0,90.0",
        "M0.0,60.0 L100.0,60.0",
    ]


def test_lines_that_end_get_a_cap_before_the_gate_and_the_kept_pass():
    fourth = draw(a_case(), today=START).segments[4]

    assert [line.css for line in fourth.lines].count("ln ln--end") == 4
    assert next(line.across for line in fourth.lines if line.css == "ln ln--cap") == (
        "M97.0,55.4 L97.0,64.6"
    )
    assert [line.css for line in fourth.lines].count("ln") == 3


def test_nobody_is_drawn_as_the_winner_before_the_decision():
    for segment in draw(a_case(), today=START).segments[6:]:
        assert paths(segment) == [("ln ln--future", "M0.0,60.0 L100.0,60.0")]


def test_a_phase_that_admits_but_has_nobody_yet_is_open():
    case = a_case(now=3, funnel=())

    assert paths(draw(case, today=START).segments[3]) == [("ln ln--open", "M0.0,60.0 L100.0,60.0")]
    assert "Inga leverantörer än" in words(rendered(case))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5))
@settings(max_examples=60)
def test_every_line_begins_where_it_ended_in_the_phase_before(counts):
    funnel = tuple(sorted(counts, reverse=True))
    case = a_case(phases=14, now=8, funnel=funnel)

    track = draw(case, today=day_in(case, 20))

    for before, after in zip(track.segments[3:8], track.segments[4:9], strict=True):
        ends = {points(line.across)[-1][1] for line in before.lines if line.css == "ln"}
        starts = {points(line.across)[0][1] for line in after.lines if "cap" not in line.css}
        if after.count:
            assert starts == ends


@pytest.mark.parametrize("count", range(41))
def test_lanes_stand_in_order_inside_the_track(count):
    lanes = spread(count)

    assert len(lanes) == count
    assert lanes == sorted(set(lanes))
    assert all(9.9 <= lane <= 110.1 for lane in lanes)


def test_more_than_eleven_are_drawn_as_eleven_and_written_as_they_are():
    case = a_case(now=4, funnel=(40, 12))

    track = draw(case, today=day_in(case, 10))

    assert [len(segment.lines) for segment in track.segments[3:5]] == [MOST_LINES, 2 * MOST_LINES]
    assert (track.segments[3].gate.before, track.segments[3].gate.after) == (40, 12)
    assert "Högst elva linjer ritas" in words(rendered(case))


def test_those_who_came_furthest_are_among_the_drawn():
    case = a_case(now=5, funnel=(40, 40, 3))
    case[4] = replace(case[4], leaving=frozenset(range(37)))
    case[5] = replace(case[5], suppliers=suppliers(40)[37:])

    track = draw(case, today=day_in(case, 20))

    assert [line.css for line in track.segments[4].lines].count("ln") == 3
    assert all(points(line.across)[0][1] != 60 for line in track.segments[5].lines[:2])


@pytest.mark.parametrize(
    ("days", "passed"),
    [(-3, 0), (0, 0.5 / 33), (16, 0.5), (25, 25.5 / 33), (32, 32.5 / 33), (90, 1)],
)
def test_today_is_placed_by_calendar_days_up_to_the_gate(days, passed):
    case = a_case()

    now = draw(case, today=day_in(case, days)).segments[5]

    solid = [line for line in now.lines if line.css == "ln"]
    assert points(solid[0].across)[-1][0] == pytest.approx(passed * 100, abs=0.06)
    assert now.today.at == f"{min(max(passed * 100, 2.5), 97.5):.1f}%"


def test_only_the_current_phase_knows_today():
    marks = [segment.today is not None for segment in draw(a_case(), today=START).segments]

    assert marks == [False] * 5 + [True] + [False] * 2


@pytest.mark.parametrize(("days", "anchor"), [(-1, "start"), (16, "middle"), (31, "end")])
def test_the_word_today_gives_way_to_the_numbers_of_the_gates(days, anchor):
    case = a_case()

    today = draw(case, today=day_in(case, days)).segments[5].today

    assert today.anchor == anchor
    assert (today.dx > 0, today.dx < 0) == (anchor == "start", anchor == "end")


def test_a_line_that_moves_is_cut_on_its_own_curve():
    case = a_case(now=3)

    for days in range(33):
        now = draw(case, today=day_in(case, days)).segments[3]
        end = points(next(line for line in now.lines if line.css == "ln").across)[-1]
        whole = points(next(line for line in now.lines if "ahead" in line.css).across)
        assert end[0] == pytest.approx((days + 0.5) / 33 * 100, abs=0.06)
        assert whole[-1][1] <= end[1] <= whole[0][1]


def test_across_and_downwards_are_the_same_line_turned():
    for segment in draw(a_case(), today=START).segments:
        for line in segment.lines:
            turned = [(y * 100 / 120, x) for x, y in points(line.across)]
            assert [value for point in points(line.down) for value in point] == pytest.approx(
                [value for point in turned for value in point], abs=0.11
            )


def test_few_suppliers_are_named_over_their_lines_on_the_free_side_of_today():
    case = a_case(funnel=(3, 3, 3))

    early = draw(case, today=day_in(case, 5)).segments[5].names
    late = draw(case, today=day_in(case, 25)).segments[5].names

    assert [(name.text, name.y) for name in late] == [
        ("Klarsyn", "22.0"),
        ("Tankegång", "52.0"),
        ("Vårdvinkel", "82.0"),
    ]
    assert {(name.anchor, name.dx) for name in early} == {("start", 8)}
    assert {(name.anchor, name.dx) for name in late} == {("end", -8)}


def test_many_suppliers_are_not_named_on_the_track():
    case = a_case(funnel=(5, 5, 5))

    assert draw(case, today=day_in(case, 25)).segments[5].names == ()


def test_a_long_name_is_shortened_at_a_word():
    assert shortened("Klarsyn Simulering i Värmland AB") == "Klarsyn Simulering i…"
    assert shortened("Omsorgsteknikutvecklingsbolaget") == "Omsorgsteknikutveckli…"
    assert shortened("Vårdvinkel") == "Vårdvinkel"


@pytest.mark.parametrize(
    ("days", "said"),
    [(-4, "väntar på start"), (0, "vecka 1 av 4"), (25, "vecka 4 av 4"), (26, "beslut väntas")],
)
def test_the_current_phase_says_where_it_is(days, said):
    assert f"· {said}" in words(rendered(a_case(), days))


def test_a_screen_reader_hears_each_gate_as_a_sentence():
    heard = words(rendered(a_case()))

    assert "Grind 4 från 7 till 3 Beslutad 21 aug" in heard
    assert "Grind 5 3 Planerad 25 sep" in heard
    assert "Ärendets resa: 8 faser och 8 grindar" in heard
    assert "I dag är det måndag 3 augusti." not in heard
    assert heard.count("I dag är det") == 1


def test_the_same_is_said_in_english():
    heard = words(rendered(a_case(), language="en"))

    assert "Gate 4 from 7 to 3 Decided 21 Aug" in heard
    assert "The journey of the case: 8 phases and 8 gates" in heard


def test_a_gate_to_come_is_not_read_as_one_number_with_those_it_is_planned_for():
    case = a_case()
    case[7] = replace(case[7], expected=1)

    assert "Gate 6 to 1 Planned" in words(rendered(case, language="en"))


def test_the_next_gate_tells_how_many_are_planned_to_go_on():
    case = a_case()
    case[6] = replace(case[6], expected=1)

    gate = draw(case, today=START).segments[5].gate

    assert (gate.state, gate.before, gate.after) == ("next", 3, 1)


def test_a_gate_that_stopped_the_case_says_so_instead_of_numbers():
    case = a_case()
    case[4] = replace(case[4], outcome="stannat")

    assert "Grind 4 stannat" in words(rendered(case))


def test_a_phase_is_a_link_when_it_has_an_address():
    html = rendered([replace(phase, url="") for phase in a_case()])

    assert "<a " not in html
    assert rendered(a_case()).count('<a href="/cases/1/phases/') == 8


def test_names_are_escaped():
    case = a_case(funnel=(1, 1, 1))
    hostile = (Supplier(0, "<script>"),)
    case = [replace(p, title="<b>", suppliers=hostile if p.suppliers else ()) for p in case]

    html = rendered(case, 25)

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<b>" not in html.replace('<b class="num">', "")


def test_the_table_holds_what_the_track_shows():
    html = rendered(a_case())
    table = ElementTree.fromstring(re.search(r"<table>.*</table>", html, re.DOTALL)[0])
    rows = [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in table[1]]

    assert rows[0][:2] == ["0 Fasnamn 0", "Klar"]
    assert rows[4][3:] == ["7", "25 000 kr", "Grind 4, 21 augusti 2026: från 7 till 3"]
    assert rows[5][1] == "Pågår, vecka 2 av 4"
    assert rows[7][1:4:2] == ["Kommande", "–"]


@pytest.mark.parametrize(("count", "said"), [(1, "1 planerad"), (3, "3 planerade")])
def test_the_table_tells_how_many_are_planned(count, said):
    case = a_case()
    case[6] = replace(case[6], expected=count)

    assert f"Kommande 28 sep–23 okt {said} –" in words(rendered(case))


def test_the_words_of_the_handbook_do_not_change_the_drawing():
    case = a_case()
    renamed = [replace(phase, title=phase.title[::-1]) for phase in case]

    assert [segment.lines for segment in draw(case, today=START).segments] == [
        segment.lines for segment in draw(renamed, today=START).segments
    ]


# The row and the paper


@pytest.mark.parametrize("phases", [3, 8, 14])
@pytest.mark.parametrize("count", [0, 1, 3, 7, 11, 40])
def test_a_row_shows_the_same_lines_and_gates(phases, count):
    case = a_case(phases=phases, now=2, admits=1, funnel=(count,))

    small = mini(case)
    with translation.override("sv"):
        html = render_to_string("procurements/_mini.html", {"mini": small})

    assert sum(css.startswith("mg") for css, _d in small.paths) == phases
    assert sum("mk n" in css for css, _d in small.paths) == (min(count, MOST_LINES) or 1)
    assert len(drawings(html)) == 1
    assert "style=" not in html


def test_a_row_says_its_phase_in_words():
    with translation.override("sv"):
        assert mini(a_case()).label == "Fas 5 av 7"
        assert mini(a_case(now=8)).label == "Ingen fas pågår"
        assert mini(a_case(now=-1)).label == "Inte påbörjat"
    assert mini(a_case()).title == "Fasnamn 5"


def test_a_row_keeps_a_secret():
    few, many = (a_case(now=3, funnel=(count,), is_secret=True) for count in (3, 11))

    assert mini(few) == mini(many)
    assert ("mk a", "M63.0,15.0H84.0") in mini(few).paths


@pytest.mark.parametrize("phases", [3, 8, 14])
@pytest.mark.parametrize("count", [0, 1, 3, 7, 11, 40])
@pytest.mark.parametrize("is_secret", [False, True])
def test_the_printed_track_needs_no_style_sheet(phases, count, is_secret):
    case = a_case(phases=phases, now=2, admits=1, funnel=(count,), is_secret=is_secret)

    paper = printed(case, focus=1)
    drawing = ElementTree.fromstring(paper.svg)

    assert drawing.attrib["role"] == "img"
    assert drawing.findtext("title")
    assert "style=" not in paper.svg
    assert all("stroke" in path.attrib for path in drawing.findall("path"))
    assert [column.is_focus for column in paper.columns] == [at == 1 for at in range(phases)]


def test_the_printed_track_tells_what_its_gate_decided():
    with translation.override("sv"):
        paper = printed(a_case(), focus=4)

    assert "<title>8 faser. Grind 4: från 7 leverantörer till 3.</title>" in paper.svg
    assert [column.words for column in paper.columns] == (
        ["", "", "", "7 leverantörer", "7 → 3", "3 leverantörer", "", ""]
    )


def test_the_printed_track_tells_of_one_supplier_as_one():
    with translation.override("en"):
        paper = printed(a_case(funnel=(1, 1, 1)), focus=4)

    assert "<title>8 phases. Gate 4: from one supplier to 1.</title>" in paper.svg


def test_a_paper_looks_the_same_whatever_has_happened_since():
    at_the_gate = a_case(now=4)
    at_the_gate[4] = replace(at_the_gate[4], leaving=frozenset(range(3, 7)))

    assert printed(at_the_gate, focus=4) == printed(a_case(now=7), focus=4)
