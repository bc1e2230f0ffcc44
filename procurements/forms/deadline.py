"""What a person types about a day to keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from procurements.forms.case import CaseForm
from procurements.forms.task import PersonField, offer
from procurements.models import CasePhase
from procurements.periods import Period
from procurements.periodwords import name_of
from teams.forms.begun import BegunForm
from teams.models import User
from teams.text import DayField, LineField, TextField


class RunField(forms.TypedChoiceField):
    """One of the case's phases, by the id of its run."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Phase"))
        super().__init__(coerce=int, **kwargs)


class DeadlineForm(CaseForm):
    """The person who keeps the day, for every kind of deadline."""

    responsible = PersonField(label=_("Who keeps it"))

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["responsible"], people)


class NewDeadlineForm(DeadlineForm):
    """A deadline that is not set yet says which phase it belongs to."""

    run = RunField()

    def __init__(self, *args: Any, runs: Iterable[tuple[CasePhase, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.runs = {run.pk: run for run, _title in runs}
        named = [(run.pk, f"{run.number} {title}") for run, title in runs]
        self.fields["run"].choices = named  # type: ignore[attr-defined]

    @property
    def case_phase(self) -> CasePhase:
        return self.runs[self.cleaned_data["run"]]


class OwnDeadlineForm(NewDeadlineForm):
    title = LineField(label=_("What the day is for"), max_length=160)
    due_on = DayField(label=_("Day"))
    field_order = ["title", "due_on", "run", "responsible"]


class LegalDeadlineForm(NewDeadlineForm):
    """A deadline of the law: which period, and the day of its event."""

    period = forms.ChoiceField(label=_("Time limit"))
    event_on = DayField(
        label=_("Day of the event"),
        help_text=_("The day that the time limit is counted from; it is day 0 and is not counted."),
    )
    due_on = DayField(
        label=_("Another day"),
        required=False,
        help_text=_("Only when you give more time than the law asks, or it gives no number."),
    )
    reasons = TextField(label=_("Reasons"), required=False, max_length=2000, rows=2)
    field_order = ["period", "event_on", "due_on", "reasons", "run", "responsible"]

    def __init__(self, *args: Any, periods: Iterable[Period], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [
            (
                one.key,
                f"{name_of(one.key)} ({one.paragraph})" if one.paragraph else name_of(one.key),
            )
            for one in periods
        ]
        self.fields["period"].choices = [("", _("Choose")), *named]  # type: ignore[attr-defined]


class ChangeOwnForm(BegunForm, DeadlineForm):
    title = LineField(label=_("What the day is for"), max_length=160)
    due_on = DayField(label=_("Day"))
    reasons = TextField(label=_("Why it is moved"), required=False, max_length=2000, rows=2)
    was = DayField(required=False, widget=forms.HiddenInput)
    field_order = ["title", "due_on", "reasons", "responsible", "was"]


class ChangeLegalForm(BegunForm, DeadlineForm):
    event_on = DayField(label=_("Day of the event"))
    due_on = DayField(
        label=_("Another day"),
        required=False,
        help_text=_("Only when you give more time than the law asks, or it gives no number."),
    )
    reasons = TextField(label=_("Why it is moved"), required=False, max_length=2000, rows=2)
    was = DayField(required=False, widget=forms.HiddenInput)
    field_order = ["event_on", "due_on", "reasons", "responsible", "was"]


class AnnounceForm(CaseForm):
    """That others have been told of the day that the page showed."""

    was = DayField(required=False, widget=forms.HiddenInput)


class WithdrawDeadlineForm(CaseForm):
    reason = TextField(label=_("Why is it withdrawn?"), max_length=2000, rows=2)
