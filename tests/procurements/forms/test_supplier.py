import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils import translation

from procurements.forms.supplier import ROWS_MOST, CorrectSupplierForm, PasteForm, SupplierForm
from procurements.models import Case
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    withdraw_supplier,
)
from tests.builders import a_case_in_admission, at_start_of, passed_gate

pytestmark = pytest.mark.django_db

PERSONAL, COMPANY, MAIL = "121212-1212", "556160-2722", "vera@ask.example"


@pytest.fixture
def case(people) -> Case:
    return a_case_in_admission(people.per, people.authority)


def pasted(case: Case, text: str) -> PasteForm:
    form = PasteForm({"pasted": text}, case=case)
    assert form.is_valid()
    return form


def from_file(case: Case, raw: bytes, name: str = "leverantörer.csv") -> PasteForm:
    return PasteForm({"pasted": ""}, {"file": SimpleUploadedFile(name, raw)}, case=case)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_list_is_read_from_a_file_as_spreadsheets_write_it(case, encoding):
    form = from_file(case, "Namn;Land\r\nÅkers vård;Sverige\r\nEk;Norge\r\n".encode(encoding))

    assert form.is_valid()
    assert [row.form.typed.name for row in form.rows] == ["Åkers vård", "Ek"]
    assert form.is_read_anew
    assert "Åkers vård;Sverige" in form["pasted"].value()


def test_suppliers_that_have_a_number_for_a_name_are_no_headings(case):
    rows = pasted(case, "Leverantör 1;Sverige\nLeverantör 2;Norge").rows

    assert [row.name for row in rows] == ["Leverantör 1", "Leverantör 2"]
    assert [row.cells["country"] for row in rows] == ["SE", "NO"]


@pytest.mark.parametrize(
    "listed",
    [
        "• Klarsyn AB\n• 3M Svenska AB",
        "\uf0b7\tKlarsyn AB\n\n\uf0b7\t3M Svenska AB",
        "1. Klarsyn AB\n2. 3M Svenska AB",
        "1.\tKlarsyn AB\tSverige\n2.\t3M Svenska AB\tSverige",
        "1\tKlarsyn AB\n2\t3M Svenska AB",
        "- Klarsyn AB\n- 3M Svenska AB",
        "Klarsyn AB\n3M Svenska AB",
    ],
)
def test_bullets_and_numbers_of_a_list_are_no_part_of_the_names(case, listed):
    rows = pasted(case, listed).rows

    assert [row.name for row in rows] == ["Klarsyn AB", "3M Svenska AB"]
    assert not any(row.faults for row in rows)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ('Ask AB\t"Vera Ask" <Vera@ask.example>', "Vera Ask"),
        ("Ask AB\tSE\t\tVera\tVera Ask <vera@ask.example>;", "Vera"),
        ("Ask AB\t<vera@ask.example>", ""),
    ],
)
def test_the_name_beside_an_address_is_the_contact_person_when_no_other_is_named(case, row, name):
    (ask,) = pasted(case, row).rows

    assert (ask.form.typed.contact_name, ask.form.typed.contact_email) == (name, MAIL)
    assert (ask.cells["contact_name"], ask.cells["contact_email"]) == (name, MAIL)


def test_a_quotation_mark_that_is_never_closed_swallows_no_supplier(case):
    assert [row.name for row in pasted(case, '"Klarsyn AB\nEk AB\nPalm AB').rows] == [
        '"Klarsyn AB',
        "Ek AB",
        "Palm AB",
    ]


def test_no_more_suppliers_are_read_at_a_time_than_a_page_shows(case):
    names = [f"Leverantör {number}" for number in range(ROWS_MOST + 1)]

    assert len(pasted(case, "\n".join(names[:-1])).rows) == ROWS_MOST
    assert PasteForm({"pasted": "\n".join(names)}, case=case).errors["pasted"] == [
        f"Högst {ROWS_MOST} leverantörer åt gången."
    ]


@pytest.mark.parametrize(
    "raw",
    [b"PK\x03\x04\x14\x00\x06\x00", b"%PDF-1.7\n\x00\x01", b"\x89PNG\r\n\x1a\n\x00", b"a\x81b"],
)
def test_a_file_of_the_wrong_kind_is_refused_and_what_was_typed_is_kept(case, raw):
    upload = SimpleUploadedFile("leverantörer.csv", raw)
    form = PasteForm({"pasted": "Ask AB"}, {"file": upload}, case=case)

    assert list(form.errors) == ["file"]
    assert form["pasted"].value() == "Ask AB"


def test_a_file_of_200_megabytes_is_refused_unread(case, tmp_path):
    path = tmp_path / "stor.csv"
    with path.open("wb") as big:
        big.truncate(200 * 1024 * 1024)
    with path.open("rb") as big:
        upload = UploadedFile(big, "stor.csv", "text/csv", 200 * 1024 * 1024)
        form = PasteForm({"pasted": ""}, {"file": upload}, case=case)

        assert list(form.errors) == ["file"]
        assert big.tell() == 0


def test_an_empty_list_is_refused(case):
    assert list(PasteForm({"pasted": " "}, case=case).errors) == ["pasted"]
    assert list(PasteForm({"pasted": "Namn;Land"}, case=case).errors) == ["pasted"]
    assert list(from_file(case, b"").errors) == ["pasted"]


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
    assert "Atlantis" in bjork.faults[0]


def test_a_number_twice_in_the_list_is_told_at_the_second_row(case):
    form = pasted(case, f"Ask AB;SE;{COMPANY}\nBjörk AB;SE;5561602722\nCeder AB;SE;")

    assert [len(row.faults) for row in form.rows] == [0, 1, 0]
    assert not form.is_whole


def test_a_number_of_a_supplier_in_the_case_is_told_at_its_row(case, people):
    admit_suppliers(
        case=case,
        suppliers=[TypedSupplier("Ask AB", number=COMPANY), TypedSupplier("Utan nummer AB")],
        by=people.per,
        at=at_start_of(case),
    )

    form = pasted(case, f"Björk AB;SE;{COMPANY}\nCeder AB;SE;\nDahl AB;SE;")

    assert [len(row.faults) for row in form.rows] == [1, 0, 0]


@pytest.mark.parametrize("typed", [PERSONAL, "1212121212", "19121212-1212", "SE121212121201"])
def test_a_sole_traders_number_in_a_row_is_shown_masked_and_saved_whole(case, typed):
    (row,) = pasted(case, f"Ask;SE;{typed}").rows

    assert row.shown_number == "121212-••••"
    assert row.form.typed.number == PERSONAL


def test_other_numbers_in_a_row_are_shown_as_understood_or_as_typed(case):
    rows = pasted(case, "Ask;SE;5561602722\nBjörk;SE;212000-1851\nCeder;SE;").rows

    assert [row.shown_number for row in rows] == [COMPANY, "212000-1851", ""]


@pytest.mark.parametrize("number", ["987654321", PERSONAL, COMPANY])
def test_a_number_from_another_country_is_left_out_and_its_row_says_so(case, number):
    ask, bjork = pasted(case, f"Ask;Norge;{number}\nBjörk;Norge;").rows

    assert (ask.faults, bjork.faults) == ([], [])
    assert (ask.leaves_number_out, bjork.leaves_number_out) == (True, False)
    assert ask.form.typed == TypedSupplier("Ask", country="NO")
    assert (ask.shown_number, ask.organisation_number) == ("", "")


def test_a_wrong_number_without_a_known_country_is_still_told(case):
    (row,) = pasted(case, "Ask;Atlantis;987654321").rows

    assert (len(row.faults), row.leaves_number_out) == (2, False)


def test_who_types_a_number_from_another_country_is_told_to_leave_it_out(case):
    typed = {"name": "Ask", "number": "987654321"}
    with translation.override("en"):
        (told,) = SupplierForm(typed | {"country": "NO"}, case=case).errors["number"]
        (wrong,) = SupplierForm(typed | {"country": "SE"}, case=case).errors["number"]

    assert "Leave the field empty" in told
    assert "ten digits" in wrong


def corrected(case: Case, kept: str, **given: str) -> CorrectSupplierForm:
    given = {"name": "Ask", "country": "SE", "number": ""} | given
    return CorrectSupplierForm(given, case=case, initial={"name": "Ask", "number": kept})


@pytest.mark.parametrize(
    ("kept", "given", "number"),
    [
        (PERSONAL, {}, PERSONAL),
        (PERSONAL, {"number": COMPANY}, COMPANY),
        (PERSONAL, {"number": PERSONAL}, PERSONAL),
        (PERSONAL, {"remove_number": "on"}, ""),
        (PERSONAL, {"remove_number": "on", "country": "NO"}, ""),
        (COMPANY, {}, ""),
        (COMPANY, {"number": COMPANY}, COMPANY),
        ("", {}, ""),
    ],
)
def test_only_a_sole_traders_number_is_kept_by_an_empty_field(case, kept, given, number):
    form = corrected(case, kept, **given)

    assert form.is_valid()
    assert form.typed == TypedSupplier("Ask", country=given.get("country", "SE"), number=number)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": COMPANY, "remove_number": "on"}, "remove_number"),
        ({"country": "NO"}, "number"),
        ({"number": "212000-1851"}, "number"),
    ],
)
def test_what_does_not_go_with_a_kept_number_is_told_at_its_field(case, given, field):
    assert set(corrected(case, PERSONAL, **given).errors) == {field}


def test_a_list_takes_a_supplier_that_withdrew_from_the_admission_that_is_repeated(case, people):
    said = {"case": case, "by": people.per, "at": at_start_of(case)}
    typed = [TypedSupplier("Ask", number=COMPANY), TypedSupplier("Ek")]
    gone, _stays = admit_suppliers(suppliers=typed, **said)
    withdraw_supplier(participant=gone, reason="Saknar tid.", **said)
    text = f"Ask;Sverige;{COMPANY}\nEk\n"

    assert [len(row.faults) for row in pasted(case, text).rows] == [1, 1]
    again = passed_gate(case, by=people.per, outcome="repeat")
    assert [len(row.faults) for row in pasted(again, text).rows] == [0, 1]


@pytest.mark.parametrize(
    "headings",
    [
        "Anbudsgivare\tOrg.nr\tLand\tKontaktperson\tE-postadress\tTelefon",
        "Företagsnamn\tOrganisationsnr\tLand:\tKontakt\tE-post\tNamn",
        "Leverantörens namn\tOrg. nr.\tLAND\tkontakt person\tmail\t",
        "Company name\tRegistration number\tCountry\tContact person\tE-mail address\tPhone",
    ],
)
def test_headings_are_understood_as_lists_of_tenderers_have_them(case, headings):
    row = f"Ask AB\t{COMPANY}\tSverige\tVera Ek\tvera@ask.example\t070-174 06 35"
    (ask,) = pasted(case, f"{headings}\n{row}").rows

    assert ask.faults == []
    assert ask.form.typed == TypedSupplier("Ask AB", "SE", COMPANY, "Vera Ek", "vera@ask.example")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"Ask AB\t{COMPANY}", ("SE", COMPANY, "", "")),
        (
            f"Ask AB;{COMPANY};Vera Ek;vera@ask.example",
            ("SE", COMPANY, "Vera Ek", "vera@ask.example"),
        ),
        ("Ask AB\tvera@ask.example", ("SE", "", "", "vera@ask.example")),
        (
            f"Ask AB\tvera@ask.example\tVera Ek\t{COMPANY}\tSverige",
            ("SE", COMPANY, "Vera Ek", "vera@ask.example"),
        ),
        ("Ask AB\t\t\tVera Ek", ("SE", "", "Vera Ek", "")),
        ("Ask AB", ("SE", "", "", "")),
    ],
)
def test_without_headings_a_column_is_known_by_what_stands_in_it(case, row, expected):
    ask, bjork = pasted(case, f"{row}\nBjörk AB").rows

    assert (ask.faults, bjork.faults) == ([], [])
    assert ask.form.typed == TypedSupplier("Ask AB", *expected)


def test_a_wrong_number_in_the_usual_order_is_told_as_a_number(case):
    rows = f"Ask AB\tSverige\t{COMPANY}\nBjörk AB\tSverige\t556160-2723"
    _ask, bjork = pasted(case, rows).rows
    (fault,) = bjork.faults

    assert bjork.cells["number"] == "556160-2723"
    assert fault.startswith("Organisationsnummer")


def test_a_cell_of_two_lines_keeps_its_words_apart(case):
    ask, bjork = pasted(case, '"Ask\nVård AB"\tSverige\r\nBjörk AB\tNorge').rows

    assert (ask.name, ask.faults) == ("Ask Vård AB", [])
    assert (bjork.name, bjork.cells["country"]) == ("Björk AB", "NO")


@pytest.mark.parametrize("name", ["Räksmörgås Åre AB", "ÄÖ & é AB", "Ask – Björk AB", "Ã Konsult"])
def test_letters_read_in_another_encoding_are_put_right(case, name):
    """As a spreadsheet shows a list that it took for one of Windows."""
    (seen,) = pasted(case, f"{name};Österrike".encode().decode("cp1252")).rows
    (typed,) = pasted(case, f"{name};Österrike").rows

    assert seen.name == typed.name == name
    assert seen.cells["country"] == typed.cells["country"] == "AT"
