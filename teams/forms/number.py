"""Correcting an organisation number that may be a person's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from teams import identity
from teams.forms.begun import BegunForm


class KeptNumberForm(forms.Form):
    """A form that corrects an organisation number without writing out a sole trader's.

    Such a number never stands in its field: left empty it is kept, and a tick removes it.
    """

    kept_number = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number = str(self.initial.get("number") or "")
        if number and identity.is_person(number):
            self._hide(number)

    def _hide(self, number: str) -> None:
        self.kept_number = number
        self.initial = {**self.initial, "number": ""}
        self.fields["number"].help_text = _(
            "A sole trader's number is kept: %(number)s. Leave the field empty to keep it, or "
            "write another."
        ) % {"number": identity.masked(number)}
        order = list(self.fields)
        order.insert(order.index("number") + 1, "remove_number")
        self.fields["remove_number"] = forms.BooleanField(
            label=_("Remove the organisation number"), required=False, show_hidden_initial=True
        )
        self.order_fields(order)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.kept_number or "number" not in given:
            return given
        is_removed = given["remove_number"]
        if is_removed and given["number"]:
            self.add_error(
                "remove_number", _("Write another number or remove the one that is kept, not both.")
            )
        elif not is_removed and not given["number"]:
            given["number"] = self.kept_number
        return given


class ChangeNumberForm(KeptNumberForm, BegunForm):
    """One over facts that others may change meanwhile."""

    @property
    def began(self) -> dict[str, Any]:
        """With the sole trader's number that the page kept behind an empty field."""
        began = super().began
        if "remove_number" in began and began.get("number") == "":
            began["number"] = self.kept_number
        return began

    def sent(self, name: str, value: Any) -> str:
        sent = super().sent(name, value)
        return "" if name == "number" and identity.is_person(sent) else sent

    def in_words(self, name: str, value: Any) -> str:
        return identity.masked(value) if name == "number" else super().in_words(name, value)
