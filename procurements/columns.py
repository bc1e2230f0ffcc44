"""Which column of a list of suppliers is which, as people have such lists in spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from teams import identity
from teams.text import clean_line

COLUMNS = ("name", "country", "number", "contact_name", "contact_email")
# What a column is called, by the letters alone ("Org. nr" is "orgnr"), or by one of its words; the
# first that fits: "Leverantörens kontaktperson" is a contact, not a supplier.
HEADS = {
    "contact_email": {
        "email", "emailaddress", "epost", "epostadress", "mejl", "mejladress", "mail",
        "mailadress",
    },
    "number": {
        "number", "organisationnumber", "registrationnumber", "companynumber",
        "organisationsnummer", "organisationsnr", "orgnummer", "orgnr",
    },
    "contact_name": {
        "contact", "contactperson", "contactname", "kontakt", "kontaktperson", "kontaktpersonens",
        "kontaktnamn",
    },
    "country": {"country", "land", "landskod"},
    "name": {
        "name", "namn", "supplier", "suppliername", "leverantör", "leverantörsnamn",
        "leverantörensnamn", "company", "companyname", "företag", "företagsnamn", "bolag",
        "bolagsnamn", "tenderer", "anbudsgivare", "firma", "organisation", "organisationsnamn",
    },
}  # fmt: skip
# Further to the right nothing is looked for in a list without headings.
COLUMNS_MOST = 20
HEADING_MOST = 40
E_MAIL = re.compile(r"\be[- ](?=post|mail)")
TELEPHONE = {"telefon", "telefonnummer", "tel", "mobil", "mobilnummer", "phone", "mobile"}


def number_in(cell: str) -> str:
    """An organisation number in its one form, or nothing when the cell holds none."""
    try:
        return identity.normalise(cell)
    except identity.RefusedNumber:
        return ""


def by_headings(row: Sequence[str]) -> dict[int, str]:
    """The columns by place, where the row is one of headings; else nothing. Of two of a kind the
    first is meant: a list may also have the name of the contact person."""
    if any("@" in cell or number_in(cell) for cell in row):
        return {}
    found: dict[int, str] = {}
    is_sure = False
    for place, cell in enumerate(row):
        column, is_exact = _meant_by(cell)
        if column and column not in found.values():
            found[place] = column
            is_sure = is_sure or (is_exact and column == "name")
    # "Bolaget Ek AB" alone is a supplier; beside another heading the word is one too.
    return found if "name" in found.values() and (is_sure or len(found) > 1) else {}


def _meant_by(heading: str) -> tuple[str, bool]:
    """The column that a heading means, if any, and whether it says nothing else."""
    text = E_MAIL.sub("e", heading.casefold())
    letters, words = "".join(filter(str.isalpha, text)), set(re.findall(r"[^\W\d_]+", text))
    # "Leverantör 1" is how one is called whose name is not to be known.
    may_be = [column for column in HEADS if column != "name" or not re.search(r"\d", heading)]
    for column in may_be:
        if letters in HEADS[column]:
            return column, True
    for column in may_be:
        if words & HEADS[column] and not words & TELEPHONE:
            return column, False
    return "", False


def by_content(rows: Sequence[Sequence[str]], countries: Mapping[str, str]) -> dict[int, str]:
    """Which column is which without headings: the name is the first; a country, a number and
    an address are known where a row has one; the rest stand in their usual place or after."""
    kinds: dict[str, Callable[[str], Any]] = {
        "country": lambda cell: cell.casefold() in countries,
        "number": number_in,
        "contact_email": lambda cell: "@" in cell,
    }
    found = {0: "name"}
    places = range(1, min(max(map(len, rows), default=0), COLUMNS_MOST))
    for place in places:
        cells = [clean_line(row[place]) for row in rows if place < len(row)]
        for column, is_one in kinds.items():
            if column not in found.values() and any(map(is_one, cells)):
                found[place] = column
                break
    for place in places:
        left = (column for column in COLUMNS[place:] if column not in found.values())
        if place not in found and (column := next(left, "")):
            found[place] = column
    return found


def left_over(
    rows: Sequence[Sequence[str]], columns: Mapping[int, str], headings: Sequence[str]
) -> list[str]:
    """What the columns are called that are none of these and hold something."""
    filled = {place for row in rows for place, cell in enumerate(row) if cell.strip()}
    called = dict(enumerate(clean_line(heading)[:HEADING_MOST] for heading in headings))
    return [
        called.get(place) or _("column %(number)s") % {"number": place + 1}
        for place in sorted(filled.difference(columns))
    ]
