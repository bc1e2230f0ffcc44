"""Lists that grow in a form: rows that are added, moved and taken away without being saved."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from handbook.purposes import Tag
from handbook.reading import LANGUAGES
from handbook.sections import new_key, revision, words
from teams.text import LineField, TextField, clean_text

MOST_ROWS = 60
UP, DOWN, DROP, MORE = "up", "down", "drop", "more"


def unless_same(stored: str, typed: str) -> str:
    """What was typed; the stored text when a form would show both alike."""
    return stored if clean_text(stored) == clean_text(typed) else typed


class RowForm(forms.Form):
    """One row. `was` says which of the saved rows it is, so that its other languages follow it:
    its place, and a mark of what the form does not show, by which it is known when somebody else
    has moved it meanwhile."""

    # Fields that are words; "" is a row that is words itself.
    WORDS: ClassVar[dict[str, str]] = {}
    PLAIN: ClassVar[tuple[str, ...]] = ()

    was = forms.RegexField(r"^[0-9]{1,2}\.[0-9a-f]{16}$", required=False, widget=forms.HiddenInput)

    @classmethod
    def blank(cls) -> dict[str, Any]:
        """What a new row holds before anything is written."""
        return words()

    @classmethod
    def typed_from(cls, row: dict[str, Any], language: str) -> dict[str, Any]:
        """A saved row as the form shows it."""
        typed = {
            name: (row[place] if place else row).get(language, "")
            for name, place in cls.WORDS.items()
            if not place or place in row
        }
        return typed | {name: row.get(name) for name in cls.PLAIN}

    @classmethod
    def mark(cls, row: dict[str, Any], language: str) -> str:
        """A short mark of what the form does not show of a saved row."""
        rest = {name: value for name, value in row.items() if name not in cls.PLAIN}
        if rest.get("key"):
            # A criterion is known by its key, whatever was written in it meanwhile.
            return revision({"key": rest["key"]})
        for place in cls.WORDS.values():
            told = rest.get(place, {}) if place else rest
            left = {one: text for one, text in told.items() if one != language}
            rest = rest | {place: left} if place else left
        return revision(rest)

    @property
    def is_empty(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in self.WORDS)

    def row(self, saved: dict[str, Any] | None, language: str) -> dict[str, Any]:
        """The row as it is kept: what was written over what it was, None when it is new."""
        row = self.blank() if saved is None else copy.deepcopy(saved)
        for name, place in self.WORDS.items():
            target = row.setdefault(place, words()) if place else row
            target[language] = unless_same(target[language], self.cleaned_data[name])
        return row | {name: self.cleaned_data[name] for name in self.PLAIN}


class LineRow(RowForm):
    """A list of texts, such as a checklist."""

    WORDS = {"text": ""}

    text = LineField(label=_("Text"), max_length=500, required=False)


class NoteRow(RowForm):
    """What earlier teams marked in a step."""

    WORDS = {"text": "text"}
    PLAIN = ("tag",)

    tag = forms.ChoiceField(label=_("Marked as"), choices=Tag.choices, initial=Tag.OBVIOUS)
    text = TextField(label=_("Text"), max_length=2000, rows=2, required=False)

    @classmethod
    def blank(cls) -> dict[str, Any]:
        return {"tag": Tag.OBVIOUS.value, "text": words()}


class RiskRow(RowForm):
    """A risk of a phase and what to do about it."""

    WORDS = {"risk": "risk", "response": "response"}

    risk = LineField(label=_("Risk"), max_length=500, required=False)
    response = TextField(label=_("What to do about it"), max_length=2000, rows=2, required=False)

    @classmethod
    def blank(cls) -> dict[str, Any]:
        return {"risk": words(), "response": words()}


class ReversedRow(RowForm):
    """A criterion of a reversed assessment: what gives 0, 1 and 2."""

    WORDS = {name: name for name in ("title", "score_0", "score_1", "score_2", "evidence")}
    PLAIN = ("must",)

    title = LineField(label=_("Title"), max_length=200, required=False)
    must = forms.BooleanField(
        label=_("Must: a zero means that the supplier does not go on"), required=False
    )
    score_0 = TextField(label=_("What gives 0"), max_length=2000, rows=2, required=False)
    score_1 = TextField(label=_("What gives 1"), max_length=2000, rows=2, required=False)
    score_2 = TextField(label=_("What gives 2"), max_length=2000, rows=2, required=False)
    evidence = TextField(label=_("What shows it"), max_length=2000, rows=2, required=False)

    @classmethod
    def blank(cls) -> dict[str, Any]:
        return {"key": ""} | {place: words() for place in cls.WORDS.values()}


class WeightedRow(RowForm):
    """A criterion with a weight in per cent."""

    WORDS = {name: name for name in ("title", "good", "evidence")}
    PLAIN = ("weight",)

    title = LineField(label=_("Title"), max_length=200, required=False)
    weight = forms.IntegerField(
        label=_("Weight, per cent"), min_value=0, max_value=100, required=False
    )
    good = TextField(label=_("What is good"), max_length=2000, rows=2, required=False)
    evidence = TextField(label=_("What shows it"), max_length=2000, rows=2, required=False)

    blank = ReversedRow.blank

    def clean_weight(self) -> int:
        return int(self.cleaned_data["weight"] or 0)


# What a person may be asked to fill in on a paper, as the content format names it.
FILL_TYPES = [
    ("text", _("One line")),
    ("longtext", _("Text of several lines")),
    ("lines", _("A list, one line each")),
    ("choice", _("One of several")),
    ("date", _("A day")),
    ("datetime", _("A day and a time")),
    ("integer", _("A whole number")),
    ("money", _("An amount")),
    ("boolean", _("Yes or no")),
    ("url", _("The address of a page")),
]
SPOKEN = ("text", "longtext", "lines", "money")
OPTION = re.compile(r"([a-z0-9]+(?:[_-][a-z0-9]+)*)\s*:\s*(\S.*)")


class FillRow(RowForm):
    """Something that a paper asks for, which the case does not hold: `fill.KEY` in its source."""

    WORDS = {"label": "label", "help": "help"}
    PLAIN = ("key", "type", "required")

    label = LineField(label=_("Label"), max_length=200, required=False)
    key = forms.RegexField(
        r"^[a-z][a-z0-9_]*$",
        label=_("Name in the source, after fill."),
        max_length=60,
        error_messages={"invalid": _("Small letters, digits and underscores, a letter first.")},
    )
    help = LineField(label=_("Help"), max_length=500, required=False)
    type = forms.ChoiceField(label=_("Type"), choices=FILL_TYPES)
    required = forms.BooleanField(label=_("Must be filled in"), required=False)
    sample = TextField(label=_("Sample, to try the paper with"), rows=2, required=False)
    options = TextField(label=_("Options, one line each: value: words"), rows=2, required=False)

    @classmethod
    def blank(cls) -> dict[str, Any]:
        return {"key": "", "type": "text", "required": False, "label": words(), "help": words()}

    @classmethod
    def typed_from(cls, row: dict[str, Any], language: str) -> dict[str, Any]:
        sample = row.get("sample", "")
        if isinstance(sample, dict):
            sample = sample.get(language, "")
        if isinstance(sample, list):
            sample = "\n".join(sample)
        if isinstance(sample, bool):
            sample = "true" if sample else "false"
        options = "\n".join(
            f"{option['value']}: {option['label'].get(language, '')}"
            for option in row.get("options", [])
        )
        return super().typed_from(row, language) | {"sample": str(sample), "options": options}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed, sample = cleaned.get("type"), cleaned.get("sample", "")
        wrong = [one for one in _lines(cleaned.get("options", "")) if not OPTION.fullmatch(one)]
        if typed == "choice" and (wrong or not cleaned.get("options")):
            self.add_error("options", _("Write each option as value: words, at least two."))
        if typed == "integer" and not re.fullmatch(r"-?[0-9]{1,12}", sample):
            self.add_error("sample", _("Write a whole number."))
        return cleaned

    def row(self, saved: dict[str, Any] | None, language: str) -> dict[str, Any]:
        row = super().row(saved, language)
        typed, sample = row["type"], self.cleaned_data["sample"]
        row["sample"] = _sample(typed, sample, row.get("sample"), language)
        row.pop("options", None)
        if typed == "choice":
            row["options"] = self._options((saved or {}).get("options", []), language)
        return row

    def _options(self, known: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
        """The options in the order written; the words in other languages follow the value."""
        labels = {option["value"]: option["label"] for option in known}
        found = [OPTION.fullmatch(one) for one in _lines(self.cleaned_data["options"])]
        return [
            {
                "value": match[1],
                "label": {**labels.get(match[1], words()), language: match[2]},
            }
            for match in found
            if match
        ]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _sample(kind: str, typed: str, before: Any, language: str) -> Any:
    """The sample as the content format keeps it: by language where it is words."""
    if kind == "integer":
        return int(typed)
    if kind == "boolean":
        return typed.strip().lower() in ("true", "yes", "ja", "1")
    if kind not in SPOKEN:
        return typed.strip()
    value: Any = _lines(typed) if kind == "lines" else typed
    if kind != "lines" and isinstance(before, str):
        return unless_same(before, typed)
    empty: Any = [] if kind == "lines" else ""
    kept = before if isinstance(before, dict) else dict.fromkeys(LANGUAGES, empty)
    if kind != "lines" and isinstance(kept.get(language), str):
        value = unless_same(kept[language], typed)
    return {one: kept.get(one, empty) for one in LANGUAGES} | {language: value}


class Rows(BaseFormSet):
    """The rows of one list of a section. What a press on a row's buttons changed is not saved."""

    form: type[RowForm]
    heading: str | Promise
    add_label: str | Promise

    @classmethod
    def of(cls, form: type[RowForm], heading: Any, add_label: Any) -> type[Rows]:
        made = formset_factory(
            form, formset=cls, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS + 1,
            validate_max=True,
        )  # fmt: skip
        made.heading, made.add_label = heading, add_label  # type: ignore[attr-defined]
        return made  # type: ignore[return-value]

    def add_fields(self, form: Any, index: int | None) -> None:
        """An empty row is no mistake: it is left out."""
        form.empty_permitted = False
        form.use_required_attribute = False

    @classmethod
    def stored(cls, saved: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
        """The saved rows as the form shows them."""
        return [
            cls.form.typed_from(row, language) | {"was": f"{place}.{cls.form.mark(row, language)}"}
            for place, row in enumerate(saved)
        ]

    def kept(self, before: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
        """The rows as they are kept, those without words left out."""
        saved = self._saved(before, language)
        rows = [
            form.row(saved.get(place), language)
            for place, form in enumerate(self.forms)
            if not form.is_empty
        ]
        taken = {row["key"] for row in rows if row.get("key") and "title" in row}
        for row in rows:
            if "title" in row and not row["key"]:
                row["key"] = new_key(row["title"][language], taken)
                taken.add(row["key"])
        return rows

    def _saved(self, before: list[dict[str, Any]], language: str) -> dict[int, dict[str, Any]]:
        """By the place of a form, the saved row that it writes over; each at most once.

        One that still stands where it stood comes first, then one that was moved, last one that
        somebody else has written in where it stands.
        """
        marks = [self.form.mark(row, language) for row in before]
        asked = {
            place: (int(was.partition(".")[0]), was.partition(".")[2])
            for place, form in enumerate(self.forms)
            if (was := form.cleaned_data.get("was"))
        }
        found: dict[int, int] = {}

        def claim(place: int, row: int) -> None:
            if place not in found and row < len(before) and row not in found.values():
                found[place] = row

        for place, (row, mark) in asked.items():
            if row < len(marks) and marks[row] == mark:
                claim(place, row)
        for place, (_row, mark) in asked.items():
            for row, other in enumerate(marks):
                if other == mark:
                    claim(place, row)
        for place, (row, _mark) in asked.items():
            claim(place, row)
        return {place: before[row] for place, row in found.items()}


def typed_rows(made: type[Rows], prefix: str, posted: QueryDict) -> list[dict[str, Any]]:
    """What stands in the rows of a post, not yet looked at."""
    try:
        count = min(int(posted.get(f"{prefix}-TOTAL_FORMS", "0")), MOST_ROWS)
    except ValueError:
        count = 0
    return [
        {
            name: field.widget.value_from_datadict(posted, {}, f"{prefix}-{index}-{name}")
            for name, field in made.form.base_fields.items()
        }
        for index in range(count)
    ]


def pressed(rows: list[dict[str, Any]], press: str, blank: Mapping[str, Any]) -> int:
    """Carry out a press (`up.2`, `down.2`, `drop.2`, `more`) on rows; where to look next."""
    what, _dot, place = press.partition(".")
    if what == MORE:
        if len(rows) < MOST_ROWS:
            rows.append(dict(blank))
        return len(rows) - 1
    index = int(place) if place.isascii() and place.isdigit() else -1
    if not 0 <= index < len(rows):
        return -1
    if what == DROP:
        rows.pop(index)
        return min(index, len(rows) - 1)
    other = index + (-1 if what == UP else 1)
    if 0 <= other < len(rows):
        rows[index], rows[other] = rows[other], rows[index]
        return other
    return index
