from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from procurements.models import Case, CasePhase
from procurements.states import CaseState
from teams.forms.begun import BegunForm
from teams.models import Team
from teams.text import AmountField, DayField, LineField, TextField

MOST_SUPPLIERS = 200


class CaseForm(forms.Form):
    """A form about one case, which it is given."""

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        self.case = case
        super().__init__(*args, **kwargs)


class OneButtonForm(CaseForm):
    """Nothing to fill in: the button says it all."""


class BeginForm(BegunForm, CaseForm):
    on = DayField(
        label=_("First day"),
        help_text=_("The first phase starts here; the later ones follow."),
        required=False,
    )


class ReasonForm(CaseForm):
    reason = TextField(label=_("Reasons"), rows=4, max_length=4000)


class ResumeForm(CaseForm):
    reason = TextField(
        label=_("What has changed"),
        help_text=_("Kept in the history."),
        rows=3,
        max_length=4000,
        required=False,
    )


class ConfirmedForm(CaseForm):
    confirmed = forms.BooleanField(
        label=_("Yes, throw the draft away"),
        error_messages={"required": _("Tick the box if you mean it.")},
    )


class StopForm(ReasonForm):
    confirmed = forms.BooleanField(
        label=_("Yes, the case ends here and cannot be started again"),
        error_messages={"required": _("Tick the box if you mean it.")},
    )


class ChangeCaseForm(BegunForm, CaseForm):
    title = LineField(label=_("Title"), max_length=120)
    summary = LineField(
        label=_("The case in one sentence"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    question = LineField(
        label=_("The challenge as a question"),
        help_text=_("The question that the suppliers are asked to answer: How might we …?"),
        max_length=300,
        required=False,
    )
    diary_number = LineField(
        label=_("Registration number"),
        help_text=_("The authority's own number. It may come later."),
        max_length=40,
        required=False,
    )
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=_("No team")
    )

    state_reason = TextField(label=_("Why the case is paused"), rows=4, max_length=4000)

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        if not teams.exists():
            del self.fields["team"]
        if self.case.state == CaseState.STOPPED:
            self.fields["state_reason"].label = _("Why the case was stopped")
        # What was typed while the case was paused is not lost when somebody resumed it meanwhile.
        if not (self.case.has_own_reason or self.data.get("state_reason")):
            del self.fields["state_reason"]


class ShapePhaseForm(BegunForm, CaseForm):
    """How long a phase takes, for how many suppliers and at what fee, as far as it has any."""

    planned_ends_on = DayField(
        label=_("Last day"), help_text=_("The last day of the suppliers' and the team's own work.")
    )
    planned_gate_on = DayField(
        label=_("Day of the gate"),
        help_text=_("When the decision is to be taken: on the last day or later."),
    )
    planned_suppliers = forms.IntegerField(
        label=_("How many suppliers"), min_value=1, max_value=MOST_SUPPLIERS
    )
    fee = AmountField(
        label=_("Fee for each supplier"), help_text=_("In kronor, without VAT."), required=False
    )

    def __init__(self, *args: Any, run: CasePhase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if run.phase.default_suppliers is None:
            del self.fields["planned_suppliers"]
        if not run.phase.pays_suppliers:
            del self.fields["fee"]


class MovePhaseForm(CaseForm):
    """A first day; `was` is the one that the page showed."""

    starts_on = DayField(label=_("Start"))
    was = LineField(required=False, max_length=20, widget=forms.HiddenInput)


class CorrectStartForm(MovePhaseForm):
    """The first day as it was, and why it was recorded otherwise."""

    starts_on = DayField(label=_("First day"))
    reason = TextField(
        label=_("Why it is corrected"),
        help_text=_("Kept in the history, with both days."),
        rows=2,
        max_length=2000,
    )
