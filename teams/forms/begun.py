from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from teams.merging import Overtaken

# What somebody else has written is told as long as it can be read in a line or a few.
TOLD_MOST = 300
# What a field began with that can no longer be chosen: nothing is the same.
GONE = object()


class BegunForm(forms.Form):
    """A form over facts that others may change meanwhile: it carries what each field began with, so
    that what its writer left alone is as it stands now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begin()

    def begin(self) -> None:
        """To be called again where fields are added later."""
        for field in self.fields.values():
            field.show_hidden_initial = not field.widget.is_hidden
        if self.is_bound:
            left = [n for n in self.fields if n in self.initial and self._is_left(n)]
            self._send({name: self.initial[name] for name in left}, left)

    def _told(self, name: str) -> str | None:
        """What the page says that a field began with; of ticks it says nothing here."""
        began = self.add_initial_prefix(name)
        is_ticked = isinstance(
            self.fields[name].widget, forms.CheckboxInput | forms.CheckboxSelectMultiple
        )
        return None if is_ticked or began not in self.data else _one_kind(self.data[began])

    def _is_left(self, name: str) -> bool:
        """Whether a field is sent just as the page showed it."""
        sent = self.add_prefix(name)
        return sent in self.data and _one_kind(self.data[sent]) == self._told(name)

    def _send(self, now: Mapping[str, Any], left: Collection[str]) -> None:
        """Go on from what stands now; what was left alone is that."""
        data = cast("QueryDict", self.data).copy()
        for name, value in now.items():
            sent = self.sent(name, value)
            if name in left:
                data.setlist(self.add_prefix(name), sent)
            data.setlist(self.add_initial_prefix(name), sent)
        self.data = data

    @property
    def changes(self) -> dict[str, Any]:
        """What was typed, without the fields that are sent as they were shown."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if self.add_initial_prefix(name) not in self.data or name in self.changed_data
        }

    @property
    def began(self) -> dict[str, Any]:
        """What each field began with, as far as the page told; of one that was left alone what
        stands now."""
        began = {}
        for name, chosen in self.cleaned_data.items():
            told, now = self._told(name), self.initial.get(name)
            if told is None:
                continue
            if self._is_left(name):
                began[name] = chosen
            elif isinstance(chosen, str) and told == _one_kind(now):
                # Just so, also when it was kept before forms cleaned as they do now.
                began[name] = now
            else:
                try:
                    began[name] = self.fields[name].to_python(told)
                except ValidationError:
                    began[name] = GONE
        return began

    def go_on_from(self, overtaken: Overtaken) -> None:
        """Tell at each field what somebody else has made of it. What was typed is kept and the next
        press is meant; what was left alone is shown as it is now."""
        now = {name: overtaken.now[name] for name in overtaken.now.keys() & self.fields.keys()}
        left = now.keys() - set(self.changed_data) - set(overtaken.names)
        for name in overtaken.names:
            told = self._what_stands(self.in_words(name, now[name]))
            self.add_error(name, ValidationError(told, code="stale"))
        self._send(now, left)

    @staticmethod
    def _what_stands(words: str) -> str:
        if len(words) > TOLD_MOST:
            return _(
                "Somebody has changed this meanwhile. Open the page in another window and read it. "
                "What you wrote is kept here; save again to let it stand."
            )
        told = _(
            "Somebody has changed this meanwhile to: %(now)s. What you wrote is kept here; save "
            "again to let it stand."
        )
        return told % {"now": words or pgettext("what a field held", "nothing")}

    def sent(self, name: str, value: Any) -> list[str]:
        """A fact as the form sends it."""
        value = self.fields[name].prepare_value(value)
        if isinstance(value, list):
            return [str(one) for one in value]
        return ["" if value is None else str(value)]

    def in_words(self, name: str, value: Any) -> str:
        """A fact as it is read."""
        if isinstance(value, date):
            return date_format(value, "j F Y")
        choices = {str(key): label for key, label in getattr(self.fields[name], "choices", ())}
        return ", ".join(str(choices.get(one, one)) for one in self.sent(name, value) if one)


def renew(form: forms.Form, field: str, *, saved: Mapping[str, str] = {}, **began: str) -> None:
    """Where a form was refused, at a field or as a whole, because somebody else had saved, its
    writer has been told: it goes on from what stands now, and the next press is meant. What was
    changed is held against what is `saved`; what was left alone stays so."""
    if form.has_error(field, "stale"):
        typed = cast("QueryDict", form.data).copy()
        for name, value in began.items():
            typed[form.add_prefix(name)] = value
        if isinstance(form, BegunForm):
            for name in saved.keys() & set(form.changed_data):
                typed[form.add_initial_prefix(name)] = saved[name]
        form.data = typed


def _one_kind(text: Any) -> str:
    """With one kind of line break: browsers send another than they are given."""
    return str(text).replace("\r\n", "\n")
