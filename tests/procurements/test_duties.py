"""What a letter may call a day: never a supplier, in any form of the name."""

import pytest

from procurements.duties import names_of_suppliers, says_one_of
from procurements.operations.supplier import TypedSupplier, admit_suppliers, take_away_suppliers
from tests.builders import a_case_in_admission, at_start_of
from tests.people import everybody

pytestmark = pytest.mark.django_db
NAMES = ["Exempelföretaget Ask AB", "EY AB", "Nordisk Omsorg och Teknik AB", "Vårdplan AB"]


@pytest.fixture(scope="module")
def never(django_db_setup, django_db_blocker):
    from tests.matrix.world import undone

    with django_db_blocker.unblock(), undone():
        people = everybody()
        case = a_case_in_admission(by=people.per, authority=people.authority)
        typed = [TypedSupplier(name) for name in NAMES]
        said = {"case": case, "by": people.per, "at": at_start_of(case)}
        suppliers = admit_suppliers(suppliers=typed, **said)
        take_away_suppliers(suppliers=suppliers[-1:], reason="Fel lista.", **said)
        yield names_of_suppliers([case])[case.pk]


@pytest.mark.parametrize(
    "title",
    [
        "Ring Exempelföretaget",
        "Granska Exempelföretagets slutrapport",
        "EXEMPELFÖRETAGET: svar",
        "Ring EY om avtalet",
        "EY:s avtal",
        "Läs NOT:s rapport",
        "Omsorgsteknik",
        # Entered by mistake, and somebody's name all the same.
        "Ring Vårdplan",
    ],
)
def test_a_name_is_heard_in_every_form(never, title) -> None:
    assert says_one_of(never, title)


@pytest.mark.parametrize(
    "title", ["Boka lokal och tolk", "Eyra", "Svara nämnden", "Läs om AB 04", ""]
)
def test_other_words_are_told(never, title) -> None:
    assert not says_one_of(never, title)
