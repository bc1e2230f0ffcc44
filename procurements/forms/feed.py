"""Which calendar is opened, changed or ended."""

from __future__ import annotations

from typing import Any

from django import forms

from procurements.models import Case
from teams.text import LineField


class FeedForm(forms.Form):
    case = forms.ChoiceField(required=False)
    started_from = LineField(max_length=64, required=False)

    def __init__(self, *args: Any, cases: list[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cases = {str(case.number): case for case in cases}
        self.fields["case"].choices = [("", ""), *((key, key) for key in self.cases)]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Case | None:
        return self.cases.get(self.cleaned_data["case"])
