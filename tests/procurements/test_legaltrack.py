from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from procurements.legaltrack import (
    CONDITIONS,
    amount_on,
    faults_in,
    is_research_code,
    propose,
    value_of,
)
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


EXAMPLE_31 = pytest.mark.parametrize(
    ("code", "exclusive", "paid", "expected"),
    [
        ("73120000-9", "no", "yes", LegalTrack.PCP_OUTSIDE_LOU),
        ("73120000-9", "yes", "no", LegalTrack.PCP_OUTSIDE_LOU),
        ("73120000-9", "yes", "yes", LegalTrack.DIRECT_AWARD_19A),
        ("73120000-9", "unsure", "unsure", LegalTrack.DIRECT_AWARD_19A),
        ("72000000-5", "no", "no", LegalTrack.DIRECT_AWARD_19A),
    ],
)


@EXAMPLE_31
def test_research_with_shared_results_is_outside_the_act(code, exclusive, paid, expected):
    """LOU 1:5 (law.md 13, example 31)."""
    assert track(325_000, rd_cpv="", cpv=code, exclusive=exclusive, wholly_paid=paid) == expected


def test_the_answer_goes_before_the_code():
    """In doubt whether the code fits, the act applies (LOU 1:5, 4:2)."""
    shared = {"cpv": "73120000-9", "exclusive": "no", "wholly_paid": "no"}

    assert track(325_000, rd_cpv="unsure", **shared) == LegalTrack.DIRECT_AWARD_19A


def test_what_is_said_of_doubt_is_not_that_the_code_is_another():
    with translation.override("en"):
        doubt = propose({"rd_cpv": "unsure", "annex_2": "no"}, value=Decimal(1), on=IN_2025)
        by_code = propose({"cpv": "72000000-5", "annex_2": "no"}, value=Decimal(1), on=IN_2025)

    assert doubt.why[0].startswith("It is not certain that it is such a service")
    assert by_code.why[0].startswith("The code 72000000-5 is not one of those")
    # LOU 1:5 is no exception: it says when the act applies at all (law.md 0).
    assert by_code.why[1].startswith("The code is not one of those of the rule on research")


@pytest.mark.parametrize(
    ("code", "answer", "is_refused"),
    [
        ("73120000-9", "yes", False),
        ("73120000", "unsure", False),
        ("73120000-9", "no", True),
        ("72000000-5", "no", False),
        ("72000000-5", "unsure", False),
        ("72000000-5", "yes", True),
        ("", "yes", False),
        ("7312000-9", "unsure", True),
        ("731200009", "unsure", True),
        ("73120000-99", "unsure", True),
        ("73120000 9", "unsure", True),
        ("CPV 73120000-9", "unsure", True),
        ("７３１２００００", "unsure", True),
    ],
)
def test_the_code_and_the_answer_about_it_agree(code, answer, is_refused):
    """LOU 1:5 and 4:2: no code is picked to escape the act."""
    faults = faults_in({"cpv": code, "rd_cpv": answer}, {}, track=LegalTrack.LOU_ABOVE)

    assert set(faults) == ({"cpv"} if is_refused else set())


def test_every_condition_is_answered_outside_the_act():
    answers = dict.fromkeys(CONDITIONS, "yes")

    assert faults_in(answers, {}, track=LegalTrack.PCP_OUTSIDE_LOU) == {}
    assert set(faults_in({}, {}, track=LegalTrack.PCP_OUTSIDE_LOU)) == set(CONDITIONS)
    for track_inside in set(LegalTrack) - {LegalTrack.PCP_OUTSIDE_LOU}:
        assert faults_in({}, {}, track=track_inside) == {}


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("answer", ["no", "unsure"])
def test_a_condition_that_is_not_met_has_its_reason(name, answer):
    answers = dict.fromkeys(CONDITIONS, "yes") | {name: answer}
    why = {name: "Det utreds."}

    assert set(faults_in(answers, {}, track=LegalTrack.PCP_OUTSIDE_LOU)) == {f"{name}_reason"}
    assert faults_in(answers, why, track=LegalTrack.PCP_OUTSIDE_LOU) == {}


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


@pytest.mark.parametrize(
    ("value", "on", "told"),
    [
        (2_400_000, IN_2026, "216,000 euro"),
        (325_000, IN_2026, "kronor: direct award is allowed"),
    ],
)
def test_a_proposal_in_english_writes_its_limits_in_english(value, on, told):
    with translation.override("en"):
        proposal = propose(NO_RESEARCH, value=Decimal(value), on=on)

    assert told in proposal.why[1]
    assert "\u00a0" not in proposal.why[1]


def test_direct_award_needs_no_threshold():
    assert track(325_000, on=IN_2026) == LegalTrack.DIRECT_AWARD_19A


def test_services_of_annex_2_have_their_own_limit():
    assert track(5_000_000, annex_2="yes") == LegalTrack.DIRECT_AWARD_19A
    assert track(8_109_449, annex_2="yes") == LegalTrack.DIRECT_AWARD_19A
    assert track(5_000_000, annex_2="yes", on=IN_2026) == LegalTrack.UNDECIDED


@pytest.mark.parametrize("value", [8_109_450, 50_000_000])
def test_services_of_annex_2_are_advertised_whatever_their_value(value):
    """LOU 1:4 and 19:1: of chapters 19 and 19 a, also above the threshold (law.md 1)."""
    with translation.override("en"):
        proposal = propose(NO_RESEARCH | {"annex_2": "yes"}, value=Decimal(value), on=IN_2025)

    assert proposal.track == LegalTrack.ADVERTISED_19
    assert "reaches 8,109,450 kronor" in proposal.why[-1]
    assert "below" not in proposal.why[-1]


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
        ("73110000-", False),
        ("73110000-66", False),
        ("", False),
    ],
)
def test_research_codes_are_those_of_the_act(code, expected):
    assert is_research_code(code) is expected
