"""What an edition says, chapter by chapter: the pages and the PDF show the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from handbook.models import Criterion, DocumentTemplate, Edition, Phase, Step
from handbook.words import Words

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
# Of the targets of readiness, what is no phase.
NO_PHASE = {"note", "basis"}


class Chapters:
    """An edition with its words in one language, as plain data for templates.

    An edition that lacks something gives an empty list or text for it; templates leave it out.
    """

    def __init__(self, edition: Edition, words: Words) -> None:
        self.edition = edition
        self.words = words

    # The whole

    @cached_property
    def phases(self) -> list[Phase]:
        phases = list(self.edition.phases.all())
        for phase in phases:
            phase.edition = self.edition
        return phases

    @cached_property
    def roles(self) -> list[tuple[str, str, str]]:
        """Key, title and description of whoever does the work."""
        words = self.words
        return [
            (role.key, words(role, "title"), words(role, "description"))
            for role in self.edition.roles.all()
        ]

    @cached_property
    def steps(self) -> dict[int, list[Step]]:
        """The steps of each phase, by its id."""
        found: dict[int, list[Step]] = {}
        for step in self.edition.steps.order_by("number"):
            found.setdefault(step.phase_id, []).append(step)
        return found

    def book(self) -> dict[str, Any]:
        """What the edition says of itself."""
        return book(self.words)

    def contents(self) -> list[dict[str, Any]]:
        """Each phase with its steps by number, key and title."""
        words = self.words
        return [
            {
                "phase": phase,
                "title": words(phase, "title"),
                "purpose": words(phase, "purpose"),
                "steps": [
                    (step.number, step.key, words(step, "title"))
                    for step in self.steps.get(phase.pk, [])
                ],
            }
            for phase in self.phases
        ]

    @cached_property
    def parts(self) -> dict[str, str]:
        """The parts after the phases that this edition has, by the name in their address."""
        edition, details = self.edition, self.edition.details
        has = {
            "roles": (_("Roles"), True),
            "words": (_("Words"), details.get("glossary")),
            "papers": (_("Templates"), True),
            "criteria": (_("Criteria"), edition.assessment.get("phases")),
            "readiness": (pgettext("of suppliers", "Readiness"), edition.readiness),
            "law": (_("The law in short"), edition.law.get("references")),
            "sources": (_("Sources"), details.get("sources", {}).get("items")),
        }
        return {name: title for name, (title, holds) in has.items() if holds}

    # Before the phases

    def introduction(self) -> dict[str, Any]:
        principles = self.edition.details.get("principles", {})
        return {
            "values": self._open_list("values"),
            "method_principles": self._open_list("method_principles"),
            "ideas": self._titled("idea", principles.get("ideas", [])),
            "legal": self._titled("principle", principles.get("legal", [])),
            "contexts": self._described("context", "contexts"),
            "tags": self._described("tag", "tags"),
        }

    def _titled(self, kind: str, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
        parts = [f"{kind}:{row['key']}" for row in rows]
        return [(self.words(part, "title"), self.words.html(part, "text")) for part in parts]

    def _described(self, kind: str, name: str) -> list[tuple[str, str]]:
        parts = [f"{kind}:{row['key']}" for row in self.edition.details.get(name, [])]
        return [(self.words(part, "title"), self.words(part, "description")) for part in parts]

    def _open_list(self, name: str) -> dict[str, Any]:
        rows = self.edition.details.get(name, {}).get("items", [])
        return {
            "note": self.words("edition", f"{name}.note"),
            "rows": [
                (
                    self.words("edition", f"{name}.items.{number}.title"),
                    self.words.html("edition", f"{name}.items.{number}.text"),
                )
                for number in range(1, len(rows) + 1)
            ],
        }

    # A phase

    def phase(self, phase: Phase) -> dict[str, Any]:
        """Everything about a phase. Ask `whole_phases` where all of them are shown."""
        words, steps = self.words, self.steps.get(phase.pk, [])
        prefetch_related_objects(steps, "items", "notes")
        papers = sorted(phase.templates.all(), key=lambda template: template.key)
        titles = {template.key: words(template, "title") for template in papers}
        return {
            "phase": phase,
            "title": words(phase, "title"),
            "about": {name: words(phase, field) for name, field in ABOUT.items()},
            "steps": [self.step(step, titles) for step in steps],
            "gate": self.gate(phase),
            "criteria": [self.criterion(criterion) for criterion in phase.criteria.all()],
            "learning": words.lines(phase, "learning_questions"),
            "risks": words.rows(phase, "risks"),
            "papers": [self.paper(template) for template in papers],
        }

    def whole_phases(self) -> list[dict[str, Any]]:
        """Every phase with everything in it, with the same few queries however many."""
        prefetch_related_objects(self.phases, "criteria", "templates")
        every = [step for steps in self.steps.values() for step in steps]
        prefetch_related_objects(every, "items", "notes")
        return [self.phase(phase) for phase in self.phases]

    def step(self, step: Step, papers: dict[str, str]) -> dict[str, Any]:
        words, contexts = self.words, self.edition.details.get("contexts", [])
        is_for_some = len(step.applies_to) < len(contexts)
        return {
            "step": step,
            "title": words(step, "title"),
            "guidance": words.html(step, "guidance"),
            "who": [self.role(key) for key in step.who],
            "contexts": [words(f"context:{key}", "title") for key in step.applies_to]
            if is_for_some
            else [],
            "items": [words(item, "text") for item in step.items.all()],
            "notes": [(note.tag, words(note, "text")) for note in step.notes.all()],
            "laws": self.laws(step.law),
            "papers": [(key, papers[key]) for key in step.produces if key in papers],
        }

    def role(self, key: str) -> str:
        return self.words(f"role:{key}", "title") or key

    def gate(self, phase: Phase) -> dict[str, Any]:
        words = self.words
        options = [
            (words(phase, f"gate.options.{row['key']}.label"),
             words(phase, f"gate.options.{row['key']}.meaning"))
            for row in phase.details.get("gate", {}).get("options", [])
        ]  # fmt: skip
        return {
            "question": words(phase, "gate.question"),
            "on_the_table": words.lines(phase, "gate.on_the_table"),
            "options": options,
            "deciding": [self.role(key) for key in phase.deciding_roles],
            "signing": [self.role(key) for key in phase.signatures],
        }

    def criterion(self, criterion: Criterion) -> dict[str, Any]:
        words = self.words
        return {
            "criterion": criterion,
            "title": words(criterion, "title"),
            "scores": [words(criterion, f"score_{score}") for score in range(3)]
            if criterion.weight is None
            else [],
            "good": words(criterion, "good"),
            "evidence": words(criterion, "evidence"),
        }

    def paper(self, template: DocumentTemplate) -> dict[str, Any]:
        words = self.words
        return {
            "template": template,
            "title": words(template, "title"),
            "purpose": words(template, "purpose"),
        }

    # After the phases

    def papers(self) -> list[dict[str, Any]]:
        """Each template with the phases it belongs to and what a person fills in."""
        titles = {phase.key: (phase, self.words(phase, "title")) for phase in self.phases}
        return [
            self.paper(template)
            | {
                "phases": [titles[phase.key] for phase in template.phases.all()],
                "fields": [
                    self.words(template, f"fill.{field['key']}.label") for field in template.fields
                ],
            }
            for template in self.edition.templates.order_by("key").prefetch_related("phases")
        ]

    def glossary(self) -> list[tuple[str, str, str]]:
        """Key, word and meaning, in the order of the alphabet of the language."""
        parts = [(row["key"], f"word:{row['key']}") for row in self.edition.details["glossary"]]
        rows = [(k, self.words(part, "title"), self.words(part, "meaning")) for k, part in parts]
        return sorted(rows, key=lambda row: _in_order(row[1]))

    def assessment(self) -> dict[str, Any]:
        """How suppliers are judged: the scale, its rules and in which phases."""
        words, kept = self.words, self.edition.assessment
        scale = kept.get("scale", [])
        rows = scale if isinstance(scale, list) else []
        phases = {phase.key: phase for phase in self.phases}
        return {
            "note": words.html("criteria", "note"),
            "scale": [
                (row["score"], words("criteria", f"scale.{number}.label"),
                 words("criteria", f"scale.{number}.meaning"))
                for number, row in enumerate(rows, 1)
            ],
            "meaning": words("criteria", "scale.meaning"),
            "rules": [
                words("criteria", f"rules.{row['key']}.text") for row in kept.get("rules", [])
            ],
            "phases": [
                (phases[row["phase"]], words(f"assessment:{row['phase']}", "title"))
                for row in kept.get("phases", [])
                if row["phase"] in phases
            ],
        }  # fmt: skip

    def readiness(self) -> dict[str, Any]:
        """The dimensions with what each level means and what is wanted at the end of a phase."""
        words, kept = self.words, self.edition.readiness
        targets = kept.get("targets", {})
        wanted = [phase for phase in self.phases if phase.key in targets.keys() - NO_PHASE]
        return {
            "title": words("readiness", "title"),
            "rule": words.html("readiness", "rule"),
            "attribution": words("readiness", "attribution"),
            "caution": words("readiness", "licence_caution"),
            "note": words("readiness", "targets.note"),
            "phases": [(phase, words(phase, "title")) for phase in wanted],
            "dimensions": [
                {
                    "key": row["key"],
                    "title": words(f"dimension:{row['key']}", "title"),
                    "about": words(f"dimension:{row['key']}", "about"),
                    "levels": [
                        (level["level"], words(f"dimension:{row['key']}", f"levels.{n}.title"))
                        for n, level in enumerate(row["levels"], 1)
                    ],
                    "targets": [targets[phase.key].get(row["key"], "") for phase in wanted],
                }
                for row in kept.get("dimensions", [])
            ],
        }

    def laws(self, keys: Iterable[str] | None = None) -> list[dict[str, str]]:
        """References to the law with what they say in short: those asked for, in that order."""
        references = self.edition.law.get("references", [])
        known = {row["key"]: row for row in references}
        return [
            {
                "key": key,
                "citation": known[key]["citation"],
                "gist": self.words(f"law:{key}", "gist"),
                "verified": self.words("law", f"verified_marks.{known[key].get('verified', '')}"),
            }
            for key in (known if keys is None else keys)
            if key in known
        ]

    def law(self) -> dict[str, Any]:
        kept = self.edition.law
        return {
            "note": self.words("law", "note"),
            "as_of": kept.get("as_of", ""),
            "rows": self.laws(),
            "short": [
                (name, self.words("law", f"abbreviations.{name}"))
                for name in kept.get("abbreviations", {})
            ],
        }

    def sources(self) -> dict[str, Any]:
        rows = self.edition.details.get("sources", {}).get("items", [])
        return {
            "note": self.words("edition", "sources.note"),
            "rows": [
                (self.words("edition", f"sources.items.{number}.topic"), row["at"])
                for number, row in enumerate(rows, 1)
            ],
        }

    def part(self, name: str) -> Any:
        """What a part after the phases holds, by the name in its address."""
        made = {
            "roles": lambda: self.roles,
            "words": self.glossary,
            "papers": self.papers,
            "criteria": self.assessment,
            "readiness": self.readiness,
            "law": self.law,
            "sources": self.sources,
        }
        return made[name]()


def book(words: Words) -> dict[str, Any]:
    """What an edition says of itself."""
    texts = ("source_note", "introduction", "how_to_use")
    return {name: words.html("edition", name) for name in texts} | {
        "title": words("edition", "title"),
        "subtitle": words("edition", "subtitle"),
        "attribution": words("edition", "licence.attribution"),
    }


# Where the letters of Swedish stand in its alphabet: after z, and in this order.
_LAST = str.maketrans("åäö", "{|}")


def _in_order(word: str) -> str:
    return word.lower().translate(_LAST)
