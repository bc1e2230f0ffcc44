"""What a person types about suppliers: one by hand, a list, which of them were entered by mistake,
and why one leaves."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from documents.files import check_size
from procurements.columns import by_content, by_headings, left_over, number_in
from procurements.countries import COUNTRIES, codes_by_name
from procurements.forms.case import CaseForm
from procurements.models import Case, Participant
from procurements.operations.supplier import Taken, TypedSupplier, keeping_their_names
from procurements.states import ParticipantState
from teams import identity
from teams.forms.number import ChangeNumberForm
from teams.text import (
    DayField,
    EmailField,
    LineField,
    ManyRowsField,
    OrganisationNumberField,
    TextField,
    clean_line,
    name_beside,
    without_list_marks,
)


class SupplierForm(CaseForm):
    """One supplier typed by hand."""

    name = LineField(label=_("Name"), max_length=120)
    country = forms.ChoiceField(
        label=_("Country"),
        choices=COUNTRIES,
        initial="SE",
        error_messages={"invalid_choice": _("“%(value)s” is none of the countries to choose.")},
    )
    number = OrganisationNumberField(
        label=_("Organisation number"),
        required=False,
        help_text=_("Only for a Swedish supplier: NNNNNN-NNNN. May be left empty."),
    )
    contact_name = LineField(label=_("Contact person"), max_length=120, required=False)
    contact_email = EmailField(label=_("E-mail of the contact person"), required=False)

    def clean(self) -> dict[str, Any]:
        if self.has_error("number") and self.cleaned_data.get("country", "SE") != "SE":
            # What is wrong is not how it is written.
            del self.errors["number"]
            self.add_error(
                "number", _("Only a Swedish number is kept here. Leave the field empty.")
            )
        cleaned = super().clean() or {}
        if cleaned.get("contact_email") and cleaned.get("contact_name") == "":
            beside = name_beside(str(self["contact_email"].value()))
            cleaned["contact_name"] = beside[: self.fields["contact_name"].max_length]  # type: ignore[attr-defined]
        if cleaned.get("number") and cleaned.get("country", "SE") != "SE":
            self.add_error("number", _("Only a Swedish supplier has a Swedish number."))
        return cleaned

    @property
    def typed(self) -> TypedSupplier:
        return TypedSupplier(**{name: self.cleaned_data[name] for name in TypedSupplier._fields})


class CorrectSupplierForm(SupplierForm, ChangeNumberForm):
    """What was typed about a supplier, corrected."""


ROWS_MOST = 100
LIST_BYTES_MOST = 200 * 1024
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Characters of which no list is made: a picture, a PDF and an office file have them.
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")


class PastedRow:
    """One row of a pasted list: what was understood, and what is wrong with it."""

    def __init__(
        self, number: int, cells: dict[str, str], case: Case, countries: dict[str, str]
    ) -> None:
        self.number = number
        country = cells.get("country", "").strip() or "SE"
        self.cells = cells | {"country": countries.get(country.casefold(), country)}
        # A number of another country is kept nowhere.
        is_foreign = self.cells["country"] in {code for code, _name in COUNTRIES if code != "SE"}
        self.leaves_number_out = is_foreign and bool(self.cells.pop("number", ""))
        self.form = SupplierForm(self.cells, case=case)
        self.faults = [
            f"{self.form[name].label}: {message}"
            for name, messages in self.form.errors.items()
            for message in messages
        ]
        if read := self.form.cleaned_data.get("contact_email"):
            self.cells |= {
                "contact_email": read,
                "contact_name": self.form.cleaned_data.get("contact_name")
                or self.cells.get("contact_name", ""),
            }

    @property
    def name(self) -> str:
        return self.cells.get("name", "")

    @cached_property
    def organisation_number(self) -> str:
        """In its one form, or nothing when it is none."""
        return number_in(self.cells.get("number", ""))

    @property
    def shown_number(self) -> str:
        """As anyone may see it; what is no number stands as it was typed, to be put right."""
        return identity.masked(self.organisation_number) or self.cells.get("number", "")


def read_list(upload: UploadedFile) -> str:
    """The text of a list saved by a spreadsheet, as today's or yesterday's program writes it.

    Raises ValidationError.
    """
    check_size(upload, LIST_BYTES_MOST)
    raw = upload.read()
    try:
        text = raw.decode("utf-16" if raw.startswith(UTF_16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if NO_TEXT.search(text):
        raise ValidationError(
            _(
                "The file is not a list in text. Save the spreadsheet as CSV, or copy its cells"
                " and paste them."
            )
        )
    return text


def in_its_letters(text: str) -> str:
    """The text with its own letters, where a program had read them in another encoding: "RÃ¶k" is
    "Rök". Any other text stays, also one that has a letter of its own beside."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


class PasteForm(forms.Form):
    """A list from a spreadsheet, pasted or read from a file: one supplier a row, columns by tab,
    semicolon or comma."""

    pasted = TextField(
        label=_("Paste the list here"),
        rows=8,
        max_length=100_000,
        required=False,
    )
    file = forms.FileField(
        label=_("Or read it from a file"),
        required=False,
        allow_empty_file=True,
        help_text=_("A spreadsheet saved as CSV. What is in it replaces the list above."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt"}),
    )

    def __init__(self, data: Any = None, files: Any = None, *, case: Case, **kwargs: Any) -> None:
        self.case = case
        self.refusal: ValidationError | None = None
        if files and files.get("file"):
            # Shown as if it had been pasted, so that it can be put right.
            try:
                data = data.copy()
                data["pasted"] = read_list(files["file"])
            except ValidationError as refusal:
                self.refusal = refusal
        super().__init__(data, files, **kwargs)
        self.fields["pasted"].help_text = _(
            "One supplier on each row, at most %(most)s: name, country, organisation number, "
            "contact person, e-mail. A first row with headings is understood."
        ) % {"most": ROWS_MOST}
        for field in self.fields.values():
            # One of the two.
            field.is_asked_for = True  # type: ignore[attr-defined]

    @property
    def is_read_anew(self) -> bool:
        """Nobody has looked yet at the rows of a file."""
        return bool(self.files.get("file"))

    def clean_file(self) -> None:
        if self.refusal:
            raise self.refusal

    def clean_pasted(self) -> str:
        text = in_its_letters(str(self.cleaned_data["pasted"]))
        self.rows: list[PastedRow] = []
        self.left_over: list[str] = []
        if self.refusal:
            return text
        split = self._split(without_list_marks(text))
        rows = [row for row in split if any(cell.strip() for cell in row)]
        countries = codes_by_name()
        headings = rows[0] if rows else []
        columns = by_headings(headings)
        if columns:
            rows = rows[1:]
        else:
            headings, columns = [], by_content(rows[:ROWS_MOST], countries)
        if not rows:
            raise ValidationError(_("There is nothing in the list."))
        if len(rows) > ROWS_MOST:
            raise ValidationError(
                _("At most %(most)s suppliers at a time."), params={"most": ROWS_MOST}
            )
        self.rows = [
            PastedRow(
                number,
                {columns[i]: clean_line(cell) for i, cell in enumerate(row) if i in columns},
                self.case,
                countries,
            )
            for number, row in enumerate(rows, 1)
        ]
        self.left_over = left_over(rows, columns, headings)
        self._find_doubles()
        return text

    def _split(self, text: str) -> list[list[str]]:
        first = text.splitlines()[0] if text.splitlines() else ""
        mark = "\t" if "\t" in text else ";" if ";" in first else ","
        # A cell of several lines keeps its breaks. A quotation mark that is never closed begins no
        # cell: it would swallow the rest of the list.
        is_closed = text.count('"') % 2 == 0
        return list(
            csv.reader(
                text.splitlines(keepends=True),
                delimiter=mark,
                quoting=csv.QUOTE_MINIMAL if is_closed else csv.QUOTE_NONE,
            )
        )

    def _find_doubles(self) -> None:
        taken = Taken(keeping_their_names(self.case, self.case.current_phase))
        for row in self.rows:
            name, number = row.name, row.organisation_number
            if taken.has_name(name):
                row.faults.append(str(_("Is already in the case or higher up in the list.")))
            elif taken.has_number(number):
                row.faults.append(
                    str(_("The number is already in the case or higher up in the list."))
                )
            taken.add(name, number)

    @property
    def is_whole(self) -> bool:
        return all(not row.faults for row in self.rows)

    @property
    def typed(self) -> list[TypedSupplier]:
        return [row.form.typed for row in self.rows]


class MistakenForm(CaseForm):
    """Which suppliers were entered by mistake, of those that can be taken away, and why."""

    suppliers = ManyRowsField(
        label=_("Suppliers entered by mistake"),
        queryset=Participant.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick each supplier that was entered by mistake.")},
    )
    reason = TextField(label=_("What went wrong"), rows=3, max_length=2000)

    def __init__(self, *args: Any, can_go: Iterable[Participant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["suppliers"]
        # Of a second press the operation knows.
        field.queryset = Participant.everyone.filter(case=self.case)
        field.widget.choices = [(one.pk, self._told(one)) for one in can_go]

    @staticmethod
    def _told(one: Participant) -> str:
        more = [one.shown_number or (one.country_name if one.country != "SE" else "")]
        if one.state != ParticipantState.IN:
            more.append(one.get_state_display())
        return " · ".join([one.name, *filter(None, more)])


class WithdrawalForm(CaseForm):
    """Why a supplier leaves of its own free will."""

    reason = TextField(label=_("Why the supplier withdraws"), rows=3, max_length=2000)


class WithdrawForm(WithdrawalForm):
    """The same, with the day."""

    left_on = DayField(
        label=_("Day of the withdrawal"),
        help_text=_("Today, if you leave it empty."),
        required=False,
    )
    field_order = ["left_on", "reason"]


class TakeBackForm(CaseForm):
    """Why a supplier takes part again."""

    reason = TextField(label=_("What went wrong"), rows=3, max_length=2000)


class CorrectWithdrawalForm(WithdrawalForm):
    """Corrected words of it, and those they were written from."""

    was = TextField(required=False, max_length=2000, widget=forms.HiddenInput)
