from typing import Any

from django import forms


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
