from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from procurements import legaltrack
from procurements.forms.case import CaseForm
from procurements.legaltrack import NO, UNSURE, YES, Proposal
from procurements.states import LegalTrack
from teams.text import AmountField, DayField, TextField

ANSWERS = [
    (YES, gettext_lazy("Yes")),
    (NO, gettext_lazy("No")),
    (UNSURE, gettext_lazy("Not certain")),
]
# The questions in the order of the law, each with what helps to answer it.
QUESTIONS: dict[str, tuple[Any, Any]] = {
    "rd_cpv": (
        gettext_lazy("Is it a research and development service by its CPV code?"),
        gettext_lazy(
            "Codes 73000000-2 to 73120000-9, 73300000-5, 73420000-2 and 73430000-5. The code has "
            "to fit what is really bought (LOU 1:5, 4:2)."
        ),
    ),
    "exclusive": (
        gettext_lazy("Will the results be the authority's alone, for its own use?"),
        gettext_lazy("No, when suppliers keep rights or the results are spread (LOU 1:5)."),
    ),
    "wholly_paid": (
        gettext_lazy("Does the authority pay for all of the service?"),
        gettext_lazy("No, when suppliers carry a part of the cost themselves (LOU 1:5)."),
    ),
    "annex_2": (
        gettext_lazy("Is it a service in annex 2 of the act?"),
        gettext_lazy("For example health and social services, education and events."),
    ),
}
WHY = gettext_lazy("Write why: the authority has to be able to show it.")
ONLY_FOR_RESEARCH = ("exclusive", "wholly_paid")
VALUES: dict[str, Any] = {
    "value_fees": gettext_lazy("Fees to all suppliers in all phases"),
    "value_options": gettext_lazy("Options and extensions, as if used"),
    "value_purchase": gettext_lazy("Purchase that belongs to the same procurement"),
    "value_other": gettext_lazy("Other payments and prizes to participants"),
}


class LegalForm(CaseForm):
    """The questions behind the legal track, each with its reason, and the track chosen."""

    sent_on = DayField(
        label=gettext_lazy("Day when the call is sent"),
        help_text=gettext_lazy("The amounts that hold on that day are used."),
    )
    track = forms.ChoiceField(
        label=gettext_lazy("The track you choose"),
        choices=LegalTrack.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a track.")},
    )
    reasons = TextField(
        label=gettext_lazy("Reasons for the choice"),
        help_text=gettext_lazy(
            "Printed in the decision. Say why, above all when you choose "
            "another track than the one proposed."
        ),
        max_length=8000,
        error_messages={"required": gettext_lazy("Write the reasons for the choice.")},
    )

    def __init__(self, *args: Any, is_proposing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_proposing = is_proposing
        own = self.fields
        self.fields = {}
        for name, (words, help_text) in QUESTIONS.items():
            self.fields[name] = forms.ChoiceField(
                label=words,
                help_text=help_text,
                choices=ANSWERS,
                widget=forms.RadioSelect,
                required=name not in ONLY_FOR_RESEARCH,
                error_messages={"required": gettext_lazy("Answer yes, no or not certain.")},
            )
            self.fields[f"{name}_reason"] = TextField(
                label=gettext_lazy("Why"),
                rows=2,
                max_length=4000,
                required=not is_proposing and name not in ONLY_FOR_RESEARCH,
                error_messages={"required": WHY},
            )
        own["track"].required = own["reasons"].required = not is_proposing
        for name, words in VALUES.items():
            self.fields[name] = AmountField(label=words, required=False)
        self.fields |= own

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_research = cleaned.get("rd_cpv") == YES
        for name in QUESTIONS:
            if name in ONLY_FOR_RESEARCH and is_research and not cleaned.get(name):
                self._miss(name, _("Answer yes, no or not certain."))
            answered = cleaned.get(name) and not self.is_proposing
            if answered and not cleaned.get(f"{name}_reason"):
                self._miss(f"{name}_reason", str(WHY))
        return cleaned

    def _miss(self, name: str, words: str) -> None:
        if name not in self.errors:
            self.add_error(name, ValidationError(words))

    @property
    def value(self) -> Decimal | None:
        """The whole value, or nothing when no part of it has been written."""
        parts = [self.cleaned_data.get(name) for name in VALUES]
        return legaltrack.value_of(parts) if any(part is not None for part in parts) else None

    @property
    def proposal(self) -> Proposal:
        given = {name: self.cleaned_data.get(name, "") for name in QUESTIONS}
        return legaltrack.propose(given, value=self.value, on=self.cleaned_data["sent_on"])

    @property
    def answers(self) -> list[dict[str, str]]:
        """What was answered, as it is kept."""
        kept = [
            {
                "question": name,
                "answer": self.cleaned_data[name],
                "reason": self.cleaned_data.get(f"{name}_reason", ""),
            }
            for name in QUESTIONS
            if self.cleaned_data.get(name)
        ]
        kept += [
            {"question": name, "answer": str(self.cleaned_data[name]), "reason": ""}
            for name in VALUES
            if self.cleaned_data.get(name) is not None
        ]
        sent_on = self.cleaned_data["sent_on"].isoformat()
        return [*kept, {"question": "sent_on", "answer": sent_on, "reason": ""}]

    @property
    def questions(self) -> list[tuple[Any, Any]]:
        """Each question's field with the field of its reason."""
        return [(self[name], self[f"{name}_reason"]) for name in QUESTIONS]

    @property
    def values(self) -> list[Any]:
        return [self[name] for name in VALUES]
