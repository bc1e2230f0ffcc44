"""What is typed about a handbook: a suggestion, and what the editors answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from handbook.models import Draft
from handbook.models.suggestion import REASON_MOST, TEXT_MOST
from handbook.states import SuggestionState
from teams.text import TextField


class SuggestionForm(forms.Form):
    text = TextField(label=_("What should it say, or do, instead?"), max_length=TEXT_MOST, rows=6)
    reason = TextField(
        label=_("Why is that better?"),
        max_length=REASON_MOST,
        rows=3,
        help_text=_(
            "Name no case, supplier or person: the editors may work in another organisation."
        ),
    )
    language = forms.ChoiceField(
        label=_("Which text is it about?"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )


class AcceptForm(forms.Form):
    draft = forms.ChoiceField(label=_("Taken into"), required=False)
    answer = TextField(
        label=_("Answer to the one who suggested it"), max_length=TEXT_MOST, required=False, rows=4
    )

    def __init__(self, *args: Any, drafts: list[Draft], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drafts = {str(draft.pk): draft for draft in drafts}
        named = _("Draft %(version)s")
        self.fields["draft"].choices = [  # type: ignore[attr-defined]
            *((key, named % {"version": draft.version}) for key, draft in self.drafts.items()),
            ("", _("The next edition")),
        ]
        # The draft that is being written, where there is one.
        self.initial.setdefault("draft", next(iter(self.drafts), ""))

    @property
    def chosen(self) -> Draft | None:
        return self.drafts.get(self.cleaned_data["draft"])


class DeclineForm(forms.Form):
    answer = TextField(
        label=_("Why not?"),
        max_length=TEXT_MOST,
        rows=4,
        help_text=_("The one who suggested it reads your reasons."),
    )


class ShownForm(forms.Form):
    state = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("All")), *SuggestionState.choices],
    )
