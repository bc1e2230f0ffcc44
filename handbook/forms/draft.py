"""What an editor types about a draft as a whole."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from handbook.forms.section import the_revision
from handbook.models import Edition
from handbook.sections import Kind
from handbook.versions import LONGEST, VERSION
from teams.text import LineField, TextField


class VersionField(LineField):
    """The number of an edition: 0.9."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST, **kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text and not VERSION.fullmatch(text):
            raise forms.ValidationError(
                _("Write the version in figures and full stops, for example 0.9."), code="version"
            )
        return text


class BeginForm(forms.Form):
    version = VersionField(
        label=_("Version"), help_text=_("It must be later than every published one.")
    )


class AddForm(forms.Form):
    """A new part: its title is enough to begin with."""

    kind = forms.ChoiceField(
        label=_("What"),
        choices=[(kind.value, kind.label) for kind in (Kind.STEP, Kind.PHASE, Kind.TEMPLATE)],
        widget=forms.RadioSelect,
    )
    title = LineField(label=_("Title"), max_length=120)
    phase = forms.ChoiceField(
        label=_("Phase"),
        required=False,
        help_text=_("A step is put last in it, a new phase after it; a paper belongs to it."),
    )

    def __init__(self, *args: Any, phases: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phase"].choices = phases  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == Kind.STEP and not cleaned.get("phase"):
            self.add_error("phase", _("Choose the phase of the step."))
        return cleaned


class PlaceForm(forms.Form):
    """Where a part is moved to: one place up or down, or before the nth of a phase."""

    to = forms.RegexField(r"^(up|down|[0-9]{1,3})$", max_length=4)
    phase = forms.SlugField(required=False, max_length=60)
    stood = forms.CharField(required=False, max_length=80)


class PublishForm(forms.Form):
    """What is new, for those who use the handbook."""

    started_from = the_revision()
    sv = TextField(label=_("What is new, in Swedish"), max_length=5000, rows=4)
    en = TextField(label=_("What is new, in English"), max_length=5000, rows=4)

    def __init__(self, *args: Any, newer: Edition | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if newer:
            # Named by the edition: a tick for one does not hold for the next.
            self.fields[f"looked_at_{newer.pk}"] = forms.BooleanField(
                label=_(
                    "I have looked at what edition %(version)s, build %(build)s, changed; what is"
                    " to stay is in the draft"
                )
                % {"version": newer.version, "build": newer.build}
            )
