"""Correcting words of the published edition."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.views.generic import FormView, TemplateView

from handbook.differences import LANGUAGE_NAMES, title_alone
from handbook.exporting import corrected_whole
from handbook.forms.section import CorrectionForm
from handbook.models import Handbook
from handbook.operations.erratum import correct_words
from handbook.sections import Section, SectionMissing, Whole, find, revision_of
from handbook.tree import tree_of
from handbook.views.drafting import HandbookMixin
from teams.models import User


class CorrectingMixin(HandbookMixin):
    """The words of the edition that new cases begin on, with the errata in them."""

    here: Section | None = None

    @cached_property
    def whole(self) -> Whole:
        return corrected_whole(self.current)

    @property
    def source(self) -> str:
        return self.current.source_language

    def address_of(self, section: Section) -> str:
        return reverse("correct_section", args=[self.handbook.key, section.kind, section.key])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {
            "edition": self.current,
            "book_title": self.whole["book"]["title"][self.source],
            "tree": tree_of(self.whole, [], self.source, self.address_of, self.here),
        } | context


class CorrectEdition(CorrectingMixin, TemplateView):
    """Choose what to correct, and see what was corrected before."""

    template_name = "handbook/correct/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "errata": [
                {
                    "at": one.corrected_at,
                    "reason": one.reason,
                    "language": LANGUAGE_NAMES[one.language],
                    "title": title_alone(self.whole, Section.at(one.section), self.source),
                }
                for one in self.current.errata()
            ],
        }


class CorrectSection(CorrectingMixin, FormView):
    """The words of one section in one language, and why they are corrected."""

    template_name = "handbook/correct/section.html"

    def load(self, user: User, **kwargs: Any) -> Handbook:
        handbook = super().load(user, **kwargs)
        try:
            self.section = self.here = Section.named(kwargs["kind"], kwargs["part"])
            self.data = find(self.whole, self.section)
        except SectionMissing:
            raise Http404 from None
        return handbook

    @cached_property
    def language(self) -> str:
        asked = self.request.GET.get("language", "")
        return asked if asked in self.current.languages else self.source

    def get_form(self, form_class: Any = None) -> forms.Form:
        kwargs = self.get_form_kwargs()
        kwargs["initial"] = {"started_from": revision_of(self.whole, self.section)}
        others = [one for one in self.current.languages if one != self.language]
        return CorrectionForm(before=self.data, source=others[0], language=self.language, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            made = correct_words(
                edition=self.current,
                section=self.section,
                data=form.section(),
                started_from=form.cleaned_data["started_from"],
                reason=form.cleaned_data["reason"],
                by=self.person,
                at=timezone.now(),
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.form_invalid(form)
        said = gettext("The words are corrected") if made else gettext("Nothing was changed")
        messages.success(self.request, said)
        return redirect("correct", self.handbook.key)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "section": self.section,
            "title": title_alone(self.whole, self.section, self.source),
            "written_in": self.language,
            "tabs": [
                {"language": one, "name": LANGUAGE_NAMES[one], "is_here": one == self.language}
                for one in self.current.languages
            ],
        }
