from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.core.validators import MaxLengthValidator
from django.http import QueryDict
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from documents.article import Passage
from teams.text import AmountField, DayField, LineField, RefusedText, TextField, clean_text

LINES_MOST = 100
# A day in a paper is no longer before its case, and no longer ahead, than this: else it is a slip
# in the year.
DAYS_BEFORE_MOST = timedelta(days=366)
DAYS_AHEAD_MOST = timedelta(days=25 * 366)


class LinesField(TextField):
    """A list typed with one thing on each line."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        # Of the text: a validator would count the lines.
        MaxLengthValidator(self.max_length)(text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > LINES_MOST:
            raise forms.ValidationError(
                _("At most %(most)s lines fit here."), params={"most": LINES_MOST}
            )
        return lines

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != data


def is_same(one: str, other: str) -> bool:
    try:
        return clean_text(one) == clean_text(other)
    except RefusedText:
        return False


def field_of(row: dict[str, Any], first: date, last: date) -> forms.Field:
    """The form field for one fill-in field of a template, by its type; a day is within two."""
    # An unfinished paper can be kept; what is required is asked for when it is ordered.
    common: dict[str, Any] = {
        "label": row["label"],
        "help_text": row.get("help") or "",
        "required": False,
    }
    kind = row["type"]
    if kind == "lines":
        return LinesField(rows=4, **common)
    if kind == "longtext":
        return TextField(rows=5, **common)
    if kind == "choice":
        options = [(option["value"], option["label"]) for option in row["options"]]
        return forms.ChoiceField(choices=options, widget=forms.RadioSelect, **common)
    if kind == "date":
        return DayField(first=first, last=last, **common)
    if kind == "money":
        return AmountField(**common)
    if kind == "integer":
        return forms.IntegerField(min_value=0, max_value=1_000_000, **common)
    if kind == "boolean":
        return forms.BooleanField(**common)
    return LineField(max_length=400, **common)


class PaperForm(forms.Form):
    """What a paper needs beside the facts of the case: its language, what to fill in, and the
    passages that may be rewritten for this one paper.

    It carries the template's own words of each passage as it shows them: what is sent as it was
    shown is left alone, also when the template's words have been corrected meanwhile."""

    def __init__(
        self,
        *args: Any,
        fields: list[dict[str, Any]],
        passages: list[Passage],
        languages: list[str],
        language: str,
        begins_on: date,
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rows = fields
        first, last = min(begins_on, today) - DAYS_BEFORE_MOST, today + DAYS_AHEAD_MOST
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of the paper"),
            choices=[(code, get_language_info(code)["name_local"].title()) for code in languages],
            initial=language,
            widget=forms.RadioSelect,
        )
        for row in fields:
            field = self.fields[f"fill_{row['key']}"] = field_of(row, first, last)
            # Not "optional" in its label either.
            field.is_asked_for = bool(row.get("required"))  # type: ignore[attr-defined]
        self.defaults = {passage.key: passage.text for passage in passages}
        for passage in passages:
            self.fields[f"passage_{passage.key}"] = TextField(
                label=passage.label, required=False, rows=4
            )
        if language != get_language():
            self._say_in(language)
        if self.is_bound:
            self._follow_the_template()

    def _say_in(self, language: str) -> None:
        """Questions and answers are in the language of the paper, not in that of the page."""
        for name, field in self.fields.items():
            if name != "language":
                field.said_in = language  # type: ignore[attr-defined]
                field.widget.attrs["lang"] = language

    def _follow_the_template(self) -> None:
        sent = cast("QueryDict", self.data).copy()
        for key, text in self.defaults.items():
            name = self.add_prefix(f"passage_{key}")
            shown = self.add_initial_prefix(f"passage_{key}")
            if shown in sent and is_same(str(sent[shown]), str(sent.get(name, ""))):
                sent[name] = text
            sent[shown] = text
        self.data = sent

    @property
    def fill_fields(self) -> list[forms.BoundField]:
        return [self[f"fill_{row['key']}"] for row in self.rows]

    @property
    def passage_fields(self) -> list[forms.BoundField]:
        return [self[f"passage_{key}"] for key in self.defaults]

    @property
    def has_faulty_passage(self) -> bool:
        return any(f"passage_{key}" in self.errors for key in self.defaults)

    @property
    def own_words(self) -> list[tuple[str, str]]:
        """The template's own words of each passage, under the name that the form sends them."""
        return [
            (self.add_initial_prefix(f"passage_{key}"), text) for key, text in self.defaults.items()
        ]

    @property
    def fill(self) -> dict[str, Any]:
        """What was typed, as plain data that can be frozen."""
        typed = {}
        for row in self.rows:
            value = self.cleaned_data.get(f"fill_{row['key']}")
            if row["type"] == "date" and value:
                value = value.isoformat()
            elif row["type"] == "money" and value is not None:
                value = str(value)
            typed[row["key"]] = value
        return typed

    @property
    def passages(self) -> dict[str, str]:
        """Only the passages that differ from the template's own words."""
        typed = {key: self.cleaned_data.get(f"passage_{key}", "") for key in self.defaults}
        return {
            key: text
            for key, text in typed.items()
            if text and not is_same(text, self.defaults[key])
        }

    def ask_for_required(self) -> None:
        """Before a paper is ordered: an error beside each required field that is empty."""
        for row in self.rows:
            name = f"fill_{row['key']}"
            if row.get("required") and self.cleaned_data.get(name) in (None, "", []):
                self.add_error(name, _("Fill this in before you order the paper."))


class CopyForm(forms.Form):
    """A paper made elsewhere, to be filed in its place. It carries the number of the latest version
    as the page showed it: the one that was signed."""

    file = forms.FileField(
        label=_("The paper as a file"), help_text=_("PDF is best. The file becomes a new version.")
    )
    is_signed_copy = forms.BooleanField(
        label=_("It is the latest version, signed"),
        required=False,
        help_text=_("Whoever checks the code printed on it is told that no newer text exists."),
    )
    was = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, can_be_signed: bool, latest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["was"] = latest
        # What was ticked is refused in words, never dropped.
        if not can_be_signed and not self["is_signed_copy"].value():
            del self.fields["is_signed_copy"]

    def go_on_from(self, latest: int) -> None:
        """The writer has been told of a newer version: the tick, set anew, is of that one."""
        typed = cast("QueryDict", self.data).copy()
        typed[self.add_prefix("was")] = str(latest)
        typed.pop(self.add_prefix("is_signed_copy"), None)
        self.data = typed
