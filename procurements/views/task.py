"""The task page, and each thing a person does with a task."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from documents import files
from procurements import duties, pairs
from procurements.forms.task import (
    CorrectNoteForm,
    DoneForm,
    DropForm,
    FileForm,
    NoteForm,
    OwnTaskForm,
    PlanTaskForm,
)
from procurements.models import Evidence, Task, TaskNote
from procurements.operations.task import (
    add_task,
    attach_evidence,
    complete_task,
    correct_note,
    drop_task,
    plan_task,
    remove_evidence,
    reopen_task,
    tick_items,
    write_note,
)
from procurements.states import CaseState, PhaseState
from procurements.views.base import CaseMixin, CaseOperation, Rewriting
from procurements.views.phase import PageOperation, PhaseMixin, SaidOperation
from teams.models import User


def people_of(case: Any, day: Any, also: User | None = None) -> list[User]:
    """Everyone with a role in the case, and who has the task already, by name."""
    held = {role.user_id: role.user for role in case.roles_on(day)}
    if also:
        held[also.pk] = also
    return sorted(held.values(), key=lambda one: one.name.casefold())


class TaskMixin(CaseMixin):
    """Load the task named in the address; what is hidden by a secrecy window is missing."""

    tab = "case_phases"
    task: Task

    def load(self) -> None:
        tasks = Task.objects.filter(case_phase__case=self.case).select_related(
            "case_phase__phase", "step", "assignee", "done_by"
        )
        self.task = get_object_or_404(tasks, pk=self.kwargs["task"])
        self.run = self.task.case_phase
        self.run.case = self.case
        self.sees_all = self.sight.sees_work(self.run)
        self.is_own = self.task.assignee_id == self.request.user.pk
        if not (self.sees_all or self.task.step_id or self.is_own):
            get_object_or_404(tasks.none())

    @property
    def is_worked_in(self) -> bool:
        return self.run.state != PhaseState.CLOSED and self.is_open

    @property
    def is_open(self) -> bool:
        return self.case.state in (CaseState.DRAFT, CaseState.ACTIVE)

    @property
    def can_work(self) -> bool:
        return self.run.state != PhaseState.CLOSED and self.can_correct

    @property
    def can_correct(self) -> bool:
        """What somebody wrote is put right also when its phase is closed."""
        return self.is_open and self.request.user.has_perm("procurements.work", self.case)

    @property
    def plan_form_class(self) -> type[PlanTaskForm]:
        """What a task of the team's own is called can be corrected, a step's title cannot."""
        return PlanTaskForm if self.task.step_id else OwnTaskForm

    @property
    def planned(self) -> dict[str, Any]:
        """What the form of the plan begins with."""
        task = self.task
        facts = {"assignee": task.assignee_id or "", "due_on": task.due_on}
        return facts if task.step_id else {"title": task.title} | facts

    def task_url(self) -> str:
        return reverse("task", args=[self.case.number, self.task.pk])

    def pair(self, words: Any = None) -> pairs.Pair:
        rows, _left = pairs.pairs_of(
            self.run,
            [self.task],
            words or self.case.edition.words(),
            edition=self.case.edition,
            sight=self.sight,
            user=self.request.user,
        )
        rows[0].is_open = True
        pairs.mark_can(
            rows,
            self.request.user,
            can_work=self.can_work,
            is_own_to_do=self.is_worked_in and bool(self.sight.roles),
        )
        if self.is_worked_in:
            pairs.mark_left(rows, self.case.roles_on(self.today))
        return rows[0]


class TaskPage(TaskMixin, TemplateView):
    """One task whole: who, when, checklist, files and notes."""

    permission = "procurements.view_case"
    template_name = "procurements/task/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.case.edition.words()
        pair = self.pair(words)
        mine = {"case": self.case}
        people = people_of(self.case, self.today, self.task.assignee)
        plain: dict[str, forms.Form] = {}
        if pair.can_do:
            plain = {
                "done_form": DoneForm(auto_id="done_%s", **mine),
                "note_form": NoteForm(auto_id="note_%s", **mine),
                "file_form": FileForm(auto_id="file_%s", **mine),
            }
        if pair.can_change:
            plain |= {
                "plan_form": self.plan_form_class(
                    initial=self.planned,
                    people=people,
                    auto_id="plan_%s",
                    **mine,
                ),
                "drop_form": DropForm(auto_id="drop_%s", **mine),
            }
        return super().get_context_data(**plain | kwargs) | {
            "task": self.task,
            "run": self.run,
            "pair": pair,
            "phase_title": words(self.run.phase, "title"),
            "today": self.today,
            "can_work": pair.can_change,
            "can_do": pair.can_do,
            "leading": [
                one.name
                for one in duties.leading(
                    self.case.roles_on(self.today),
                    own_in=None if self.task.step_id else self.run,
                    at=self.at,
                )
            ],
            "can_correct": self.can_correct or (self.is_own and self.is_open),
            "hides_notes": not self.sees_all,
        }


class TaskOperation(TaskMixin, PageOperation):
    """One thing done with a task; refused, the task page says so with what was typed."""

    permission = "procurements.work"
    page_class = TaskPage

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.task_url())

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"task": self.task} | dict(form.cleaned_data)

    def get_success_url(self) -> str:
        page = self.request.POST.get("page")
        if page == "case":
            return f"{self.case.get_absolute_url()}#step-{self.task.pk}"
        if page == "phase":
            return f"{self.phase_url()}#task-{self.task.pk}"
        return self.task_url()

    def phase_url(self) -> str:
        url = reverse("case_phase", args=[self.case.number, self.run.phase.key])
        return f"{url}?attempt={self.run.attempt}&step={self.task.pk}"


class PlanTask(TaskOperation):
    form_name = "plan"
    perform = staticmethod(plan_task)
    said = _("Saved")

    def get_form_class(self) -> type[PlanTaskForm]:
        return self.plan_form_class

    def get_form_kwargs(self) -> dict[str, Any]:
        people = people_of(self.case, self.today, self.task.assignee)
        return super().get_form_kwargs() | {"people": people, "initial": self.planned}

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"task": self.task, "began": form.began} | form.cleaned_data


class DoTask(TaskOperation):
    """What is done with a task also by who is named for it, whatever their role in the case."""

    def load(self) -> None:
        super().load()
        if self.is_own:
            self.permission = "procurements.do_ones_own"


class TickItems(DoTask):
    perform = staticmethod(tick_items)
    said = _("The checklist is saved")

    def tell(self) -> None:
        # Where the list itself shows it at once, no later page has to.
        if not self.request.htmx:  # type: ignore[attr-defined]
            super().tell()

    def arguments(self, form: Any) -> dict[str, Any]:
        posted = self.request.POST
        return {
            "task": self.task,
            "ticked": posted.getlist("item"),
            "shown": posted.getlist("shown"),
        }

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if not self.request.htmx or response.status_code == 422:  # type: ignore[attr-defined]
            return response
        pair = self.pair()
        context = {
            "case": self.case,
            "pair": pair,
            "page": self.request.POST.get("page", ""),
            "saved_at": self.at,
        }
        return render(self.request, "procurements/task/_ticks.html", context)


class CompleteTask(DoTask):
    form_class = DoneForm
    form_name = "done"
    perform = staticmethod(complete_task)
    said = _("The step is done")


class ReopenTask(DoTask):
    perform = staticmethod(reopen_task)
    said = _("The step is to be done again")


class DropTask(TaskOperation):
    form_class = DropForm
    form_name = "drop"
    perform = staticmethod(drop_task)
    said = _("The step is left out")


class WriteNote(DoTask):
    form_class = NoteForm
    form_name = "note"
    perform = staticmethod(write_note)
    said = _("The note is saved")

    def get_success_url(self) -> str:
        return f"{self.task_url()}#notes"


class CorrectNote(Rewriting, DoTask):
    """Only who wrote a note corrects it; the earlier text stays in the history."""

    started_from = "was"
    form_class = CorrectNoteForm
    template_name = "procurements/task/note.html"
    perform = staticmethod(correct_note)
    said = _("The note is corrected")

    def load(self) -> None:
        super().load()
        notes = self.task.notes.all()
        if not self.sees_all:
            notes = notes.filter(by=self.request.user)
        self.note: TaskNote = get_object_or_404(notes, pk=self.kwargs["note"])
        if self.note.by_id != self.request.user.pk:
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return CaseOperation.get(self, request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"text": self.note.text, "was": self.note.text}

    def arguments(self, form: Any) -> dict[str, Any]:
        given = form.cleaned_data
        return {"note": self.note, "text": given["text"], "was": given["was"] or None}

    def form_invalid(self, form: Any) -> HttpResponse:
        self.look_at_both(form)
        return CaseOperation.form_invalid(self, form)

    def saved_now(self) -> dict[str, str]:
        return {"text": self.note.text}

    def started_now(self) -> str:
        return self.note.text

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.case.edition.words()
        title = words(self.task.step, "title") if self.task.step else self.task.title
        return super().get_context_data(**kwargs) | {
            "note": self.note,
            "task": self.task,
            "task_title": title,
        }

    def get_success_url(self) -> str:
        return f"{self.task_url()}#notes"


class AttachFile(DoTask):
    form_class = FileForm
    form_name = "file"
    perform = staticmethod(attach_evidence)
    said = _("The file is attached")

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"task": self.task, "file": form.cleaned_data["upload"]}

    def get_success_url(self) -> str:
        return f"{self.task_url()}#files"


class EvidenceMixin(TaskMixin):
    """Load a file of the task; one that is removed, or hidden from the person, is missing."""

    evidence: Evidence
    with_removed = False

    def load(self) -> None:
        super().load()
        rows = self.task.evidence.select_related("file")
        if not self.with_removed:
            rows = rows.filter(removed_at__isnull=True)
        if not self.sees_all:
            rows = rows.filter(by=self.request.user)
        self.evidence = get_object_or_404(rows, pk=self.kwargs["file"])


class TaskFile(EvidenceMixin, View):
    """The file itself, through the row that the person may see."""

    permission = "procurements.view_case"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        return files.respond(self.evidence.file)


class RemoveFile(EvidenceMixin, TaskOperation):
    perform = staticmethod(remove_evidence)
    # A second press finds what the first removed.
    with_removed = True
    said = _("The file is removed from the step; the history keeps its name")

    def load(self) -> None:
        super().load()
        if self.is_own and self.evidence.by_id == self.request.user.pk:
            self.permission = "procurements.do_ones_own"

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"evidence": self.evidence}

    def get_success_url(self) -> str:
        return f"{self.task_url()}#files"


class OwnTask(PhaseMixin, SaidOperation):
    """A task of the team's own, beside the steps of the handbook."""

    permission = "procurements.work"
    form_class = OwnTaskForm
    template_name = "procurements/task/new.html"
    perform = staticmethod(add_task)
    said = _("The task is added")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "run": self.run,
            "phase_title": self.words(self.run.phase, "title"),
        }

    def get_form_kwargs(self) -> dict[str, Any]:
        people = people_of(self.case, self.today)
        return super().get_form_kwargs() | {"people": people}

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"case_phase": self.run} | dict(form.cleaned_data)

    def get_success_url(self) -> str:
        url = reverse("case_phase", args=[self.case.number, self.run.phase.key])
        return f"{url}?attempt={self.run.attempt}#task-{self.done.pk}"
