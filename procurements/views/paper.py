from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.views.generic import FormView, TemplateView, View

from documents import article, files
from documents.models import Revision
from documents.refusals import LiquidRefused, RefusedTemplate
from documents.source import Given, Source
from handbook.models import DocumentTemplate
from handbook.purposes import Audience
from procurements.forms.paper import CopyForm, OneButtonForm, PaperForm
from procurements.models import CasePhase, Participant, PhaseDocument
from procurements.operations.paper import (
    Place,
    file_paper,
    is_secret,
    order_history,
    order_paper,
    retry_paper,
    save_paper,
    source_of,
    spoken_fill,
)
from procurements.sight import Sight
from procurements.tracking import latest_runs, taking_part
from procurements.views.base import CaseMixin


def may_see(paper: PhaseDocument, sight: Sight) -> bool:
    """Whether the person may know of the paper now."""
    if not paper.is_secret:
        return True
    if paper.case_phase is None:
        return sight.has_undertaken
    return sight.sees_suppliers and sight.sees_round(paper.case_phase)


def shown_revisions(paper: PhaseDocument, sight: Sight, user: Any) -> list[Revision]:
    """The versions the person may open. A history tells what its orderer could read."""
    revisions = list(paper.document.revisions.all())
    if paper.template_id is None and sight.closed_circles:
        return [revision for revision in revisions if revision.ordered_by_id == user.pk]
    return revisions


class Papers(CaseMixin, TemplateView):
    """Every paper of the case that the person may see, and those that can be made, by phase."""

    permission = "procurements.view_papers"
    template_name = "procurements/paper/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.case.edition.words()
        papers = list(
            self.case.papers.select_related(
                "document", "case_phase__phase", "template", "participant"
            ).prefetch_related(
                Prefetch(
                    "document__revisions",
                    queryset=Revision.objects.newest_first()
                    .select_related("file")
                    .defer("data", "frame", "template_text"),
                )
            )
        )
        runs = latest_runs(self.case.phases_in_order)
        templates = list(
            DocumentTemplate.objects.filter(edition=self.case.edition).prefetch_related("phases")
        )
        groups = []
        for run in runs:
            made = [p for p in papers if p.case_phase and p.case_phase.number == run.number]
            groups.append(
                {
                    "run": run,
                    "title": words(run.phase, "title"),
                    "papers": [
                        (paper, shown)
                        for paper in made
                        if may_see(paper, self.sight)
                        and (shown := shown_revisions(paper, self.sight, self.request.user))
                        is not None
                    ],
                    "templates": self._makeable(run, templates, words),
                }
            )
        history = [
            (paper, shown)
            for paper in papers
            if paper.template_id is None
            and may_see(paper, self.sight)
            and (shown := shown_revisions(paper, self.sight, self.request.user))
        ]
        return super().get_context_data(**kwargs) | {
            "groups": groups,
            "history": history,
            "now": self.case.current_phase,
            "may_order": self.request.user.has_perm("procurements.order_paper", self.case),
        }

    def _makeable(
        self, run: CasePhase, templates: list[DocumentTemplate], words: Any
    ) -> list[dict[str, Any]]:
        rows = []
        for template in templates:
            if run.phase_id not in {phase.pk for phase in template.phases.all()}:
                continue
            if is_secret(template, template.body(words)) and not (
                self.sight.sees_suppliers and self.sight.sees_round(run)
            ):
                continue
            rows.append(
                {
                    "template": template,
                    "title": words(template, "title"),
                    "purpose": words(template, "purpose"),
                    "url": reverse(
                        "paper_prepare", args=[self.case.number, run.phase.key, template.key]
                    ),
                }
            )
        return sorted(rows, key=lambda row: row["title"])


class PaperPlace(CaseMixin):
    """The place of a paper named in the address: phase, template and maybe supplier."""

    permission = "procurements.order_paper"
    kwargs: dict[str, Any]

    def load(self) -> None:
        run = next(
            (
                one
                for one in latest_runs(self.case.phases_in_order)
                if one.phase.key == self.kwargs["phase"]
            ),
            None,
        )
        if run is None:
            raise Http404
        self.run = run
        self.template = get_object_or_404(
            DocumentTemplate,
            edition=self.case.edition,
            phases=run.phase_id,
            key=self.kwargs["template"],
        )
        self.participant: Participant | None = None
        self.needs_supplier = self.template.audience == Audience.SUPPLIER
        if self.needs_supplier or self.is_secret:
            self._hide_from_others()
        wanted = self.request.GET.get("supplier") or self.request.POST.get("supplier")
        if self.needs_supplier and wanted:
            self.participant = next((s for s in self.suppliers if str(s.pk) == wanted), None)
            if self.participant is None:
                raise Http404

    def _hide_from_others(self) -> None:
        if not (self.sight.sees_suppliers and self.sight.sees_round(self.run)):
            raise Http404

    @cached_property
    def is_secret(self) -> bool:
        return is_secret(self.template, self.template.body(self.case.edition.words()))

    @cached_property
    def suppliers(self) -> list[Participant]:
        everyone = self.case.participants.select_related("admitted_in", "left_in")
        return taking_part(self.run, list(everyone))

    @property
    def place(self) -> Place:
        return Place(self.run, self.template, self.participant)

    @cached_property
    def paper(self) -> PhaseDocument | None:
        return (
            self.case.papers.select_related("document")
            .filter(case_phase=self.run, template=self.template, participant=self.participant)
            .first()
        )


class PreparePaper(PaperPlace, FormView):
    """Fill in what the case does not hold, rewrite passages, preview, and order."""

    form_class = PaperForm
    template_name = "procurements/paper/prepare.html"

    @cached_property
    def language(self) -> str:
        known = self.case.edition.languages
        asked = self.request.POST.get("language") or self.request.GET.get("language")
        if asked in known:
            return str(asked)
        if self.paper:
            return self.paper.document.language
        return (get_language() or "sv") if get_language() in known else str(known[0])

    @cached_property
    def empty_source(self) -> Source:
        """The paper with nothing typed: the facts of the case are read once for the page."""
        return source_of(
            self.case, self.place, language=self.language, fill={}, passages={}, draft=True
        )

    def get_form_kwargs(self) -> dict[str, Any]:
        words = self.case.edition.words(self.language)
        source = self.empty_source
        given = Given(at=self.at, version="", author="")
        try:
            passages = article.passages(source.template_text, source.data_with(given))
        except (LiquidRefused, RefusedTemplate):
            passages = []
        initial = {"language": self.language} | {
            f"passage_{passage.key}": passage.text for passage in passages
        }
        if self.paper:
            initial |= {f"fill_{key}": value for key, value in self.paper.fill.items()}
            initial |= {f"passage_{key}": text for key, text in self.paper.passages.items()}
        return super().get_form_kwargs() | {
            "fields": self.template.fill_fields(words),
            "passages": passages,
            "languages": self.case.edition.languages,
            "language": self.language,
            "initial": initial,
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.needs_supplier and self.participant is None:
            return self._choose_supplier()
        return super().get(request, *args, **kwargs)

    def _choose_supplier(self) -> HttpResponse:
        context = {
            "case": self.case,
            "sight": self.sight,
            "run": self.run,
            "title": self.case.edition.words()(self.template, "title"),
            "suppliers": self.suppliers,
        }
        return render(self.request, "procurements/paper/choose.html", context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.needs_supplier and self.participant is None:
            return self._choose_supplier()
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PaperForm) -> HttpResponse:
        act = self.request.POST.get("act", "preview")
        if act == "preview":
            return self.render_to_response(self.get_context_data(form=form))
        if act == "order":
            form.ask_for_required()
            if form.errors:
                return self.form_invalid(form)
        typed = {
            "case": self.case,
            "place": self.place,
            "language": form.cleaned_data["language"],
            "fill": form.fill,
            "passages": form.passages,
            "by": self.request.user,
            "at": self.at,
        }
        try:
            if act in ("order", "draft"):
                paper = order_paper(**typed, draft=act == "draft")
            else:
                paper = save_paper(**typed)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.form_invalid(form)
        if act == "save":
            return redirect(self.request.get_full_path())
        return redirect("paper", self.case.number, paper.pk)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        fill = form.fill if form.is_bound and hasattr(form, "cleaned_data") else None
        passages = form.passages if fill is not None else None
        if fill is None:
            fill = self.paper.fill if self.paper else {}
            passages = self.paper.passages if self.paper else {}
        words = self.case.edition.words()
        return context | {
            "run": self.run,
            "template": self.template,
            "participant": self.participant,
            "paper": self.paper,
            "title": words(self.template, "title"),
            "purpose": words(self.template, "purpose"),
            "phase_title": words(self.run.phase, "title"),
            "preview": self._preview(fill, passages or {}),
            "copy_form": CopyForm(),
        }

    def _preview(self, fill: dict[str, Any], passages: dict[str, str]) -> dict[str, Any]:
        spoken = spoken_fill(
            self.template, self.case.edition.words(self.language), fill, self.language
        )
        source = replace(
            self.empty_source, data=self.empty_source.data | {"fill": spoken}, passages=passages
        )
        given = Given(at=self.at, version="", author=self.request.user.name)
        try:
            return {"html": article.render_article(source, given)}
        except (LiquidRefused, RefusedTemplate) as refusal:
            return {"error": refusal.messages[0]}


class FileCopy(PaperPlace, FormView):
    """File a paper made elsewhere in its place."""

    form_class = CopyForm
    template_name = "procurements/paper/copy.html"

    def form_valid(self, form: CopyForm) -> HttpResponse:
        if self.needs_supplier and self.participant is None:
            raise Http404
        try:
            stored = files.keep(form.cleaned_data["file"], organisation=self.case.authority)
            paper = file_paper(
                case=self.case,
                place=self.place,
                language=get_language() or "sv",
                file=stored,
                by=self.request.user,
                at=self.at,
            )
        except ValidationError as refusal:
            form.add_error("file", refusal)
            return self.form_invalid(form)
        return redirect("paper", self.case.number, paper.pk)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.case.edition.words()
        return super().get_context_data(**kwargs) | {
            "run": self.run,
            "participant": self.participant,
            "title": words(self.template, "title"),
        }


class OnePaper(CaseMixin):
    """A paper in its place, if the person may know of it."""

    permission = "procurements.view_papers"
    kwargs: dict[str, Any]

    def load(self) -> None:
        self.paper = get_object_or_404(
            self.case.papers.select_related(
                "document", "case_phase__phase", "template", "participant"
            ).prefetch_related(
                Prefetch(
                    "document__revisions",
                    queryset=Revision.objects.newest_first()
                    .select_related("file", "ordered_by")
                    .defer("data", "frame", "template_text"),
                )
            ),
            pk=self.kwargs["paper"],
        )
        # A paper keeps its place in the case: its own case is at hand already.
        self.paper.case = self.case
        if not may_see(self.paper, self.sight):
            raise Http404
        self.revisions = shown_revisions(self.paper, self.sight, self.request.user)
        if self.paper.template_id is None and not self.revisions:
            raise Http404

    def about(self) -> dict[str, Any]:
        latest = self.revisions[0] if self.revisions else None
        prepare = ""
        if self.paper.template and self.paper.case_phase:
            prepare = reverse(
                "paper_prepare",
                args=[
                    self.case.number,
                    self.paper.case_phase.phase.key,
                    self.paper.template.key,
                ],
            )
            if self.paper.participant_id:
                prepare += f"?supplier={self.paper.participant_id}"
        return {
            "paper": self.paper,
            "revisions": self.revisions,
            "latest": latest,
            "prepare": prepare,
            "may_order": self.request.user.has_perm("procurements.order_paper", self.case),
        }


class PaperPage(OnePaper, TemplateView):
    """The versions of a paper, newest first, and how the newest is coming along."""

    template_name = "procurements/paper/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.about()


class PaperStatus(OnePaper, TemplateView):
    """The part of the page that changes while a paper is made."""

    template_name = "procurements/paper/_status.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.about() | {"polled": True}


class PaperFile(OnePaper, View):
    """One version of a paper as a file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        revision = next((r for r in self.revisions if r.number == kwargs["revision"]), None)
        if revision is None or revision.file is None:
            raise Http404
        return files.respond(revision.file)


class RetryPaper(OnePaper, View):
    """Try a failed paper again."""

    permission = "procurements.order_paper"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            retry_paper(case=self.case, paper=self.paper, by=request.user, at=self.at)
        except ValidationError as refusal:
            from django.contrib import messages

            messages.error(request, refusal.messages[0])
        return redirect("paper", self.case.number, self.paper.pk)


class OrderHistory(CaseMixin, FormView):
    """Order the history of the case as a paper."""

    permission = "procurements.view_history"
    form_class = OneButtonForm
    http_method_names = ["post"]

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if not self.sight.has_undertaken:
            raise PermissionDenied
        paper = order_history(
            case=self.case,
            closed_circles=self.sight.closed_circles,
            language=get_language() or "sv",
            by=self.request.user,
            at=self.at,
        )
        return redirect("paper", self.case.number, paper.pk)
