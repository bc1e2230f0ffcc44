"""Reading the handbooks: open to everyone, and in the language that the address names."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.views.generic import TemplateView, View

from documents import files
from handbook.chapters import Chapters, book
from handbook.models import Edition, Handbook, PrintedEdition, Suggestion
from handbook.operations.printing import print_again
from handbook.refusals import EditionRefused
from handbook.words import words_of_many
from teams.models import User
from teams.views.base import SignedInMixin

# An edition in an address, with or without its build: 0.8, 0.8+2.
VERSION = re.compile(r"(?P<version>[0-9]+(?:\.[0-9]+)*)(?:\+(?P<build>[0-9]{1,6}))?", re.ASCII)


class HandbookList(TemplateView):
    """The newest edition of each handbook, with the earlier ones below it."""

    template_name = "handbook/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        by_handbook: dict[int, list[Edition]] = {}
        for edition in Edition.objects.listed():
            by_handbook.setdefault(edition.handbook_id, []).append(edition)
        newest = [editions[0] for editions in by_handbook.values()]
        words = words_of_many(newest)
        rows = [
            {
                "edition": edition,
                "earlier": by_handbook[edition.handbook_id][1:],
                "lang": words[edition.pk].language,
                "origin": words[edition.pk].first_paragraph("edition", "source_note"),
            }
            | book(words[edition.pk])
            for edition in sorted(newest, key=lambda one: one.handbook.key)
        ]
        return super().get_context_data(rows=rows, **kwargs)


def edition_named(key: str, version: str) -> Edition:
    """The edition that an address names: `0.8` is its newest build, `0.8+1` an older one.

    A draft is as unknown as what does not exist.
    """
    named = VERSION.fullmatch(version)
    if not named:
        raise Http404
    found: QuerySet[Edition] = Edition.objects.select_related("handbook").readable()
    found = found.filter(handbook__key=key, version=named["version"])
    if named["build"]:
        return get_object_or_404(found, build=int(named["build"]))
    newest = found.order_by("-build").first()
    if newest is None:
        raise Http404
    return newest


class InOwnLanguage(View):
    """An address that names no language leads to the reader's own."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, **names: str) -> HttpResponse:
        edition = edition_named(names["key"], names["version"])
        address = [names["key"], names["version"], get_language()[:2]]
        if "phase" not in names:
            return redirect("handbook_edition", *address)
        get_object_or_404(edition.phases, key=names["phase"])
        return redirect("handbook_phase", *address, names["phase"])


class ReadingView(TemplateView):
    """A page of the edition that the address names, whole in the language that it names.

    Whoever shares the address shares the language. `?lang=` leads to the other one.
    """

    edition: Edition
    chapters: Chapters

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        language = kwargs["language"]
        asked = request.GET.get("lang", language)
        if asked != language and asked in dict(settings.LANGUAGES):
            return redirect(self.address(asked))
        with translation.override(language):
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()
        response.headers["Content-Language"] = language
        return response

    def address(self, language: str) -> str:
        """This page in a language."""
        match = self.request.resolver_match
        assert match is not None
        return reverse(match.view_name, kwargs={**self.kwargs, "language": language})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        edition = self.edition = edition_named(self.kwargs["key"], self.kwargs["version"])
        chapters = self.chapters = Chapters(edition, edition.words(self.kwargs["language"]))
        siblings = list(Edition.objects.listed().filter(handbook=edition.handbook_id))
        # Within the book: what of it is in the book's language and not the reader's, and how what
        # is ours is marked there.
        read, said = self.kwargs["language"], chapters.words.language
        other = "en" if self.kwargs["language"] == "sv" else "sv"
        return super().get_context_data(
            edition=edition,
            words=chapters.words,
            theirs=said if said != read else "",
            ours=format_html(' lang="{}"', read) if said != read else "",
            book=chapters.book(),
            source_line=chapters.words.first_sentences("edition", "source_note"),
            crumbs=self.crumbs(),
            contents=chapters.contents(),
            parts=[(name, self.part_address(name), title) for name, title in self._parts()],
            newest=siblings[0] if siblings[0] != edition else None,
            siblings=siblings,
            other_address=self.address(other),
            addresses=[(code, self.address(code)) for code, _name in settings.LANGUAGES],
            public_url=settings.PUBLIC_URL,
            **kwargs,
        )

    def crumbs(self) -> list[tuple[str, str]]:
        # The list has no language of its own: it is asked for, so that the reader stays in it.
        return [(f"{reverse('handbooks')}?lang={self.kwargs['language']}", gettext("Handbooks"))]

    def to_the_book(self) -> list[tuple[str, str]]:
        title = self.chapters.words("edition", "title")
        return [(self.edition.get_absolute_url(), title)]

    def part_address(self, name: str) -> str:
        named = [*self.edition.address, self.kwargs["language"], name]
        return reverse("handbook_part", args=named)

    def _parts(self) -> list[tuple[str, str]]:
        return list(self.chapters.parts.items())


class ReadEdition(ReadingView):
    template_name = "handbook/edition.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        handbook = self.edition.handbook
        can_edit = self.request.user.has_perm("handbook.edit_handbook", handbook)
        following = [(row["phase"].get_absolute_url(), row["title"]) for row in context["contents"]]
        return context | self.chapters.introduction() | {
            "following": following[0] if following else None,
            "news": self.edition.changelog.get(self.kwargs["language"], ""),
            "errata": self.edition.errata().filter(language=self.chapters.words.language),
            "printed": PrintedEdition.objects.of(self.edition, self.chapters.words.language),
            "printed_language": self.chapters.words.language,
            "can_edit": can_edit,
            "waiting": Suggestion.objects.about(handbook).waiting().count() if can_edit else 0,
        }  # fmt: skip


class PrintedBook(View):
    """The whole edition in a language as a PDF, for anyone, once a worker has made it."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, **names: str) -> HttpResponseBase:
        edition = edition_named(names["key"], names["version"])
        printed = PrintedEdition.objects.of(edition, names["language"])
        if printed is None or not printed.is_ready or not printed.path.is_file():
            raise Http404
        response = files.respond(printed)
        # Nothing in it is anybody's own.
        response["Cache-Control"] = "public, max-age=3600"
        response["Content-Language"] = names["language"]
        return response


class PrintAgain(SignedInMixin, View):
    """An editor asks for the PDF again after it could not be made."""

    http_method_names = ["post", "options"]
    permission = "handbook.edit_handbook"

    def load(self, user: User, **kwargs: Any) -> Handbook:
        self.edition = edition_named(kwargs["key"], kwargs["version"])
        return self.edition.handbook

    def post(self, request: HttpRequest, **names: str) -> HttpResponse:
        printed = PrintedEdition.objects.of(self.edition, names["language"])
        if printed is None:
            raise Http404
        try:
            print_again(printed=printed, by=self.person, at=timezone.now())
        except EditionRefused:
            # A second click, or somebody else was first: it is under way.
            messages.info(request, gettext("The PDF is being made."))
        else:
            messages.success(request, gettext("The PDF will be made again."))
        address = [*self.edition.address, names["language"]]
        return redirect(f"{reverse('handbook_edition', args=address)}#pdf")


class ReadPhase(ReadingView):
    template_name = "handbook/phase.html"

    def crumbs(self) -> list[tuple[str, str]]:
        return [*super().crumbs(), *self.to_the_book()]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = context["contents"]
        numbers = {row["phase"].key: number for number, row in enumerate(rows)}
        if self.kwargs["phase"] not in numbers:
            raise Http404
        number = numbers[self.kwargs["phase"]]
        whole = self.chapters.phase(rows[number]["phase"])
        links = [(row["phase"].get_absolute_url(), row["title"]) for row in rows]
        links = [
            *self.to_the_book(),
            *links,
            *((url, title) for _n, url, title in context["parts"]),
        ]
        return context | whole | {
            "before": links[number],
            "following": links[number + 2] if number + 2 < len(links) else None,
        }  # fmt: skip


class ReadPart(ReadingView):
    """Roles, words, templates, criteria, readiness, law or sources."""

    template_name = "handbook/part.html"

    def crumbs(self) -> list[tuple[str, str]]:
        return [*super().crumbs(), *self.to_the_book()]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        names = list(self.chapters.parts)
        part = self.kwargs["part"]
        if part not in names:
            raise Http404
        number = names.index(part)
        rows = context["contents"]
        links = [(url, title) for _name, url, title in context["parts"]]
        last = [(row["phase"].get_absolute_url(), row["title"]) for row in rows[-1:]]
        links = [*(last or self.to_the_book()), *links]
        return context | {
            "part": part,
            "part_template": f"handbook/part/{part}.html",
            "title": links[number + 1][1],
            "holds": self.chapters.part(part),
            "before": links[number],
            "following": links[number + 2] if number + 2 < len(links) else None,
        }
