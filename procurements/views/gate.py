"""Decide at a gate, look at the decision, sign it, correct it."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, Subquery
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from documents import files
from handbook.models import DocumentTemplate
from handbook.purposes import Purpose
from handbook.words import Words
from procurements import days, signing
from procurements.forms.gate import CorrectGateForm, GateForm, SignedCopyForm, SignForm
from procurements.models import (
    CasePhase,
    GateDecision,
    GateOutcome,
    GateSignature,
    Participant,
)
from procurements.operations.correcting import correct_gate
from procurements.operations.effect import next_start
from procurements.operations.gate import check_days, check_track, decide_gate
from procurements.operations.signing import file_signed_copy, sign_gate
from procurements.periods import contract_from
from procurements.refusals import Refused
from procurements.sight import trusted_of
from procurements.states import GateOutcomeChoice, ParticipantState
from procurements.views.base import CaseMixin, CaseOperation
from procurements.views.paper import prepare_url
from procurements.views.phase import PhaseMixin, SaidOperation, gate_labels
from teams.views.base import add_refusal


class DecideGate(PhaseMixin, SaidOperation):
    """The gate form is on the phase page; this is where it is sent."""

    permission = "procurements.decide_gate"
    form_class = GateForm
    template_name = "procurements/phase/detail.html"
    perform = staticmethod(decide_gate)

    @property
    def said(self) -> str:  # type: ignore[override]
        if self.done.is_in_effect:
            return gettext("The gate is decided")
        return gettext("The decision is recorded and takes effect with the last signature")

    def load(self) -> None:
        super().load()
        if not self.sight.sees_round(self.run):
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(f"{self.phase_url()}#gate")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "preview" in request.POST:
            # Shown as it would be recorded, or what is missing; nothing is saved.
            form = self.get_form()
            if not form.is_valid() or not self.would_be_recorded(form):
                return super().form_invalid(form)
            return self.render_to_response(self.get_context_data(form=form, looked_over=True))
        return super().post(request, *args, **kwargs)

    def would_be_recorded(self, form: GateForm) -> bool:
        """Whether the days and the track allow it; else the form says what does not."""
        given = form.cleaned_data
        asked = given.get("next_starts_on")
        try:
            check_days(self.run, given["decided_on"], asked, self.at)
            check_track(self.case, self.run, given["outcome"])
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return False
        form.starts_on = next_start(self.run, given["outcome"], given["decided_on"], asked)
        if given["outcome"] == GateOutcomeChoice.PROCEED and self.run.phase.leads_to_contracts:
            form.contract_on = contract_from(self.case.legal_track, given["decided_on"])
        return True

    def get_form(self, form_class: Any = None) -> GateForm:
        return self.gate_form(self.request.POST)

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"case_phase": self.run} | form.arguments()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.page_context(kwargs["form"])

    def form_invalid(self, form: Any) -> HttpResponse:
        # Who was second sees what is decided beside what was typed.
        for name in ("phases_in_order", "participants", "decisions", "_next"):
            self.case.__dict__.pop(name, None)
            self.__dict__.pop(name, None)
        PhaseMixin.load(self)
        self.case.refresh_from_db(fields=["state"])
        return super().form_invalid(form)

    def phase_url(self) -> str:
        url = reverse("case_phase", args=[self.case.number, self.run.phase.key])
        return f"{url}?attempt={self.run.attempt}"

    def get_success_url(self) -> str:
        return reverse("gate", args=[self.case.number, self.done.pk])


class DecisionMixin(CaseMixin):
    """Load the decision named in the address; secret until in effect for who is not to see it."""

    tab = "case_phases"
    decision: GateDecision
    run: CasePhase

    def load(self) -> None:
        at_this_gate = GateDecision.objects.filter(
            case_phase__case=self.case, case_phase__decisions__pk=self.kwargs["decision"]
        ).select_related("case_phase__phase", "recorded_by")
        self.decisions = list(at_this_gate.order_by("number"))
        found = [one for one in self.decisions if one.pk == self.kwargs["decision"]]
        if not found:
            raise Http404
        self.decision = found[0]
        self.run = self.decision.case_phase
        self.run.case = self.case
        if self.decision not in self.told:
            raise Http404

    @cached_property
    def words(self) -> Words:
        return self.case.edition.words()

    @cached_property
    def own_roles(self) -> list[str]:
        return signing.own_among(self.decision, self.access, self.sight)

    @cached_property
    def access(self) -> dict[str, str]:
        return signing.access_of(self.decision, self.case.edition_id)

    @cached_property
    def signs(self) -> bool:
        """Whether the person is among those who sign it, while it can be signed."""
        is_to_be_signed = signing.can_still_be_signed(self.decision, self.decisions)
        return is_to_be_signed and bool(self.own_roles)

    @cached_property
    def sees_outcomes(self) -> bool:
        if self.decision.is_in_effect:
            return self.sight.sees_suppliers
        return signing.sees_unsigned(self.run, self.sight) or self.signs

    @cached_property
    def sees_grounds(self) -> bool:
        """Grounds may name suppliers, so those of a round follow what is told of the round."""
        is_told = self.run.pk not in self.sight.rounds or self.sight.sees_work(self.run)
        return is_told or self.signs

    @cached_property
    def outcomes(self) -> list[GateOutcome]:
        if not self.sees_outcomes:
            return []
        return list(self.decision.outcomes.select_related("participant"))

    @cached_property
    def withdrawn(self) -> int:
        """How many withdrew in the phase before its gate was decided; the track draws them too."""
        if not self.outcomes:
            return 0
        judged = [one.participant_id for one in self.outcomes]
        return self.case.participants.filter(left_in=self.run).exclude(pk__in=judged).count()

    @property
    def next_start(self) -> date | None:
        if self.never_takes_effect:
            return None
        following = self.case.run_after(self.run)
        return self.decision.next_start(following, is_in_effect=self.is_in_effect)

    @cached_property
    def told(self) -> list[GateDecision]:
        """The decisions at this gate that the person may know of, the first one first."""
        return signing.told(self.decisions, self.run, self.case.edition_id, self.sight)

    @property
    def is_corrected(self) -> bool:
        return any(one.corrects_id == self.decision.pk for one in self.decisions)

    @property
    def is_in_effect(self) -> bool:
        """Whether a decision at the gate is in effect, this one or the one it is to correct."""
        return any(one.is_in_effect for one in self.decisions)

    @property
    def never_takes_effect(self) -> bool:
        """Whether the case ended before any decision at the gate took effect. What corrects one in
        effect may still be signed."""
        return self.case.is_over and not self.is_in_effect

    @property
    def correction(self) -> GateDecision | None:
        """The decision that has taken the place of this one; or waits to, if that may be told."""
        later = [one for one in self.told if one.number > self.decision.number]
        return max(later, key=attrgetter("is_in_effect", "number"), default=None)

    @property
    def corrected(self) -> GateDecision | None:
        """The decision before this one, the nearest that may be told."""
        earlier = [one for one in self.told if one.number < self.decision.number]
        return earlier[-1] if earlier else None

    @property
    def can_correct(self) -> bool:
        may = self.request.user.has_perm("procurements.decide_gate", self.case)
        sees = signing.sees_unsigned(self.run, self.sight)
        return may and not self.is_corrected and not self.never_takes_effect and sees

    @property
    def paper_url(self) -> str:
        """Where the paper of the decision is, or is written; empty for whom it is not."""
        user, case, run = self.request.user, self.case, self.run
        if not (self.sight.sees_suppliers and self.sight.sees_round(run)):
            return ""
        made = case.papers.filter(case_phase=run, template=OuterRef("pk"))
        templates = DocumentTemplate.objects.annotate(paper=Subquery(made.values("pk")[:1]))
        template = templates.filter(
            edition=case.edition_id, phases=run.phase_id, serves=Purpose.PHASE_DECISION
        ).first()
        if template is None:
            return ""
        if template.paper and user.has_perm("procurements.view_papers", case):
            return reverse("paper", args=[case.number, template.paper])
        may_order = user.has_perm("procurements.order_paper", case)
        return prepare_url(case, run, template) if may_order else ""

    def decision_url(self) -> str:
        return reverse("gate", args=[self.case.number, self.decision.pk])

    def roles_left(self, lines: list[signing.Line], among: list[str] | None = None) -> Any:
        """Signatures still to be given, as choices."""
        return [
            (line.role, line.title)
            for line in lines
            if line.given is None and (among is None or line.role in among)
        ]

    def unheld(self, lines: list[signing.Line]) -> list[str]:
        """What the roles are called that are still to sign and that nobody can sign for here."""
        if all(line.given for line in lines):
            return []
        held = trusted_of(self.case.roles_on(self.today))
        return [
            line.title
            for line in lines
            if not line.given and self.access.get(line.role) not in held
        ]

    def page_context(self, **bound: forms.Form) -> dict[str, Any]:
        decision = self.decision
        lines = signing.lines_of(decision, self.words)
        is_waiting = not decision.is_in_effect and not self.never_takes_effect
        is_open = is_waiting and not self.is_corrected
        own = self.roles_left(lines, self.own_roles) if is_open else []
        has_signed = any(
            line.given
            and line.given.by_id == self.request.user.pk
            and line.given.method == GateSignature.Method.SIGN_IN
            for line in lines
        )
        files_copies = is_open and self.can_correct
        shown: dict[str, Any] = {}
        if own and not has_signed:
            shown["sign_form"] = SignForm(
                case=self.case, roles=own, request=self.request, auto_id="sign_%s"
            )
        if files_copies and self.roles_left(lines):
            shown["copy_form"] = SignedCopyForm(
                case=self.case,
                roles=self.roles_left(lines),
                auto_id="copy_%s",
                initial={"signed_on": self.today},
            )
        label, meaning = gate_labels(self.words, self.run)[decision.outcome]
        on = [one for one in self.outcomes if one.goes_on]
        starts_on = self.next_start
        return (
            {
                "decision": decision,
                "run": self.run,
                "phase_title": self.words(self.run.phase, "title"),
                "question": self.words(self.run.phase, "gate.question"),
                "outcome_label": label or decision.get_outcome_display(),
                "outcome_meaning": meaning,
                "outcomes": self.outcomes,
                "sees_outcomes": self.sees_outcomes,
                "sees_grounds": self.sees_grounds,
                "from_count": len(self.outcomes) + self.withdrawn,
                "withdrawn": self.withdrawn,
                "to_count": len(on),
                "hindrances": [
                    self.words(f"step:{key}", "title") or key for key in decision.hindrances
                ],
                "lines": lines,
                "unheld": self.unheld(lines) if is_open else [],
                "has_signed": has_signed,
                "can_correct": self.can_correct,
                "is_corrected": self.is_corrected,
                "correction": self.correction,
                "corrected": self.corrected,
                "is_in_effect": self.is_in_effect,
                "never_takes_effect": self.never_takes_effect,
                "starts_on": starts_on,
                "waits_for": days.working_days_between(decision.decided_on, starts_on) - 1
                if starts_on
                else 0,
            }
            | shown
            | bound
        )


class Gate(DecisionMixin, TemplateView):
    """A decision at a gate: what, by whom, for which suppliers, and who has signed."""

    permission = "procurements.view_case"
    template_name = "procurements/gate/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        paper = {"paper_url": self.paper_url}
        return super().get_context_data(**kwargs) | self.page_context() | paper


class DecisionOperation(DecisionMixin, SaidOperation):
    """One thing done with a decision; refused, its page says so with what was typed."""

    template_name = "procurements/gate/detail.html"
    form_name = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.decision_url())

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"decision": self.decision} | form.arguments()

    def form_invalid(self, form: Any) -> HttpResponse:
        page = Gate()
        page.setup(self.request, **self.kwargs)
        page.case, page.at = self.case, self.at
        page.load()
        context = page.get_context_data() | {self.form_name: form, "refused": form}
        return render(self.request, page.template_name, context, status=422)

    def get_success_url(self) -> str:
        return self.decision_url()


class SignGate(DecisionOperation):
    permission = "procurements.sign_gate"
    form_class = SignForm
    form_name = "sign_form"
    perform = staticmethod(sign_gate)
    said = _("You have signed the decision")

    def get_form_kwargs(self) -> dict[str, Any]:
        lines = signing.lines_of(self.decision, self.words)
        roles = [(line.role, line.title) for line in lines if line.role in self.own_roles]
        if not roles:
            raise PermissionDenied
        return super().get_form_kwargs() | {
            "roles": roles,
            "request": self.request,
            "auto_id": "sign_%s",
        }


class FileSignedCopy(DecisionOperation):
    permission = "procurements.decide_gate"
    form_class = SignedCopyForm
    form_name = "copy_form"
    perform = staticmethod(file_signed_copy)
    said = _("The signed copy is filed")

    def load(self) -> None:
        super().load()
        if not signing.sees_unsigned(self.run, self.sight):
            raise PermissionDenied

    def get_form_kwargs(self) -> dict[str, Any]:
        lines = signing.lines_of(self.decision, self.words)
        return super().get_form_kwargs() | {
            "roles": [(line.role, line.title) for line in lines],
            "auto_id": "copy_%s",
        }


class SignedCopy(DecisionMixin, View):
    """The filed copy, through the signature that the person may see."""

    permission = "procurements.view_case"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:
        rows = self.decision.signatures.filter(file__isnull=False).select_related("file")
        if not self.sees_outcomes:
            rows = rows.none()
        signature = get_object_or_404(rows, pk=self.kwargs["signature"])
        assert signature.file
        return files.respond(signature.file)


class CorrectGate(DecisionOperation):
    """A correcting decision, with the first one's words to begin from."""

    permission = "procurements.decide_gate"
    form_class = CorrectGateForm
    template_name = "procurements/gate/correct.html"
    perform = staticmethod(correct_gate)

    @property
    def said(self) -> str:  # type: ignore[override]
        if self.done.is_in_effect:
            return gettext("The correcting decision is recorded")
        return gettext("The correction is recorded and takes effect with the last signature")

    def load(self) -> None:
        super().load()
        if not signing.sees_unsigned(self.run, self.sight):
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_corrected or self.never_takes_effect:
            return redirect(self.decision_url())
        return CaseOperation.get(self, request, *args, **kwargs)

    def arguments(self, form: Any) -> dict[str, Any]:
        given = super().arguments(form)
        run = self.case.current_phase
        # Who goes on may be refused because the gate of the phase that goes on is decided.
        if self.is_in_effect and run and not self.sight.sees_round(run):
            stands = GateDecision.standing(self.decisions)[self.run.pk]
            stood = dict(stands.outcomes.values_list("participant", "goes_on"))
            if any(one.goes_on != stood.get(pk) for pk, one in given["verdicts"].items()):
                words = _(
                    "Who went on is changed only by those who see into the phase that goes on."
                )
                raise Refused(words)
        return given

    @cached_property
    def participants(self) -> list[Participant]:
        """In effect: whom the decision was about. Before: whoever takes part now."""
        if self.is_in_effect:
            return [row.participant for row in self.outcomes]
        return list(self.case.participants.filter(state=ParticipantState.IN))

    def get_initial(self) -> dict[str, Any]:
        decision = self.decision
        fields = ("outcome", "reasons", "conditions", "decided_by", "reference", "decided_on")
        initial = {name: getattr(decision, name) for name in (*fields, "despite")}
        for row in self.outcomes:
            initial[f"go_{row.participant_id}"] = row.goes_on
            initial[f"reason_{row.participant_id}"] = row.reason
        return initial

    def get_form_kwargs(self) -> dict[str, Any]:
        held = self.case.roles_on(self.today)
        return super().get_form_kwargs() | {
            "run": self.run,
            "stands": self.decision if self.is_in_effect else None,
            "participants": self.participants,
            "labels": gate_labels(self.words, self.run),
            "hindrances": self.decision.hindrances,
            "suggestions": list({role.user_id: role.user for role in held}.values()),
            "following": next(
                (one for one in self.case.phases_in_order if one.number > self.run.number), None
            ),
        }

    def form_invalid(self, form: Any) -> HttpResponse:
        return CaseOperation.form_invalid(self, form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.page_context()

    def get_success_url(self) -> str:
        return reverse("gate", args=[self.case.number, self.done.pk])
