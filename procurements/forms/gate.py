"""What a person types about a gate: the decision, a signature, a correction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from documents import files
from procurements.forms.case import CaseForm
from procurements.models import CasePhase, GateDecision, Participant
from procurements.operations.gate import Verdict
from procurements.states import GateOutcomeChoice
from teams.forms.account import check_own_password
from teams.models import User
from teams.text import DayField, LineField, SecretField, TextField


@dataclass(frozen=True)
class Option:
    """One way out of a gate: its radio button, and what the edition says that it means."""

    radio: Any
    meaning: str


@dataclass(frozen=True)
class SupplierRow:
    """One supplier at the gate: the switch, and the grounds when it is off."""

    participant: Participant
    switch: forms.BoundField
    reason: forms.BoundField
    goes_on: bool


class GateForm(CaseForm):
    """The decision at a gate; one switch and one reason for each supplier that takes part."""

    outcome = forms.ChoiceField(label=_("The decision"), widget=forms.RadioSelect)
    despite = TextField(
        label=_("Why decide all the same?"),
        max_length=2000,
        rows=2,
        error_messages={
            "required": _("Required steps are not done. Write why you decide all the same.")
        },
    )
    reasons = TextField(label=_("Grounds"), max_length=10_000, rows=4)
    conditions = TextField(label=_("Conditions"), max_length=5000, rows=2, required=False)
    decided_by = LineField(
        label=_("Who decided"),
        max_length=160,
        help_text=_("A person or a body, as it stands in the decision."),
    )
    reference = LineField(
        label=_("Minutes or delegation"),
        max_length=160,
        help_text=_("For example “minutes 2026-10-09 § 4” or “delegation 3.2”."),
    )
    decided_on = DayField(label=_("Decided on"))
    next_starts_on = DayField(
        label=_("The next phase starts on"),
        help_text=_("The working day after the decision, if you leave it empty."),
        required=False,
    )
    # The day the next run will start, once the form has been looked over.
    starts_on: date | None = None
    # The first day for contracts where a standstill comes before them, if that is later.
    contract_on: date | None = None

    def __init__(
        self,
        *args: Any,
        run: CasePhase,
        participants: Sequence[Participant],
        labels: dict[str, tuple[str, str]],
        hindrances: Sequence[str],
        suggestions: Sequence[User],
        following: CasePhase | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.run, self.participants, self.labels = run, participants, labels
        self.suggestions = suggestions
        self.following = following
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (choice, labels.get(choice, ("", ""))[0] or label)
            for choice, label in GateOutcomeChoice.choices
        ]
        self.fields["decided_by"].widget.attrs["list"] = "deciders"
        if not hindrances:
            del self.fields["despite"]
        if not following:
            self.fields["next_starts_on"].label = _("If the phase is repeated, it starts on")
        for one in participants:
            name = {"name": one.name}
            self.fields[f"go_{one.pk}"] = forms.BooleanField(
                label=_("%(name)s goes on") % name,
                required=False,
                initial=True,
                widget=forms.CheckboxInput(attrs={"role": "switch", "data-goes-on": True}),
            )
            self.fields[f"reason_{one.pk}"] = TextField(
                label=_("Grounds for %(name)s") % name,
                required=False,
                max_length=5000,
                rows=2,
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("outcome") == GateOutcomeChoice.PROCEED:
            for one in self.participants:
                reason = f"reason_{one.pk}"
                if not given.get(f"go_{one.pk}") and not given.get(reason) and reason in given:
                    self.add_error(reason, _("Write your grounds. They are sent to the supplier."))
        return given

    def arguments(self) -> dict[str, Any]:
        """What the operation is called with."""
        given = dict(self.cleaned_data)
        verdicts = {
            one.pk: Verdict(given.pop(f"go_{one.pk}"), given.pop(f"reason_{one.pk}"))
            for one in self.participants
        }
        named = [one for one in self.suggestions if one.name == given["decided_by"]]
        return given | {
            "verdicts": verdicts,
            "decided_by_user": named[0] if len(named) == 1 else None,
        }

    # What the page shows of the form

    def is_on(self, participant: Participant) -> bool:
        return bool(self[f"go_{participant.pk}"].value())

    @property
    def chosen(self) -> str:
        return str(self["outcome"].value() or "")

    @property
    def chosen_label(self) -> str:
        return str(dict(self.fields["outcome"].choices).get(self.chosen, ""))  # type: ignore[attr-defined]

    @property
    def staying(self) -> int:
        return sum(self.is_on(one) for one in self.participants)

    @property
    def planned(self) -> int | None:
        """How many suppliers the next phase is planned for, where any can go on to it."""
        return self.following.planned_suppliers if self.following and self.participants else None

    @property
    def are_more_than_planned(self) -> bool:
        return self.planned is not None and self.staying > self.planned

    @property
    def rows(self) -> list[SupplierRow]:
        return [
            SupplierRow(one, self[f"go_{one.pk}"], self[f"reason_{one.pk}"], self.is_on(one))
            for one in self.participants
        ]

    @property
    def options(self) -> Iterator[Option]:
        for radio in self["outcome"]:
            choice = str(radio.data["value"])
            yield Option(radio, self.labels.get(choice, ("", ""))[1])


# What one can do where another outcome was meant than the one that has taken effect.
INSTEAD: dict[GateOutcomeChoice, Promise] = {
    GateOutcomeChoice.PROCEED: _("If another was meant: pause the case or stop it."),
    GateOutcomeChoice.REPEAT: _(
        "If another was meant: decide anew at the gate of the new attempt, or stop the case."
    ),
    GateOutcomeChoice.STOP: _("If another was meant: start a new case with the same need."),
}


class CorrectGateForm(GateForm):
    """The same again, and what it corrects."""

    correction = TextField(
        label=_("What is corrected, and why"),
        max_length=2000,
        rows=2,
        help_text=_("The earlier decision stays readable, with this beside it."),
    )
    field_order = ["correction"]

    def __init__(self, *args: Any, stands: GateDecision | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # It is moved in the plan.
        del self.fields["next_starts_on"]
        if stands:
            outcome = self.fields["outcome"]
            outcome.choices = [  # type: ignore[attr-defined]
                row
                for row in outcome.choices  # type: ignore[attr-defined]
                if row[0] == stands.outcome
            ]
            outcome.help_text = format_lazy(
                "{} {}",
                _("The decision has taken effect, so its outcome stands."),
                INSTEAD[GateOutcomeChoice(stands.outcome)],
            )


class SignForm(CaseForm):
    """A second sign-in: the password again, at most ten times a minute."""

    role = forms.ChoiceField(label=_("You sign as"), widget=forms.RadioSelect)
    password = SecretField(
        label=_("Your password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(
        self, *args: Any, roles: list[tuple[str, str]], request: HttpRequest, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        if len(roles) == 1:
            self.fields["role"].initial = roles[0][0]

    def clean_password(self) -> str:
        typed: str = self.cleaned_data["password"]
        check_own_password(self.request, typed, _("That is not your password. Nothing is signed."))
        return typed

    def arguments(self) -> dict[str, Any]:
        return {"role": self.cleaned_data["role"]}


class SignedCopyForm(CaseForm):
    """The copy that somebody signed on paper."""

    role = forms.ChoiceField(label=_("Signed as"), widget=forms.RadioSelect)
    name = LineField(label=_("Who signed"), max_length=160)
    signed_on = DayField(
        label=_("Signed on"), help_text=_("The day that the copy says, also if it is long ago.")
    )
    upload = forms.FileField(
        label=_("The signed copy"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        if len(roles) == 1:
            self.fields["role"].initial = roles[0][0]
        self.fields["upload"].help_text = _("A PDF, at most %(most)s.") % {
            "most": filesizeformat(settings.UPLOAD_MAX_BYTES)
        }

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        if not str(upload.name).lower().endswith(".pdf"):
            raise forms.ValidationError(_("The signed copy is to be a PDF."), code="not_pdf")
        return files.keep(upload, organisation=self.case.authority)

    def arguments(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        return {name: given[name] for name in ("role", "name", "signed_on")} | {
            "file": given["upload"]
        }
