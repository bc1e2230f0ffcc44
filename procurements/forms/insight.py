"""What a person writes in the diary."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from procurements.forms.case import CaseForm
from procurements.states import Audience, InsightSource
from teams.forms.begun import BegunForm
from teams.text import LineField, TextField


class InsightForm(CaseForm):
    """An entry of the diary."""

    title = LineField(label=_("In short"), max_length=160)
    text = TextField(
        label=_("The insight"),
        rows=5,
        help_text=_("What did you see or hear, and what does it change? No names of people."),
    )
    source = forms.ChoiceField(
        label=_("Source"), choices=InsightSource.choices, widget=forms.RadioSelect
    )
    audience = forms.ChoiceField(
        label=_("Who may read it"),
        choices=Audience.choices,
        widget=forms.RadioSelect,
        help_text=_("What concerns the need is for all suppliers, at the same moment."),
    )


class CorrectInsightForm(BegunForm, CaseForm):
    """Corrected words of an entry; `was` is the text that the writer began with, and `was_shared`
    whether suppliers read it then."""

    title = LineField(label=_("In short"), max_length=160)
    text = TextField(label=_("The insight"), rows=5)
    source = forms.ChoiceField(
        label=_("Source"), choices=InsightSource.choices, widget=forms.RadioSelect
    )
    was = TextField(required=False, widget=forms.HiddenInput)
    was_shared = forms.NullBooleanField(required=False, widget=forms.HiddenInput)
