from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from procurements.forms.case import CaseForm
from procurements.models.phase import DEFAULT_ROUND_ROLES
from procurements.states import Role


class WindowRolesForm(CaseForm):
    """Who sees into a secrecy window beside the procurer, who always does."""

    roles = forms.MultipleChoiceField(
        label=_("Sees into the window, beside the procurer"),
        choices=[(role.value, role.label) for role in DEFAULT_ROUND_ROLES if role != Role.PROCURER],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].show_hidden_initial = True
        # To let in nobody else is an answer, not a question left open.
        self.fields["roles"].is_asked_for = True  # type: ignore[attr-defined]
