"""Roles: who is asked, which role, from which day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from teams.models import Organisation, OrganisationRole, Team, TeamRole
from teams.roles import ORGANISATION_ROLES_EXPLAINED, TEAM_ROLES_EXPLAINED
from teams.text import DayField, EmailField, LineField


def explained_roles(place: Organisation | Team) -> list[tuple[str, SafeString]]:
    """The roles of a place with the sentence that explains each."""
    roles: Any = TeamRole if isinstance(place, Team) else OrganisationRole
    words: Mapping[str, Any] = (
        TEAM_ROLES_EXPLAINED if isinstance(place, Team) else ORGANISATION_ROLES_EXPLAINED
    )
    return [
        (
            role.value,
            format_html("<strong>{}</strong> <span>{}</span>", role.label, words[role]),
        )
        for role in roles
    ]


class InviteForm(forms.Form):
    email = EmailField(label=_("E-mail"))
    name = LineField(label=_("Name"), max_length=150, required=False)
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=_("Language of the invitation"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, place: Organisation | Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = explained_roles(place)  # type: ignore[attr-defined]


class ChangeRoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    from_on = DayField(label=_("From which day"))

    def __init__(self, *args: Any, place: Organisation | Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = explained_roles(place)  # type: ignore[attr-defined]


class EndRoleForm(forms.Form):
    until_on = DayField(
        label=_("First day without the role"),
        help_text=_("With today's date the role ends now."),
        last=date(2100, 12, 31),
    )
    was = LineField(required=False, max_length=20, widget=forms.HiddenInput)
