"""What a person types about the need."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from procurements.forms.case import CaseForm
from procurements.models import Insight, NeedVersion
from teams.text import LineField, ManyRowsField, TextField

# Why the need is changed, written and corrected.
NEED_REASON_MOST = 2000


class CorrectNeedReasonForm(CaseForm):
    """Corrected words of why the need was changed, and those they were written from."""

    reason = TextField(label=_("Why the need is changed"), rows=3, max_length=NEED_REASON_MOST)
    # One written before there was a limit is longer.
    was = TextField(required=False, max_length=None, widget=forms.HiddenInput)


class NeedForm(CaseForm):
    """The need in guided fields. Nothing but the sentence is required at first."""

    title = LineField(
        label=_("The need in one sentence"),
        max_length=200,
        help_text=_("Who should be able to do what? No product and no technology."),
    )
    who = TextField(
        label=_("Who has the need"),
        required=False,
        rows=3,
        help_text=_("Particular people, in their own situation."),
    )
    today = TextField(
        label=_("What happens today"),
        required=False,
        rows=4,
        help_text=_("Tell one ordinary day. What does it lead to?"),
    )
    target = TextField(
        label=_("The target picture"),
        required=False,
        rows=4,
        help_text=_("The same day when the need is met, in the present tense."),
    )
    size = TextField(
        label=_("How large the need is"),
        required=False,
        rows=3,
        help_text=_("Here and elsewhere, with the source of each figure."),
    )
    effects = TextField(
        label=_("Effects aimed for"),
        required=False,
        rows=3,
        help_text=_("What should be measurably better, for whom?"),
    )
    excludes = TextField(
        label=_("What is not the need"),
        required=False,
        rows=3,
        help_text=_("What others might think is included, but is not."),
    )
    scalability = TextField(
        label=_("Why others may have the need"),
        required=False,
        rows=3,
        help_text=_("Who else would buy it, and how do you know?"),
    )
    reason = TextField(
        label=_("Why the need is changed"),
        required=False,
        rows=3,
        max_length=NEED_REASON_MOST,
        help_text=_("What have you learnt since the version before?"),
    )
    insights = ManyRowsField(
        label=_("Insights behind the change"),
        queryset=Insight.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    started_from = forms.IntegerField(
        label=_("The version it was written from"),
        widget=forms.HiddenInput,
        min_value=0,
        max_value=10_000,
    )

    def __init__(self, *args: Any, insights: QuerySet[Insight], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        latest: NeedVersion | None = self.case.needs.order_by("-number").first()
        field: Any = self.fields["insights"]
        field.queryset = insights
        field.label_from_instance = lambda insight: f"{insight.number}. {insight.title}"
        # Nobody has to give a reason who changes nothing.
        self.fields["reason"].is_asked_for = True  # type: ignore[attr-defined]
        if latest is None:
            del self.fields["reason"]
        if not insights:
            del self.fields["insights"]
