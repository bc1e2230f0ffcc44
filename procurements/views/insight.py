"""The insight diary of a case."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.generic import FormView

from procurements.forms.insight import CorrectInsightForm, InsightForm
from procurements.operations.insight import correct_insight, share_insight, write_insight
from procurements.states import Audience
from procurements.views.base import CaseOperation, Rewriting
from procurements.views.numbered import page_of
from teams.text import anywhere, clean_search, searched_words


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
        asked = clean_search(self.request.GET.get("q", ""))
        for word in map(anywhere, searched_words(asked)):
            insights = insights.filter(Q(title__iregex=word) | Q(text__iregex=word))
        page = page_of(insights, self.request.GET)
        return super().get_context_data(**kwargs) | {
            "asked": asked,
            "page": page,
            "insights": list(page),
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
        number = self.insight.number
        return reverse("case_diary", args=[self.case.number]) + f"?at={number}#insight-{number}"


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
