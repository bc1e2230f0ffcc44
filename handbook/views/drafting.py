"""The next edition: begun, looked over, compared, published or thrown away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.views.generic import FormView, TemplateView

from handbook import versions
from handbook.differences import (
    Change,
    rows,
)
from handbook.draftchecks import Finding, findings
from handbook.forms.draft import AddForm, BeginForm, PublishForm
from handbook.models import Draft
from handbook.operations.draft import (
    add_part,
    begin_draft,
    publish_draft,
    throw_draft_away,
)
from handbook.reading import LANGUAGES
from handbook.sections import (
    Kind,
    Section,
)
from handbook.views.draftpage import DraftPage, HandbookMixin
from teams.forms.begun import renew
from teams.views.base import OperationView


class BeginDraft(HandbookMixin, FormView):
    """Begin the next edition from the one that is published."""

    template_name = "handbook/draft/begin.html"
    form_class = BeginForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if Draft.objects.open().filter(handbook=self.handbook).exists():
            return redirect("draft", self.handbook.key)
        return super().get(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"version": versions.following(self.current.version)}

    def form_valid(self, form: Any) -> HttpResponse:
        version = form.cleaned_data["version"]
        at = timezone.now()
        try:
            draft = begin_draft(edition=self.current, version=version, by=self.person, at=at)
        except ValidationError as refusal:
            form.add_error("version" if refusal.code == "version" else None, refusal)
            return self.form_invalid(form)
        messages.success(self.request, gettext("The draft is begun"))
        return redirect(draft)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = self.current.words()("edition", "title")
        return super().get_context_data(
            edition=self.current,
            book_title=title,
            crumbs=[
                (reverse("handbooks"), gettext("Handbooks")),
                (self.current.get_absolute_url(), f"{title} {self.current.version}"),
            ],
            **kwargs,
        )


class DraftOverview(DraftPage, TemplateView):
    """What the draft changes, what was put aside, and who saved last."""

    template_name = "handbook/draft/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            changes=[self.section_row(one) for one in self.found],
            aside=[self._aside(one) for one in self.draft.aside],
            **self.told_of_newer(),
            **kwargs,
        )

    def _aside(self, one: dict[str, Any]) -> dict[str, Any]:
        section = Section.at(one["path"])
        title = one["data"]["title"]
        return {
            "section": section,
            "kind": section.kind.label,
            "title": title.get(self.source) or section.key,
        }


class DraftForm(DraftPage, OperationView):
    """A form about the draft as a whole: `perform` says where to go."""

    def back(self) -> str:
        return self.draft.get_absolute_url()

    def after(self, result: Any) -> str:
        return str(result)


class AddPart(DraftForm):
    template_name = "handbook/draft/add.html"
    form_class = AddForm
    done = pgettext_lazy("handbook", "The part is added.")

    def get_form_kwargs(self) -> dict[str, Any]:
        phases = [
            (phase["key"], f"{phase['number']}. {phase['title'][self.source]}")
            for phase in self.draft.whole["phases"]
        ]
        return super().get_form_kwargs() | {"phases": phases}

    def get_initial(self) -> dict[str, Any]:
        return {"kind": Kind.STEP, "phase": self.request.GET.get("phase", "")}

    def perform(self, form: Any) -> str:
        section = add_part(
            draft=self.draft,
            kind=Kind(form.cleaned_data["kind"]),
            title=form.cleaned_data["title"],
            phase=form.cleaned_data["phase"],
            by=self.person,
            at=timezone.now(),
        )
        return self.draft.address_of(section)


class CompareDraft(DraftPage, TemplateView):
    """Everything that differs from the edition before, part by part."""

    template_name = "handbook/draft/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        parts = [
            self.section_row(one)
            | {
                "rows": rows(self.draft.base, self.draft.whole, one.section)
                if one.change in (Change.CHANGED, Change.NEW)
                else []
            }
            for one in self.found
        ]
        return super().get_context_data(parts=parts, **kwargs)


class PublishDraft(DraftForm):
    """Look at everything once more, say what is new, and publish."""

    template_name = "handbook/draft/publish.html"
    form_class = PublishForm

    def get_initial(self) -> dict[str, Any]:
        return {"started_from": self.draft.revision}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"newer": self.newer}

    def perform(self, form: Any) -> str:
        edition = publish_draft(
            draft=self.draft,
            changelog={one: form.cleaned_data[one] for one in LANGUAGES},
            started_from=form.cleaned_data["started_from"],
            looked_at=self.newer,
            by=self.person,
            at=timezone.now(),
        )
        said = gettext("Edition %(version)s is published") % {"version": edition.version}
        messages.success(self.request, said)
        return edition.get_absolute_url()

    def form_invalid(self, form: Any) -> HttpResponse:
        """Somebody else saved: show what is in the draft now, and let the next press be meant."""
        if form.has_error(NON_FIELD_ERRORS, "stale"):
            self.draft.refresh_from_db()
            renew(form, NON_FIELD_ERRORS, started_from=self.draft.revision)
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        problems = findings(self.draft.whole, self.draft.base)
        by_section: dict[str, list[Finding]] = {}
        for problem in problems:
            by_section.setdefault(problem.path, []).append(problem)
        return super().get_context_data(
            problems=[
                {
                    "title": self.whole_title(self.draft.whole, Section.at(path)),
                    "address": self.draft.address_of(Section.at(path)),
                    "findings": found,
                }
                for path, found in by_section.items()
            ],
            count=len(problems),
            changes=[self.section_row(one) for one in self.found],
            **self.told_of_newer(),
            **kwargs,
        )


class ThrowDraftAway(DraftForm):
    template_name = "handbook/draft/throw_away.html"
    form_class = forms.Form

    def perform(self, form: Any) -> str:
        throw_draft_away(draft=self.draft, by=self.person, at=timezone.now())
        messages.success(self.request, gettext("The draft is thrown away"))
        return self.draft.based_on.get_absolute_url()
