"""The legal track of a case: the questions, what they lead to, and who answered them when."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from procurements.forms.legal import LegalForm
from procurements.legalquestions import CONDITIONS, QUESTIONS, VALUES, answered
from procurements.models import LegalAssessment
from procurements.operations.case import assess_legal_track
from procurements.overview import planned_fees
from procurements.periodwords import PeriodRow, period_rows
from procurements.states import LegalTrack
from procurements.views.base import Rewriting


class Legal(Rewriting):
    """Read the assessments; who may decide answers the questions anew."""

    permission = "procurements.view_case"
    form_class = LegalForm
    template_name = "procurements/legal/detail.html"
    perform = staticmethod(assess_legal_track)
    tab = "case"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_decide:
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    @property
    def may_decide(self) -> bool:
        return bool(self.request.user.has_perm("procurements.decide_legal_track", self.case))

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"is_proposing": "propose" in self.request.POST}

    def get_initial(self) -> dict[str, Any]:
        """The last answers, so that only what has changed needs to be written."""
        latest = self.case.legal_assessments.first()
        opens = next((run for run in self.case.phases_in_order if run.phase.opens_call), None)
        start = max(opens.starts_on, self.today) if opens else self.today
        initial: dict[str, Any] = {"sent_on": start, "started_from": _key_of(latest)}
        if latest is None:
            return initial | {"value_fees": planned_fees(self.case.phases_in_order) or None}
        return initial | _written(latest)

    def started_now(self) -> str:
        return _key_of(self.case.legal_assessments.first())

    def saved_now(self) -> dict[str, str]:
        latest = self.case.legal_assessments.first()
        if latest is None:
            return {}
        asked = ("cpv", *QUESTIONS, *CONDITIONS, *VALUES)
        blank = {name: "" for one in asked for name in (one, f"{one}_reason")}
        return blank | _written(latest)

    def form_valid(self, form: Any) -> HttpResponse:
        if form.is_proposing:
            context = self.get_context_data(form=form, proposal=form.proposal, value=form.value)
            return self.render_to_response(context)
        return super().form_valid(form)

    def arguments(self, form: LegalForm) -> dict[str, Any]:
        return {
            "track": form.cleaned_data["track"],
            "proposed_track": form.proposal.track,
            "answers": form.answers,
            "reasons": form.cleaned_data["reasons"],
            "estimated_value": form.value,
            "started_from": form.cleaned_data["started_from"],
        }

    def get_success_url(self) -> str:
        return reverse("case_legal", args=[self.case.number])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        assessments = list(self.case.legal_assessments.select_related("by"))
        over = self.case.is_over
        proposal = context.get("proposal")
        leads_outside = proposal is not None and proposal.track == LegalTrack.PCP_OUTSIDE_LOU
        return context | {
            # What was sent as the case ended is shown, beside why it could not be saved.
            "may_decide": self.may_decide and (not over or context["form"].is_bound),
            "history": [_told(one) for one in assessments],
            "periods": self.periods(assessments[0]) if assessments else {},
            "proposed_label": LegalTrack(proposal.track).label if proposal else "",
            "is_outside": leads_outside or context["form"].is_outside,
        }

    def periods(self, assessment: LegalAssessment) -> dict[str, list[PeriodRow]]:
        """What the law gives on the track chosen, counted from the day when the call is sent."""
        sent_on = _sent_on(assessment)
        known = {"call_sent": sent_on} if sent_on else {}
        rows = period_rows(assessment.track, known, today=self.today)
        return {
            "begun": [row for row in rows if row.has_begun],
            "later": [row for row in rows if not row.has_begun],
        }


def _key_of(assessment: LegalAssessment | None) -> str:
    """What a form begun from the assessment carries; 0 where there is none."""
    return str(assessment.pk if assessment else 0)


def _written(assessment: LegalAssessment) -> dict[str, str]:
    """The answers, the track and the reasons, by the form's field."""
    written = {"track": assessment.track, "reasons": assessment.reasons}
    for row in assessment.answers:
        written[row["question"]] = row["answer"]
        written[f"{row['question']}_reason"] = row["reason"]
    return written


def _sent_on(assessment: LegalAssessment) -> date | None:
    """The day when the call is sent, which says what amounts were in force."""
    answer = assessment.answer_to("sent_on")
    return date.fromisoformat(answer) if answer else None


def _told(assessment: LegalAssessment) -> dict[str, Any]:
    """An assessment as it is read: questions and answers in words."""
    return {
        "row": assessment,
        "track": assessment.get_track_display(),
        "proposed": assessment.get_proposed_track_display(),
        "differs": assessment.track != assessment.proposed_track,
        "code": assessment.answer_to("cpv"),
        "sent_on": _sent_on(assessment),
        "answers": answered(assessment, (*QUESTIONS, *CONDITIONS)),
        "values": [
            {"words": VALUES[row["question"]], "amount": row["answer"]}
            for row in assessment.answers
            if row["question"] in VALUES
        ],
    }
