from __future__ import annotations

import re
from copy import copy
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from procurements import legaltrack
from procurements.forms.case import CaseForm
from procurements.legalquestions import ANSWERS, CONDITIONS, QUESTIONS, VALUES
from procurements.legaltrack import YES, Proposal
from procurements.states import LegalTrack
from teams.text import AmountField, DayField, LineField, TextField, clean_search

WHY = gettext_lazy("Write why: the authority has to be able to show it.")
ONLY_FOR_RESEARCH = ("exclusive", "wholly_paid")

COPIED_CODE = re.compile(
    r"(?:CPV\W*)?([0-9]{8})(?:\s?[\u2010-\u2015\u2212-]\s?([0-9]))?(?:[\s.;,:][^0-9]*)?",
    re.IGNORECASE,
)


def _code_in(text: str) -> str:
    """The code as it was copied out of a register, perhaps with another hyphen and with its words;
    any other text as it stands."""
    copied = COPIED_CODE.fullmatch(text)
    return "-".join(filter(None, copied.groups())) if copied else text


class CodeField(LineField):
    """A CPV code, with or without its check digit."""

    def to_python(self, value: Any) -> str:
        code = _code_in(super().to_python(value))
        if words := legaltrack.fault_of_code(code):
            raise ValidationError(words, code="invalid")
        return code


class LegalForm(CaseForm):
    """The questions behind the legal track, each with its reason, and the track chosen."""

    cpv = CodeField(
        label=gettext_lazy("CPV code"),
        help_text=gettext_lazy(
            "The code that fits what is really bought, for example 73120000-9. It answers the "
            "next question."
        ),
        max_length=40,
        required=False,
    )
    sent_on = DayField(
        label=gettext_lazy("Day when the call is sent"),
        help_text=gettext_lazy("The amounts in force on that day are used."),
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

    started_from = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_proposing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_proposing = is_proposing
        own = self.fields
        self.fields = {"cpv": own.pop("cpv")}
        for name in QUESTIONS:
            self._ask(name, is_required=name not in ONLY_FOR_RESEARCH)
        for name in ("track", "reasons"):
            own[name].required = not is_proposing
            own[name].is_asked_for = True  # type: ignore[attr-defined]
        for name, words in VALUES.items():
            self.fields[name] = AmountField(label=words, required=False)
        reasons = own.pop("reasons")
        self.fields |= own
        for name in CONDITIONS:
            self._ask(name, is_required=False, why=gettext_lazy("Why, unless the answer is yes"))
        self.fields["reasons"] = reasons
        self.is_answered_by_code = is_proposing and not self.data.get("rd_cpv")
        if self.is_answered_by_code:
            # Marked in the page too, so that who saves has seen it.
            typed: Any = copy(self.data)
            code = _code_in(clean_search(str(typed.get("cpv", ""))))
            typed["rd_cpv"] = legaltrack.answer_by_code(code)
            self.data = typed

    def _ask(self, name: str, *, is_required: bool, why: Any = None) -> None:
        words, help_text = (QUESTIONS | CONDITIONS)[name]
        self.fields[name] = forms.ChoiceField(
            label=words,
            help_text=help_text,
            choices=ANSWERS,
            widget=forms.RadioSelect,
            required=is_required,
            error_messages={"required": gettext_lazy("Answer yes, no or not certain.")},
        )
        self.fields[f"{name}_reason"] = TextField(
            label=why or gettext_lazy("Why"),
            rows=2,
            max_length=4000,
            required=is_required and not self.is_proposing,
            error_messages={"required": WHY},
        )
        # There are many of them: read aloud, beside what somebody else has saved, and where some
        # are missing.
        self.fields[f"{name}_reason"].asked_after = words  # type: ignore[attr-defined]
        self.fields[f"{name}_reason"].told_as = f"{words} {_('Why')}"  # type: ignore[attr-defined]
        # Needed by what is answered elsewhere, if not by itself.
        for asked in (name, f"{name}_reason"):
            self.fields[asked].is_asked_for = True  # type: ignore[attr-defined]

    @property
    def is_outside(self) -> bool:
        """Whether the track outside the act is chosen: then its conditions are asked for."""
        return bool(self["track"].value() == LegalTrack.PCP_OUTSIDE_LOU)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_research = cleaned.get("rd_cpv") == YES
        for name in QUESTIONS:
            if name in ONLY_FOR_RESEARCH and is_research and not cleaned.get(name):
                self._miss(name, _("Answer yes, no or not certain."))
            answered = cleaned.get(name) and not self.is_proposing
            if answered and not cleaned.get(f"{name}_reason"):
                self._miss(f"{name}_reason", str(WHY))
        # A proposal needs no track yet, and so no conditions.
        track = "" if self.is_proposing else cleaned.get("track", "")
        for name, words in legaltrack.faults_in(self._given, self._reasons, track=track).items():
            self._miss(name, words)
        return cleaned

    @property
    def _given(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name, "") for name in ("cpv", *QUESTIONS, *CONDITIONS)}

    @property
    def _reasons(self) -> dict[str, str]:
        asked = (*QUESTIONS, *CONDITIONS)
        return {name: self.cleaned_data.get(f"{name}_reason", "") for name in asked}

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
        given = self._given
        if self.is_answered_by_code:
            given["rd_cpv"] = ""
        return legaltrack.propose(given, value=self.value, on=self.cleaned_data["sent_on"])

    @property
    def answers(self) -> list[dict[str, str]]:
        """What was answered, as it is kept."""
        rest = {name: self.cleaned_data[name] for name in (*VALUES, "sent_on")}
        kept = self._given | {name: str(one) for name, one in rest.items() if one is not None}
        return [
            {"question": name, "answer": answer, "reason": self._reasons.get(name, "")}
            for name, answer in kept.items()
            if answer
        ]

    @property
    def questions(self) -> list[tuple[Any, Any]]:
        """Each question's field with the field of its reason."""
        return [(self[name], self[f"{name}_reason"]) for name in QUESTIONS]

    @property
    def conditions(self) -> list[tuple[Any, Any]]:
        return [(self[name], self[f"{name}_reason"]) for name in CONDITIONS]

    @property
    def values(self) -> list[Any]:
        return [self[name] for name in VALUES]
