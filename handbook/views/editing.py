"""One section of the draft: written, translated, moved, put aside and taken back."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.views.generic import FormView, View

from handbook.comparing import Compared
from handbook.differences import LANGUAGE_NAMES, beside, names_in, rows, said
from handbook.draftchecks import Finding, paper_findings
from handbook.forms.draft import PlaceForm
from handbook.forms.rows import MORE, Rows, pressed, typed_rows
from handbook.forms.section import FORMS, SectionForm, TranslationForm, rows_of
from handbook.models import Handbook, Suggestion
from handbook.operations.draft import (
    move_part,
    put_part_aside,
    save_section,
    take_part_back,
)
from handbook.sections import (
    MOVABLE,
    REMOVABLE,
    Kind,
    Section,
    SectionMissing,
    find,
    place_of,
    place_of_step,
    revision_of,
)
from handbook.states import SuggestionState
from handbook.tree import behind_in, number_in
from handbook.views.draftpage import DraftMixin, DraftPage
from teams.forms.begun import renew
from teams.models import User

# Suggestions beside a part; the list of the handbook has them all.
MOST_SHOWN = 20


class SectionMixin(DraftPage):
    """The section that the address names."""

    section: Section

    def load(self, user: User, **kwargs: Any) -> Handbook:
        handbook = super().load(user, **kwargs)
        try:
            self.section = self.here = Section.named(kwargs["kind"], kwargs["part"])
            self.data = find(self.draft.whole, self.section)
        except SectionMissing:
            raise Http404 from None
        return handbook


class EditSection(SectionMixin, FormView):
    """Write one section in one language; the language that it was written in shows it all."""

    template_name = "handbook/draft/section.html"
    conflict: list[tuple[str, Compared]]
    moved_to: tuple[str, int] | None = None

    @cached_property
    def language(self) -> str:
        asked = self.request.GET.get("language", "")
        return asked if asked in self.draft.based_on.languages else self.source

    @property
    def is_source(self) -> bool:
        return self.language == self.source

    # The form and its lists

    def get_form(self, form_class: Any = None, **more: Any) -> forms.Form:
        kwargs = self.get_form_kwargs() | {"before": self.data, "language": self.language} | more
        kwargs["initial"] = {"started_from": self.revision} | kwargs.get("initial", {})
        if self.is_source:
            return FORMS[self.section.kind](whole=self.draft.whole, **kwargs)
        return TranslationForm(source=self.source, **kwargs)

    @cached_property
    def revision(self) -> str:
        return revision_of(self.draft.whole, self.section)

    @cached_property
    def lists(self) -> dict[str, type[Rows]]:
        return rows_of(self.section.kind, self.data) if self.is_source else {}

    def shown_rows(self, typed: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, Rows]:
        """The lists with what is stored, or with what was typed and not yet looked at."""
        shown = {}
        for name, made in self.lists.items():
            saved = self.data.get(name, [])
            initial = typed[name] if typed else made.stored(saved, self.language)
            shown[name] = made(prefix=name, initial=initial)
            shown[name].extra = 0
        return shown

    # Answers

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if press := request.POST.get("press"):
            return self._pressed(press)
        form = self.get_form()
        made = {name: made(request.POST, prefix=name) for name, made in self.lists.items()}
        # Each is looked at, so that all that is wrong is said at once.
        if not all([form.is_valid(), *[one.is_valid() for one in made.values()]]):
            return self._show(form, made, status=422)
        try:
            save_section(
                draft=self.draft,
                section=self.section,
                data=cast("SectionForm", form).section(made),
                started_from=form.cleaned_data["started_from"],
                by=self.person,
                at=timezone.now(),
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self._show(self._look_at_both(form, made), made, status=422)
        messages.success(self.request, gettext("Saved"))
        return redirect(self.request.get_full_path())

    def _pressed(self, press: str) -> HttpResponse:
        """Add, move or take away a row. Nothing is saved: what was typed is shown again."""
        posted = self.request.POST
        typed = {name: typed_rows(made, name, posted) for name, made in self.lists.items()}
        what, _dot, rest = press.partition(".")
        name, _dot, index = rest.partition(".")
        if name in typed:
            blank = self.lists[name].form.typed_from(self.lists[name].form.blank(), self.language)
            self.moved_to = (name, pressed(typed[name], f"{what}.{index}", blank))
        bound = self.get_form()
        initial = {
            field: bound.fields[field].widget.value_from_datadict(posted, {}, field)
            for field in bound.fields
        }
        lists = self.shown_rows(typed)
        if what == MORE and self.moved_to:
            # Somebody is about to write in it.
            new = lists[name].forms[self.moved_to[1]].visible_fields()[0]
            new.field.widget.attrs["autofocus"] = True
            self.moved_to = None
        return self._show(self.get_form(data=None, files=None, initial=initial), lists)

    def _look_at_both(self, form: forms.Form, made: dict[str, Rows]) -> forms.Form:
        """Somebody else saved: show both texts, and let the next press be meant."""
        if not form.has_error(NON_FIELD_ERRORS, "stale"):
            return form
        self.draft.refresh_from_db()
        written = cast("SectionForm", form).section(made)
        try:
            now = find(self.draft.whole, self.section)
        except SectionMissing:
            return form
        names = names_in(self.draft.whole)
        self.conflict = beside(said(now, self.language, names), said(written, self.language, names))
        renew(form, NON_FIELD_ERRORS, started_from=revision_of(self.draft.whole, self.section))
        return form

    def _show(self, form: forms.Form, made: dict[str, Rows], *, status: int = 200) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, lists=made), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("lists", self.shown_rows())
        context = super().get_context_data(**kwargs)
        draft, section = self.draft, self.section
        others = [one for one in draft.based_on.languages if one != self.source]
        return context | {
            "section": section,
            "title": self.whole_title(draft.whole, section),
            "number": number_in(context["tree"]),
            "written_in": self.language,
            "is_source": self.is_source,
            "tabs": [
                {
                    "language": one,
                    "name": LANGUAGE_NAMES[one],
                    "is_here": one == self.language,
                    "is_behind": one != self.source
                    and bool(behind_in(draft.base, section, self.data, self.source, one)),
                }
                for one in [self.source, *others]
            ],
            "reads": self._reads(),
            "conflict": getattr(self, "conflict", []),
            "preview_phase": self._phase_here(),
            "is_pressed": "press" in self.request.POST,
            "moved_to": self.moved_to,
            "can_move": section.kind in MOVABLE,
            "stands": place_of(draft.whole, section) if section.kind in MOVABLE else "",
            "can_remove": section.kind in REMOVABLE,
            "paper_findings": self._paper_findings(),
            "suggestions": self._suggestions(),
        }

    def _suggestions(self) -> list[Suggestion]:
        """What was suggested about this part: what waits, and what this draft has taken in."""
        about = Suggestion.objects.about(self.handbook, self.section.path)
        shown = about.filter(Q(state=SuggestionState.WAITING) | Q(taken_into=self.draft))
        return list(shown.select_related("by").order_by("-state", "-at", "-pk")[:MOST_SHOWN])

    def _phase_here(self) -> str:
        """The phase that the section is seen in, by those who see a case."""
        if self.section.kind == Kind.STEP:
            return str(place_of_step(self.draft.whole, self.section.key)[0]["key"])
        return self.section.key if self.section.kind in (Kind.PHASE, Kind.GATE) else ""

    def _reads(self) -> list[Any]:
        """What differs from the edition before, in this language, woven into one text."""
        return [
            row
            for row in rows(self.draft.base, self.draft.whole, self.section)
            if row.language in ("", self.language)
        ]

    def _paper_findings(self) -> list[Finding]:
        if self.section.kind != Kind.TEMPLATE:
            return []
        return paper_findings(self.draft.whole, self.section.key)


class PressOnDraft(DraftMixin, View):
    """A press that needs no form: the answer is the page it came from."""

    http_method_names: ClassVar = ["post"]

    def press(self, request: HttpRequest) -> str:
        """Carry it out; where to go."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return redirect(self.press(request))
        except ValidationError as refusal:
            for words in refusal.messages:
                messages.error(request, words)
            return redirect(self.draft)


class MovePart(SectionMixin, PressOnDraft):
    def press(self, request: HttpRequest) -> str:
        form = PlaceForm(request.POST)
        if self.section.kind not in MOVABLE or not form.is_valid():
            raise Http404
        to = form.cleaned_data["to"]
        stood = form.cleaned_data["stood"]
        place: dict[str, Any] = {"step": -1 if to == "up" else 1, "stood": stood}
        if to.isdigit():
            place = {"phase": form.cleaned_data["phase"], "index": int(to)}
            if self.section.kind == Kind.STEP and not form.cleaned_data["phase"]:
                raise Http404
        at = timezone.now()
        move_part(draft=self.draft, section=self.section, by=self.person, at=at, **place)
        return self.draft.address_of(self.section)


class PutAside(SectionMixin, PressOnDraft):
    def press(self, request: HttpRequest) -> str:
        if self.section.kind not in REMOVABLE:
            raise Http404
        at = timezone.now()
        put_part_aside(draft=self.draft, section=self.section, by=self.person, at=at)
        messages.success(request, gettext("Put aside. It can be taken back on this page."))
        return self.draft.get_absolute_url()


class TakeBack(PressOnDraft):
    def press(self, request: HttpRequest) -> str:
        try:
            section = Section.named(self.kwargs["kind"], self.kwargs["part"])
        except SectionMissing:
            raise Http404 from None
        at = timezone.now()
        take_part_back(draft=self.draft, section=section, by=self.person, at=at)
        return self.draft.address_of(section)
