from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurements.lanes import Supplier, TrackPhase
from procurements.timeline import Marked, Window, row, shortened

TODAY = date(2026, 11, 17)
WINDOW = Window.around(TODAY)
NEAR = st.integers(-900, 900).map(lambda n: TODAY + timedelta(days=n))


def a_phase(number=1, start=date(2026, 11, 2), days=14, state="now", **facts):
    ends = start + timedelta(days=days)
    usual = {"starts_on": start, "ends_on": ends, "gate_on": ends + timedelta(days=3)}
    return TrackPhase(number, facts.pop("title", "Koncept"), state, **(usual | facts))


def share(text):
    assert text.endswith("%")
    return float(text[:-1])


def test_twelve_months_with_three_behind():
    assert WINDOW.first == date(2026, 8, 1)
    assert WINDOW.last == date(2027, 7, 31)
    assert [month.on.month for month in WINDOW.months] == [8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7]
    assert (WINDOW.earlier, WINDOW.later) == ("2026-02", "2027-02")


@pytest.mark.parametrize("text", ["", "2026-13", "0000-01", "9999-12", "x", "2026-1", "٢٠٢٦-01"])
def test_an_address_that_says_no_month_shows_the_time_around_today(text):
    assert Window.asked(text, TODAY) == WINDOW


def test_a_month_can_be_asked_for_and_the_ends_of_time_hold():
    assert Window.asked("2025-02", TODAY).first == date(2025, 2, 1)
    assert Window.asked("1990-01", TODAY).earlier == "1990-01"
    assert Window.asked("2150-01", TODAY).later == "2150-01"


def test_a_phase_is_drawn_from_its_first_day_to_the_end_of_its_last():
    drawn = row([a_phase(start=date(2026, 8, 1), days=30)], [], WINDOW)

    assert drawn.bars[0].x == "0.00%"
    assert share(drawn.bars[0].width) == pytest.approx(100 * 31 / 365, abs=0.01)
    assert drawn.bars[0].words == "Koncept"


def test_how_many_take_part_is_written_but_never_of_a_secret_or_a_coming_phase():
    three = tuple(Supplier(n, f"Bolag {n}") for n in range(3))
    told = row([a_phase(days=40, suppliers=three)], [], WINDOW)
    secret = row([a_phase(days=40, suppliers=None)], [], WINDOW)
    later = row([a_phase(days=40, state="later", suppliers=three)], [], WINDOW)

    assert [r.bars[0].count for r in (told, secret, later)] == [3, None, None]


@pytest.mark.parametrize(
    ("room", "words"), [(40, "Marknadsdialog"), (9, "Marknads."), (4, "Mar."), (3, ""), (-2, "")]
)
def test_a_title_gives_way_to_its_bar(room, words):
    assert shortened("Marknadsdialog", room) == words


@pytest.mark.parametrize(
    ("title", "room", "words"),
    [
        ("Concept phase", 11, "Concept"),
        ("Concept phase", 7, "Concept"),
        ("Concept phase", 6, "Conce."),
        ("Market dialogue (RFI)", 16, "Market dialogue"),
        ("Market dialogue (RFI)", 13, "Market dialo."),
        ("Ny upphandling", 9, "Ny uppha."),
    ],
)
def test_a_name_is_not_cut_within_a_word_when_whole_words_fill_half_the_room(title, room, words):
    assert shortened(title, room) == words


def test_words_of_a_gate_stay_within_the_width():
    days = [WINDOW.first, date(2027, 1, 15), WINDOW.last]
    drawn = row([a_phase(n, gate_on=on) for n, on in enumerate(days)], [], WINDOW)

    assert [gate.anchor for gate in drawn.gates] == ["start", "middle", "end"]


def test_a_case_outside_the_window_says_on_which_side_it_lies():
    long_ago = row([a_phase(start=date(2024, 1, 8))], [], WINDOW)
    far_off = row([a_phase(start=date(2029, 1, 8))], [], WINDOW)

    assert (long_ago.aside, far_off.aside) == ("before", "after")
    assert row([a_phase()], [], WINDOW).aside == ""


def test_deadlines_are_marked_on_their_day_and_late_ones_as_late():
    days = [
        Marked(date(2026, 11, 10), "Svara", 1, is_late=True),
        Marked(date(2027, 9, 1), "Boka", 1, is_late=False),
    ]

    drawn = row([], days, WINDOW)

    assert [mark.css for mark in drawn.days] == ["late"]


@given(st.lists(st.tuples(NEAR, st.integers(0, 300)), max_size=14), st.lists(NEAR, max_size=5))
def test_nothing_is_drawn_outside_the_row(phases, days):
    drawn = row(
        [a_phase(n, start, length) for n, (start, length) in enumerate(phases)],
        [Marked(on, "Svara", 1, is_late=False) for on in days],
        WINDOW,
    )

    for bar in drawn.bars:
        assert 0 <= share(bar.x) <= 100
        assert share(bar.width) + 0.01 > 0
        assert share(bar.x) + share(bar.width) <= 100.01
    assert all(0 <= share(mark.x) <= 100 for mark in [*drawn.gates, *drawn.days])


@given(NEAR, NEAR)
def test_an_earlier_day_is_never_drawn_to_the_right(one, other):
    first, last = sorted([one, other])

    assert WINDOW.at(first) <= WINDOW.at(last)
