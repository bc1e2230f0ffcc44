"""What a person chooses about reminders."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from procurements.forms.case import CaseForm
from procurements.reminderwords import STEP_WORDS
from procurements.reminding import STEPS
from teams.text import LineField


class RhythmForm(CaseForm):
    """The steps; `was` are those that the page showed, `none` when it showed none."""

    was = LineField(required=False, max_length=40, widget=forms.HiddenInput)
    steps = forms.MultipleChoiceField(
        label=_("People are reminded"),
        choices=[(step, STEP_WORDS[step]) for step in STEPS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Anyone who wants other reminders can choose them on the account page."),
    )


class ComingForm(CaseForm):
    """Names a reminder that is not made yet."""

    key = LineField(max_length=80, widget=forms.HiddenInput)
