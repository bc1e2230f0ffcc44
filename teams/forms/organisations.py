"""Organisations, their parts and their teams."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from teams.first import welcome_key
from teams.forms.account import PersonForm
from teams.forms.begun import BegunForm
from teams.forms.number import ChangeNumberForm
from teams.models import Organisation, OrganisationKind
from teams.text import (
    EmailField,
    LineField,
    ManyRowsField,
    OrganisationNumberField,
    TextField,
    clean_line,
    without_list_marks,
)

MOST_PARTS = 100


class PartForm(forms.Form):
    name = LineField(
        label=_("Name of the part"),
        help_text=_("A committee (nämnd), department (förvaltning) or company board, for example."),
    )


class OrganisationForm(forms.Form):
    """The details of a whole organisation."""

    name = LineField(label=_("Name of the organisation"))
    kind = forms.ChoiceField(
        label=_("Kind"), choices=OrganisationKind.choices, widget=forms.RadioSelect
    )
    number = OrganisationNumberField(
        label=_("Organisation number"),
        required=False,
        help_text=_("Ten digits, for example 212000-1850. Leave it empty if you are not sure."),
    )
    address = TextField(label=_("Postal address"), required=False, rows=3, max_length=500)
    email = EmailField(
        label=_("Shared mailbox"),
        required=False,
        help_text=_("Read by more than one person. Feedback on accessibility goes here."),
    )
    registry_email = EmailField(
        label=_("The registry's mailbox"),
        required=False,
        help_text=_("Gets the daily seal of the history, so that nobody can rewrite it unseen."),
    )

    detail_names: tuple[str, ...] = ("name", "kind", "number", "address", "email", "registry_email")

    def details(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.detail_names}


class ChangeOrganisationForm(OrganisationForm, ChangeNumberForm):
    """Other details of an organisation: what is left alone stays as it stands."""


class PartDetailsForm(ChangeOrganisationForm):
    """The details of a part; its kind is the whole's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]
        self.detail_names = tuple(name for name in self.detail_names if name != "kind")


class PartsField(TextField):
    """Names, one on each line, each once."""

    def to_python(self, value: Any) -> Any:
        text = without_list_marks(super().to_python(value))
        names = [clean_line(line) for line in text.split("\n")]
        names = list(dict.fromkeys(filter(None, names)))
        if len(names) > MOST_PARTS or any(len(name) > 200 for name in names):
            raise ValidationError(
                _("Write at most %(most)s names of at most 200 characters, one on each line."),
                params={"most": MOST_PARTS},
            )
        return names

    def run_validators(self, value: Any) -> None:
        """The length is of each name; to_python has looked at it."""


class NewOrganisationForm(OrganisationForm):
    parts = PartsField(
        label=_("Parts"),
        required=False,
        rows=4,
        help_text=_(
            "One on each line, for example Vård- och omsorgsnämnden. A case belongs to the part "
            "that decides in it."
        ),
    )


class WelcomeForm(PersonForm, NewOrganisationForm):
    """The first administrator, and the organisation with its parts. In production with the key."""

    key = LineField(
        label=_("The key of the installation"),
        max_length=100,
        help_text=_("Whoever runs the server shows it with manage.py welcome_key."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    person_email = EmailField(
        label=_("Your e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    field_order = ("key", "person_name", "person_email", "password", "password_again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.IS_PRODUCTION:
            del self.fields["key"]

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if not constant_time_compare(key.lower(), welcome_key()):
            raise ValidationError(_("This is not the key of this installation."))
        return key


class TeamForm(forms.Form):
    name_sv = LineField(label=_("Name in Swedish"))
    name_en = LineField(label=_("Name in English"), required=False)
    organisations = ManyRowsField(
        label=_("Organisations in the team"),
        queryset=Organisation.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    intermediary = forms.ModelChoiceField(
        label=_("Intermediary"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("None"),
        help_text=_("The organisation that leads the process for the others, if there is one."),
    )

    def __init__(self, *args: Any, choices: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("organisations", "intermediary"):
            self.fields[name].queryset = choices  # type: ignore[attr-defined]

    def details(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name_sv", "name_en", "intermediary")}


class NewTeamForm(TeamForm):
    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        intermediary, members = given.get("intermediary"), given.get("organisations")
        if intermediary and members is not None and intermediary not in members:
            self.add_error("intermediary", _("The intermediary is one of the organisations."))
        return given


class ChangeTeamForm(TeamForm, BegunForm):
    """Another name, organisation or intermediary: what is left alone stays as it stands."""

    @property
    def began_members(self) -> set[int] | None:
        """The organisations that the form began with; nothing where it does not say."""
        data: Any = self.data
        sent = data.getlist(self["organisations"].html_initial_name)
        return {int(key) for key in sent if re.fullmatch("[0-9]{1,11}", key)} or None
