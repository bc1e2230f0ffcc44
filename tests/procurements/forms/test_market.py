import pytest
from django.utils import translation

from procurements.forms.market import PasteForm
from procurements.models import Case
from tests.builders import a_case_in_admission
from tests.people import People, everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return everybody()


@pytest.fixture
def case(people) -> Case:
    return a_case_in_admission(people.per, people.authority)


def pasted(case: Case, text: str) -> PasteForm:
    form = PasteForm({"pasted": text}, case=case)
    assert form.is_valid()
    return form


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("Sverige", "SE"),
        ("sweden", "SE"),
        ("se", "SE"),
        ("", "SE"),
        ("TYSKLAND", "DE"),
        ("Germany", "DE"),
        ("Österrike", "AT"),
    ],
)
def test_countries_are_understood_in_both_languages_whoever_reads(case, language, country, code):
    with translation.override(language):
        (row,) = pasted(case, f"Ask AB;{country}").rows

    assert (row.cells["country"], row.faults) == (code, [])


def test_an_unknown_country_is_told_at_its_row(case):
    ask, bjork = pasted(case, "Ask AB;Sverige\nBjörk AB;Atlantis").rows

    assert ask.faults == []
    assert len(bjork.faults) == 1
    assert "ATLANTIS" in bjork.faults[0]
