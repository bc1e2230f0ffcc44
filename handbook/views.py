"""Reading the handbooks: open to everyone, in the reader's language."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.views.generic import TemplateView

from handbook.models import DocumentTemplate, Edition, Phase, Step
from handbook.states import EditionState
from handbook.words import Words, words_of_many

# An edition in an address, with or without its build: 0.8, 0.8+2.
VERSION = re.compile(r"(?P<version>[0-9]+(?:\.[0-9]+)*)(?:\+(?P<build>[0-9]{1,6}))?", re.ASCII)
BOOK_TEXTS = ("source_note", "introduction", "how_to_use")
ABOUT = {
    "purpose": "purpose",
    "outcome": "outcome",
    "length_reason": "length_reason",
    "suppliers": "suppliers.note",
    "fee": "fee.note",
    "found": "basis.found",
    "proposal": "basis.proposal",
    "flags": "flag_notes",
}


class HandbookList(TemplateView):
    template_name = "handbook/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        editions = list(Edition.objects.current().select_related("handbook"))
        words = words_of_many(editions)
        rows = [
            {
                "edition": edition,
                "lang": words[edition.pk].language,
                "origin": words[edition.pk].first_paragraph("edition", "source_note"),
            }
            | book(words[edition.pk])
            for edition in editions
        ]
        return super().get_context_data(rows=rows, **kwargs)


class EditionView(TemplateView):
    """Loads the published edition that the address names; `0.8+1` is an older build of it."""

    edition: Edition
    words: Words

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.edition = get_object_or_404(self._named(), handbook__key=self.kwargs["key"])
        self.words = self.edition.words()
        self.phases = list(self.edition.phases.all())
        for phase in self.phases:
            phase.edition = self.edition
        newer = None
        if self.edition.state == EditionState.SUPERSEDED:
            newer = Edition.objects.current().filter(handbook=self.edition.handbook).first()
        return super().get_context_data(
            edition=self.edition,
            words=self.words,
            book=book(self.words),
            crumbs=self.crumbs(),
            phases=[(phase, self.words(phase, "title")) for phase in self.phases],
            newer=newer,
            can_edit=self.request.user.has_perm("handbook.edit_handbook", self.edition.handbook),
            **kwargs,
        )

    def crumbs(self) -> list[tuple[str, str]]:
        return [(reverse("handbooks"), gettext("Handbooks"))]

    def _named(self) -> QuerySet[Edition]:
        named = VERSION.fullmatch(self.kwargs["version"])
        if not named:
            raise Http404
        found = Edition.objects.select_related("handbook").filter(version=named["version"])
        if not named["build"]:
            return found.filter(state=EditionState.PUBLISHED)
        return found.readable().filter(build=int(named["build"]))


class ReadEdition(EditionView):
    template_name = "handbook/edition.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        words, details = self.words, self.edition.details
        return context | {
            "contents": [
                {"phase": phase, "title": title, "purpose": words(phase, "purpose")}
                for phase, title in context["phases"]
            ],
            "values": self._open_list("values"),
            "method_principles": self._open_list("method_principles"),
            "ideas": self._texts("idea", details["principles"]["ideas"]),
            "legal": self._texts("principle", details["principles"]["legal"]),
            "roles": [
                (role.key, words(role, "title"), words(role, "description"))
                for role in self.edition.roles.all()
            ],
            "glossary": sorted(
                (
                    (words(f"word:{row['key']}", "title"), words(f"word:{row['key']}", "meaning"))
                    for row in details["glossary"]
                ),
                key=lambda row: row[0].lower(),
            ),
            "law": laws(
                self.edition, words, [row["key"] for row in self.edition.law["references"]]
            ),
            "law_note": words("law", "note"),
            "law_as_of": self.edition.law["as_of"],
            "sources": [
                (words("edition", f"sources.items.{number}.topic"), row["at"])
                for number, row in enumerate(details["sources"]["items"], 1)
            ],
        }

    def _texts(self, kind: str, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
        parts = [f"{kind}:{row['key']}" for row in rows]
        return [(self.words(part, "title"), self.words.html(part, "text")) for part in parts]

    def _open_list(self, name: str) -> dict[str, Any]:
        rows = self.edition.details.get(name, {}).get("items", [])
        numbers = range(1, len(rows) + 1)
        return {
            "note": self.words("edition", f"{name}.note"),
            "rows": [
                (
                    self.words("edition", f"{name}.items.{number}.title"),
                    self.words.html("edition", f"{name}.items.{number}.text"),
                )
                for number in numbers
            ],
        }


class ReadPhase(EditionView):
    template_name = "handbook/phase.html"

    def crumbs(self) -> list[tuple[str, str]]:
        title = self.words("edition", "title")
        return [*super().crumbs(), (self.edition.get_absolute_url(), title)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        by_key = {phase.key: phase for phase in self.phases}
        if self.kwargs["phase"] not in by_key:
            raise Http404
        phase, words = by_key[self.kwargs["phase"]], self.words
        roles = {role.key: words(role, "title") for role in self.edition.roles.all()}
        templates = list(phase.templates.order_by("key"))
        titles = {template.key: words(template, "title") for template in templates}
        steps = phase.steps.prefetch_related("items", "notes")
        return context | {
            "phase": phase,
            "title": words(phase, "title"),
            "about": {name: words(phase, field) for name, field in ABOUT.items()},
            "steps": [self._step(step, roles, titles) for step in steps],
            "gate": self._gate(phase, roles),
            "criteria": self._criteria(phase),
            "learning": words.lines(phase, "learning_questions"),
            "risks": words.rows(phase, "risks"),
            "templates": [self._template(template) for template in templates],
        }

    def _step(self, step: Step, roles: dict[str, str], titles: dict[str, str]) -> dict[str, Any]:
        words = self.words
        return {
            "step": step,
            "title": words(step, "title"),
            "guidance": words.html(step, "guidance"),
            "who": [roles.get(key, key) for key in step.who],
            "contexts": [words(f"context:{key}", "title") for key in step.applies_to]
            if len(step.applies_to) < 3
            else [],
            "items": [words(item, "text") for item in step.items.all()],
            "notes": [(note.tag, words(note, "text")) for note in step.notes.all()],
            "laws": laws(self.edition, words, step.law),
            "papers": [(key, titles[key]) for key in step.produces if key in titles],
        }

    def _gate(self, phase: Phase, roles: dict[str, str]) -> dict[str, Any]:
        words = self.words
        options = [
            (words(phase, f"gate.options.{row['key']}.label"),
             words(phase, f"gate.options.{row['key']}.meaning"))
            for row in phase.details["gate"]["options"]
        ]  # fmt: skip
        return {
            "question": words(phase, "gate.question"),
            "on_the_table": words.lines(phase, "gate.on_the_table"),
            "options": options,
            "deciding": [roles.get(key, key) for key in phase.deciding_roles],
            "signing": [roles.get(key, key) for key in phase.signatures],
        }

    def _criteria(self, phase: Phase) -> list[dict[str, Any]]:
        words = self.words
        return [
            {
                "criterion": criterion,
                "title": words(criterion, "title"),
                "scores": [words(criterion, f"score_{score}") for score in range(3)]
                if criterion.weight is None
                else [],
                "good": words(criterion, "good"),
                "evidence": words(criterion, "evidence"),
            }
            for criterion in phase.criteria.all()
        ]

    def _template(self, template: DocumentTemplate) -> dict[str, Any]:
        words = self.words
        return {
            "template": template,
            "title": words(template, "title"),
            "purpose": words(template, "purpose"),
        }


def book(words: Words) -> dict[str, str]:
    """What an edition says of itself."""
    texts = {name: words.html("edition", name) for name in BOOK_TEXTS}
    return texts | {
        "title": words("edition", "title"),
        "subtitle": words("edition", "subtitle"),
        "attribution": words("edition", "licence.attribution"),
    }


def laws(edition: Edition, words: Words, keys: list[str]) -> list[dict[str, str]]:
    """References to the law, in the order asked for, with what they say in short."""
    known = {row["key"]: row["citation"] for row in edition.law["references"]}
    return [
        {"key": key, "citation": known[key], "gist": words(f"law:{key}", "gist")}
        for key in keys
        if key in known
    ]
