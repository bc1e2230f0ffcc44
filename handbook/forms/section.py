"""What an editor writes in one section of a draft: its words in one language, and the rest once."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from handbook.differences import LABELS, label, leaves
from handbook.forms.rows import (
    FillRow,
    LineRow,
    NoteRow,
    ReversedRow,
    RiskRow,
    Rows,
    WeightedRow,
    unless_same,
)
from handbook.models.phase import plain_number
from handbook.purposes import Assessment, Audience, Context, Purpose, Secrecy
from handbook.sections import Kind, Whole, words
from teams.forms.begun import BegunForm
from teams.text import AmountField, LineField, TextField, check

# Between the levels of a place in the name of a field, where a full stop would be awkward.
LEVEL = "__"
LONG = 80


class SourceField(forms.CharField):
    """The plain source of a paper, kept as typed but for its line breaks."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 24, "spellcheck": "false"}))
        super().__init__(strip=False, max_length=100_000, **kwargs)

    def to_python(self, value: Any) -> str:
        text = check(str(value or "")).replace("\r\n", "\n").replace("\r", "\n")
        return f"{text.rstrip()}\n" if text.strip() else ""


def hush(form: forms.Form) -> None:
    """A draft may hold as little as its writer likes: nothing is said to be optional."""
    for field in form.fields.values():
        field.is_quiet = True  # type: ignore[attr-defined]


def days(name: str, *, least: int = 0) -> forms.IntegerField:
    return forms.IntegerField(label=LABELS[name], min_value=least, max_value=1000)


def several(name: str, *, choices: Any = (), **kwargs: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=LABELS[name],
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        **kwargs,
    )


def line(name: str, **kwargs: Any) -> LineField:
    kwargs.setdefault("required", False)
    return LineField(label=LABELS[name], max_length=kwargs.pop("max_length", 300), **kwargs)


def prose(name: str, *, rows: int = 3, **kwargs: Any) -> TextField:
    return TextField(label=LABELS[name], rows=rows, required=False, **kwargs)


def the_revision() -> forms.CharField:
    """The revision that the writer had before them."""
    return forms.CharField(
        label=_("The version it was written from"),
        widget=forms.HiddenInput,
        max_length=16,
        required=False,
    )


class SectionForm(forms.Form):
    """The fields of a section. A field's name is its place in the data."""

    WORDS: ClassVar[frozenset[str]] = frozenset()
    # Fields that most saves leave alone: they are folded away.
    FOLDED: ClassVar[tuple[str, ...]] = ()
    ROWS: ClassVar[dict[str, type[Rows]]] = {}

    started_from = the_revision()

    def __init__(
        self, *args: Any, before: dict[str, Any], whole: Whole, language: str, **kwargs: Any
    ) -> None:
        self.before, self.whole, self.language = before, whole, language
        super().__init__(*args, **kwargs)
        self.prepare()
        stored = {name: self.read(name) for name in self.fields if name != "started_from"}
        self.initial = {**stored, **self.initial}
        for name in filter(self.is_words, stored):
            self.fields[name].widget.attrs["lang"] = language
        hush(self)

    @property
    def first(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.FOLDED]

    @property
    def folded(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FOLDED]

    @property
    def is_unfolded(self) -> bool:
        """Whether what is folded away must be seen: something there is wrong."""
        return any(name in self.errors for name in self.FOLDED)

    def prepare(self) -> None:
        """Choices and fields that depend on the handbook."""

    def read(self, name: str) -> Any:
        node: Any = self.before
        for step in name.split(LEVEL):
            if node is None:
                return None
            node = node[int(step)] if isinstance(node, list) else node.get(step)
        if self.is_words(name):
            return (node or {}).get(self.language, "")
        return node

    def is_words(self, name: str) -> bool:
        return name in self.WORDS

    def section(self, rows: dict[str, Rows]) -> dict[str, Any]:
        """The section as it is kept: what was written over what it was."""
        data = copy.deepcopy(self.before)
        for name in self.fields:
            if name != "started_from":
                self.write(data, name, self.cleaned_data[name])
        for name, made in rows.items():
            data[name] = made.kept(self.before.get(name, []), self.language)
        return data

    def write(self, data: dict[str, Any], name: str, value: Any) -> None:
        *parents, last = name.split(LEVEL)
        node: Any = data
        for step in parents:
            node = node[int(step)] if isinstance(node, list) else node[step]
        if self.is_words(name):
            # What nobody has written yet needs no place of its own.
            if value or last in node:
                said = node.setdefault(last, words())
                said[self.language] = unless_same(said[self.language], value)
        else:
            is_choice = isinstance(value, list)
            node[last] = _in_order(node.get(last) or [], value) if is_choice else value


def _in_order(stood: list[str], ticked: list[str]) -> list[str]:
    """What is ticked, in the order that it stood; what was added comes last. A tick is no order."""
    return [one for one in stood if one in ticked] + [one for one in ticked if one not in stood]


class BookForm(SectionForm):
    WORDS = frozenset({"title", "subtitle", "source_note", "introduction", "how_to_use"})

    title = line("title", required=True)
    subtitle = line("subtitle")
    source_note = prose("source_note", rows=4)
    introduction = prose("introduction", rows=8)
    how_to_use = prose("how_to_use", rows=8)


PER = [
    ("", _("No fee")),
    ("supplier", pgettext_lazy("a fee per", "Supplier")),
    ("answer", pgettext_lazy("a fee per", "Answer")),
]


class PhaseForm(SectionForm):
    WORDS = frozenset(
        {
            "title",
            "purpose",
            "outcome",
            "length_reason",
            "basis__found",
            "basis__proposal",
            "flag_notes",
            "suppliers__note",
        }
    )
    FOLDED = (
        "length_days",
        "decision_days",
        "length_reason",
        "flags__opens_call",
        "flags__admits_suppliers",
        "flags__pays_suppliers",
        "flags__decides_award",
        "flags__has_standstill",
        "flags__assessment",
        "flag_notes",
        "suppliers__default",
        "suppliers__note",
        "fee_per",
        "fee_amount",
        "fee_note",
        "basis__found",
        "basis__proposal",
    )
    ROWS = {
        "learning_questions": Rows.of(LineRow, _("What we want to learn"), _("Add a question")),
        "risks": Rows.of(RiskRow, _("Risks"), _("Add a risk")),
    }

    title = line("title", required=True, max_length=120)
    purpose = prose("purpose")
    outcome = prose("outcome")
    length_days = days("length_days", least=1)
    decision_days = days("decision_days")
    length_reason = prose("length_reason")
    flags__opens_call = forms.BooleanField(label=LABELS["opens_call"], required=False)
    flags__admits_suppliers = forms.BooleanField(label=LABELS["admits_suppliers"], required=False)
    flags__pays_suppliers = forms.BooleanField(label=LABELS["pays_suppliers"], required=False)
    flags__decides_award = forms.BooleanField(label=LABELS["decides_award"], required=False)
    flags__has_standstill = forms.BooleanField(label=LABELS["has_standstill"], required=False)
    flags__assessment = forms.ChoiceField(label=LABELS["assessment"], choices=Assessment.choices)
    flag_notes = prose("flag_notes")
    suppliers__default = forms.IntegerField(
        label=LABELS["default"], min_value=0, max_value=1000, required=False
    )
    suppliers__note = prose("suppliers", rows=2)
    fee_per = forms.ChoiceField(label=LABELS["fee"], choices=PER, required=False)
    fee_amount = AmountField(
        label=_("Amount, without VAT"), max_value=Decimal(9_999_999_999), required=False
    )
    fee_note = prose("note", rows=2)
    basis__found = prose("found")
    basis__proposal = prose("proposal")

    def read(self, name: str) -> Any:
        if not name.startswith("fee_"):
            return super().read(name)
        fee = self.before["fee"] or {}
        if name == "fee_note":
            return (fee.get("note") or {}).get(self.language, "")
        value = fee.get(name.removeprefix("fee_"))
        return Decimal(str(value)) if name == "fee_amount" and value is not None else value

    def write(self, data: dict[str, Any], name: str, value: Any) -> None:
        if not name.startswith("fee_"):
            super().write(data, name, value)
        elif name == "fee_per":
            data["fee"] = self._fee() if value else None

    def _fee(self) -> dict[str, Any]:
        new = {"currency": "SEK", "optional": False, "basis": "proposal", "note": words()}
        fee: dict[str, Any] = copy.deepcopy(self.before["fee"]) or new
        amount = self.cleaned_data["fee_amount"]
        fee["per"] = self.cleaned_data["fee_per"]
        fee["amount"] = None if amount is None else plain_number(amount)
        fee["note"][self.language] = self.cleaned_data["fee_note"]
        return fee

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("fee_per") and (cleaned.get("fee_amount") or cleaned.get("fee_note")):
            self.add_error("fee_per", _("Say what the fee is paid per, or empty its amount."))
        return cleaned


class StepForm(SectionForm):
    WORDS = frozenset({"title", "guidance"})
    FOLDED = ("required", "offset_days", "applies_to", "who", "produces", "law")
    ROWS = {
        "tag_notes": Rows.of(NoteRow, _("Notes from earlier teams"), _("Add a note")),
        "checklist": Rows.of(LineRow, _("Checklist that new cases get"), _("Add an item")),
    }

    title = line("title", required=True, max_length=160)
    guidance = prose(
        "guidance",
        rows=12,
        help_text=_(
            "An empty line begins a new paragraph. **Bold** and *italic* stand between asterisks;"
            " a line that begins with - is an item of a list."
        ),
    )
    required = forms.BooleanField(label=_("Required before the gate"), required=False)
    offset_days = days("offset_days")
    applies_to = several("applies_to", choices=Context.choices)
    who = several("who")
    produces = several("produces")
    law = several("law")

    @property
    def is_unfolded(self) -> bool:
        """Also in a new step, for which nobody is named yet: publishing asks who does it."""
        return super().is_unfolded or not self.read("who")

    def prepare(self) -> None:
        said = self.language
        self.fields["who"].choices = _titled_roles(self.whole, said)  # type: ignore[attr-defined]
        self.fields["produces"].choices = [  # type: ignore[attr-defined]
            (one["key"], one["title"][said] or one["key"]) for one in self.whole["templates"]
        ]
        self.fields["law"].choices = [  # type: ignore[attr-defined]
            (one["key"], one["citation"]) for one in self.whole["law"]["references"]
        ]


class GateForm(SectionForm):
    ROWS = {
        "on_the_table": Rows.of(LineRow, _("On the table"), _("Add what is needed")),
    }

    question = prose("question", rows=2)
    deciding_roles = several("deciding_roles")
    signatures = several(
        "signatures", help_text=_("Nobody: the decision takes effect when it is recorded.")
    )

    def is_words(self, name: str) -> bool:
        return name == "question" or name.startswith("options")

    def prepare(self) -> None:
        roles = _titled_roles(self.whole, self.language)
        for name in ("deciding_roles", "signatures"):
            self.fields[name].choices = roles  # type: ignore[attr-defined]
        for index, option in enumerate(self.before["options"]):
            named = LABELS[option["key"]]
            self.fields[LEVEL.join(("options", str(index), "label"))] = LineField(
                label=_("%(option)s: on the button") % {"option": named},
                max_length=60,
                required=False,
            )
            self.fields[LEVEL.join(("options", str(index), "meaning"))] = TextField(
                label=_("%(option)s: what it means") % {"option": named}, rows=2, required=False
            )


class CriteriaForm(SectionForm):
    WORDS = frozenset({"title"})

    title = line("title", required=True)


class TemplateForm(SectionForm):
    WORDS = frozenset({"title", "purpose", "bodies"})
    FOLDED = ("serves", "phases", "audience", "secrecy", "legal_review")
    ROWS = {
        "fill_in": Rows.of(FillRow, _("What the paper asks for"), _("Ask for one thing more")),
    }

    title = line("title", required=True)
    purpose = prose("purpose", rows=2)
    bodies = SourceField(label=LABELS["bodies"], required=False)
    serves = forms.ChoiceField(label=LABELS["serves"], choices=Purpose.choices)
    phases = several("phases")
    audience = forms.ChoiceField(label=LABELS["audience"], choices=Audience.choices)
    secrecy = forms.ChoiceField(label=LABELS["secrecy"], choices=Secrecy.choices)
    legal_review = forms.BooleanField(label=LABELS["legal_review"], required=False)

    def prepare(self) -> None:
        self.fields["phases"].choices = [  # type: ignore[attr-defined]
            (phase["key"], phase["title"][self.language] or phase["key"])
            for phase in self.whole["phases"]
        ]


FORMS: dict[str, type[SectionForm]] = {
    Kind.BOOK: BookForm,
    Kind.PHASE: PhaseForm,
    Kind.STEP: StepForm,
    Kind.GATE: GateForm,
    Kind.CRITERIA: CriteriaForm,
    Kind.TEMPLATE: TemplateForm,
}


def rows_of(kind: str, data: dict[str, Any]) -> dict[str, type[Rows]]:
    """The lists of a section, each with the kind of row that it has."""
    if kind != Kind.CRITERIA:
        return FORMS[kind].ROWS
    row = WeightedRow if data["method"] == Assessment.WEIGHTED else ReversedRow
    return {"criteria": Rows.of(row, _("Criteria"), _("Add a criterion"))}


def _titled_roles(whole: Whole, language: str) -> list[tuple[str, str]]:
    return [(role["key"], role[language]) for role in whole["book"]["roles"]]


class TranslationForm(forms.Form):
    """The words of a section in another language, each beside the words it translates."""

    started_from = the_revision()

    def __init__(
        self, *args: Any, before: dict[str, Any], source: str, language: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.before, self.language = before, language
        self.names: dict[str, str] = {}
        for leaf in leaves(before):
            if not leaf.is_words:
                continue
            name = leaf.name.replace(".", LEVEL)
            self.names[name] = leaf.name
            original = leaf.text(source)
            self.fields[name] = _translated(leaf.name, original)
            self.fields[name].original = original  # type: ignore[attr-defined]
            self.fields[name].widget.attrs["lang"] = language
            self.initial.setdefault(name, leaf.text(language))
        hush(self)

    @property
    def pairs(self) -> Iterable[tuple[str, forms.BoundField]]:
        """Each original and the field for its translation."""
        return [(self.fields[name].original, self[name]) for name in self.names]  # type: ignore[attr-defined]

    def section(self, rows: Any = None) -> dict[str, Any]:
        data = copy.deepcopy(self.before)
        by_name = {leaf.name: leaf for leaf in leaves(data)}
        for name, place in self.names.items():
            leaf = by_name[place]
            typed = unless_same(leaf.text(self.language), self.cleaned_data[name])
            leaf.write(self.language, typed)
        return data


def _translated(name: str, original: str) -> forms.CharField:
    said = label(name)
    if name == "bodies":
        return SourceField(label=said, required=False)
    if "\n" in original or len(original) > LONG:
        rows = min(16, max(3, len(original) // LONG + 2))
        return TextField(label=said, rows=rows, required=False)
    return LineField(label=said, max_length=500, required=False)


class CorrectionForm(TranslationForm, BegunForm):
    """The same words, corrected, and why; those left alone are as they stand now."""

    reason = LineField(
        label=_("Why it is corrected"),
        max_length=300,
        help_text=_("Shown with the day to everybody who reads the edition."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Last, where the writer has seen what was changed.
        self.fields["reason"] = self.fields.pop("reason")
        self.begin()
