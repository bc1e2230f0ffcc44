"""The accessibility statement, and feedback that asks nobody who they are."""

from django import forms
from django.utils.translation import gettext_lazy as _

from teams.forms.begun import BegunForm
from teams.models import Compliance
from teams.text import DayField, EmailField, LineField, TextField


class StatementForm(BegunForm):
    service = LineField(label=_("Name of the service"))
    compliance = forms.ChoiceField(
        label=_("How far the service meets the requirements"),
        choices=Compliance.choices,
        widget=forms.RadioSelect,
    )
    shortcomings = TextField(
        label=_("Content that is not accessible, and why"),
        required=False,
        help_text=_("A complete list, one on each line."),
        rows=8,
    )
    burden = TextField(
        label=_("Disproportionate burden, with reasons (section 12)"), required=False, rows=4
    )
    excluded = TextField(
        label=_("Content that the law does not cover (section 9)"), required=False, rows=4
    )
    method = TextField(label=_("How the service was assessed"), rows=4)
    assessed_on = DayField(label=_("Last assessed"))
    contact = TextField(
        label=_("Other ways to reach you about accessibility"),
        required=False,
        rows=3,
        max_length=2_000,
    )


class FeedbackForm(forms.Form):
    text = TextField(
        label=_("What does not work, or what do you need in another form?"),
        max_length=10_000,
        rows=6,
    )
    page = LineField(label=_("On which page?"), required=False, max_length=500)
    reply_email = EmailField(
        label=_("Where shall we answer?"),
        required=False,
        help_text=_("Only if you want an answer. You need not say who you are."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
