"""Writing the next edition: the draft, its sections, and its way to publication."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.views.generic import FormView, TemplateView, View

from documents import files
from documents.models import Revision
from handbook import versions
from handbook.comparing import Compared, compare
from handbook.differences import (
    LANGUAGE_NAMES,
    Change,
    Difference,
    differences,
    label,
    rows,
    said,
    title_alone,
)
from handbook.draftchecks import Finding, findings, paper_findings
from handbook.forms.draft import AddForm, BeginForm, PlaceForm, PublishForm
from handbook.forms.rows import Rows, pressed, typed_rows
from handbook.forms.section import FORMS, SectionForm, TranslationForm, rows_of
from handbook.models import Draft, Edition, Handbook, Suggestion
from handbook.operations.draft import (
    add_part,
    begin_draft,
    move_part,
    publish_draft,
    put_part_aside,
    save_section,
    take_part_back,
    throw_draft_away,
)
from handbook.operations.preview import order_preview, preview_of
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
from handbook.tree import behind_in, number_in, progress, tree_of
from teams.models import User
from teams.views.base import OperationView, SignedInMixin

# Suggestions beside a part; the list of the handbook has them all.
MOST_SHOWN = 20


class HandbookMixin(SignedInMixin):
    """The handbook that the address names, for those who write it: others see nothing here."""

    permission = "handbook.edit_handbook"
    handbook: Handbook

    def load(self, user: User, **kwargs: Any) -> Handbook:
        self.handbook = get_object_or_404(Handbook.objects.edited_by(user), key=kwargs["key"])
        return self.handbook

    @cached_property
    def current(self) -> Edition:
        edition = Edition.objects.current().filter(handbook=self.handbook).first()
        if edition is None:
            raise Http404
        return edition


class DraftMixin(HandbookMixin):
    """The open draft of the handbook."""

    def load(self, user: User, **kwargs: Any) -> Handbook:
        handbook = super().load(user, **kwargs)
        drafts = Draft.objects.open().select_related("handbook", "based_on", "saved_by")
        self.draft = get_object_or_404(drafts, handbook=handbook)
        return handbook

    @property
    def source(self) -> str:
        return self.draft.source_language


class DraftPage(DraftMixin):
    """A whole page about the draft: its head, and the tree of its parts."""

    here: Section | None = None

    @cached_property
    def found(self) -> list[Difference]:
        return differences(self.draft.base, self.draft.whole)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        draft = self.draft
        gone = sum(one.change == Change.GONE for one in self.found)
        others = [one for one in draft.based_on.languages if one != self.source]
        return {
            "draft": draft,
            "book_title": draft.whole["book"]["title"][self.source],
            "tree": tree_of(draft.whole, self.found, self.source, draft.address_of, self.here),
            "counts": {"changed": len(self.found) - gone, "gone": gone},
            "suggested": Suggestion.objects.about(self.handbook).waiting().count(),
            "translations": [
                (LANGUAGE_NAMES[one], progress(draft.whole, draft.base, self.source, one).per_cent)
                for one in others
            ],
        } | context

    def section_row(self, one: Difference) -> dict[str, Any]:
        whole = self.draft.base if one.change == Change.GONE else self.draft.whole
        return {
            "section": one.section,
            "kind": one.section.kind.label,
            "change": one.change,
            "title": self.whole_title(whole, one.section),
            "address": "" if one.change == Change.GONE else self.draft.address_of(one.section),
        }

    def whole_title(self, whole: dict[str, Any], section: Section) -> str:
        return title_alone(whole, section, self.source)


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

    def stored_rows(self, name: str) -> list[dict[str, Any]]:
        made = self.lists[name]
        return [
            made.form.typed_from(row, self.language) | {"was": index}
            for index, row in enumerate(self.data.get(name, []))
        ]

    def shown_rows(self, typed: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, Rows]:
        """The lists with what is stored, or with what was typed and not yet looked at."""
        shown = {}
        for name, made in self.lists.items():
            initial = typed[name] if typed else self.stored_rows(name)
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
        return self._show(
            self.get_form(data=None, files=None, initial=initial), self.shown_rows(typed)
        )

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
        saved, typed = said(now, self.language), said(written, self.language)
        pairs = (
            (name, compare(saved.get(name, ""), typed.get(name, ""))) for name in saved | typed
        )
        self.conflict = [(label(name), both) for name, both in pairs if both.differs]
        data = cast("QueryDict", form.data).copy()
        data["started_from"] = revision_of(self.draft.whole, self.section)
        form.data = data
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
        return list(shown.select_related("by").order_by("-state", "-at")[:MOST_SHOWN])

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


class DraftForm(DraftPage, OperationView):
    """A form about the draft as a whole: `perform` says where to go."""

    def back(self) -> str:
        return self.draft.get_absolute_url()

    def after(self, result: Any) -> str:
        return str(result)


class AddPart(DraftForm):
    template_name = "handbook/draft/add.html"
    form_class = AddForm

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

    def perform(self, form: Any) -> str:
        edition = publish_draft(
            draft=self.draft,
            changelog=form.cleaned_data,
            by=self.person,
            at=timezone.now(),
        )
        said = gettext("Edition %(version)s is published") % {"version": edition.version}
        messages.success(self.request, said)
        return edition.get_absolute_url()

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
            **kwargs,
        )


class ThrowDraftAway(DraftForm):
    template_name = "handbook/draft/throw_away.html"
    form_class = forms.Form

    def perform(self, form: Any) -> str:
        throw_draft_away(draft=self.draft, by=self.person, at=timezone.now())
        messages.success(self.request, gettext("The draft is thrown away"))
        return self.draft.based_on.get_absolute_url()


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
