"""The papers of a case: which there are, how the newest is coming along, and its files."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from documents import files
from documents.models import Revision, RevisionQuerySet
from handbook.models import DocumentTemplate
from procurements.events import place_in_words
from procurements.models import Case, CasePhase, PhaseDocument
from procurements.operations.paper import (
    bodies_of,
    is_secret,
    order_history,
    retry_paper,
)
from procurements.sight import Sight
from procurements.tracking import latest_runs
from procurements.views.base import CaseMixin


def may_see(paper: PhaseDocument, sight: Sight) -> bool:
    """Whether the person may know of the paper now."""
    if paper.template and not may_see_of_kind(paper.template, sight):
        return False
    if not paper.is_secret:
        return True
    if paper.case_phase is None:
        return sight.has_undertaken
    return sees_secret_papers(paper.case_phase, sight)


def sees_secret_papers(run: CasePhase, sight: Sight) -> bool:
    """Whether papers of the run that may name suppliers may be seen; what is written ahead for a
    window to come as what the team writes there is."""
    return sight.sees_suppliers and sight.sees_work(run)


def may_see_of_kind(template: DocumentTemplate, sight: Sight) -> bool:
    """What the team writes for itself may name possible suppliers in any phase, as its tasks may:
    it is not for who comes from outside and has not promised secrecy."""
    return not template.is_for_the_team or sight.has_undertaken


def shown_revisions(paper: PhaseDocument, sight: Sight, user: Any) -> list[Revision]:
    """The versions the person may open. A history tells what its orderer could read: one's own is
    closed again with a secrecy window that leaves one out of what it tells."""
    revisions: list[Any] = list(paper.document.revisions.all())
    closed = sight.closed_circles
    if paper.template_id is not None or not closed:
        return revisions
    return [
        revision
        for revision in revisions
        if revision.ordered_by_id == user.pk and closed.isdisjoint(revision.circles or [])
    ]


def revisions_newest_first() -> RevisionQuerySet:
    """Versions as `shown_revisions` needs them: without what each was made of, but for the circles
    that a history tells of."""
    rows = Revision.objects.newest_first().annotate(circles=F("data__circles"))
    return rows.defer("data", "frame", "template_text")


def prepare_url(
    case: Case, run: CasePhase, template: DocumentTemplate, page: str = "paper_prepare"
) -> str:
    """Where the paper of a run is written, also when the phase has been begun again since; or
    another page of the same place."""
    url = reverse(page, args=[case.number, run.phase.key, template.key])
    return f"{url}?attempt={run.attempt}"


class Papers(CaseMixin, TemplateView):
    """Every paper of the case that the person may see, and those that can be made, by phase."""

    permission = "procurements.view_papers"
    template_name = "procurements/paper/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.case.edition.words()
        newer = Revision.objects.filter(
            document=OuterRef("document"), number__gt=OuterRef("number")
        )
        # Of a history everybody reads their own.
        latest = ~Exists(newer) | Q(document__place__template=None)
        papers = list(
            self.case.papers.select_related(
                "document", "case_phase__phase", "template", "participant"
            ).prefetch_related(
                Prefetch(
                    "document__revisions",
                    queryset=revisions_newest_first().filter(latest).select_related("file"),
                )
            )
        )
        every = self.case.phases_in_order
        templates = list(
            DocumentTemplate.objects.filter(edition=self.case.edition).prefetch_related("phases")
        )
        groups = []
        for run in latest_runs(every):
            attempts = [one for one in every if one.number == run.number]
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
                    # The latest first: what is wanted of an earlier one is seldom more than a paper
                    # of its decision.
                    "attempts": [
                        (one, rows)
                        for one in reversed(attempts)
                        if (rows := self._makeable(one, templates, words))
                    ],
                    "is_repeated": len(attempts) > 1,
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
        is_hidden = not sees_secret_papers(run, self.sight)
        for template in templates:
            if run.phase_id not in {phase.pk for phase in template.phases.all()}:
                continue
            if is_hidden and is_secret(template, bodies_of(template, self.case.edition), run):
                continue
            if not may_see_of_kind(template, self.sight):
                continue
            rows.append(
                {
                    "template": template,
                    "title": words(template, "title"),
                    "purpose": words(template, "purpose"),
                    "url": prepare_url(self.case, run, template),
                }
            )
        return sorted(rows, key=lambda row: row["title"])


class OnePaper(CaseMixin):
    """A paper in its place, if the person may know of it."""

    permission = "procurements.view_papers"

    def load(self) -> None:
        self.paper = get_object_or_404(
            self.case.papers.select_related(
                "document",
                "case_phase__phase",
                "template",
                "participant__admitted_in",
                "participant__left_in",
            ).prefetch_related(
                Prefetch(
                    "document__revisions",
                    queryset=revisions_newest_first().select_related("file", "ordered_by"),
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

    def _place(self, page: str) -> str:
        """A page of the place it stands in; none of a supplier that left before the phase."""
        run, template, supplier = (
            self.paper.case_phase,
            self.paper.template,
            self.paper.participant,
        )
        if not run or not template or (supplier and not supplier.takes_part_in(run)):
            return ""
        url = prepare_url(self.case, run, template, page)
        return f"{url}&supplier={supplier.pk}" if supplier else url

    @property
    def prepare(self) -> str:
        """Where its next version is written."""
        return self._place("paper_prepare")

    @property
    def signed_copy_url(self) -> str:
        """Where the latest version is filed as it was signed, when it is one that can be."""
        latest = self.revisions[0] if self.revisions else None
        return self._place("paper_copy") if latest and latest.is_signable else ""

    def about(self) -> dict[str, Any]:
        latest = self.revisions[0] if self.revisions else None
        place = (self.case.number, self.paper.pk)
        may_order = self.request.user.has_perm("procurements.order_paper", self.case)
        return {
            "paper": self.paper,
            "revisions": self.revisions,
            "latest": latest,
            "prepare": self.prepare,
            "signed_copy_url": self.signed_copy_url,
            "may_order": may_order,
            "status_url": reverse("paper_status", args=place),
            "file_url": reverse("paper_file", args=[*place, latest.number]) if latest else "",
            "retry_url": reverse("paper_retry", args=place) if may_order else "",
        }


class PaperPage(OnePaper, TemplateView):
    """The versions of a paper, newest first, and how the newest is coming along."""

    template_name = "procurements/paper/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.paper.case_phase
        title = self.case.edition.words()(run.phase, "title") if run else ""
        return super().get_context_data(**kwargs) | self.about() | {"phase_title": title}


class PaperStatus(OnePaper, TemplateView):
    """The part of the page that changes while a paper is made."""

    template_name = "documents/_status.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.about() | {"polled": True}


class PaperFile(OnePaper, View):
    """One version of a paper as a file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        revision = next((r for r in self.revisions if r.number == kwargs["revision"]), None)
        if revision is None or revision.file is None:
            raise Http404
        return files.respond(revision.file, called=self.name_of(revision))

    def name_of(self, revision: Revision) -> str:
        """What one that was made here is saved as: every gate has a decision of the same title.
        One made elsewhere keeps its name."""
        if revision.made_elsewhere:
            return ""
        run = self.paper.case_phase
        parts = [
            f"{self.case.number} {revision.title}",
            place_in_words(run.number, run.attempt) if run else "",
            _("version %(number)s") % {"number": revision.number},
        ]
        return files.name_of_paper(", ".join(filter(None, parts)))


class RetryPaper(OnePaper, View):
    """Try a failed paper again."""

    permission = "procurements.order_paper"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            retry_paper(case=self.case, paper=self.paper, by=self.request.user, at=self.at)
        except ValidationError as refusal:
            messages.error(request, refusal.messages[0])
        return redirect("paper", self.case.number, self.paper.pk)


class OrderHistory(CaseMixin, View):
    """Order the history of the case as a paper."""

    permission = "procurements.view_history"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.sight.has_undertaken:
            raise PermissionDenied
        try:
            paper = order_history(
                case=self.case,
                closed_circles=self.sight.closed_circles,
                language=get_language() or "sv",
                by=self.request.user,
                at=self.at,
            )
        except ValidationError as refusal:
            messages.error(request, refusal.messages[0])
            return redirect(self.case)
        return redirect("paper", self.case.number, paper.pk)
