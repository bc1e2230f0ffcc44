"""What of a portfolio is shown, and in which order: read from the address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from teams.text import LineField

Choices = Iterable[tuple[Any, Any]]

STATES = [
    ("", pgettext_lazy("cases", "All in progress")),
    ("late", pgettext_lazy("cases", "Late")),
    ("ready", pgettext_lazy("cases", "Ready for the gate")),
    ("waiting", pgettext_lazy("cases", "Waiting to start")),
    ("draft", pgettext_lazy("cases", "Drafts")),
    ("paused", pgettext_lazy("cases", "Paused")),
    ("ended", pgettext_lazy("cases", "Ended")),
    ("all", pgettext_lazy("cases", "All, also ended")),
]
SORTS = [
    ("", _("Next gate first")),
    ("late", _("Most overdue first")),
    ("title", _("By name")),
    ("new", _("Newest first")),
]
# What the phase that a case is in may do: by its capability, whatever a handbook calls it.
CAPABILITIES = {
    "admits": (_("Suppliers are admitted"), "admits_suppliers"),
    "pays": (_("Suppliers are paid"), "pays_suppliers"),
    "awards": (_("An award is decided"), "decides_award"),
}
ASSESSES = ("assesses", _("Suppliers are assessed"))
EARLY = ("early", _("Before suppliers are admitted"))


class PortfolioForm(forms.Form):
    """Every choice can be left out. What an address says that is no choice is left out, and the
    page says so."""

    q = LineField(
        label=_("Search"), required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    authority = forms.ChoiceField(label=_("Authority"), required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    handbook = forms.ChoiceField(label=_("Handbook"), required=False)
    phase = forms.ChoiceField(label=_("Phase"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    who = forms.ChoiceField(label=_("Person responsible"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)

    def __init__(self, *args: Any, choices: dict[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, some in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", pgettext_lazy("filter", "All")), *some]

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields that have something to choose between."""
        return [self[name] for name, field in self.fields.items() if _is_choice(field)]

    @property
    def unknown(self) -> list[str]:
        """The labels of what the address says that is no choice."""
        return [str(self.fields[name].label) for name in self.errors]

    @property
    def chosen(self) -> dict[str, str]:
        """What is chosen, by field."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def chosen_in_words(self) -> list[tuple[str, str]]:
        """The same for paper: labels and words."""
        words = []
        for name, value in self.chosen.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                value = str(_flat(field.choices).get(value, value))
            words.append((str(field.label), value))
        return words


def _flat(choices: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value, label in choices:
        if isinstance(label, (list, tuple)):
            found |= {str(one): words for one, words in label}
        else:
            found[str(value)] = label
    return found


def _is_choice(field: forms.Field) -> bool:
    return not isinstance(field, forms.ChoiceField) or len(_flat(field.choices)) > 2
