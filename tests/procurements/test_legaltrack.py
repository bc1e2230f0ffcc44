from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from procurements.legaltrack import amount_on, is_research_code, propose, value_of
from procurements.states import LegalTrack

IN_2025 = date(2025, 6, 1)
IN_2026 = date(2026, 2, 1)
NO_RESEARCH = {"rd_cpv": "no", "annex_2": "no"}


def track(value, *, on=IN_2025, **answers):
    return propose({**NO_RESEARCH, **answers}, value=Decimal(value), on=on).track


def test_direct_award_is_allowed_below_700_000_and_not_at_it():
    """LOU 19 a:2 (law.md 13, example 30)."""
    assert track(699_999) == LegalTrack.DIRECT_AWARD_19A
    assert track(700_000) == LegalTrack.ADVERTISED_19


def test_all_suppliers_and_phases_and_a_planned_purchase_count_together():
    """LOU 5:3 (law.md 13, example 30)."""
    fees = 7 * Decimal(25_000) + 3 * Decimal(50_000)

    assert value_of([fees, None]) == 325_000
    assert track(value_of([fees])) == LegalTrack.DIRECT_AWARD_19A
    assert value_of([fees, Decimal(400_000)]) == 725_000
    assert track(value_of([fees, Decimal(400_000)])) == LegalTrack.ADVERTISED_19


@pytest.mark.parametrize(
    ("code", "exclusive", "paid", "expected"),
    [
        ("73120000-9", "no", "yes", LegalTrack.PCP_OUTSIDE_LOU),
        ("73120000-9", "yes", "no", LegalTrack.PCP_OUTSIDE_LOU),
        ("73120000-9", "yes", "yes", LegalTrack.DIRECT_AWARD_19A),
        ("73120000-9", "unsure", "unsure", LegalTrack.DIRECT_AWARD_19A),
        ("72000000-5", "no", "no", LegalTrack.DIRECT_AWARD_19A),
    ],
)
def test_research_with_shared_results_is_outside_the_act(code, exclusive, paid, expected):
    """LOU 1:5 (law.md 13, example 31)."""
    rd_cpv = "yes" if is_research_code(code) else "no"

    assert track(325_000, rd_cpv=rd_cpv, exclusive=exclusive, wholly_paid=paid) == expected


def test_threshold_of_the_day_of_the_call_decides():
    """LOU 1:4 (law.md 13, example 32)."""
    assert track(2_400_000) == LegalTrack.LOU_ABOVE
    assert track(2_389_585) == LegalTrack.LOU_ABOVE
    assert track(2_300_000) == LegalTrack.ADVERTISED_19


def test_missing_threshold_is_said_and_not_guessed():
    """Law.md 13, example 32: no amount in kronor is known for 2026–27."""
    with translation.override("sv"):
        proposal = propose(NO_RESEARCH, value=Decimal(2_400_000), on=IN_2026)

    assert proposal.track == LegalTrack.UNDECIDED
    assert proposal.why[1] == (
        "Tröskelvärdet i kronor saknas för 2026–27 (216\u00a0000 euro). Slå upp det i regeringens "
        "tillkännagivande; det räknas inte om från euro."
    )


def test_direct_award_needs_no_threshold():
    assert track(325_000, on=IN_2026) == LegalTrack.DIRECT_AWARD_19A


def test_services_of_annex_2_have_their_own_limit():
    assert track(5_000_000, annex_2="yes") == LegalTrack.DIRECT_AWARD_19A
    assert track(8_109_450, annex_2="yes") == LegalTrack.LOU_ABOVE
    assert track(5_000_000, annex_2="yes", on=IN_2026) == LegalTrack.UNDECIDED


def test_without_a_value_nothing_is_proposed():
    assert propose(NO_RESEARCH, value=None, on=IN_2025).track == LegalTrack.UNDECIDED


def test_day_before_the_first_row_has_no_amount():
    assert amount_on("threshold", date(2021, 12, 31)) is None
    assert track(900_000, on=date(2021, 12, 31)) == LegalTrack.UNDECIDED


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("73000000-2", True),
        ("73110000", True),
        ("73120000-9", True),
        ("73130000-2", False),
        ("73300000-5", True),
        ("73420000-2", True),
        ("73430000-5", True),
        ("72000000-5", False),
        ("７３００００００", False),
        ("73", False),
        ("", False),
    ],
)
def test_research_codes_are_those_of_the_act(code, expected):
    assert is_research_code(code) is expected
