"""Suggesting an improvement beside a step, one's own suggestions, and the editors' answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.core import ratelimit
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from handbook.forms.suggestion import AcceptForm, DeclineForm, ShownForm, SuggestionForm
from handbook.models import Draft, Edition, Handbook, Step, Suggestion
from handbook.operations.suggestion import accept, decline, suggest
from handbook.views.reading import edition_named
from handbook.words import words_of_many
from teams.models import User
from teams.views.base import OperationView, SignedInMixin

PAGE = 25
HEAVY = ("details", "assessment", "catalogue", "readiness", "law")


class Suggest(SignedInMixin, OperationView):
    """Suggest something better for a step, or for the handbook as a whole."""

    permission = "handbook.suggest"
    template_name = "handbook/suggestion/new.html"
    form_class = SuggestionForm
    label = _("Send the suggestion")
    done = _("Thank you. The editors have your suggestion, and you get a letter when they answer.")
    edition: Edition
    step: Step | None = None

    def load(self, user: User, **kwargs: Any) -> None:
        self.edition = edition_named(kwargs["key"], kwargs["version"])
        if "step" in kwargs:
            steps = self.edition.steps.select_related("phase")
            self.step = get_object_or_404(steps, key=kwargs["step"])
            self.step.phase.edition = self.edition

    def get_initial(self) -> dict[str, Any]:
        return {"language": self.request.GET.get("language") or get_language()}

    def perform(self, form: SuggestionForm) -> Suggestion:
        return suggest(
            edition=self.edition,
            part=self.step.path if self.step else "",
            by=self.person,
            at=timezone.now(),
            **form.cleaned_data,
        )

    def form_valid(self, form: Any) -> HttpResponse:
        if ratelimit.consume(self.request, action="handbook_suggestion", user=self.person):
            return super().form_valid(form)
        form.add_error(None, _("That was a lot at once. Try again in an hour."))
        return self.render_to_response(self.get_context_data(form=form), status=429)

    def back(self) -> str:
        if self.step is None:
            return self.edition.get_absolute_url()
        return f"{self.step.phase.get_absolute_url()}#step-{self.step.key}"

    def after(self, result: Suggestion) -> str:
        # Back to the text that it is about.
        with translation.override(result.language):
            return self.back()

    def crumbs(self) -> list[tuple[str, str]]:
        title = self.edition.words()("edition", "title")
        return [(reverse("handbooks"), str(_("Handbooks"))), (self.back(), title)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.edition.words()
        step = self.step
        return super().get_context_data(
            edition=self.edition,
            words=words,
            step=step,
            title=words(step, "title") if step else "",
            guidance=words.html(step, "guidance") if step else "",
            **kwargs,
        )


class MySuggestions(SignedInMixin, TemplateView):
    """One's own suggestions, and what was answered."""

    permission = "handbook.suggest"
    template_name = "handbook/suggestion/mine.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = _with_edition(Suggestion.objects.filter(by=self.person))
        edited = titled(Handbook.objects.edited_by(self.person))
        page = Paginator(rows, PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            page=page, rows=shown(page.object_list), edited=edited, **kwargs
        )


class HandbookSuggestions(SignedInMixin, TemplateView):
    """What has been suggested for a handbook, for its editors."""

    permission = "handbook.edit_handbook"
    template_name = "handbook/suggestion/list.html"

    def load(self, user: User, **kwargs: Any) -> Handbook:
        self.handbook = get_object_or_404(
            Handbook.objects.filter(editions__in=Edition.objects.readable()).distinct(),
            key=kwargs["key"],
        )
        return self.handbook

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ShownForm(self.request.GET)
        rows = Suggestion.objects.about(self.handbook).select_related("by")
        state = form.cleaned_data["state"] if form.is_valid() else ""
        rows = rows.filter(state=state) if state else rows
        page = Paginator(_with_edition(rows), PAGE).get_page(self.request.GET.get("page"))
        newest = Edition.objects.listed().filter(handbook=self.handbook)[0]
        words = newest.words()
        return super().get_context_data(
            form=form,
            clear=self.request.path if state else "",
            page=page,
            rows=shown(page.object_list),
            book=words("edition", "title"),
            crumbs=[
                (reverse("handbooks"), _("Handbooks")),
                (newest.get_absolute_url(), words("edition", "title")),
            ],
            waiting=Suggestion.objects.about(self.handbook).waiting().count(),
            **kwargs,
        )


class SuggestionMixin(SignedInMixin):
    """Loads a suggestion that the person made or may answer."""

    suggestion: Suggestion

    def load(self, user: User, **kwargs: Any) -> Suggestion:
        visible = (
            Suggestion.objects.visible_to(user)
            .select_related("by", "answered_by", "taken_into", "edition__handbook__owner")
            .defer("taken_into__whole", "taken_into__base", "taken_into__aside")
        )
        self.suggestion = get_object_or_404(visible, pk=kwargs["pk"])
        return self.suggestion


class SuggestionDetail(SuggestionMixin, TemplateView):
    permission = "handbook.suggest"
    template_name = "handbook/suggestion/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        can_answer = self.person.has_perm("handbook.answer_suggestion", self.suggestion)
        said = about(self.suggestion, can_answer=can_answer)
        return super().get_context_data(can_answer=can_answer, **said, **kwargs)


class AnswerView(SuggestionMixin, OperationView):
    """An editor's answer; the suggestion stands above the form."""

    permission = "handbook.answer_suggestion"
    template_name = "handbook/suggestion/answer.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.suggestion.is_waiting:
            return redirect(self.suggestion)
        return super().get(request, *args, **kwargs)

    def back(self) -> str:
        return self.suggestion.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**(about(self.suggestion, can_answer=True) | kwargs))


class AcceptSuggestion(AnswerView):
    form_class = AcceptForm
    heading = _("Accept the suggestion")
    label = _("Accept")
    lead = _("It stands beside the step in the editor, where the words are written.")
    done = _("The suggestion is accepted, and the one who made it gets a letter.")

    def get_form_kwargs(self) -> dict[str, Any]:
        handbook = self.suggestion.edition.handbook_id
        drafts = Draft.objects.open().filter(handbook=handbook).defer("whole", "base", "aside")
        return super().get_form_kwargs() | {"drafts": list(drafts)}

    def get_initial(self) -> dict[str, Any]:
        return {}

    def perform(self, form: AcceptForm) -> Suggestion:
        return accept(
            suggestion=self.suggestion,
            draft=form.chosen,
            answer=form.cleaned_data["answer"],
            by=self.person,
            at=timezone.now(),
        )


class DeclineSuggestion(AnswerView):
    form_class = DeclineForm
    heading = _("Decline the suggestion")
    label = _("Decline")
    done = _("The suggestion is declined, and the one who made it gets a letter.")

    def perform(self, form: DeclineForm) -> Suggestion:
        return decline(
            suggestion=self.suggestion,
            answer=form.cleaned_data["answer"],
            by=self.person,
            at=timezone.now(),
        )


def about(suggestion: Suggestion, *, can_answer: bool) -> dict[str, Any]:
    """What a page about one suggestion shows: the part it is about, as it reads today. Who answers
    is led back to the others of its handbook, else to one's own."""
    edition = suggestion.edition
    words, theirs = edition.words(), edition.words(suggestion.language)
    if suggestion.part and not theirs.has(suggestion.part, "title"):
        raise Http404
    is_step = suggestion.part.startswith("step:")
    step = edition.steps.select_related("phase").filter(key=suggestion.part_key).first()
    if step is not None:
        step.phase.edition = edition
    return {
        "suggestion": suggestion,
        "words": words,
        "book": words("edition", "title"),
        "part": words(suggestion.part, "title") if suggestion.part else "",
        "step": step if is_step else None,
        # As it reads in the language of the text that is to be better.
        "guidance": theirs.html(suggestion.part, "guidance") if is_step else "",
        "crumbs": [
            (reverse("handbook_suggestions", args=[edition.handbook.key]), _("Suggestions"))
            if can_answer
            else (reverse("my_suggestions"), _("My suggestions"))
        ],
    }


def shown(rows: Any) -> list[tuple[Suggestion, str, str]]:
    """Each suggestion with the title of the part that it is about, or of the handbook, and the
    language of that title: the reader's where the edition has it."""
    found: list[Suggestion] = list(rows)
    words = words_of_many({row.edition_id: row.edition for row in found}.values())
    told = [(row, words[row.edition_id]) for row in found]
    return [(row, said(row.part or "edition", "title"), said.language) for row, said in told]


def titled(handbooks: Iterable[Handbook]) -> list[tuple[Handbook, str]]:
    """Each handbook with its title in its newest edition; one that nobody has published yet has
    its key alone."""
    newest: dict[int, Edition] = {}
    for edition in Edition.objects.listed().filter(handbook__in=handbooks):
        newest.setdefault(edition.handbook_id, edition)
    words = words_of_many(newest.values())
    titles = {of: words[edition.pk]("edition", "title") for of, edition in newest.items()}
    return [(one, titles.get(one.pk) or one.key) for one in handbooks]


def _with_edition(rows: Any) -> Any:
    return rows.select_related("edition__handbook").defer(*(f"edition__{name}" for name in HEAVY))
