from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict


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
