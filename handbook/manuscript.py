"""A handbook that has been read and checked: plain data, the same from a folder and from rows."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from handbook.reading import LANGUAGES, Content, read_folder
from handbook.refusals import ContentRefused, Problem

# Where the files lie and what state they claim is nothing that the edition is made of.
NOT_CONTENT = {"files", "state"}
SHARED_PATH = re.compile(r"\.\./[\w./-]+")


@dataclass(frozen=True)
class Manuscript:
    """What an edition is made of. Only `check` makes one from a folder, so it can be published."""

    book: dict[str, Any]
    phases: list[dict[str, Any]]
    criteria: dict[str, Any]
    catalogue: dict[str, Any]
    law: dict[str, Any]
    readiness: dict[str, Any]
    templates: list[dict[str, Any]]
    bodies: dict[str, dict[str, str]]  # template key → language → text
    advice: tuple[Problem, ...] = ()
    source_hash: str = ""

    @property
    def key(self) -> str:
        return str(self.book["key"])

    @property
    def version(self) -> str:
        return str(self.book["version"])

    @property
    def data(self) -> dict[str, Any]:
        return {
            "book": self.book,
            "phases": self.phases,
            "criteria": self.criteria,
            "catalogue": self.catalogue,
            "law": self.law,
            "readiness": self.readiness,
            "templates": self.templates,
            "bodies": self.bodies,
        }

    @cached_property
    def content_hash(self) -> str:
        return digest(self.data)


def digest(value: Any) -> str:
    """SHA-256 of canonical JSON: the same for equal data, in whatever order it was written."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_manuscript(folder: Path) -> Manuscript:
    """Read a folder and check it. Raises ContentRefused with every problem's file and line."""
    return replace(check(read_folder(folder)), source_hash=source_hash(folder))


def source_hash(folder: Path) -> str:
    """SHA-256 of the files as they lie: those of the folder and those it shares with a sibling."""
    book = folder / "handbook.yaml"
    text = book.read_text(encoding="utf-8", errors="replace") if book.is_file() else ""
    shared = [folder / path for path in SHARED_PATH.findall(text)]
    found = [*folder.rglob("*.yaml"), *folder.rglob("*.html"), *shared]
    whole = hashlib.sha256()
    for path in sorted(path for path in found if path.is_file()):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def check(content: Content) -> Manuscript:
    """The manuscript of a folder's content, or ContentRefused."""
    from handbook import checks, papers, schema

    # Later checks rest on earlier ones: keys are compared only in files of the right form.
    for found in (schema.problems_of, checks.problems_of, papers.problems_of):
        if problems := list(found(content)):
            raise ContentRefused(problems)
    return _manuscript(content, tuple(checks.advice(content)))


def _manuscript(content: Content, advice: tuple[Problem, ...]) -> Manuscript:
    phases = [_phase(file.data) for file in content.phases]
    order = [phase["key"] for phase in phases]
    return Manuscript(
        book={key: value for key, value in content.book.data.items() if key not in NOT_CONTENT},
        phases=phases,
        criteria=content.criteria.data,
        catalogue=content.catalogue.data,
        law=content.law.data,
        readiness=content.readiness.data,
        templates=[
            template.meta.data | {"phases": sorted(template.meta.data["phases"], key=order.index)}
            for template in sorted(content.templates, key=lambda template: template.key)
        ],
        bodies={
            template.key: {language: template.bodies[language].text for language in LANGUAGES}
            for template in content.templates
        },
        advice=advice,
    )


def _phase(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"gate": {"signatures": []} | data["gate"]}
