"""Changing an organisation number that may be a person's."""

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from teams import identity
from teams.forms.begun import GONE, BegunForm
from teams.merging import Overtaken

# Called as what a form was begun from, so that a draft keeps it too.
KEPT = "initial-kept"


class ChangeNumberForm(BegunForm):
    """A form that changes an organisation number without writing out a sole trader's.

    Such a number never stands in its field: left empty it is kept, and a tick removes it. Which one
    a page kept is told by a mark that nobody can read the number from.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now_number = str(self.initial.get("number") or "")
        self.is_kept = identity.is_person(self.now_number)
        if self.is_kept:
            self._hide()
        if self.is_bound and self._is_left("number"):
            self._keep(self.now_number)

    def _is_left(self, name: str) -> bool:
        return super()._is_left(name) and not (name == "number" and self._is_removed)

    def _keep(self, number: str) -> None:
        cast("QueryDict", self.data)[KEPT] = _mark(number)

    def _hide(self) -> None:
        self.initial = {**self.initial, "number": ""}
        self.fields["number"].help_text = _(
            "A sole trader's number is kept: %(number)s. Leave the field empty to keep it, or "
            "write another."
        ) % {"number": identity.masked(self.now_number)}
        order = list(self.fields)
        order.insert(order.index("number") + 1, "remove_number")
        self.fields["remove_number"] = forms.BooleanField(
            label=_("Remove the organisation number"), required=False
        )
        self.fields[KEPT] = forms.CharField(
            required=False, initial=_mark(self.now_number), widget=forms.HiddenInput
        )
        self.order_fields(order)

    @property
    def _was_kept(self) -> str:
        """The mark of the number that the page kept; of a form that tells nothing, the one now."""
        is_told = self.add_initial_prefix("number") in self.data or KEPT in self.data
        return str(self.data.get(KEPT, "")) if is_told else _mark(self.now_number)

    @property
    def _is_removed(self) -> bool:
        return "remove_number" in self.data

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self._was_kept or "number" not in given:
            return given
        if self._is_removed and given["number"]:
            self.add_error(
                "remove_number" if self.is_kept else "number",
                _("Write another number or remove the one that is kept, not both."),
            )
        elif not self._is_removed and not given["number"]:
            given["number"] = self.now_number
        return given

    @property
    def began(self) -> dict[str, Any]:
        """With the number that the page kept behind an empty field."""
        began = super().began
        if self._was_kept and "number" in began:
            chosen = self.cleaned_data["number"]
            is_left = not (self._is_removed or self.data.get("number"))
            is_same = self._was_kept == _mark(self.now_number)
            began["number"] = chosen if is_left else self.now_number if is_same else GONE
        return began

    def go_on_from(self, overtaken: Overtaken) -> None:
        super().go_on_from(overtaken)
        self._keep(overtaken.now["number"])

    def sent(self, name: str, value: Any) -> list[str]:
        is_hidden = name == "number" and identity.is_person(str(value or ""))
        return [""] if is_hidden else super().sent(name, value)

    def in_words(self, name: str, value: Any) -> str:
        return identity.masked(value) if name == "number" else super().in_words(name, value)


def _mark(number: str) -> str:
    """What tells a sole trader's number from another without telling it."""
    if not identity.is_person(number):
        return ""
    return salted_hmac("teams.forms.number", number, algorithm="sha256").hexdigest()[:20]
