"""What a person types about a task."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from documents import files
from procurements.forms.case import CaseForm
from teams.forms.begun import BegunForm
from teams.models import User
from teams.namesakes import told_apart
from teams.text import DayField, LineField, TextField


class PersonField(forms.ModelChoiceField):
    """Someone with a role in the case, or nobody."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", User.objects.none())
        kwargs.setdefault("required", False)
        kwargs.setdefault("empty_label", _("Nobody yet"))
        super().__init__(**kwargs)

    def label_from_instance(self, obj: User) -> str:
        return obj.name

    def to_python(self, value: Any) -> Any:
        text = str(value or "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 12):
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return super().to_python(value)


class PlanTaskForm(BegunForm, CaseForm):
    assignee = PersonField(label=_("Who does it"))
    due_on = DayField(label=_("To be done by"), required=False)

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["assignee"], people)


class OwnTaskForm(PlanTaskForm):
    title = LineField(label=_("What is to be done"), max_length=160)
    field_order = ["title", "assignee", "due_on"]


def offer(field: forms.Field, people: list[User]) -> None:
    """Let a field that names a person offer these."""
    assert isinstance(field, PersonField)
    field.queryset = User.objects.filter(pk__in=[one.pk for one in people])
    # The people are already read; the choices take no query of their own.
    field.choices = [("", field.empty_label), *told_apart(people).items()]


class DoneForm(CaseForm):
    """The day it was done. Sent without the field, by the button beside it, it is done today."""

    done_on = DayField(label=_("Done on"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done_on"].required = not self.is_bound or "done_on" in self.data


class DropForm(CaseForm):
    reason = TextField(label=_("Why is it left out?"), max_length=2000, rows=2)


class NoteForm(CaseForm):
    text = TextField(label=_("Note"), max_length=10_000, rows=3)


class CorrectNoteForm(NoteForm):
    was = TextField(required=False, max_length=10_000, widget=forms.HiddenInput)


class FileForm(CaseForm):
    """A file is checked and kept before the operation, so nothing waits while it is read."""

    upload = forms.FileField(label=_("File"), max_length=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["upload"].help_text = _(
            "PDF, picture, text, table, office file or film; at most %(most)s."
        ) % {"most": filesizeformat(settings.UPLOAD_MAX_BYTES)}

    def clean_upload(self) -> Any:
        return files.keep(self.cleaned_data["upload"], organisation=self.case.authority)
