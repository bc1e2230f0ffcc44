from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from teams.forms.account import check_own_password
from teams.models import User
from teams.text import SecretField, TextField


class CloseAccountForm(forms.Form):
    """Why somebody else's account is closed; and one's own password again, where one has any."""

    reason = TextField(
        label=_("Why the account is closed"),
        help_text=_("Shown to those who may open it again."),
        max_length=500,
        rows=2,
    )
    password = SecretField(
        label=_("Your password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, person: User, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        by: Any = request.user
        if by == person:
            del self.fields["reason"]
        if not by.has_usable_password():
            # Who signs in through their organisation alone.
            del self.fields["password"]

    def clean_password(self) -> str:
        typed: str = self.cleaned_data["password"]
        check_own_password(
            self.request, typed, _("That is not your password. The account is not closed.")
        )
        return typed
