"""The law's own examples by their numbers, and what must hold of every period on any day."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from procurements import days, periods
from procurements.periods import (
    BACKWARD,
    FIRST_DAY_AFTER,
    Period,
    contract_from,
    period_on,
    periods_for,
)
from procurements.periodwords import EVENTS, NAMES, how_counted, name_of
from procurements.states import LegalTrack


def day(text: str) -> date:
    return date.fromisoformat(text)


def counted(key: str, start: str):
    period = period_on(key, day(start))
    assert period is not None
    return period.from_day(day(start))


@pytest.mark.parametrize(
    ("number", "key", "sent", "raw", "last", "contract"),
    [
        (1, "electronic", "2019-04-01", "2019-04-11", "2019-04-11", "2019-04-12"),
        (2, "electronic", "2019-04-18", "2019-04-28", "2019-04-29", "2019-04-30"),
        (3, "electronic", "2026-12-14", "2026-12-24", "2026-12-28", "2026-12-29"),
        (4, "electronic", "2026-12-11", "2026-12-21", "2026-12-21", "2026-12-22"),
        (9, "electronic", "2027-03-16", "2027-03-26", "2027-03-30", "2027-03-31"),
        (13, "electronic", "2027-04-26", "2027-05-06", "2027-05-07", "2027-05-08"),
        (18, "other", "2026-12-10", "2026-12-25", "2026-12-28", "2026-12-29"),
    ],
)
def test_standstill_and_the_first_day_of_contract(number, key, sent, raw, last, contract) -> None:
    it = counted(f"standstill_{key}", sent)

    assert (it.raw, it.last, it.on) == (day(raw), day(last), day(contract)), number


@pytest.mark.parametrize(
    ("number", "key", "sent", "raw", "last"),
    [
        (20, "tenders_open", "2026-11-20", "2026-12-25", "2026-12-28"),
        (20, "tenders_open", "2026-11-23", "2026-12-28", "2026-12-28"),
        (21, "tenders_open_electronic", "2026-12-01", "2026-12-31", "2027-01-04"),
        (21, "tenders_open_electronic", "2026-11-23", "2026-12-23", "2026-12-23"),
        (26, "result_notice", "2026-12-01", "2026-12-31", "2027-01-04"),
        (26, "documentation", "2026-12-01", "2026-12-31", "2027-01-04"),
        (26, "result_notice", "2026-11-30", "2026-12-30", "2026-12-30"),
        (26, "documentation", "2026-11-30", "2026-12-30", "2026-12-30"),
        (26, "result_notice", "2027-05-26", "2027-06-25", "2027-06-28"),
        (26, "documentation", "2027-05-26", "2027-06-25", "2027-06-28"),
        (26, "result_notice_of_quarter", "2026-12-31", "2027-01-30", "2027-02-01"),
        (34, "documentation_direct", "2026-12-01", "2026-12-31", "2027-01-04"),
    ],
)
def test_the_last_day(number, key, sent, raw, last) -> None:
    it = counted(key, sent)

    assert (it.raw, it.last, it.on) == (day(raw), day(last), day(last)), number
    assert it.is_moved is (raw != last)


@pytest.mark.parametrize(
    ("key", "is_told"),
    [
        ("tenders_open", True),
        ("applications", True),
        ("tenders_system", True),
        # No time for what others send in.
        ("auction_begins", False),
        ("standstill_electronic", False),
        ("result_notice", False),
    ],
)
def test_the_shortest_time_for_tenders_runs_to_midnight(key, is_told) -> None:
    """Law.md 5 and 13: the last day counts until 24:00 local time."""
    it = counted(key, "2026-11-20")

    with translation.override("sv"):
        told = how_counted(it.period, it)
    assert ("sista dagen löper till midnatt" in told) is is_told


@pytest.mark.parametrize(
    ("number", "key", "last_tender_day", "answers", "advised"),
    [
        (25, "more_information", "2026-12-30", "2026-12-24", "2026-12-23"),
        (25, "more_information", "2027-01-18", "2027-01-12", "2027-01-12"),
        (25, "more_information_urgent", "2027-01-18", "2027-01-14", "2027-01-14"),
    ],
)
def test_days_counted_backwards_are_not_moved_but_advised(
    number, key, last_tender_day, answers, advised
) -> None:
    it = counted(key, last_tender_day)

    assert (it.raw, it.on, it.advised_on) == (day(answers), day(answers), day(advised)), number
    assert not it.is_moved


@pytest.mark.parametrize(
    ("key", "start", "last"),
    [
        # LOU 8 kap.: working days, over Christmas and over Midsummer.
        ("application_assessed", "2026-12-14", "2026-12-30"),
        ("application_assessed_reasoned", "2026-12-14", "2027-01-11"),
        ("declaration_renewed", "2027-06-21", "2027-06-29"),
        ("auction_begins", "2026-12-23", "2026-12-29"),
        # LOU 11:9: five days more, but not when it is urgent.
        ("tenders_selected_documents_apart", "2026-11-20", "2026-12-28"),
        # LOU 20:12 and 12:14, of a decision to cancel.
        ("review_of_cancellation", "2026-12-14", "2026-12-28"),
        ("review_of_cancellation_other", "2026-12-10", "2026-12-28"),
        ("documentation_cancelled", "2026-12-01", "2027-01-04"),
        # LOU 20:17: thirty days from the notice in print, or from the letter to each of them.
        ("review_of_contract_after_notice", "2026-12-01", "2027-01-04"),
        ("review_of_contract_after_letter", "2026-12-01", "2027-01-04"),
    ],
)
def test_what_is_seldom_needed_is_counted_too(key, start, last) -> None:
    assert counted(key, start).on == day(last)


def test_a_moment_late_in_a_summer_evening_is_the_swedish_day_after() -> None:
    """A notice sent at 23:30 UTC on 14 June 2027 is counted from the 15th (law.md 5)."""
    sent = days.swedish_day(datetime(2027, 6, 14, 23, 30, tzinfo=UTC))

    assert counted("standstill_electronic", sent.isoformat()).raw == day("2027-06-25")


def test_months_and_years_end_on_the_same_number_or_the_month_s_last_day() -> None:
    assert counted("review_of_contract", "2026-08-31").raw == day("2027-02-28")
    assert counted("damages", "2028-02-29").raw == day("2029-02-28")


@pytest.mark.parametrize("key", ["tenders_below", "tenders_dialogue", "standstill_voluntary"])
def test_where_the_act_gives_no_number_the_day_is_not_known(key) -> None:
    it = counted(key, "2026-12-01")

    assert it.raw is it.last is it.on is it.advised_on is None


def test_a_period_is_that_of_the_day_of_its_event() -> None:
    assert period_on("documentation", day("2023-12-31")) is None
    assert period_on("documentation", day("2024-01-01"))
    assert "documentation" not in {it.key for it in periods_for("lou_above", day("2023-12-31"))}
    documentation = period_on("documentation", day("2024-01-01"))
    assert documentation is not None
    with pytest.raises(ValueError, match="does not hold"):
        documentation.from_day(day("2023-12-31"))


@pytest.mark.parametrize(
    ("track", "first"),
    [
        (LegalTrack.LOU_ABOVE, "2026-12-29"),
        (LegalTrack.ADVERTISED_19, "2026-12-29"),
        (LegalTrack.DIRECT_AWARD_19A, None),
        (LegalTrack.PCP_OUTSIDE_LOU, None),
        (LegalTrack.UNDECIDED, None),
    ],
)
def test_contracts_wait_for_the_standstill_of_their_track(track, first) -> None:
    """LOU 20:1 and 20:18 (law.md 13, example 3)."""
    assert contract_from(track, day("2026-12-14")) == (first and day(first))


def test_outside_the_act_nothing_is_called_by_its_paragraphs() -> None:
    outside = periods_for(LegalTrack.PCP_OUTSIDE_LOU, day("2026-12-01"))

    assert outside
    assert not any("LOU" in period.paragraph for period in outside)


@pytest.mark.parametrize(
    ("track", "told"),
    [
        # Services in annex 2 are never under the act in full; a direct award may reach SEK 700,000.
        (LegalTrack.ADVERTISED_19, {"LOU 19:7", "LOU 19:22", "LOU 12:15"}),
        (LegalTrack.DIRECT_AWARD_19A, {"LOU 19 a:13", "LOU 19 a:11"}),
        (LegalTrack.LOU_ABOVE, {"LOU 10:4", "LOU 12:14", "LOU 12:15"}),
        (LegalTrack.PCP_OUTSIDE_LOU, set()),
    ],
)
def test_what_is_due_after_the_contract_is_told_on_each_track(track, told) -> None:
    """A notice, the documentation and the report, each within 30 days (law.md 4)."""
    after = [
        one
        for one in periods_for(track, day("2026-12-01"))
        if one.event in ("contract_signed", "quarter_ended") and one.kind == "at_most"
    ]

    assert {one.paragraph for one in after} == told
    assert {one.count for one in after} <= {30}


@pytest.mark.parametrize(("language", "limit"), [("sv", "100 000 kr"), ("en", "SEK 100,000")])
def test_a_direct_award_is_documented_only_above_100_000(language, limit) -> None:
    """LOU 19 a:11 (law.md 13, example 34): one of SEK 90,000 has no such duty."""
    direct = periods_for(LegalTrack.DIRECT_AWARD_19A, day("2026-12-01"))
    duties = [one for one in direct if one.paragraph == "LOU 19 a:11"]

    assert {one.event for one in duties} == {"contract_signed", "procurement_cancelled"}
    with translation.override(language):
        for one in duties:
            assert limit in name_of(one.key).replace("\xa0", " ")


def test_every_row_can_be_counted_and_said() -> None:
    dated: dict[str, list[Period]] = {}
    for it in periods.periods():
        assert NAMES[it.key]
        assert EVENTS[it.event]
        assert it.tracks <= set(LegalTrack.values) - {LegalTrack.UNDECIDED}
        assert it.way in ("forward", "backward")
        assert it.gives in ("last_day", "first_day_after")
        assert it.kind in ("at_least", "at_most", "theirs")
        assert it.unit in ("days", "working_days", "weeks", "months", "years")
        assert it.verified in ("S", "A", "X")
        assert it.paragraph or it.count is None
        assert it.way == "forward" or it.unit == "days"
        dated.setdefault(it.key, []).append(it)
    assert set(dated) == set(NAMES)
    assert {it.event for it in periods.periods()} == set(EVENTS)
    for rows in dated.values():
        for earlier, later in pairwise(rows):
            assert earlier.until is not None
            assert earlier.until <= later.since


@given(
    period=st.sampled_from([one for one in periods.periods() if one.count]),
    start=st.dates(date(2024, 1, 1), date(2034, 1, 1)),
)
def test_a_period_is_never_shorter_than_the_act_says(period: Period, start: date) -> None:
    it = period.from_day(start)
    assert it.raw is not None
    assert it.last is not None
    assert it.on is not None

    if period.way == BACKWARD:
        assert it.last == it.raw < start
        assert it.advised_on is not None
        assert days.is_working_day(it.advised_on)
        return
    assert start < it.raw <= it.last
    # Only the last day is moved, and only over days that are no working days.
    assert days.is_working_day(it.last)
    between = (it.raw + timedelta(days=n) for n in range((it.last - it.raw).days))
    assert not any(days.is_working_day(one) for one in between)
    assert it.on == it.last + timedelta(days=period.gives == FIRST_DAY_AFTER)
