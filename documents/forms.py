from django import forms
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """The code from a paper, typed in any way a person types it."""

    code = forms.CharField(
        label=_("Code on the paper"),
        help_text=_("Four groups of five letters and digits, at the end of the paper."),
        max_length=200,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("Write the code that stands at the end of the paper.")},
    )
