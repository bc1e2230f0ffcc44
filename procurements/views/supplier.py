"""Who takes part in a case: the list, entering and correcting suppliers, taking away those that
were entered by mistake, and withdrawals."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from procurements.forms.supplier import (
    CorrectSupplierForm,
    CorrectWithdrawalForm,
    MistakenForm,
    PasteForm,
    SupplierForm,
    TakeBackForm,
    WithdrawForm,
)
from procurements.models import CasePhase, Participant
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    admitting_run,
    came_anew,
    correct_supplier,
    correct_withdrawal,
    may_be_mistakes,
    run_of_mistakes,
    take_away_suppliers,
    take_back_withdrawal,
    withdraw_supplier,
)
from procurements.refusals import Refused
from procurements.states import ParticipantState, PhaseState
from procurements.views.base import CaseMixin, CaseOperation, CorrectingReason


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
        may_manage = self.sight.sees_suppliers and self.request.user.has_perm(
            "procurements.manage_suppliers", self.case
        )
        sees_run = run is None or self.sight.sees_round(run)
        may_come_back = self._who_may_come_back(run, participants) if sees_run else set()
        admitting = admitting_run(self.case, self.at)
        # Who came in now may have been entered by mistake.
        new = {one.pk for one in participants if admitting and one.admitted_in == admitting}
        return super().get_context_data(**kwargs) | {
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
            "may_withdraw": may_manage and run is not None and sees_run,
            "admits_now": admitting is not None,
            "may_be_mistakes": new if may_manage and sees_run else set(),
            "admits_later": self._phase_that_admits(),
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

    def check_run(self) -> None:
        """See that the person sees into the phase that goes on: what is recorded belongs to its
        window."""
        run = self.case.current_phase
        if run and not self.sight.sees_round(run):
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


class TakeAwaySuppliers(SupplierOperation):
    """Tick one or several that were entered by mistake; or be told why it cannot be undone now."""

    form_class = MistakenForm
    template_name = "procurements/supplier/mistaken.html"
    perform = staticmethod(take_away_suppliers)
    refusal = ""

    def load(self) -> None:
        super().load()
        self.check_run()

    @cached_property
    def may_be(self) -> list[Any]:
        """Who came in during the phase that goes on, with whether papers keep them."""
        try:
            return list(may_be_mistakes(run_of_mistakes(self.case, self.at)))
        except Refused as refusal:
            self.refusal = str(refusal.message)
            return []

    @property
    def can_go(self) -> list[Participant]:
        return [one for one in self.may_be if not one.has_papers]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"can_go": self.can_go}

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("supplier", "")
        return {"suppliers": [one.pk for one in self.can_go if asked in ("all", str(one.pk))]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "refusal": self.refusal,
            "can_go": self.can_go,
            "with_papers": [one for one in self.may_be if one.has_papers],
        }

    def tell(self) -> None:
        n = len(self.done)
        words = ngettext("One supplier is taken away", "%(n)s suppliers are taken away", n)
        messages.success(self.request, words % {"n": n})


class OneSupplier(SupplierOperation):
    def load(self) -> None:
        super().load()
        # Of one that was taken away while somebody typed the operation knows.
        rows = Participant.everyone if self.request.method == "POST" else Participant.objects
        self.participant = get_object_or_404(
            rows.filter(case=self.case), pk=self.kwargs["participant"]
        )

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
    form_class = WithdrawForm
    template_name = "procurements/supplier/withdraw.html"
    perform = staticmethod(withdraw_supplier)
    said = gettext_lazy("The supplier has withdrawn")

    def get_initial(self) -> dict[str, Any]:
        return {"left_on": self.today}

    def load(self) -> None:
        super().load()
        self.check_run()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run, one = admitting_run(self.case, self.at), self.participant
        is_new = run is not None and one.admitted_in_id == run.pk
        return super().get_context_data(**kwargs) | {
            "may_be_mistake": is_new and not one.papers.exists()
        }


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


class CorrectWithdrawal(CorrectingReason, OneWithdrawal):
    """Correct the reason of a withdrawal."""

    about = "participant"
    form_class = CorrectWithdrawalForm
    template_name = "procurements/supplier/withdrawal.html"
    perform = staticmethod(correct_withdrawal)

    @property
    def reason(self) -> str:
        return self.participant.left_reason
