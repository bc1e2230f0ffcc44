"""The first page of a case, and what is done with the case as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Exists, OuterRef, QuerySet, Subquery, Value
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from documents.models import Revision
from handbook.models import ChecklistItem, HandbookRole, Note
from procurements import due, signing, track
from procurements.forms.case import (
    BeginForm,
    ChangeCaseForm,
    ConfirmedForm,
    ReasonForm,
    ResumeForm,
    StopForm,
)
from procurements.models import Deadline, GateDecision, GateSignature, TaskItem
from procurements.operations.case import (
    begin_case,
    change_case,
    discard_case,
    pause_case,
    resume_case,
    stop_case,
)
from procurements.overview import (
    NowNext,
    Saying,
    ahead,
    first_sentences,
    now_and_next,
    waiting_days,
)
from procurements.pairs import Item, Pair, tasks_of
from procurements.states import CaseState, ParticipantState, PhaseState
from procurements.tracking import latest_runs, taking_part, track_phases
from procurements.views.base import CaseMixin, CaseOperation
from procurements.views.paper import may_see
from teams.models import Team

if TYPE_CHECKING:
    from handbook.words import Words
    from procurements.models import CasePhase, Participant, PhaseDocument, Task

LATEST = 3


class Overview(CaseMixin, TemplateView):
    """Where the case is, what to do now, and what comes next."""

    permission = "procurements.view_case"
    template_name = "procurements/case/overview.html"
    tab = "case"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        case, sight, run = self.case, self.sight, self.run
        steps, now = self.steps, self.steps.now
        url = reverse("case_phase", args=[case.number, run.phase.key]) if run else ""
        return super().get_context_data(**kwargs) | {
            "today": self.today,
            "edition_title": self.words("edition", "title"),
            "newer_edition": case.edition.newer(),
            "context_title": self.words(f"context:{case.context}", "title")
            or case.get_context_display(),
            "track": self.track,
            "run": run,
            "phase_title": self.words(run.phase, "title") if run else "",
            "phase_url": url,
            "gate_question": self.words(run.phase, "gate.question") if run else "",
            "steps": steps,
            "lead": first_sentences(self.words(now.task.step, "guidance"))
            if now and now.task.step
            else "",
            **self.open_step,
            "unsigned": self.unsigned,
            **self.signatures,
            "ahead": ahead(steps, None if self.unsigned else run.planned_gate_on) if run else [],
            "may_decide": self.request.user.has_perm("procurements.decide_gate", case),
            "is_waiting": bool(run and run.is_waiting(on=self.today)),
            "waiting": self.waiting,
            "suppliers": self.suppliers_in_phase,
            "is_secret": bool(sight.roles) and not sight.sees_suppliers,
            "papers": self.papers,
            "may_write": case.current_phase is not None
            and not case.is_over
            and self.request.user.has_perm("procurements.write_insight", case),
            "law_days": self.law_days,
            "insights": list(self.diary.select_related("by")[:LATEST]),
            **self.ways_out_of_a_draft,
        }

    @cached_property
    def words(self) -> Words:
        return self.case.edition.words()

    @property
    def law_days(self) -> list[due.Due]:
        """Of a case that rests or is over the days of the law that run on, as far as the person
        may know them."""
        if self.case.state in (CaseState.DRAFT, CaseState.ACTIVE):
            return []
        runs = {run.pk: run for run in self.case.phases_in_order}
        rows = Deadline.objects.running(on=self.today).filter(case_phase__case=self.case)
        known = []
        for one in rows.select_related("responsible"):
            one.case_phase = runs[one.case_phase_id]
            if due.may_know(one, self.sight, self.request.user):
                known.append(one)
        return due.of_deadlines(known, number=self.case.number)

    @property
    def ways_out_of_a_draft(self) -> dict[str, bool]:
        """A draft that nobody else has seen is thrown away; one that was shown is stopped."""
        if self.case.state != CaseState.DRAFT:
            return {}
        was_shown = self.case.was_shown_to_others()
        may_discard = self.request.user.has_perm("procurements.discard_case", self.case)
        return {"was_shown": was_shown, "may_discard": may_discard and not was_shown}

    @cached_property
    def run(self) -> CasePhase | None:
        """The phase that is worked in; the first before the case has begun, else the last that
        the case came to."""
        runs = self.case.phases_in_order
        if self.case.current_phase:
            return self.case.current_phase
        if not runs:
            return None
        begun = [
            run
            for run in latest_runs(runs)
            if run.state != PhaseState.PLANNED and not run.was_never_begun
        ]
        return begun[-1] if begun else runs[0]

    @property
    def is_working(self) -> bool:
        run = self.run
        return bool(
            run
            and run.is_going
            and self.case.state == CaseState.ACTIVE
            and not run.is_waiting(on=self.today)
        )

    @cached_property
    def tasks(self) -> list[Task]:
        if self.run is None:
            return []
        tasks = tasks_of(self.run, self.sight, self.request.user)
        for task in tasks:
            task.case_phase = self.run
        return tasks

    @cached_property
    def steps(self) -> NowNext:
        return now_and_next(self.tasks, self.words, has_begun=self.is_working)

    @cached_property
    def beside(self) -> dict[str, list[tuple[Any, ...]]]:
        """The checklist of the open step and the handbook's notes on it; of a decision that waits
        the access that its roles give and the signatures given, in one query."""
        now, decision = self.steps.now, self.waiting_decision
        no, nothing = Value(False, output_field=BooleanField()), Value("")
        parts: list[QuerySet[Any]] = []
        if now and now.task.step:
            ticks = TaskItem.objects.filter(task=now.task, item=OuterRef("pk"))
            items = ChecklistItem.objects.filter(step=now.task.step).order_by()
            notes = Note.objects.filter(step=now.task.step).order_by()
            parts += [
                items.values_list(Value("item"), "position", "pk", "key", Exists(ticks), nothing),
                notes.values_list(Value("note"), "position", "pk", "key", no, "tag"),
            ]
        if decision:
            roles = HandbookRole.objects.filter(edition=self.case.edition_id).order_by()
            given = GateSignature.objects.filter(decision=decision).order_by()
            by = GateSignature.signed_in_by()
            parts += [
                roles.values_list(Value("role"), "number", "pk", "key", no, "access"),
                given.values_list(Value("given"), by, "pk", "role", no, nothing),
            ]
        found: dict[str, list[tuple[Any, ...]]] = {}
        for kind, *row in sorted(parts[0].union(*parts[1:], all=True)) if parts else ():
            found.setdefault(kind, []).append(tuple(row))
        return found

    @property
    def open_step(self) -> dict[str, Any]:
        """The checklist of the open step and what the handbook notes about it."""
        now = self.steps.now
        if now is None:
            return {"checklist": None, "notes": []}
        may_work = self.request.user.has_perm("procurements.work", self.case)
        is_own = now.task.assignee_id == self.request.user.pk and bool(self.sight.roles)
        checklist = Pair(now.task, now.number, now.title, can_do=may_work or is_own)
        for _position, _pk, key, ticked, _nothing in self.beside.get("item", []):
            checklist.items.append(Item(key, self.words(f"item:{key}", "text"), bool(ticked)))
        notes = [
            Saying(self.words(f"note:{key}", "text"), tag)
            for _position, _pk, key, _no, tag in self.beside.get("note", [])
        ]
        return {"checklist": checklist, "notes": notes}

    @cached_property
    def decisions(self) -> dict[int, GateDecision]:
        """The decision that stands at the gate of each run, as far as it may be told."""
        return GateDecision.standing(self.recorded)

    @cached_property
    def recorded(self) -> list[GateDecision]:
        return list(GateDecision.objects.filter(case_phase__case=self.case))

    @cached_property
    def waiting_decision(self) -> GateDecision | None:
        """The decision at the gate of the phase worked in that waits for signatures, to whomever
        it may be told."""
        if self.run is None or self.run.state != PhaseState.DECIDED:
            return None
        return GateDecision.waiting(self.recorded).get(self.run.pk)

    @cached_property
    def own_roles(self) -> list[str]:
        """The roles in which the reader is to sign it."""
        if self.waiting_decision is None:
            return []
        access = {key: of for _number, _pk, key, _no, of in self.beside.get("role", [])}
        return signing.own_among(self.waiting_decision, access, self.sight)

    @cached_property
    def unsigned(self) -> GateDecision | None:
        """The same decision, as far as the reader may know of it."""
        if self.run is None or self.waiting_decision is None:
            return None
        is_told = signing.sees_unsigned(self.run, self.sight) or self.own_roles
        return self.waiting_decision if is_told else None

    @property
    def signatures(self) -> dict[str, Any]:
        """Whose signatures it waits for, and whether one is the reader's to give."""
        if self.unsigned is None:
            return {}
        given = {role: by for by, _pk, role, _no, _nothing in self.beside.get("given", [])}
        left = [role for role in self.unsigned.signatures_needed if role not in given]
        has_signed = self.request.user.pk in given.values()
        return {
            "signers": [self.words(f"role:{role}", "title") or role for role in left],
            "signs": not has_signed and not set(left).isdisjoint(self.own_roles),
        }

    @property
    def track(self) -> track.Track | None:
        if not self.case.phases_in_order:
            return None
        phases = track_phases(
            self.case,
            self.words,
            runs=self.case.phases_in_order,
            participants=self.participants,
            decisions=self.decisions,
            sight=self.sight,
        )
        return track.draw(phases, today=self.today)

    @property
    def waiting(self) -> int:
        """Working days between the gate before and the day the phase that waits will start."""
        run = self.run
        if not run or not run.is_waiting(on=self.today):
            return 0
        ends = [one.ended_on for one in self.case.phases_in_order if one.ended_on]
        return waiting_days(ends[-1], run.starts_on) if ends else 0

    @property
    def suppliers_in_phase(self) -> list[Participant] | None:
        if self.participants is None or self.run is None:
            return None
        present = taking_part(self.run, self.participants)
        return [one for one in present if one.state == ParticipantState.IN]

    @property
    def papers(self) -> Sequence[PhaseDocument]:
        """The papers ordered last that the person may know of."""
        if not self.sight.roles:
            return []
        latest = Revision.objects.filter(document=OuterRef("document")).order_by("-number")
        rows = (
            self.case.papers.select_related("document", "case_phase", "template")
            .annotate(
                revision_number=Subquery(latest.values("number")[:1]),
                revision_state=Subquery(latest.values("state")[:1]),
                revision_draft=Subquery(latest.values("draft")[:1]),
                ordered_at=Subquery(latest.values("ordered_at")[:1]),
            )
            .filter(revision_number__isnull=False)
            .order_by("-ordered_at", "-pk")
        )
        # A history tells what its orderer could read; whoever reads less finds it nowhere here.
        shown = (
            paper
            for paper in rows[: LATEST * 10]
            if may_see(paper, self.sight) and (paper.template_id or not self.sight.closed_circles)
        )
        return list(shown)[:LATEST]


class ChangeCase(CaseOperation):
    """Correct title, summary, question, diary number, team or why the case rests or was stopped."""

    permission = "procurements.change_case"
    form_class = ChangeCaseForm
    template_name = "procurements/case/change.html"
    perform = staticmethod(change_case)
    tab = "case"

    def get_form_kwargs(self) -> dict[str, Any]:
        known = Team.objects.visible_to(self.request.user)
        teams = known | Team.objects.filter(pk=self.case.team_id)
        return super().get_form_kwargs() | {"teams": teams.distinct()}

    def arguments(self, form: Any) -> dict[str, Any]:
        return form.cleaned_data | {"began": form.began}

    def get_initial(self) -> dict[str, Any]:
        names = ("title", "summary", "question", "diary_number", "team", "state_reason")
        return {name: getattr(self.case, name) for name in names}


class BeginCase(CaseOperation):
    """Let the work begin on a day."""

    permission = "procurements.run_case"
    form_class = BeginForm
    template_name = "procurements/case/begin.html"
    perform = staticmethod(begin_case)
    tab = "case"
    said = _("The case has begun")

    def get_initial(self) -> dict[str, Any]:
        return {"on": max(self.case.planned_start_on, self.today)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        planned_before = self.case.planned_start_on < self.today
        return super().get_context_data(**kwargs) | {"planned_before": planned_before}

    def arguments(self, form: Any) -> dict[str, Any]:
        # A day that was left alone is the planned one, also when that has been moved since.
        return dict(form.changes)


class PauseCase(CaseOperation):
    permission = "procurements.run_case"
    form_class = ReasonForm
    template_name = "procurements/case/pause.html"
    perform = staticmethod(pause_case)
    tab = "case"
    said = _("The case is paused")


class ResumeCase(CaseOperation):
    permission = "procurements.run_case"
    form_class = ResumeForm
    template_name = "procurements/case/resume.html"
    perform = staticmethod(resume_case)
    tab = "case"
    said = _("The case goes on")


class StopCase(CaseOperation):
    permission = "procurements.run_case"
    form_class = StopForm
    template_name = "procurements/case/stop.html"
    perform = staticmethod(stop_case)
    tab = "case"
    said = _("The case is stopped")

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"reason": form.cleaned_data["reason"]}


class DiscardCase(CaseOperation):
    """Throw away a draft that nobody else has seen."""

    permission = "procurements.discard_case"
    form_class = ConfirmedForm
    template_name = "procurements/case/discard.html"
    perform = staticmethod(discard_case)
    tab = "case"
    said = _("The draft is thrown away")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_draft = self.case.state == CaseState.DRAFT
        may_discard = is_draft and not self.case.was_shown_to_others()
        return super().get_context_data(**kwargs) | {"may_discard": may_discard}

    def arguments(self, form: Any) -> dict[str, Any]:
        return {}

    def get_success_url(self) -> str:
        return reverse("my_cases")
