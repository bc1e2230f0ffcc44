import pytest
from django.utils import translation

from procurements.columns import by_content, by_headings, left_over

COMPANY = "556160-2722"


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (
            "Anbudsgivare|Organisationsnummer (10 siffror)|Kontaktperson|E-postadress|Mobil|Land",
            ["name", "number", "contact_name", "contact_email", "", "country"],
        ),
        (
            "Leverantörens namn|Leverantörens orgnr|Kontaktpersonens namn|Kontakt e-post|Land",
            ["name", "number", "contact_name", "contact_email", "country"],
        ),
        ("Företag/organisation|Org.nummer|Namn|E-post", ["name", "number", "", "contact_email"]),
        ("Namn på anbudsgivare|Kontakt: telefon|Kontakt: e-post", ["name", "", "contact_email"]),
        ("Nr|Supplier|Country of registration", ["", "name", "country"]),
        ("Leverantör", ["name"]),
    ],
)
def test_headings_are_understood_by_what_they_say(headings, expected):
    row = headings.split("|")
    found = by_headings(row)

    assert [found.get(place, "") for place in range(len(row))] == expected


@pytest.mark.parametrize(
    "row",
    [
        ["Leverantör 1", "Sverige"],
        ["Bolaget Ek AB", "Norge"],
        ["Vårdens Företag AB"],
        ["Firma Ask", COMPANY, "Kontakt"],
        ["Supplier Ltd", "", "info@mail.example"],
        ["Ask AB", "", "Maria Maillard"],
        [],
    ],
)
def test_a_supplier_is_no_heading(row):
    assert by_headings(row) == {}


def test_what_is_left_out_of_a_list_is_named():
    headings = ["Leverantör", "Telefon", "", "Ort", "Noteringar om " + "x" * 90]
    rows = [["Ask AB", "054-10 20 30", "A", "", "Ja"], ["Björk AB", "", "", "", "", "Övrigt"]]

    with translation.override("en"):
        said = left_over(rows, by_headings(headings), headings)
    # The town is filled in nowhere.
    assert said[:2] == ["Telefon", "column 3"]
    assert said[2].startswith("Noteringar om xxx")
    assert len(said[2]) == 40
    assert said[3:] == ["column 6"]


def test_without_headings_what_stands_further_to_the_right_is_left_out():
    rows = [["Ask AB", "Sverige", COMPANY, "Vera Ek", "vera@ask.example", "054-10 20 30"]]

    with translation.override("en"):
        assert left_over(rows, by_content(rows, {"sverige": "SE"}), []) == ["column 6"]
