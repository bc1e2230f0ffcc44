"""The days of a case: one list of them all, setting and counting one, and its own page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from procurements import due
from procurements.forms.deadline import (
    AnnounceForm,
    ChangeLegalForm,
    ChangeOwnForm,
    LegalDeadlineForm,
    OwnDeadlineForm,
    WithdrawDeadlineForm,
)
from procurements.models import CasePhase, Deadline, Task
from procurements.operations.deadline import (
    announce_deadline,
    change_deadline,
    count_deadline,
    counted_for,
    keep_deadline,
    reopen_deadline,
    set_deadline,
    withdraw_deadline,
)
from procurements.periods import periods_for
from procurements.periodwords import day_of, how_counted
from procurements.refusals import Refused
from procurements.states import CaseState, DeadlineState, LegalTrack, PhaseState
from procurements.views.base import CaseMixin
from procurements.views.phase import PageOperation, SaidOperation
from procurements.views.task import people_of
from teams.forms.begun import renew


class DaysMixin(CaseMixin):
    """What every page about days needs: today, and who may set them."""

    tab = "case_deadlines"

    @property
    def is_open(self) -> bool:
        """Whether days of the team's own run: not in a case that rests or is over."""
        return self.case.state in (CaseState.DRAFT, CaseState.ACTIVE)

    @property
    def can_work(self) -> bool:
        """Whether the person sets days of the team's own."""
        return self.can_count and self.is_open

    @property
    def can_count(self) -> bool:
        """Whether the person sets days of the law, which runs on in every case."""
        return self.request.user.has_perm("procurements.work", self.case)

    def end_of(self, deadline: Deadline) -> str:
        """What became of it, in words; nothing while it is to be kept."""
        if deadline.has_ended:
            return gettext("not kept when the case ended")
        if deadline.has_passed(self.today):
            return pgettext("deadline", "Passed")
        return "" if deadline.is_open else str(deadline.get_state_display())

    def may_know(self, deadline: Deadline) -> bool:
        return due.may_know(deadline, self.sight, self.request.user)


class Deadlines(DaysMixin, TemplateView):
    """Every day that the case has to keep, the nearest first, and those that are kept."""

    permission = "procurements.view_case"
    template_name = "procurements/deadline/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        case = self.case
        rows = Deadline.objects.filter(case_phase__case=case)
        known = [
            one for one in rows.select_related("case_phase", "responsible") if self.may_know(one)
        ]
        for one in known:
            one.case_phase.case = case
        ends = {one: self.end_of(one) for one in known}
        to_keep = [one for one, end in ends.items() if not end]
        here = case.roles_on(self.today)
        days = due.of_deadlines(to_keep, number=case.number, here=here)
        if not case.is_over:
            days += due.of_gates(case.phases_in_order, sight=self.sight)
            words = case.edition.words()
            days += due.of_tasks(
                self.tasks, words, here=here, sight=self.sight, user=self.request.user
            )
        days.sort(key=lambda one: (one.on, one.phase, one.title))
        past = {one: end for one, end in ends.items() if end}
        told = due.of_deadlines(past, number=case.number)
        return super().get_context_data(**kwargs) | {
            "today": self.today,
            "late": [one for one in days if one.on < self.today],
            "coming": [one for one in days if one.on >= self.today],
            "past": list(zip(past, told, past.values(), strict=True)),
            "can_work": self.can_work,
            "can_count": self.can_count,
        }

    @property
    def tasks(self) -> list[Task]:
        going = Task.objects.open().filter(case_phase__case=self.case, due_on__isnull=False)
        return list(going.select_related("case_phase__case", "step", "assignee"))


class NewDeadline(DaysMixin, SaidOperation):
    """A form that sets a deadline in one of the phases."""

    permission = "procurements.work"
    said = _("The deadline is set")

    @cached_property
    def runs(self) -> list[tuple[CasePhase, str]]:
        words = self.case.edition.words()
        titles = [(run, words(run.phase, "title")) for run in self.case.phases_in_order]
        return [
            (run, f"{title}, {_('round %(n)s') % {'n': run.attempt}}" if run.attempt > 1 else title)
            for run, title in titles
            if self.takes_days(run)
        ]

    def takes_days(self, run: CasePhase) -> bool:
        """Whether a day may be set in it: one of the team's own until its gate closes it."""
        return run.state != PhaseState.CLOSED

    def get_initial(self) -> dict[str, Any]:
        offered = [run for run, _title in self.runs]
        run = self.case.current_phase
        if self.case.is_over and offered:
            run = offered[-1]
        return {"run": run.pk if run and run in offered else ""}

    def get_form_kwargs(self) -> dict[str, Any]:
        people = people_of(self.case, self.today)
        return super().get_form_kwargs() | {"people": people, "runs": self.runs}

    def arguments(self, form: Any) -> dict[str, Any]:
        given = {name: value for name, value in form.cleaned_data.items() if name != "run"}
        return given | {"case_phase": form.case_phase}

    def get_success_url(self) -> str:
        if not self.may_know(self.done):
            return reverse("case_deadlines", args=[self.case.number])
        return reverse("deadline", args=[self.case.number, self.done.pk])


class SetDeadline(NewDeadline):
    """A day of the team's own."""

    form_class = OwnDeadlineForm
    template_name = "procurements/deadline/new.html"
    perform = staticmethod(set_deadline)


class CountDeadline(NewDeadline):
    """A day of the law, counted from its event: first what it comes to, then set."""

    form_class = LegalDeadlineForm
    template_name = "procurements/deadline/count.html"
    perform = staticmethod(count_deadline)

    @cached_property
    def runs(self) -> list[tuple[CasePhase, str]]:
        """Only those whose deadlines the person may know: a phase has one of the same event, and
        the refusal of a second would tell of the first."""
        return [(run, title) for run, title in super().runs if self.sight.sees_work(run)]

    def takes_days(self, run: CasePhase) -> bool:
        """Also one that is closed, and an attempt before the last: a notice starts its standstill
        when the gate is behind it. In a case that is over only one that began."""
        was_begun = run.state != PhaseState.PLANNED and not run.was_never_begun
        return was_begun or not self.case.is_over

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "periods": periods_for(self.case.legal_track, self.today)
        }

    def form_valid(self, form: Any) -> HttpResponse:
        if "preview" not in self.request.POST:
            return super().form_valid(form)
        given = form.cleaned_data
        try:
            counted = counted_for(self.case, given["period"], given["event_on"])
        except Refused as refusal:
            form.add_error(None, refusal)
            return self.form_invalid(form)
        shown = {
            "day": day_of(counted),
            "how": how_counted(counted.period, counted),
            "paragraph": counted.period.paragraph,
            "has_passed": counted.on is not None and counted.on < self.today,
            "others": due.of_deadlines(
                form.case_phase.deadlines.filter(
                    period=given["period"], state=DeadlineState.OPEN
                ).select_related("responsible", "case_phase__case"),
                number=self.case.number,
            ),
        }
        return self.render_to_response(self.get_context_data(form=form, counted=shown))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "has_track": self.case.legal_track != LegalTrack.UNDECIDED,
        }


class DeadlineMixin(DaysMixin):
    """Load the deadline named in the address; what is hidden by a secrecy window is missing."""

    deadline: Deadline

    def load(self) -> None:
        rows = Deadline.objects.filter(case_phase__case=self.case).select_related(
            "case_phase__phase", "responsible", "done_by"
        )
        self.deadline = get_object_or_404(rows, pk=self.kwargs["deadline"])
        self.deadline.case_phase.case = self.case
        if not self.may_know(self.deadline):
            get_object_or_404(rows.none())

    @property
    def can_keep(self) -> bool:
        """Whether the person keeps, moves and withdraws it."""
        return self.can_count if self.deadline.period else self.can_work

    @property
    def is_own(self) -> bool:
        """Whether the person is named for it and has a role in the case."""
        is_named = self.deadline.responsible_id == self.request.user.pk
        return is_named and bool(self.sight.roles)

    @property
    def can_mark(self) -> bool:
        """Whether the person says that it is kept: also who is named for it."""
        runs = bool(self.deadline.period) or self.is_open
        return self.can_keep or (self.is_own and runs)

    @property
    def change_form_class(self) -> type[forms.Form]:
        return ChangeLegalForm if self.deadline.period else ChangeOwnForm

    @cached_property
    def people(self) -> list[Any]:
        return people_of(self.case, self.today, self.deadline.responsible)

    @property
    def own_day(self) -> date | None:
        """The day somebody gave it, when that is not what the law comes to."""
        one = self.deadline
        return one.due_on if not one.period or one.due_on != one.counted_on else None

    @property
    def changeable(self) -> dict[str, Any]:
        """What the form that changes it begins with."""
        one = self.deadline
        days = {"due_on": self.own_day, "event_on": one.event_on, "was": one.due_on}
        return {"title": one.title, "responsible": one.responsible_id or ""} | days


class DeadlinePage(DeadlineMixin, TemplateView):
    """One deadline whole: its day, why it is that day, who keeps it, and how it is changed."""

    permission = "procurements.view_case"
    template_name = "procurements/deadline/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        one = self.deadline
        plain: dict[str, forms.Form] = {}
        if self.can_keep and one.is_open:
            plain = {
                "change_form": self.change_form_class(
                    initial=self.changeable,
                    people=self.people,
                    case=self.case,
                    auto_id="change_%s",  # type: ignore[call-arg]
                ),
                "withdraw_form": WithdrawDeadlineForm(case=self.case, auto_id="withdraw_%s"),
            }
        end = self.end_of(one)
        here = None if end else self.case.roles_on(self.today)
        (told,) = due.of_deadlines([one], number=self.case.number, here=here)
        return super().get_context_data(**plain | kwargs) | {
            "deadline": one,
            "told": told,
            "end": end,
            "lawful": day_of(one.counted) if one.counted else "",
            "run": one.case_phase,
            "phase_title": self.case.edition.words()(one.case_phase.phase, "title"),
            "today": self.today,
            "can_keep": self.can_keep,
            "can_mark": self.can_mark,
            "is_kept": one.state == DeadlineState.DONE,
        }


class DeadlineOperation(DeadlineMixin, PageOperation):
    """One thing done with a deadline; refused, its page says so with what was typed."""

    permission = "procurements.work"
    page_class = DeadlinePage

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"deadline": self.deadline} | dict(form.cleaned_data)

    def get_success_url(self) -> str:
        return reverse("deadline", args=[self.case.number, self.deadline.pk])


class ChangeDeadline(DeadlineOperation):
    form_name = "change"
    perform = staticmethod(change_deadline)
    said = _("The deadline is saved")

    def get_form_class(self) -> type[forms.Form]:
        return self.change_form_class

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"people": self.people, "initial": self.changeable}

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"deadline": self.deadline, "began": form.began} | form.cleaned_data

    def form_invalid(self, form: Any) -> HttpResponse:
        one = self.deadline
        days = {"due_on": self.own_day, "event_on": one.event_on}
        saved = {name: day.isoformat() if day else "" for name, day in days.items()}
        renew(form, "due_on", saved=saved, was=one.due_on.isoformat())
        if "due_on" not in form.changed_data:
            # Left alone it is shown as it is now; one that was typed is still to be held against.
            form.data["was"] = one.due_on.isoformat()
        return super().form_invalid(form)


class AnnounceDeadline(DeadlineOperation):
    form_class = AnnounceForm
    perform = staticmethod(announce_deadline)
    said = _("The day is noted as announced")


class MarkDeadline(DeadlineOperation):
    """What is said of a deadline also by who is named for it, whatever their role in the case."""

    def load(self) -> None:
        super().load()
        if self.is_own:
            self.permission = "procurements.do_ones_own"


class KeepDeadline(MarkDeadline):
    perform = staticmethod(keep_deadline)
    said = _("The deadline is kept")


class ReopenDeadline(MarkDeadline):
    perform = staticmethod(reopen_deadline)
    said = _("The deadline is to be kept again")


class WithdrawDeadline(DeadlineOperation):
    form_class = WithdrawDeadlineForm
    form_name = "withdraw"
    perform = staticmethod(withdraw_deadline)
    said = _("The deadline is withdrawn")
