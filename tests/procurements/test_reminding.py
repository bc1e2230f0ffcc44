from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurements import days
from procurements.days import SWEDEN
from procurements.reminding import (
    LATE,
    STEPS,
    Rung,
    as_rhythm,
    is_sending_time,
    next_rung,
    next_sending_time,
    rung_on,
    rungs,
    steps_of,
)

USUAL = "7 1 late"
LONG_AGO = date(2026, 1, 1)
FRIDAY = date(2026, 10, 16)


def rung(today, due_on=FRIDAY, set_on=LONG_AGO, rhythm=USUAL):
    found = rung_on(today, due_on=due_on, set_on=set_on, rhythm=rhythm)
    return found and found.step


def test_a_day_is_reminded_of_a_week_and_a_day_before_and_when_late():
    assert rungs(FRIDAY, USUAL) == [
        Rung("7", date(2026, 10, 9)),
        Rung("1", date(2026, 10, 15)),
        Rung(LATE, date(2026, 10, 19)),
    ]


@pytest.mark.parametrize(
    ("today", "step"),
    [
        (date(2026, 10, 8), None),
        (date(2026, 10, 9), "7"),
        (date(2026, 10, 14), "7"),
        (date(2026, 10, 15), "1"),
        (date(2026, 10, 16), "1"),
        (date(2026, 10, 19), LATE),
        (date(2026, 12, 1), LATE),
    ],
)
def test_the_latest_whose_turn_has_come(today, step):
    assert rung(today) == step


def test_a_turn_on_a_holiday_comes_on_the_working_day_before():
    # A day before Monday is Sunday: the letter goes out on Friday.
    assert rungs(date(2026, 10, 19), "1") == [Rung("1", date(2026, 10, 16))]
    # A week before the first working day of the year is new year's eve.
    assert rungs(date(2027, 1, 7), "7") == [Rung("7", date(2026, 12, 30))]


def test_one_set_closer_than_the_step_gets_the_next_one():
    set_on = FRIDAY - timedelta(days=3)

    assert rung(set_on, set_on=set_on) is None
    assert rung(date(2026, 10, 15), set_on=set_on) == "1"


def test_one_set_on_its_own_day_is_told_of_when_it_is_late():
    assert rung(FRIDAY, set_on=FRIDAY) is None
    assert rung(date(2026, 10, 19), set_on=FRIDAY) == LATE


def test_of_one_that_had_passed_when_it_was_set_it_is_told_at_once_that_it_is_late():
    """A day of the law may have passed when it is counted. FRIDAY is long gone on this Saturday."""
    saturday, monday = date(2026, 10, 31), date(2026, 11, 2)
    assert rung(saturday, set_on=saturday) is None
    assert rung(monday, set_on=saturday) == LATE
    assert next_rung(saturday, due_on=FRIDAY, set_on=saturday, rhythm=USUAL) == Rung(LATE, monday)
    assert rung(monday, set_on=saturday, rhythm="7 1") is None


def test_the_next_turn_is_told_ahead():
    def ahead(today):
        found = next_rung(today, due_on=FRIDAY, set_on=LONG_AGO, rhythm=USUAL)
        return found and found.step

    assert [ahead(date(2026, 10, day)) for day in (1, 9, 14, 15, 18, 19)] == [
        "7",
        "1",
        "1",
        LATE,
        LATE,
        None,
    ]


def test_a_rhythm_knows_only_its_steps():
    assert steps_of("1 late 7 later") == ("7", "1", LATE)
    assert as_rhythm(["late", "14"]) == "14 late"
    assert steps_of("") == ()


SOME_DAY = st.dates(date(2018, 2, 1), date(2035, 10, 1))
SOME_RHYTHM = st.lists(st.sampled_from(STEPS), unique=True).map(as_rhythm)


@given(due_on=SOME_DAY, rhythm=SOME_RHYTHM, ago=st.integers(-60, 60))
def test_over_all_days_nobody_is_left_unreminded_nor_reminded_twice(due_on, rhythm, ago):
    """Day by day, each working day as beat sees it: the steps come in their order, each once, on
    a working day, none before the day was set; with any step before it left out only when it was
    set too late for it."""
    set_on = due_on - timedelta(days=ago)
    seen: list[Rung] = []
    for ahead in range(90):
        today = set_on + timedelta(days=ahead)
        if not days.is_working_day(today):
            continue
        found = rung_on(today, due_on=due_on, set_on=set_on, rhythm=rhythm)
        if found and found not in seen:
            assert found.on <= today
            seen.append(found)

    expected = [one for one in rungs(due_on, rhythm, set_on=set_on) if one.on >= set_on]
    # Two steps whose turn falls on the same day are one letter, the later of them.
    assert [one.on for one in seen] == sorted({one.on for one in expected})
    assert all(days.is_working_day(one.on) for one in seen)
    if LATE in steps_of(rhythm):
        assert seen[-1].step == LATE


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SWEDEN)


@pytest.mark.parametrize(
    ("at", "comes"),
    [
        ("2026-10-16 06:59", "2026-10-16 07:00"),
        ("2026-10-16 07:00", "2026-10-16 07:00"),
        ("2026-10-16 17:59", "2026-10-16 17:59"),
        ("2026-10-16 18:00", "2026-10-19 07:00"),
        ("2026-10-17 12:00", "2026-10-19 07:00"),
        ("2026-12-23 19:00", "2026-12-28 07:00"),
        # Both changes of the clock.
        ("2026-03-27 18:00", "2026-03-30 07:00"),
        ("2026-10-23 18:00", "2026-10-26 07:00"),
    ],
)
def test_letters_go_out_in_the_hours_of_working_days(at, comes):
    assert next_sending_time(here(at)) == here(comes)
    assert is_sending_time(here(at)) == (at == comes)


def test_the_hours_can_be_set(settings):
    settings.SENDING_HOURS = (9, 10)

    assert not is_sending_time(here("2026-10-16 08:00"))
    assert is_sending_time(here("2026-10-16 09:30"))
