from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView, TemplateView

from handbook.comparing import compare
from procurements.days import swedish_day
from procurements.forms.market import (
    CorrectInsightForm,
    CorrectNeedReasonForm,
    CorrectSupplierForm,
    CorrectWithdrawalForm,
    InsightForm,
    NeedForm,
    PasteForm,
    SupplierForm,
    TakeBackForm,
    WithdrawForm,
)
from procurements.models import CasePhase, NeedVersion, Participant
from procurements.models.need import NEED_FIELDS
from procurements.needhints import Hint, hints
from procurements.operations.insight import correct_insight, share_insight, write_insight
from procurements.operations.need import correct_need_reason, save_need
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    came_anew,
    correct_supplier,
    correct_withdrawal,
    take_back_withdrawal,
    withdraw_supplier,
)
from procurements.states import Audience, ParticipantState, PhaseState
from procurements.views.base import CaseMixin, CaseOperation, Rewriting

# Suppliers


class Suppliers(CaseMixin, TemplateView):
    """Who takes part, who has left and why: for those who may know it now."""

    permission = "procurements.view_suppliers"
    template_name = "procurements/supplier/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        participants: list[Participant] = []
        if self.sight.sees_suppliers:
            participants = list(
                self.case.participants.select_related("admitted_in__phase", "left_in__phase")
            )
        run = self.case.current_phase
        today = swedish_day(self.at)
        may_manage = self.sight.sees_suppliers and self.request.user.has_perm(
            "procurements.manage_suppliers", self.case
        )
        sees_run = run is None or self.sight.sees_round(run)
        may_come_back = self._who_may_come_back(run, participants) if sees_run else set()
        return super().get_context_data(**kwargs) | {
            "participants": participants,
            "taking_part": [p for p in participants if p.state == ParticipantState.IN],
            # With whether the person may know why (a reason belongs to the round it was given in),
            # and whether a mistake can be taken back.
            "left": [
                (p, self.sight.sees_round(p.left_in), p.pk in may_come_back)
                for p in participants
                if p.left_in
            ],
            "window": next(
                (r for r in self.sight.open_rounds if r.case_phase.phase.admits_suppliers), None
            ),
            "may_manage": may_manage,
            "may_withdraw": may_manage and sees_run,
            "admits_now": run is not None
            and run.phase.admits_suppliers
            and run.state == "active"
            and not run.is_waiting(on=today),
            "admits_later": self._phase_that_admits(),
            "words": self.case.edition.words(),
        }

    def _phase_that_admits(self) -> str:
        """What the phase that is to admit suppliers is called, if there is one."""
        words = self.case.edition.words()
        later = (
            words(run.phase, "title")
            for run in self.case.phases_in_order
            if run.phase.admits_suppliers and run.state in (PhaseState.PLANNED, PhaseState.ACTIVE)
        )
        return "" if self.case.is_over else next(later, "")

    def _who_may_come_back(
        self, run: CasePhase | None, participants: list[Participant]
    ) -> set[int]:
        """Who left in the phase that goes on, has not come anew and is not left out of what is
        decided at its gate."""
        if run is None or self.case.is_over:
            return set()
        decided = run.decisions.order_by("number").last()
        if decided and decided.is_in_effect:
            return set()
        left = {
            one.pk
            for one in participants
            if one.left_in_id == run.pk and not came_anew(one, participants)
        }
        spoken_of = decided.spoken_of if decided else None
        return left if spoken_of is None else left & spoken_of


class SupplierOperation(CaseOperation):
    """Something done to suppliers: only by those the secrecy window lets in."""

    permission = "procurements.manage_suppliers"
    tab = "case_suppliers"

    def load(self) -> None:
        # Before any row is looked for, so that none can be found by its number.
        if not self.sight.sees_suppliers:
            raise PermissionDenied

    def get_success_url(self) -> str:
        return reverse("case_suppliers", args=[self.case.number])


class EnteringSuppliers(SupplierOperation):
    perform = staticmethod(admit_suppliers)

    def tell(self) -> None:
        n = len(self.done)
        words = ngettext("One supplier is entered", "%(n)s suppliers are entered", n) % {"n": n}
        messages.success(self.request, words)


class AddSupplier(EnteringSuppliers):
    form_class = SupplierForm
    template_name = "procurements/supplier/form.html"

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"suppliers": [form.typed]}


class PasteSuppliers(EnteringSuppliers):
    """Paste a list, look at how it was understood, and save all of it or none."""

    form_class = PasteForm
    template_name = "procurements/supplier/paste.html"

    def form_valid(self, form: Any) -> HttpResponse:
        if self.request.POST.get("act") != "save" or form.is_read_anew:
            return self.render_to_response(self.get_context_data(form=form, rows=form.rows))
        if not form.is_whole:
            form.add_error("pasted", _("Put the marked rows right before you save the list."))
            return self.render_to_response(
                self.get_context_data(form=form, rows=form.rows), status=422
            )
        return super().form_valid(form)

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"suppliers": form.typed}


class OneSupplier(SupplierOperation):
    def load(self) -> None:
        super().load()
        self.participant = get_object_or_404(self.case.participants, pk=self.kwargs["participant"])

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"participant": self.participant} | form.cleaned_data

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"participant": self.participant}


class CorrectSupplier(OneSupplier):
    form_class = CorrectSupplierForm
    template_name = "procurements/supplier/form.html"
    perform = staticmethod(correct_supplier)

    def get_initial(self) -> dict[str, Any]:
        return TypedSupplier.of(self.participant)._asdict()

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"participant": self.participant, "typed": form.typed, "began": form.began}


class WithdrawSupplier(OneSupplier):
    """Only by those who see into the phase that goes on: what is recorded belongs to its window."""

    form_class = WithdrawForm
    template_name = "procurements/supplier/withdraw.html"
    perform = staticmethod(withdraw_supplier)
    said = gettext_lazy("The supplier has withdrawn")

    def load(self) -> None:
        super().load()
        run = self.case.current_phase
        if run and not self.sight.sees_round(run):
            raise PermissionDenied


class OneWithdrawal(OneSupplier):
    """Something about a withdrawal, by those who may know why."""

    def load(self) -> None:
        super().load()
        self.check_withdrawn()

    def check_withdrawn(self) -> None:
        run = self.participant.left_in
        if self.participant.state != ParticipantState.WITHDRAWN or run is None:
            raise Http404
        if not self.sight.sees_round(run):
            raise PermissionDenied


class TakeBackWithdrawal(OneWithdrawal):
    """It was recorded by mistake: the supplier takes part again."""

    form_class = TakeBackForm
    template_name = "procurements/supplier/take_back.html"
    perform = staticmethod(take_back_withdrawal)
    said = gettext_lazy("The supplier takes part again")

    def check_withdrawn(self) -> None:
        # Of a second press the operation knows.
        if self.request.method != "POST" or self.participant.state != ParticipantState.IN:
            super().check_withdrawn()


class CorrectingReason(Rewriting):
    """Correct why something was done; the page knows the words that stand now."""

    started_from = "was"
    said = gettext_lazy("The reason is corrected")
    # What the operation calls that which was done.
    about: str

    @property
    def reason(self) -> str:
        raise NotImplementedError

    def get_initial(self) -> dict[str, Any]:
        return {"reason": self.reason, "was": self.reason}

    def arguments(self, form: Any) -> dict[str, Any]:
        given = form.cleaned_data
        return {
            self.about: getattr(self, self.about),
            "reason": given["reason"],
            "was": given["was"] or None,
        }

    def saved_now(self) -> dict[str, str]:
        return {"reason": self.reason}

    def started_now(self) -> str:
        return self.reason


class CorrectWithdrawal(CorrectingReason, OneWithdrawal):
    """Correct the reason of a withdrawal."""

    about = "participant"
    form_class = CorrectWithdrawalForm
    template_name = "procurements/supplier/withdrawal.html"
    perform = staticmethod(correct_withdrawal)

    @property
    def reason(self) -> str:
        return self.participant.left_reason


# The need


class Need(CaseMixin, TemplateView):
    """The need as it stands, and the versions that led to it."""

    permission = "procurements.view_case"
    template_name = "procurements/need/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        versions = list(
            self.case.needs.order_by("-number")
            .select_related("by")
            .prefetch_related(Prefetch("insights", queryset=self.diary))
        )
        shown = self._asked(versions)
        return super().get_context_data(**kwargs) | {
            "versions": versions,
            "need": shown,
            "is_latest": bool(versions) and shown == versions[0],
            "rows": _rows(shown) if shown else [],
            "may_write": self.request.user.has_perm("procurements.write_need", self.case),
        }

    def _asked(self, versions: list[NeedVersion]) -> NeedVersion | None:
        asked = self.request.GET.get("version", "")
        for version in versions:
            if str(version.number) == asked:
                return version
        if asked:
            raise Http404
        return versions[0] if versions else None


def said(name: str) -> str:
    """What a field of the need is called."""
    field: Any = NeedVersion._meta.get_field(name)
    return str(field.verbose_name)


def _rows(need: NeedVersion) -> list[tuple[str, str]]:
    return [(said(name), getattr(need, name)) for name in NEED_FIELDS if getattr(need, name)]


class WriteNeed(Rewriting):
    """Write the next version of the need, with a hint when a solution is written in."""

    permission = "procurements.write_need"
    tab = "case_need"
    form_class = NeedForm
    template_name = "procurements/need/form.html"
    perform = staticmethod(save_need)

    @cached_property
    def latest(self) -> NeedVersion | None:
        return self.case.needs.order_by("-number").first()

    def get_initial(self) -> dict[str, Any]:
        if self.latest is None:
            return {"started_from": 0}
        fields = ["title", *NEED_FIELDS]
        return {name: getattr(self.latest, name) for name in fields} | {
            "started_from": self.latest.number
        }

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"insights": self.diary}

    def form_valid(self, form: Any) -> HttpResponse:
        if self.request.POST.get("act") == "look":
            return self.render_to_response(self.get_context_data(form=form, looked=True))
        return super().form_valid(form)

    def saved_now(self) -> dict[str, str]:
        latest = self.latest
        return {name: getattr(latest, name) for name in ["title", *NEED_FIELDS]} if latest else {}

    def started_now(self) -> str:
        return str(self.latest.number if self.latest else 0)

    def get_success_url(self) -> str:
        return reverse("case_need", args=[self.case.number])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        return context | {"latest": self.latest, "found": found_in(form)}


class CorrectNeedReason(CorrectingReason):
    """Correct why a version of the need was written."""

    permission = "procurements.write_need"
    tab = "case_need"
    about = "need"
    form_class = CorrectNeedReasonForm
    template_name = "procurements/need/reason.html"
    perform = staticmethod(correct_need_reason)
    need: NeedVersion

    def load(self) -> None:
        super().load()
        # The first version changed nothing.
        changes = self.case.needs.exclude(reason="")
        self.need = get_object_or_404(changes, number=self.kwargs["version"])

    @property
    def reason(self) -> str:
        return self.need.reason

    def get_success_url(self) -> str:
        return reverse("case_need", args=[self.case.number])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"need": self.need}


def found_in(form: forms.Form) -> list[tuple[str, Hint]]:
    """Hints about what is typed (or stands) in the fields of a need, with the field's name: a word
    once for each field."""
    found = []
    # Needs are written in Swedish by most, in English by some: look for both.
    for name in ["title", "who", "today", "target", "effects", "scalability"]:
        text = str(form[name].value() or "")
        said: dict[str, Hint] = {}
        for hint in [*hints(text, "sv"), *hints(text, "en")]:
            said.setdefault(hint.word.casefold(), hint)
        found += [
            (str(form[name].label), hint)
            for hint in sorted(said.values(), key=lambda one: one.start)
        ]
    return found


class CompareNeeds(CaseMixin, TemplateView):
    """Two versions of the need side by side, word by word."""

    permission = "procurements.view_case"
    tab = "case_need"
    template_name = "procurements/need/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        versions = list(self.case.needs.order_by("number").select_related("by"))
        if len(versions) < 2:
            raise Http404
        before = self._asked("before", versions, versions[-2])
        after = self._asked("after", versions, versions[-1])
        fields = ["title", *NEED_FIELDS]
        rows = [
            {
                "label": said(name),
                "compared": compare(getattr(before, name), getattr(after, name)),
            }
            for name in fields
            if getattr(before, name) or getattr(after, name)
        ]
        return super().get_context_data(**kwargs) | {
            "versions": versions,
            "before": before,
            "after": after,
            "rows": rows,
        }

    def _asked(self, side: str, versions: list[NeedVersion], otherwise: NeedVersion) -> NeedVersion:
        asked = self.request.GET.get(side, "")
        if not asked:
            return otherwise
        for version in versions:
            if str(version.number) == asked:
                return version
        raise Http404


# The diary


class Diary(CaseOperation):
    """The insight diary, newest first, and a form to write in it."""

    permission = "procurements.view_case"
    form_class = InsightForm
    template_name = "procurements/insight/diary.html"
    perform = staticmethod(write_insight)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("procurements.write_insight", self.case):
            raise PermissionDenied
        return super().post(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"audience": Audience.TEAM}

    def get_success_url(self) -> str:
        return reverse("case_diary", args=[self.case.number])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        insights = self.diary.select_related("by", "case_phase__phase").prefetch_related(
            "need_versions"
        )
        audience = self.request.GET.get("for", "")
        if audience in Audience.values:
            insights = insights.filter(audience=audience)
        return super().get_context_data(**kwargs) | {
            "insights": insights,
            "audience": audience,
            "audiences": Audience.choices,
            "may_write": self.request.user.has_perm("procurements.write_insight", self.case),
        }


class OneInsight(CaseOperation):
    permission = "procurements.write_insight"
    tab = "case_diary"

    def load(self) -> None:
        self.insight = get_object_or_404(self.diary, number=self.kwargs["insight"])

    def get_success_url(self) -> str:
        return reverse("case_diary", args=[self.case.number]) + f"#insight-{self.insight.number}"


class CorrectInsight(Rewriting, OneInsight):
    started_from = "was"
    form_class = CorrectInsightForm
    template_name = "procurements/insight/form.html"
    perform = staticmethod(correct_insight)

    def get_initial(self) -> dict[str, Any]:
        one = self.insight
        return {
            "title": one.title,
            "text": one.text,
            "source": one.source,
            "was": one.text,
            "was_shared": bool(one.shared_at),
        }

    def saved_now(self) -> dict[str, str]:
        return {"title": self.insight.title, "text": self.insight.text}

    def started_now(self) -> str:
        return self.insight.text

    def arguments(self, form: Any) -> dict[str, Any]:
        begun = {"was": form.cleaned_data["was"] or None, "began": form.began}
        return {"insight": self.insight} | form.cleaned_data | begun

    def began_now(self) -> dict[str, str]:
        return super().began_now() | {"was_shared": str(bool(self.insight.shared_at))}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"insight": self.insight}


class ShareInsight(OneInsight, FormView):
    """Share with all suppliers what was first written for the team."""

    http_method_names = ["post"]

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            share_insight(
                case=self.case,
                insight=self.insight,
                was=request.POST.get("was", ""),
                by=request.user,
                at=self.at,
            )
        except ValidationError as refusal:
            messages.error(request, refusal.messages[0])
        return redirect(self.get_success_url())
