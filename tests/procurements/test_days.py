from datetime import UTC, date, datetime, timedelta

import holidays as oracle
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from procurements import days

YEARS = range(2018, 2036)
DAYS = st.dates(date(2018, 1, 1), date(2035, 12, 31))
COUNTS = st.integers(-400, 400)


def every_day():
    day = date(YEARS.start, 1, 1)
    while day.year < YEARS.stop:
        yield day
        day += timedelta(days=1)


def day(text):
    return date.fromisoformat(text)


def test_holidays_are_those_of_the_oracle():
    theirs = oracle.Sweden(categories=("public", "de_facto"), include_sundays=False, years=YEARS)

    ours = {holiday for year in YEARS for holiday in days.holidays(year)}

    assert ours == set(theirs)


def test_every_day_is_a_working_day_when_the_oracle_says_so():
    theirs = oracle.Sweden(categories=("public", "de_facto"), include_sundays=True, years=YEARS)

    differing = [
        each
        for each in every_day()
        if days.is_working_day(each) == (each in theirs or each.weekday() == 5)
    ]

    assert differing == []


def test_holidays_have_names_in_both_languages():
    fixed = {"01-01", "01-06", "05-01", "06-06", "12-24", "12-25", "12-26", "12-31"}

    with translation.override("en"):
        english = [str(name) for name in days.holidays(2027).values()]
    with translation.override("sv"):
        swedish = [str(name) for name in days.holidays(2027).values()]

    assert len(set(english)) == len(set(swedish)) == 16
    assert not set(english) & set(swedish)
    assert fixed < {f"{each:%m-%d}" for each in days.holidays(2027)}


@pytest.mark.parametrize(
    ("on", "name"),
    [
        ("2026-04-03", "Långfredagen"),
        ("2026-05-14", "Kristi himmelsfärdsdag"),
        ("2026-06-19", "Midsommarafton"),
        ("2026-10-31", "Alla helgons dag"),
        ("2026-12-24", "Julafton"),
    ],
)
def test_a_holiday_is_called_what_a_swede_calls_it(on, name):
    with translation.override("sv"):
        assert str(days.holiday_name(day(on))) == name


def test_two_holidays_on_one_day_keep_the_fixed_name():
    with translation.override("sv"):
        assert str(days.holiday_name(date(2008, 5, 1))) == "Första maj"


def test_an_ordinary_day_has_no_holiday_name():
    assert days.holiday_name(date(2026, 11, 23)) is None


@pytest.mark.parametrize("on", ["2026-04-02", "2026-04-30", "2026-05-15", "2026-01-05"])
def test_half_days_and_klamdagar_are_working_days(on):
    assert days.is_working_day(day(on))


def test_a_day_is_counted_on_a_swedish_wall_calendar():
    assert days.swedish_day(datetime(2027, 6, 14, 23, 30, tzinfo=UTC)) == date(2027, 6, 15)
    assert days.swedish_day(datetime(2027, 12, 14, 22, 59, tzinfo=UTC)) == date(2027, 12, 14)
    assert days.swedish_day(datetime(2027, 12, 14, 23, 0, tzinfo=UTC)) == date(2027, 12, 15)


def test_a_moment_without_a_time_zone_has_no_day():
    with pytest.raises(ValueError, match="time zone"):
        days.swedish_day(datetime(2027, 6, 14, 23, 30))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("on", "over"),
    [("2027-03-28", "2027-03-28T22:00"), ("2027-10-31", "2027-10-31T23:00")],
)
def test_a_day_is_over_at_midnight_also_when_the_clock_changes(on, over):
    moment = datetime.fromisoformat(over).replace(tzinfo=UTC)

    assert days.start_of(day(on) + days.ONE_DAY) == moment


@given(DAYS)
def test_a_day_begins_at_its_first_moment(on):
    assert days.swedish_day(days.start_of(on)) == on
    assert days.swedish_day(days.start_of(on) - timedelta(microseconds=1)) == on - days.ONE_DAY


@pytest.mark.parametrize(
    ("start", "months", "later"),
    [
        ("2027-01-31", 1, "2027-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-08-14", 12, "2027-08-14"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-12-15", 0, "2026-12-15"),
    ],
)
def test_months_keep_the_day_number_or_end_with_the_month_1930_173_1(start, months, later):
    assert days.same_day_months_later(day(start), months) == day(later)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-11-21", 0, "2026-11-23"),
        ("2026-11-20", 0, "2026-11-20"),
        ("2026-11-21", 1, "2026-11-23"),
        ("2026-11-21", -1, "2026-11-20"),
        ("2026-12-23", 1, "2026-12-28"),
        ("2026-12-28", -1, "2026-12-23"),
        ("2026-12-30", 2, "2027-01-05"),
    ],
)
def test_working_days_are_added_both_ways(start, count, end):
    assert days.add_working_days(day(start), count) == day(end)


@given(DAYS, COUNTS)
def test_added_working_days_can_be_counted_back(start, count):
    end = days.add_working_days(start, count)

    assert days.is_working_day(end)
    if count or days.is_working_day(start):
        assert days.working_days_between(start, end) == count


@given(DAYS, COUNTS)
def test_adding_and_taking_away_leads_home_from_a_working_day(start, count):
    start = days.roll_forward(start)

    assert days.add_working_days(days.add_working_days(start, count), -count) == start


@given(DAYS, st.integers(0, 800))
def test_working_days_between_are_those_one_would_tick_off(start, length):
    end = start + timedelta(days=length)
    ticked = sum(days.is_working_day(start + timedelta(days=each)) for each in range(1, length + 1))

    assert days.working_days_between(start, end) == ticked


@given(DAYS)
def test_rolling_moves_only_over_days_off(on):
    forward, back = days.roll_forward(on), days.roll_back(on)

    assert days.is_working_day(forward)
    assert days.is_working_day(back)
    assert (forward == on) == (back == on) == days.is_working_day(on)
    assert days.previous_working_day(days.next_working_day(on)) == back
    assert back <= on <= forward <= days.roll_forward(on + days.ONE_DAY)
    assert forward - back <= timedelta(days=6)
