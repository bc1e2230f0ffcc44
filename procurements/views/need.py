"""The need of a case: its versions, writing the next, and two side by side."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.views.generic import TemplateView

from handbook.comparing import compare
from procurements.forms.need import CorrectNeedReasonForm, NeedForm
from procurements.models import NeedVersion
from procurements.models.need import NEED_FIELDS
from procurements.needhints import Hint, hints
from procurements.operations.need import correct_need_reason, save_need
from procurements.views.base import CaseMixin, CorrectingReason, Rewriting

TOLD_AT_MOST = 5


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

    def tell(self) -> None:
        super().tell()
        assert self.sent
        # Also to who saved without looking first.
        words = dict.fromkeys(hint.word for _label, hint in found_in(self.sent))
        if words:
            said = gettext(
                "A solution may have been written in: %(words)s. It is a hint, not a rule; where "
                "you write the next version it says why."
            )
            messages.warning(self.request, said % {"words": ", ".join([*words][:TOLD_AT_MOST])})

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
