"""The plan of a case, day by day, and moving a phase along it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from procurements import planning
from procurements.days import roll_forward
from procurements.forms.case import CorrectStartForm, MovePhaseForm, ShapePhaseForm
from procurements.models import CasePhase
from procurements.operations.case import may_move, move_phase
from procurements.operations.firstday import check_start, correct_start, may_correct_start
from procurements.operations.shaping import DAYS, check_shape, shape_phase
from procurements.overview import waiting_days
from procurements.views.base import CaseMixin, CaseOperation
from teams.forms.begun import renew
from teams.views.base import add_refusal


class Plan(CaseMixin, TemplateView):
    """Every phase with its planned and actual days, and the days between when the case waits."""

    permission = "procurements.view_case"
    template_name = "procurements/case/plan.html"
    tab = "case"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.case.edition.words()
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
                    "may_move": not over and may_move(run, on=self.today),
                    "may_correct": may_correct_start(self.case, run, at=self.at),
                    "may_shape": not over and run.is_open,
                    "is_waiting": run.is_waiting(on=self.today),
                }
            )
            before = run
        return super().get_context_data(**kwargs) | {"rows": rows}


class PlanOperation(CaseOperation):
    """Plan a phase otherwise: first what follows from it, then the change."""

    permission = "procurements.run_case"
    tab = "case"

    def load(self) -> None:
        found = [run for run in self.case.phases_in_order if run.pk == self.kwargs["run"]]
        if not found:
            raise Http404
        self.run = found[0]

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"case_phase": self.run} | form.cleaned_data

    def form_valid(self, form: Any) -> HttpResponse:
        if "preview" in self.request.POST:
            try:
                moves = self.moves(form)
            except ValidationError as refusal:
                add_refusal(form, refusal)
                return self.form_invalid(form)
            return self.render_to_response(self.get_context_data(form=form, moves=moves))
        return super().form_valid(form)

    @cached_property
    def pending(self) -> list[CasePhase]:
        return [run for run in self.case.phases_in_order if run.is_open]

    def planned(self, plan: planning.Plan, at: int, form: Any) -> planning.Plan:
        """What the plan of the phases to come would be, in which the run stands at a place."""
        raise NotImplementedError

    def moves(self, form: Any) -> list[dict[str, Any]]:
        """What each phase's days would be, where they change."""
        if self.run not in self.pending:
            return []
        words = self.case.edition.words()
        plan = [run.planned for run in self.pending]
        planned = self.planned(plan, self.pending.index(self.run), form)
        return [
            {"run": run, "title": words(run.phase, "title"), "was": was, "now": now}
            for run, was, now in zip(self.pending, plan, planned, strict=True)
            if was != now
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = self.case.edition.words()(self.run.phase, "title")
        return super().get_context_data(**kwargs) | {"run": self.run, "phase_title": title}

    def get_success_url(self) -> str:
        return reverse("case_plan", args=[self.case.number])


class MovePhase(PlanOperation):
    """Plan a phase to start on another day, or put right the first day of one that has begun."""

    template_name = "procurements/case/move.html"

    @cached_property
    def can_move(self) -> bool:
        return may_move(self.run, on=self.today)

    @cached_property
    def corrects(self) -> bool:
        """Whether the first day has been, and was recorded wrong."""
        return not self.can_move and may_correct_start(self.case, self.run, at=self.at)

    def get_form_class(self) -> Any:
        return CorrectStartForm if self.corrects else MovePhaseForm

    def perform(self, **arguments: Any) -> CasePhase:
        return (correct_start if self.corrects else move_phase)(**arguments)

    def get_initial(self) -> dict[str, Any]:
        return {"starts_on": self.run.starts_on, "was": self.run.starts_on.isoformat()}

    def form_invalid(self, form: Any) -> HttpResponse:
        renew(form, "starts_on", was=self.run.starts_on.isoformat())
        return super().form_invalid(form)

    def planned(self, plan: planning.Plan, at: int, form: Any) -> planning.Plan:
        starts_on = roll_forward(form.cleaned_data["starts_on"])
        try:
            if self.corrects:
                check_start(self.case, self.run, starts_on, form.cleaned_data["was"], at=self.at)
            return planning.moved(plan, at, starts_on)
        except planning.PlanRefused as refusal:
            raise ValidationError({"starts_on": refusal}) from refusal

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {"can_move": self.can_move, "corrects": self.corrects}
        return super().get_context_data(**kwargs) | more


class ShapePhase(PlanOperation):
    """Plan how long a phase takes, when its gate is, for how many suppliers and at what fee."""

    form_class = ShapePhaseForm
    template_name = "procurements/case/shape.html"
    perform = staticmethod(shape_phase)
    said = _("The plan of the phase is changed.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"run": self.run}

    def get_initial(self) -> dict[str, Any]:
        names = ("planned_ends_on", "planned_gate_on", "planned_suppliers", "fee")
        return {name: getattr(self.run, name) for name in names}

    def arguments(self, form: Any) -> dict[str, Any]:
        return super().arguments(form) | {"began": form.began}

    def planned(self, plan: planning.Plan, at: int, form: Any) -> planning.Plan:
        wanted = {name: roll_forward(form.cleaned_data[name]) for name in DAYS}
        changed = {name: day for name, day in wanted.items() if day != getattr(self.run, name)}
        check_shape(self.run, changed, today=self.today)
        return planning.shaped(plan, at, wanted["planned_ends_on"], wanted["planned_gate_on"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        can_shape = self.run.is_open and not self.case.is_over
        return super().get_context_data(**kwargs) | {"can_shape": can_shape}
