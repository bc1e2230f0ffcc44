"""From an edition back to files: what was imported, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ObjectDoesNotExist

from handbook.manuscript import Manuscript
from handbook.models import DocumentTemplate, Edition, Part, Phase, Step, TextSet
from handbook.sections import BOOK_FIELDS, Kind, Section, SectionMissing
from handbook.splitting import join, lines_of


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: running text in blocks, lists indented, nothing referred to."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def manuscript_of(edition: Edition, *, corrected: bool = False) -> Manuscript:
    """The edition as the plain data it was loaded from, or with its errata in it."""
    spoken = _Spoken(edition, corrected=corrected)
    licence = {"name": edition.licence_name, "url": edition.licence_url}
    details = edition.details
    book = {
        "key": edition.handbook.key,
        "version": edition.version,
        "languages": edition.languages,
        **details,
        "licence": licence | details["licence"],
        "roles": [role.structure() for role in edition.roles.all()],
    }
    # Sorted here: databases do not agree on the order of letters and hyphens.
    rows = edition.templates.prefetch_related("phases")
    templates = sorted(rows, key=lambda template: template.key)
    return Manuscript(
        book=join(book, "edition", spoken),
        phases=_phases(edition, spoken),
        criteria=_criteria(edition, spoken),
        catalogue=join(edition.catalogue, "catalogue", spoken),
        law=join(edition.law, "law", spoken),
        readiness=join(edition.readiness, "readiness", spoken),
        templates=[_template(template, spoken) for template in templates],
        bodies={template.key: spoken(template.path, "body", "text") for template in templates},
    )


def export_edition(edition: Edition, folder: Path) -> list[Path]:
    """Write the edition's files into a folder; the names of the files written."""
    return write_manuscript(manuscript_of(edition), folder)


def write_manuscript(manuscript: Manuscript, folder: Path) -> list[Path]:
    phases = {f"phases/{row['number']:02d}-{row['key']}.yaml": row for row in manuscript.phases}
    book = manuscript.book | {
        "files": {
            "phases": list(phases),
            "criteria": "criteria.yaml",
            "readiness": "readiness.yaml",
            "law": "law.yaml",
            "fields": "fields.yaml",
            "templates": "templates",
        },
    }
    files: dict[str, Any] = {
        "handbook.yaml": book,
        **phases,
        "criteria.yaml": manuscript.criteria,
        "readiness.yaml": manuscript.readiness,
        "law.yaml": manuscript.law,
        "fields.yaml": manuscript.catalogue,
        **{f"templates/{row['key']}.yaml": row for row in manuscript.templates},
    }
    texts = {name: _yaml(data) for name, data in files.items()}
    for key, bodies in manuscript.bodies.items():
        texts |= {f"templates/{key}.{language}.html": body for language, body in bodies.items()}
    return [_write(folder / name, text) for name, text in texts.items()]


def section_of(edition: Edition, section: Section) -> dict[str, Any]:
    """One section as `find` gives it of the whole, with the errata in it, read with few queries.

    Raises SectionMissing.
    """
    spoken = _Spoken(edition, corrected=True)
    try:
        return _section(edition, section, spoken)
    except ObjectDoesNotExist:
        raise SectionMissing(section.path) from None


def _section(edition: Edition, section: Section, spoken: _Spoken) -> dict[str, Any]:
    key = section.key
    if section.kind == Kind.BOOK and key == edition.handbook.key:
        told = {name: edition.details[name] for name in BOOK_FIELDS}
        return dict(join(told, "edition", spoken))
    if section.kind == Kind.STEP:
        rows = edition.steps.prefetch_related("items", "notes")
        return _step(rows.get(key=key), spoken)
    if section.kind == Kind.TEMPLATE:
        template = edition.templates.prefetch_related("phases").get(key=key)
        return _template(template, spoken) | {"bodies": spoken(template.path, "body", "text")}
    if section.kind in (Kind.PHASE, Kind.GATE):
        phase = _whole(edition.phases.get(key=key), spoken)
        gate: dict[str, Any] = phase.pop("gate")
        return gate if section.kind == Kind.GATE else phase
    for group in edition.assessment["phases"]:
        if section.kind == Kind.CRITERIA and group["phase"] == key:
            return _group(group, edition.phases.get(key=key), spoken)
    raise SectionMissing(section.path)


class _Spoken:
    """Puts all languages of an edition's first (or newest) text sets where the markers stand."""

    def __init__(self, edition: Edition, *, corrected: bool) -> None:
        sets = TextSet.objects.filter(edition=edition).order_by("number")
        if not corrected:
            sets = sets.filter(number=1)
        by_language = dict(sets.values_list("language", "texts"))
        self.texts = {language: by_language[language] for language in edition.languages}

    def __call__(self, part: str, field: str, kind: str) -> dict[str, Any]:
        return {
            language: lines_of(texts.get(part, {}), field)
            if kind == "lines"
            else texts[part][field]
            for language, texts in self.texts.items()
        }


def _whole(part: Part, spoken: _Spoken) -> dict[str, Any]:
    structure: dict[str, Any] = join(part.structure(), part.path, spoken)
    return structure


def _phases(edition: Edition, spoken: _Spoken) -> list[dict[str, Any]]:
    rows = edition.phases.prefetch_related("steps__items", "steps__notes")
    return [
        _whole(phase, spoken) | {"steps": [_step(step, spoken) for step in phase.steps.all()]}
        for phase in rows
    ]


def _step(step: Step, spoken: _Spoken) -> dict[str, Any]:
    return _whole(step, spoken) | {
        "checklist": [_whole(item, spoken)["text"] for item in step.items.all()],
        "tag_notes": [_whole(note, spoken) for note in step.notes.all()],
    }


def _template(template: DocumentTemplate, spoken: _Spoken) -> dict[str, Any]:
    return _whole(template, spoken) | {"phases": [phase.key for phase in template.phases.all()]}


def _group(group: dict[str, Any], phase: Phase, spoken: _Spoken) -> dict[str, Any]:
    whole: dict[str, Any] = join(group, f"assessment:{group['phase']}", spoken)
    return whole | {"criteria": [_whole(one, spoken) for one in phase.criteria.all()]}


def _criteria(edition: Edition, spoken: _Spoken) -> dict[str, Any]:
    phases = {phase.key: phase for phase in edition.phases.prefetch_related("criteria")}
    rest = {name: value for name, value in edition.assessment.items() if name != "phases"}
    groups = [
        _group(group, phases[group["phase"]], spoken) for group in edition.assessment["phases"]
    ]
    return join(rest, "criteria", spoken) | {"phases": groups}


def _yaml(data: Any) -> str:
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
