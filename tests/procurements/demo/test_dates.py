from datetime import UTC, date, datetime, time

import pytest

from procurements.demo.dates import DateRefused, Dates, When, keyed

# A Tuesday.
TODAY = date(2026, 11, 24)
ITEMS = keyed(
    {
        "calls": [{"key": "call", "when": "T +6wd 09:00", "closes": "@call +42d 23:59"}],
        "deep": {"in": [{"key": "start-only", "start": "T -1w"}]},
        "circle": [{"key": "hen", "when": "@egg"}, {"key": "egg", "when": "@hen"}],
        "empty": {"key": "gate", "when": "T", "sent": None},
    }
)


def read(text, **pins):
    return Dates("case.yaml", ITEMS, TODAY, pins=pins).read(text, of="gate-3")


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("T", date(2026, 11, 24), None),
        ("T 10:30", date(2026, 11, 24), time(10, 30)),
        ("T +1wd", date(2026, 11, 25), None),
        ("T -2wd", date(2026, 11, 20), None),
        ("T +4d", date(2026, 11, 30), None),
        ("T +4d exact", date(2026, 11, 28), None),
        ("T +2w", date(2026, 12, 8), None),
        ("T +1d +1wd 08:00", date(2026, 11, 26), time(8)),
        ("@call", date(2026, 12, 2), time(9)),
        ("@call 11:00", date(2026, 12, 2), time(11)),
        ("@call +1wd", date(2026, 12, 3), None),
        ("@call.closes", date(2027, 1, 13), time(23, 59)),
        ("@start-only", date(2026, 11, 17), None),
        ("@call.closes/standstill +1wd 10:00", date(2027, 1, 26), time(10)),
    ],
)
def test_the_language_of_days(text, day, clock):
    assert read(text) == When(day, clock)


def test_an_item_without_a_clock_happens_when_it_is_told():
    assert When(date(2026, 7, 1)).at(time(9)) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert When(date(2026, 12, 1), time(10)).at(time(9)) == datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_a_pinned_item_and_what_follows_from_it():
    assert read("@call", call=date(2027, 2, 1)) == When(date(2027, 2, 1))
    assert read("@call.when +1wd", call=date(2027, 2, 1)) == When(date(2027, 2, 2))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tomorrow", "'tomorrow' is no date"),
        ("T +3", "'T +3' is no date"),
        ("T 25:00", "'25:00' is no time of the day"),
        (None, "None is no date"),
        ("@missing", "nothing has the key 'missing'"),
        ("@call.sent", "'call' has no 'sent'"),
        ("@gate.sent", "'gate' has no 'sent'"),
    ],
)
def test_what_cannot_be_read_names_the_file_the_item_and_the_reason(text, why):
    with pytest.raises(DateRefused) as refusal:
        read(text)

    assert str(refusal.value) == f"case.yaml, gate-3: {why}."


def test_dates_that_lead_back_to_themselves_are_refused():
    with pytest.raises(DateRefused, match="leads back to itself"):
        read("@hen")
