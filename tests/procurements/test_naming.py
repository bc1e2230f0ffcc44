"""Whether what somebody typed names a supplier, for certain or maybe."""

import pytest

from procurements.models import Participant
from procurements.naming import SupplierNames

NAMES = SupplierNames(
    [
        Participant(
            name="Trygg Omsorg AB", number="556677-8899", contact_name="Ann Ask",
            contact_email="ann@trygg.example",
        ),
        Participant(name="Björk AB", contact_name="Bo"),
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Möt Trygg Omsorg AB på plats", ["Trygg Omsorg AB"]),
        ("TRYGG\nOMSORGS lokal", ["TRYGG\nOMSORGS"]),
        ("Björk AB:s lokal", ["Björk AB"]),
        ("Fråga Ann Ask, eller ann@trygg.example", ["Ann Ask", "ann@trygg.example"]),
        ("Org.nr 556677-8899 och 5566778899", ["556677-8899", "5566778899"]),
        ("Omsorg som är trygg, Nora Björk, Bo, Ann, 15566778899 och ann@tryggt.example", []),
    ],
)
def test_what_can_mean_nobody_but_a_supplier_is_certain(text, said) -> None:
    assert NAMES.certain(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Omsorgen ska vara trygg", ["omsorgen", "trygg"]),
        ("Nora Björk", ["björk"]),
        # What is certain is not asked about as well.
        ("Trygg Omsorg AB", []),
        ("Bo i en lokal av aktiebolag", []),
    ],
)
def test_a_single_word_of_a_name_may_mean_something_else(text, said) -> None:
    assert NAMES.maybe(text) == said


def test_without_suppliers_nothing_is_a_name() -> None:
    nobody = SupplierNames([])

    assert (nobody.certain("Björk AB"), nobody.maybe("Björk AB")) == ([], [])
