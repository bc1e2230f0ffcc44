"""A paper of the draft with invented data, made by a worker."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View

from documents import files
from documents.models import Revision
from handbook.differences import (
    LANGUAGE_NAMES,
)
from handbook.models import Handbook
from handbook.operations.preview import order_preview, preview_of
from handbook.sections import (
    Kind,
    Section,
    SectionMissing,
    find,
)
from handbook.views.draftpage import DraftMixin, DraftPage
from teams.models import User


class PaperOfDraft(DraftMixin):
    """A paper of the draft with invented data, as it was last ordered."""

    kwargs: dict[str, Any]

    def load(self, user: User, **kwargs: Any) -> Handbook:
        handbook = super().load(user, **kwargs)
        self.here = Section(Kind.TEMPLATE, kwargs["part"])
        try:
            self.template = find(self.draft.whole, self.here)
        except SectionMissing:
            raise Http404 from None
        return handbook

    @cached_property
    def latest(self) -> Revision | None:
        document = preview_of(self.draft, self.kwargs["part"])
        if document is None:
            return None
        return document.revisions.newest_first().select_related("file", "ordered_by").first()

    @property
    def progress(self) -> dict[str, Any]:
        """How the paper is coming along, as documents/_status.html shows it."""
        place = [self.handbook.key, self.kwargs["part"]]
        return {
            "latest": self.latest,
            "status_url": reverse("draft_paper_status", args=place),
            "file_url": reverse("draft_paper_file", args=place),
        }


class DraftPaper(PaperOfDraft, DraftPage, TemplateView):
    """Order the paper by a press; a worker makes it."""

    template_name = "handbook/draft/paper.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = request.POST.get("language", "")
        try:
            order_preview(
                draft=self.draft,
                key=self.kwargs["part"],
                language=language if language in self.draft.based_on.languages else self.source,
                by=self.person,
                at=timezone.now(),
            )
        except ValidationError as refusal:
            messages.error(request, refusal.messages[0])
        return redirect("draft_paper", self.handbook.key, self.kwargs["part"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            section=self.here,
            title=self.template["title"][self.source] or self.kwargs["part"],
            section_url=self.draft.address_of(cast("Section", self.here)),
            languages=[(one, LANGUAGE_NAMES[one]) for one in self.draft.based_on.languages],
            **self.progress,
            **kwargs,
        )


class DraftPaperStatus(PaperOfDraft, TemplateView):
    """The part of the page that changes while the paper is made: asked for every second."""

    template_name = "documents/_status.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.progress | {"polled": True}


class DraftPaperFile(PaperOfDraft, View):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.latest is None or self.latest.file is None:
            raise Http404
        return files.respond(self.latest.file)
