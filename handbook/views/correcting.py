"""Correcting words of the published edition."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext, pgettext
from django.views.generic import TemplateView

from handbook.differences import LANGUAGE_NAMES, beside, said
from handbook.exporting import section_of
from handbook.forms.section import CorrectionForm
from handbook.models import Handbook
from handbook.operations.erratum import correct_words
from handbook.sections import Kind, Section, SectionMissing, revision
from handbook.tree import Branch, Leaf
from handbook.views.draftpage import HandbookMixin
from handbook.words import Words
from teams.forms.begun import renew
from teams.models import User
from teams.views.base import OperationView


class CorrectingMixin(HandbookMixin):
    """The edition that new cases begin on, with its errata."""

    @property
    def source(self) -> str:
        return self.current.source_language

    @cached_property
    def words(self) -> Words:
        """What the parts are called, in the language of the page: all of them are published."""
        return self.current.words()

    def title_of(self, section: Section) -> str:
        """What the section is called where it stands alone."""
        if section.kind == Kind.BOOK:
            return gettext("The edition’s own words")
        phase = self.words(f"phase:{section.key}", "title")
        if section.kind == Kind.GATE:
            return f"{phase}: {pgettext('part of a phase', 'Gate')}"
        if section.kind == Kind.CRITERIA:
            return f"{phase}: {pgettext('part of a phase', 'Criteria')}"
        return self.words(section.path, "title") or section.key

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {
            "edition": self.current,
            "book_title": self.words("edition", "title"),
        } | context


class CorrectEdition(CorrectingMixin, TemplateView):
    """Choose what to correct, and see what was corrected before."""

    template_name = "handbook/correct/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "tree": list(self._tree()),
            "errata": [
                {
                    "at": one.corrected_at,
                    "reason": one.reason,
                    "language": one.language,
                    "title": self.title_of(Section.at(one.section)),
                }
                for one in self.current.errata()
            ],
        }

    def _tree(self) -> list[Branch]:
        edition, book = self.current, self.handbook.key
        judged = {group["phase"] for group in edition.assessment["phases"]}
        whole = Branch("", gettext("The edition"), "book", [self._leaf(Kind.BOOK, book)])
        branches = [whole]
        for phase in edition.phases.prefetch_related("steps"):
            title = self.words(phase, "title")
            leaves = [self._leaf(Kind.PHASE, phase.key, title=gettext("About the phase"))]
            leaves += [
                self._leaf(Kind.STEP, step.key, number=f"{phase.number}.{step.number}")
                for step in phase.steps.all()
            ]
            criteria = pgettext("part of a phase", "Criteria")
            leaves += [
                self._leaf(Kind.CRITERIA, key, title=criteria) for key in judged & {phase.key}
            ]
            gate = pgettext("part of a phase", "Gate")
            leaves.append(self._leaf(Kind.GATE, phase.key, title=gate))
            branches.append(Branch(str(phase.number), title, phase.key, leaves))
        papers = [self._leaf(Kind.TEMPLATE, one.key) for one in edition.templates.all()]
        return [*branches, Branch("", gettext("Papers"), "papers", papers)]

    def _leaf(self, kind: Kind, key: str, *, title: str = "", number: str = "") -> Leaf:
        section = Section(kind, key)
        address = reverse("correct_section", args=[self.handbook.key, kind, key])
        return Leaf(section, number, title or self.title_of(section), address)


class CorrectSection(CorrectingMixin, OperationView):
    """The words of one section in one language, and why they are corrected."""

    template_name = "handbook/correct/section.html"

    def load(self, user: User, **kwargs: Any) -> Handbook:
        handbook = super().load(user, **kwargs)
        try:
            self.section = Section.named(kwargs["kind"], kwargs["part"])
            self.data = section_of(self.current, self.section)
        except SectionMissing:
            raise Http404 from None
        return handbook

    @cached_property
    def language(self) -> str:
        asked = self.request.GET.get("language") or get_language()
        return asked if asked in self.current.languages else self.source

    def get_form(self, form_class: Any = None) -> forms.Form:
        kwargs = self.get_form_kwargs()
        kwargs["initial"] = {"started_from": revision(self.data)}
        others = [one for one in self.current.languages if one != self.language]
        return CorrectionForm(before=self.data, source=others[0], language=self.language, **kwargs)

    def perform(self, form: Any) -> None:
        made = correct_words(
            edition=self.current,
            section=self.section,
            data=form.section(),
            started_from=form.cleaned_data["started_from"],
            reason=form.cleaned_data["reason"],
            by=self.person,
            at=timezone.now(),
        )
        said = gettext("The words are corrected") if made else gettext("Nothing was changed")
        messages.success(self.request, said)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Somebody else corrected: show both texts, and let the next press be meant."""
        if form.has_error(NON_FIELD_ERRORS, "stale"):
            self.data = section_of(self.current, self.section)
            saved, typed = (said(one, self.language) for one in (self.data, form.section()))
            self.conflict = beside(saved, typed)
            renew(form, NON_FIELD_ERRORS, started_from=revision(self.data))
        return super().form_invalid(form)

    def back(self) -> str:
        return reverse("correct", args=[self.handbook.key])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "section": self.section,
            "title": self.title_of(self.section),
            "written_in": self.language,
            "conflict": getattr(self, "conflict", []),
            "tabs": [
                {"language": one, "name": LANGUAGE_NAMES[one], "is_here": one == self.language}
                for one in self.current.languages
            ],
        }
