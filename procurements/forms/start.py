from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from handbook.models import Edition
from procurements.operations.case import said_of_taken_diary_number
from procurements.states import ROLE_SENTENCES, Role
from teams.models import Organisation, Team, User
from teams.text import DayField, LineField

if TYPE_CHECKING:
    from handbook.words import Words

OWN_ROLES = (Role.PROCURER, Role.PROCESS_LEADER, Role.NEED_OWNER)


class StartForm(forms.Form):
    """A new case: what it is called, whose it is, how it is to be run."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    title = LineField(
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("Name the need, not a solution. It can be changed later."),
        max_length=120,
    )
    summary = LineField(
        label=gettext_lazy("The case in one sentence"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    authority = forms.ChoiceField(
        label=gettext_lazy("Authority"),
        help_text=gettext_lazy(
            "The board or company that decides, keeps the register and answers for the case."
        ),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the authority that the case belongs to."),
            "invalid_choice": gettext_lazy("Choose one of the authorities in the list."),
        },
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        help_text=gettext_lazy("The team that leads the process, if there is one."),
        queryset=Team.objects.none(),
        required=False,
        empty_label=gettext_lazy("No team"),
    )
    edition = forms.ChoiceField(
        label=gettext_lazy("Handbook"),
        help_text=gettext_lazy("The case follows this edition from start to end."),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the handbook that the case is to follow."),
            "invalid_choice": gettext_lazy("Choose one of the handbooks in the list."),
        },
    )
    context = forms.ChoiceField(
        label=pgettext_lazy("case", "Context"),
        help_text=gettext_lazy("Steps that do not apply to the context are left out."),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what the case is about.")},
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Your own role"),
        help_text=gettext_lazy("You own the case beside it, until you give it to somebody else."),
        widget=forms.RadioSelect,
    )
    planned_start_on = DayField(
        label=gettext_lazy("Planned start"),
        help_text=gettext_lazy("The phases are planned from this day in working days."),
    )
    diary_number = LineField(
        label=gettext_lazy("Registration number"),
        help_text=gettext_lazy("The authority's own number. It may come later."),
        max_length=40,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        authorities: Iterable[Organisation],
        teams: Any,
        editions: Iterable[tuple[Edition, Words]],
        by: User,
        on: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.on = by, on
        self.authorities = {str(one.pk): one for one in authorities}
        self.editions = {str(edition.pk): (edition, words) for edition, words in editions}
        self.choice("authority").choices = [
            (pk, name_of(one)) for pk, one in self.authorities.items()
        ]
        self.choice("edition").choices = [
            (pk, edition_label(edition, words)) for pk, (edition, words) in self.editions.items()
        ]
        self.contexts = self._contexts()
        self.choice("context").choices = self.contexts
        self.choice("role").choices = [
            (role, f"{role.label}: {ROLE_SENTENCES[role]}") for role in OWN_ROLES
        ]
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        if not teams:
            del self.fields["team"]
        self.fields["key"].initial = uuid.uuid4

    def choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def _contexts(self) -> list[tuple[str, str]]:
        """The contexts in the words of the edition chosen, else of the first."""
        from handbook.purposes import Context

        chosen = self.editions.get(str(self["edition"].value() or ""))
        edition_words = chosen or next(iter(self.editions.values()), None)
        rows = []
        for context in Context:
            title = description = ""
            if edition_words:
                _edition, words = edition_words
                title = words(f"context:{context}", "title")
                description = words(f"context:{context}", "description")
            title = title or str(context.label)
            rows.append((str(context), f"{title}: {description}" if description else title))
        return rows

    def clean_authority(self) -> Organisation:
        return self.authorities[self.cleaned_data["authority"]]

    def clean_edition(self) -> Edition:
        return self.editions[self.cleaned_data["edition"]][0]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        number, authority = cleaned.get("diary_number"), cleaned.get("authority")
        if number and authority:
            same = authority.cases.filter(diary_number=number)
            # A second press finds the case that the first one made.
            if same.exclude(start_key=cleaned.get("key")).exists():
                said = said_of_taken_diary_number(number, authority, by=self.by, on=self.on)
                self.add_error("diary_number", ValidationError(str(said)))
        return cleaned


def name_of(authority: Organisation) -> str:
    """The authority with what it is part of and its number, masked for a sole trader."""
    number = authority.shown_number or (authority.parent.shown_number if authority.parent else "")
    name = f"{authority.name}, {authority.parent.name}" if authority.parent else authority.name
    return f"{name} ({number})" if number else name


def edition_label(edition: Edition, words: Words) -> str:
    title = words("edition", "title") or edition.handbook.key
    return _("%(title)s, edition %(version)s. %(origin)s") % {
        "title": title,
        "version": edition.version,
        "origin": words.first_sentences("edition", "source_note"),
    }
