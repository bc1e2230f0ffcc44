from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from teams.merging import Overtaken


class BegunForm(forms.Form):
    """A form over facts that others may change meanwhile: it carries what each field began with, so
    that what its writer left alone stays as it stands now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = not field.widget.is_hidden

    @property
    def changes(self) -> dict[str, Any]:
        """What was typed, without the fields that are sent as they were shown."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if self[name].html_initial_name not in self.data or name in self.changed_data
        }

    @property
    def began(self) -> dict[str, Any]:
        """What each field began with, as far as the page told and it can still be read."""
        began = {}
        for name in self.cleaned_data:
            bound = self[name]
            if bound.html_initial_name in self.data:
                widget = bound.field.hidden_widget()
                told = widget.value_from_datadict(self.data, self.files, bound.html_initial_name)
                with suppress(ValidationError):
                    began[name] = bound.field.to_python(told)
        return began

    def go_on_from(self, overtaken: Overtaken) -> None:
        """Tell at each field what somebody else has made of it. What was typed is kept and the next
        press is meant; what was left alone is shown as it is now."""
        typed = cast("QueryDict", self.data).copy()
        for name in overtaken.now.keys() & self.fields.keys():
            saved = self.sent(name, overtaken.now[name])
            if name not in self.changed_data:
                typed[self.add_prefix(name)] = saved
            typed[self[name].html_initial_name] = saved
        for name in overtaken.names:
            nothing = pgettext("what a field held", "nothing")
            words = {"now": self.in_words(name, overtaken.now[name]) or nothing}
            told = _(
                "Somebody has changed this meanwhile to: %(now)s. What you wrote is kept here; "
                "save again to let it stand."
            )
            self.add_error(name, ValidationError(told % words, code="stale"))
        self.data = typed

    def sent(self, name: str, value: Any) -> str:
        """A fact as the form sends it."""
        value = self.fields[name].prepare_value(value)
        return "" if value is None else str(value)

    def in_words(self, name: str, value: Any) -> str:
        """A fact as it is read."""
        if isinstance(value, date):
            return date_format(value, "j F Y")
        sent = self.sent(name, value)
        choices = {str(key): label for key, label in getattr(self.fields[name], "choices", ())}
        return str(choices.get(sent, sent)) if sent else ""


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
                typed[form[name].html_initial_name] = saved[name]
        form.data = typed
