from datetime import date

import pytest
from django.utils import translation

from procurements.agenda import SHOWN, Thing, greeting, last_day_of_week, spelled, week_of

TUESDAY = date(2026, 11, 17)


@pytest.fixture(autouse=True)
def swedish():
    with translation.override("sv"):
        yield


def a_thing(on, title="Boka testpersoner"):
    return Thing("task", on, title, "Upplev min verklighet", "/")


def test_week_counts_what_needs_me_and_what_is_late():
    things = [a_thing(date(2026, 11, d)) for d in (13, 17, 18, 19)]

    week = week_of(things, TUESDAY)

    assert week.lead == "Fyra saker behöver dig den här veckan. En är försenad."


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], "Inget behöver dig den här veckan."),
        ([18], "En sak behöver dig den här veckan."),
        ([12, 13], "Två saker behöver dig den här veckan. Två är försenade."),
        ([18] * 13, "13 saker behöver dig den här veckan."),
    ],
)
def test_lead_reads_as_a_sentence(days, expected):
    assert week_of([a_thing(date(2026, 11, d)) for d in days], TUESDAY).lead == expected


@pytest.mark.parametrize("day", [21, 22])
def test_at_the_weekend_it_is_next_week_that_counts(day):
    week = week_of([a_thing(date(2026, 11, d)) for d in (20, 24)], date(2026, 11, day))
    assert week.lead == "Två saker behöver dig nästa vecka. En är försenad."
    assert week_of([], date(2026, 11, day)).lead == "Inget behöver dig nästa vecka."


def test_days_go_from_the_oldest_late_one_to_friday():
    week = week_of([a_thing(date(2026, 11, 13)), a_thing(date(2026, 11, 18))], TUESDAY)

    assert [(day.on.day, day.state, day.name, len(day.things)) for day in week.days] == [
        (13, "late", "Försenat", 1),
        (17, "today", "I dag", 0),
        (18, "coming", "I morgon", 1),
        (19, "coming", "", 0),
        (20, "coming", "", 0),
    ]


def test_what_comes_after_the_week_is_left_out():
    assert week_of([a_thing(date(2026, 11, 23))], TUESDAY).needed == 0


def test_saturday_shows_only_when_something_is_due():
    week = week_of([a_thing(date(2026, 11, 21))], TUESDAY)

    assert [day.on.day for day in week.days] == [17, 18, 19, 20, 21]


def test_weekend_looks_ahead_to_the_week_after():
    saturday = date(2026, 11, 21)

    assert last_day_of_week(saturday) == date(2026, 11, 29)
    assert week_of([], saturday).number == 48


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(4, "God kväll, Per"), (7, "God morgon, Per"), (13, "Hej, Per"), (19, "God kväll, Per")],
)
def test_greeting_follows_the_clock(hour, expected):
    assert greeting(hour, "Per") == expected


def test_numbers_are_spelled_to_twelve():
    assert [spelled(n) for n in (1, 12, 13)] == ["En", "Tolv", "13"]


def test_of_much_that_is_late_the_oldest_days_are_shown_and_all_is_counted():
    late = [a_thing(date(2026, 11, d), str(n)) for d in (2, 3, 4, 5) for n in range(SHOWN // 2 + 1)]

    week = week_of([*late, a_thing(date(2026, 11, 18))], TUESDAY)

    assert [day.on.day for day in week.late_days] == [2, 3]
    assert [day.on.day for day in week.folded] == [4, 5]
    assert week.folded_things == 2 * (SHOWN // 2 + 1)
    assert [day.on.day for day in week.coming_days] == [17, 18, 19, 20]
    assert (week.needed, week.late) == (len(late) + 1, len(late))


def test_a_day_with_much_to_do_shows_the_first_and_folds_the_rest():
    week = week_of([a_thing(TUESDAY, str(n)) for n in range(SHOWN + 3)], TUESDAY)

    [today] = [day for day in week.days if day.state == "today"]
    assert (len(today.first), len(today.folded)) == (SHOWN, 3)
