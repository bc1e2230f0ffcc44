from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from procurements.forms.case import CaseForm
from procurements.states import ROLE_SENTENCES, Role
from teams.models import User
from teams.namesakes import told_apart
from teams.text import DayField, EmailField, LineField, TextField

# What is declared for one role is at most so long.
INTERESTS_MOST = 4000


def explained_roles() -> list[tuple[str, SafeString]]:
    """The roles of a case, each with the sentence that explains it."""
    return [
        (
            role.value,
            format_html("<strong>{}</strong> <span>{}</span>", role.label, ROLE_SENTENCES[role]),
        )
        for role in Role
    ]


class RoleField(forms.ChoiceField):
    """One role of a case, with what each means."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Role"))
        super().__init__(
            choices=explained_roles,
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose a role.")},
            **kwargs,
        )


class GiveRoleForm(CaseForm):
    user = forms.ChoiceField(
        label=_("Person"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a person."),
            "invalid_choice": _("Choose one of the people in the list."),
        },
    )
    role = RoleField()
    from_on = DayField(label=_("From which day"), required=False)
    until_on = DayField(
        label=_("First day without the role"),
        help_text=_("For a deputy. Left empty, the role has no end."),
        required=False,
    )

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        called = told_apart(self.people.values(), titled=True)
        self.fields["user"].choices = list(called.items())  # type: ignore[attr-defined]

    def clean_user(self) -> User:
        return self.people[self.cleaned_data["user"]]


class InvitePersonForm(CaseForm):
    email = EmailField(label=_("E-mail"))
    name = LineField(label=_("Name"), max_length=150, required=False)
    role = RoleField()
    language = forms.ChoiceField(
        label=_("Language of the invitation"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )


class ChangeRoleForm(CaseForm):
    role = RoleField(label=_("New role"))
    from_on = DayField(label=_("From which day"))


class EndRoleForm(CaseForm):
    until_on = DayField(
        label=_("First day without the role"),
        help_text=_("With today's date the role ends now."),
    )
    was = LineField(required=False, max_length=20, widget=forms.HiddenInput)


def _interests(most: int) -> TextField:
    return TextField(
        label=_("Your interests"),
        help_text=_(
            "Ownership, employment, incubation or coaching of a supplier that may take part, or "
            "somebody close to you with such ties. Write “none” when there are none."
        ),
        rows=4,
        max_length=most,
        error_messages={"required": _("Write your interests, or “none” when you have none.")},
    )


class EngagementForm(forms.Form):
    """What somebody from outside the authority promises and declares."""

    has_promised = forms.BooleanField(
        label=_(
            "I promise not to tell anybody outside the case what I learn in it about suppliers, "
            "their solutions and how they are judged, also when my part in the case has ended."
        ),
        error_messages={"required": _("You have to promise secrecy before you take part.")},
        # A promise is given, never filled in again by a device.
        widget=forms.CheckboxInput(attrs={"data-unkept": True}),
    )
    interests = _interests(INTERESTS_MOST)


class InterestsForm(CaseForm):
    """What has been declared, corrected, and what it was written from."""

    # What was declared for each role is corrected as one text.
    interests = _interests(INTERESTS_MOST * len(Role))
    was = TextField(required=False, max_length=None, widget=forms.HiddenInput)


class PromiseForm(CaseForm, EngagementForm):
    """The same, of somebody who is in the case already."""
