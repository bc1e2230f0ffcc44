"""The plan of a case, day by day, and moving a phase along it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from procurements import planning
from procurements.days import roll_forward, swedish_day
from procurements.forms.case import MovePhaseForm
from procurements.models import CasePhase
from procurements.operations.case import move_phase
from procurements.overview import waiting_days
from procurements.states import PhaseState
from procurements.views.base import CaseMixin, CaseOperation
from teams.forms.begun import renew


def may_move(run: CasePhase, *, on: date) -> bool:
    """Whether the start of the phase still lies ahead and can be moved."""
    return run.state == PhaseState.PLANNED or run.is_waiting(on=on)


class Plan(CaseMixin, TemplateView):
    """Every phase with its planned and actual days, and the days between when the case waits."""

    permission = "procurements.view_case"
    template_name = "procurements/case/plan.html"
    tab = "case"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.case.edition.words()
        today = swedish_day(self.at)
        over = self.case.is_over
        rows = []
        before: CasePhase | None = None
        for run in self.case.phases_in_order:
            gate_on = (before.ended_on or before.planned_gate_on) if before else None
            rows.append(
                {
                    "run": run,
                    "title": words(run.phase, "title"),
                    "waits": waiting_days(gate_on, run.starts_on) if gate_on else 0,
                    "may_move": not over and may_move(run, on=today),
                    "is_waiting": run.is_waiting(on=today),
                }
            )
            before = run
        return super().get_context_data(**kwargs) | {"rows": rows, "today": today}


class MovePhase(CaseOperation):
    """Plan a phase to start on another day: first what follows from it, then the move."""

    permission = "procurements.run_case"
    form_class = MovePhaseForm
    template_name = "procurements/case/move.html"
    perform = staticmethod(move_phase)
    tab = "case"

    def load(self) -> None:
        found = [run for run in self.case.phases_in_order if run.pk == self.kwargs["run"]]
        if not found:
            raise Http404
        self.run = found[0]

    def get_initial(self) -> dict[str, Any]:
        return {"starts_on": self.run.starts_on, "was": self.run.starts_on.isoformat()}

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"case_phase": self.run} | form.cleaned_data

    def form_invalid(self, form: Any) -> HttpResponse:
        renew(form, "starts_on", was=self.run.starts_on.isoformat())
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        if "preview" in self.request.POST:
            try:
                moves = self.moves(form.cleaned_data["starts_on"])
            except planning.PlanRefused as refusal:
                form.add_error("starts_on", refusal)
                return self.form_invalid(form)
            return self.render_to_response(self.get_context_data(form=form, moves=moves))
        return super().form_valid(form)

    @cached_property
    def pending(self) -> list[CasePhase]:
        return [run for run in self.case.phases_in_order if run.state != PhaseState.CLOSED]

    def moves(self, starts_on: date) -> list[dict[str, Any]]:
        """What each phase's days would be, where they change."""
        if self.run not in self.pending:
            return []
        words = self.case.edition.words()
        plan = [
            planning.PlannedPhase(run.planned_starts_on, run.planned_ends_on, run.planned_gate_on)
            for run in self.pending
        ]
        moved = planning.moved(plan, self.pending.index(self.run), roll_forward(starts_on))
        return [
            {"run": run, "title": words(run.phase, "title"), "was": was, "now": now}
            for run, was, now in zip(self.pending, plan, moved, strict=True)
            if was != now
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "run": self.run,
            "phase_title": self.case.edition.words()(self.run.phase, "title"),
            "can_move": may_move(self.run, on=swedish_day(self.at)),
        }

    def get_success_url(self) -> str:
        return reverse("case_plan", args=[self.case.number])
