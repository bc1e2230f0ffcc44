"""The phase page: steps beside guidance, and the gate when the phase is going."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy
from django.views.generic import TemplateView, View

from handbook.words import Words
from procurements import duties, pairs, signing
from procurements.forms.case import OneButtonForm
from procurements.forms.gate import GateForm
from procurements.forms.window import WindowRolesForm
from procurements.models import CasePhase, GateDecision, Task
from procurements.models.phase import Round
from procurements.operations.gate import needs_track
from procurements.operations.window import choose_window_roles
from procurements.pairs import Pair
from procurements.states import (
    CaseState,
    GateOutcomeChoice,
    ParticipantState,
    PhaseState,
    Role,
    TaskState,
)
from procurements.tracking import latest_runs, state_of, taking_part
from procurements.views.base import CaseMixin, CaseOperation, run_named
from teams.models import User

WAITING = pgettext_lazy("phase", "waiting to start")
HERE: dict[str, Promise] = {
    "done": pgettext_lazy("phase", "closed"),
    "now": pgettext_lazy("phase", "in progress"),
    "later": "",  # type: ignore[dict-item]
}


@dataclass(frozen=True)
class Stop:
    """One phase in the bar over all phases."""

    run: CasePhase
    title: str
    state: str
    is_here: bool
    said: str | Promise


class SaidOperation(CaseOperation):
    """Done, another page is read: the phase, the task, the deadline or the decision."""

    status_when_done = 303


class PageOperation(SaidOperation):
    """One thing done on a page that holds several forms; refused, that page says so with what was
    typed."""

    page_class: type[Any]
    form_class: type[forms.Form] = OneButtonForm
    # What the form is called on its page, and before its field names.
    form_name = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.get_success_url())

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        return kwargs | ({"auto_id": f"{self.form_name}_%s"} if self.form_name else {})

    def form_invalid(self, form: Any) -> HttpResponse:
        page = self.page_class()
        page.setup(self.request, **self.kwargs)
        page.case, page.at = self.case, self.at
        page.load()
        name = f"{self.form_name}_form" if self.form_name else "refused"
        context = page.get_context_data(**{name: form})
        return render(self.request, page.template_name, context, status=422)


class CasePhases(CaseMixin, View):
    """The phase being worked in; before the start the first, after the end the last."""

    permission = "procurements.view_case"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        runs = self.case.phases_in_order
        if not runs:
            raise Http404
        if self.case.is_over:
            came_to = [run for run in runs if run.started_on] or runs[:1]
            return redirect(came_to[-1])
        first = next((run for run in runs if run.state != PhaseState.CLOSED), runs[-1])
        return redirect(self.case.current_phase or first)


class PhaseMixin(CaseMixin):
    """Load the run of a phase that the address names, and read what its page shows."""

    tab = "case_phases"
    run: CasePhase

    def load(self) -> None:
        attempt = self.request.GET.get("attempt") or self.request.POST.get("attempt")
        self.run = run_named(self.case, self.kwargs["key"], attempt)
        self.run.case = self.case

    @cached_property
    def words(self) -> Words:
        return self.case.edition.words()

    @cached_property
    def tasks(self) -> list[Task]:
        return pairs.tasks_of(self.run, self.sight, self.request.user)

    @cached_property
    def hindrances(self) -> list[Task]:
        return [t for t in self.tasks if t.is_required and t.step and t.state != TaskState.DONE]

    @cached_property
    def decisions(self) -> list[GateDecision]:
        """Decisions at this gate that the person may know of, the first one first."""
        if self.run.state not in (PhaseState.DECIDED, PhaseState.CLOSED):
            return []
        rows = self.run.decisions.select_related("recorded_by")
        return signing.told(rows, self.run, self.case.edition_id, self.sight)

    @property
    def is_waiting(self) -> bool:
        return self.run.is_waiting(on=self.today)

    @property
    def window(self) -> Round | None:
        """The secrecy window of the phase until it ends."""
        window = self.sight.rounds.get(self.run.pk)
        return window if window and window.ends_at is None else None

    @property
    def is_worked_in(self) -> bool:
        """Whether tasks of the phase can change now."""
        return self.run.state != PhaseState.CLOSED and self.case.state in (
            CaseState.DRAFT,
            CaseState.ACTIVE,
        )

    @property
    def can_work(self) -> bool:
        return self.is_worked_in and self.request.user.has_perm("procurements.work", self.case)

    @property
    def can_decide(self) -> bool:
        is_possible = (
            self.case.state == CaseState.ACTIVE
            and self.run.state == PhaseState.ACTIVE
            and not self.is_waiting
        )
        may = self.request.user.has_perm("procurements.decide_gate", self.case)
        return is_possible and may and self.sight.sees_round(self.run)

    # The page

    def page_context(self, gate_form: GateForm | None) -> dict[str, Any]:
        rows, left = pairs.pairs_of(
            self.run,
            self.tasks,
            self.words,
            edition=self.case.edition,
            sight=self.sight,
            user=self.request.user,
        )
        opened = self._open(rows)
        if self.is_worked_in:
            pairs.mark_left(rows, self.case.roles_on(self.today))
        pairs.mark_can(
            rows,
            self.request.user,
            can_work=self.can_work,
            is_own_to_do=self.is_worked_in and bool(self.sight.roles),
        )
        return {
            "gate_form": gate_form,
            "run": self.run,
            "words": self.words,
            "phase": self.phase_words,
            "edition_title": self.words("edition", "title"),
            "stops": self.stops,
            "attempts": [one for one in self.attempts if one.pk != self.run.pk],
            "pairs": rows,
            "opened": opened,
            "left_out": left,
            "done_count": sum(row.is_done for row in rows),
            "today": self.today,
            "is_waiting": self.is_waiting,
            "can_work": self.can_work,
            "can_decide": self.can_decide,
            "deciding": [
                one.name
                for one in duties.deciding(self.run, self.case.roles_on(self.today), at=self.at)
            ],
            "window": self.window,
            "window_roles": [Role(role).label for role in self.window.roles] if self.window else [],
            "may_choose_roles": self.window is not None
            and self.sight.sees_round(self.run)
            and self.request.user.has_perm("procurements.choose_window_roles", self.case),
            "hides_notes": not self.sight.sees_work(self.run),
            "hindrances": [row for row in rows if row.task in self.hindrances],
            "needs_track": needs_track(self.case, self.run),
            "decision": GateDecision.standing(self.decisions).get(self.run.pk),
            "unsigned": GateDecision.waiting(self.decisions).get(self.run.pk),
            "supplier_count": self.supplier_count,
        }

    def _open(self, rows: list[Pair]) -> Pair | None:
        """Exactly one step is open: the one asked for, else the first still to be done."""
        asked = self.request.GET.get("step", "")
        found = next((row for row in rows if str(row.task.pk) == asked), None)
        if found is None and self.run.is_going:
            found = next((row for row in rows if row.is_to_do), None)
        if found:
            found.is_open = True
        return found

    @cached_property
    def attempts(self) -> list[CasePhase]:
        return [run for run in self.case.phases_in_order if run.phase_id == self.run.phase_id]

    @property
    def stops(self) -> list[Stop]:
        return [
            Stop(
                run,
                self.words(run.phase, "title"),
                state,
                run.phase_id == self.run.phase_id,
                WAITING if run.is_waiting(on=self.today) else HERE[state],
            )
            for run in latest_runs(self.case.phases_in_order)
            for state in [state_of(run)]
        ]

    @property
    def phase_words(self) -> dict[str, Any]:
        words, phase = self.words, self.run.phase
        return {
            "title": words(phase, "title"),
            "purpose": words(phase, "purpose"),
            "outcome": words(phase, "outcome"),
            "question": words(phase, "gate.question"),
            "on_the_table": words.lines(phase, "gate.on_the_table"),
            "learning": words.lines(phase, "learning_questions"),
            "risks": words.rows(phase, "risks"),
            "deciders": [words(f"role:{key}", "title") or key for key in phase.deciding_roles],
            "signers": [words(f"role:{key}", "title") or key for key in phase.signatures],
        }

    @property
    def supplier_count(self) -> int | None:
        """How many take part in the run, as far as that may be known; None says nothing."""
        if self.participants is None or self.run.state == PhaseState.PLANNED:
            return None
        return len(taking_part(self.run, self.participants))

    @cached_property
    def _next(self) -> CasePhase | None:
        later = [r for r in self.case.phases_in_order if r.number > self.run.number]
        return next((r for r in later if r.state == PhaseState.PLANNED), None)

    # The gate

    def gate_form(self, data: Any = None) -> GateForm:
        return GateForm(
            data,
            case=self.case,
            run=self.run,
            participants=[
                one for one in self.participants or [] if one.state == ParticipantState.IN
            ],
            labels=gate_labels(self.words, self.run),
            hindrances=[task.step.key for task in self.hindrances if task.step],
            suggestions=self.deciders,
            following=self._next,
            initial={"decided_on": self.today},
        )

    @cached_property
    def deciders(self) -> list[User]:
        """People with a role in the case, to suggest as who decided."""
        held = self.case.roles_on(self.today)
        return list({role.user_id: role.user for role in held}.values())


class PhasePage(PhaseMixin, TemplateView):
    """One run of a phase: what it is for, what is to be done, and its gate."""

    permission = "procurements.view_case"
    template_name = "procurements/phase/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.gate_form() if self.can_decide else None
        return super().get_context_data(**kwargs) | self.page_context(form)


def gate_labels(words: Words, run: CasePhase) -> dict[str, tuple[str, str]]:
    """The edition's own label and meaning of each way out of the gate."""
    return {
        choice: (
            words(run.phase, f"gate.options.{choice}.label"),
            words(run.phase, f"gate.options.{choice}.meaning"),
        )
        for choice in GateOutcomeChoice.values
    }


class WindowRoles(PhaseMixin, CaseOperation):
    """Choose who sees into the secrecy window of the phase."""

    permission = "procurements.choose_window_roles"
    form_class = WindowRolesForm
    template_name = "procurements/phase/window.html"
    perform = staticmethod(choose_window_roles)

    def load(self) -> None:
        super().load()
        if self.window is None:
            raise Http404
        if not self.sight.sees_round(self.run):
            raise PermissionDenied

    def get_initial(self) -> dict[str, Any]:
        return {"roles": self.window.roles if self.window else []}

    def arguments(self, form: Any) -> dict[str, Any]:
        was = self.request.POST.getlist(form["roles"].html_initial_name)
        return {"case_phase": self.run, "was": was or None} | form.cleaned_data

    def get_success_url(self) -> str:
        return self.run.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = self.words(self.run.phase, "title")
        return super().get_context_data(**kwargs) | {"run": self.run, "phase_title": title}
