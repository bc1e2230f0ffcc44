"""From a checked manuscript to a published edition."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from handbook import errata, versions
from handbook.manuscript import Manuscript, digest
from handbook.models import (
    ChecklistItem,
    Criterion,
    DocumentTemplate,
    Edition,
    Handbook,
    HandbookRole,
    Note,
    Phase,
    Step,
    TextSet,
)
from handbook.reading import LANGUAGES, SOURCE_LANGUAGE
from handbook.splitting import Texts, split
from handbook.states import EditionState
from journal.record import record

if TYPE_CHECKING:
    from teams.models import User


@transaction.atomic(durable=True)
def load_edition(*, manuscript: Manuscript, by: User, at: datetime) -> Edition:
    """Publish what the manuscript holds, or give back the edition that already holds it.

    Other content under the same version becomes the next build beside the old, which is
    superseded; cases stay on the build they are pinned to. Errata of the old are in the new too,
    where it still says what was corrected.
    """
    Handbook.objects.get_or_create(key=manuscript.key)
    handbook = Handbook.objects.select_for_update().get(key=manuscript.key)
    before = handbook.editions.filter(version=manuscript.version).order_by("build").last()
    if before and before.content_hash == manuscript.content_hash:
        before.source_hash = manuscript.source_hash
        before.save(update_fields=["source_hash"])
        return before
    return publish_manuscript(handbook, manuscript, by=by, at=at)


def publish_manuscript(
    handbook: Handbook,
    manuscript: Manuscript,
    *,
    changelog: dict[str, str] | None = None,
    by: User,
    at: datetime,
) -> Edition:
    """Freeze what the manuscript holds as the next build of its version, and replace what is
    older. Call within an operation that has locked the handbook.

    A build of an earlier version than the newest is readable, but no new case begins on it.
    """
    builds = handbook.editions.filter(version=manuscript.version).order_by("build")
    before = builds.last()
    edition = _insert(handbook, manuscript, build=before.build + 1 if before else 1)
    if before:
        errata.carry(before, edition)
    edition.changelog = changelog or {}
    edition.save(update_fields=["changelog"])
    is_newest = True
    for other in handbook.editions.filter(state=EditionState.PUBLISHED):
        if versions.order(other.version) <= versions.order(edition.version):
            other.move_to(EditionState.SUPERSEDED)
        else:
            is_newest = False
    edition.publish(content_hash=manuscript.content_hash, at=at)
    facts = {"version": edition.version, "build": edition.build, "hash": edition.content_hash}
    record(handbook, "edition.published", by=by, at=at, about=edition, facts=facts)
    if not is_newest:
        edition.move_to(EditionState.SUPERSEDED)
    return edition


def _insert(handbook: Handbook, manuscript: Manuscript, *, build: int) -> Edition:
    """All rows of a draft edition."""
    texts: Texts = {language: {} for language in LANGUAGES}
    book = split(manuscript.book, "edition", texts)
    licence = book["licence"]
    edition = Edition.objects.create(
        handbook=handbook,
        version=book.pop("version"),
        build=build,
        source_language=SOURCE_LANGUAGE,
        languages=book.pop("languages"),
        licence_name=licence.pop("name"),
        licence_url=licence.pop("url"),
        source_hash=manuscript.source_hash,
        catalogue=split(manuscript.catalogue, "catalogue", texts),
        readiness=split(manuscript.readiness, "readiness", texts),
        law=split(manuscript.law, "law", texts),
    )
    book.pop("key")
    HandbookRole.objects.bulk_create(
        HandbookRole(edition=edition, number=number, **HandbookRole.values_from(role))
        for number, role in enumerate(book.pop("roles"), 1)
    )
    phases = _insert_phases(edition, manuscript, texts)
    _insert_criteria(edition, manuscript, phases, texts)
    _insert_templates(edition, manuscript, phases, texts)
    edition.details = book
    edition.save()
    TextSet.objects.bulk_create(
        TextSet(edition=edition, language=language, hash=digest(spoken), texts=spoken)
        for language, spoken in texts.items()
    )
    return edition


def _insert_phases(edition: Edition, manuscript: Manuscript, texts: Texts) -> dict[str, Phase]:
    phases = {}
    for data in manuscript.phases:
        steps = data["steps"]
        rest = {name: value for name, value in data.items() if name != "steps"}
        structure = split(rest, f"phase:{data['key']}", texts)
        phase = Phase.objects.create(edition=edition, **Phase.values_from(structure))
        phases[phase.key] = phase
        for number, step in enumerate(steps, 1):
            _insert_step(phase, number, step, texts)
    return phases


def _insert_step(phase: Phase, number: int, data: dict[str, Any], texts: Texts) -> None:
    apart = {"checklist", "tag_notes"}
    rest = {name: value for name, value in data.items() if name not in apart}
    structure = split(rest, f"step:{data['key']}", texts)
    step = Step.objects.create(
        edition_id=phase.edition_id, phase=phase, number=number, **Step.values_from(structure)
    )
    row = {"edition_id": phase.edition_id, "step": step}
    items = []
    for position, text in enumerate(data["checklist"], 1):
        item = ChecklistItem(key=f"{step.key}.{position}", position=position, **row)
        item.details = split({"text": text}, item.path, texts)
        items.append(item)
    ChecklistItem.objects.bulk_create(items)
    notes = []
    for position, note_data in enumerate(data["tag_notes"], 1):
        note = Note(key=f"{step.key}.{position}", position=position, **row)
        values = Note.values_from(split(note_data, note.path, texts))
        note.tag, note.details = values["tag"], values["details"]
        notes.append(note)
    Note.objects.bulk_create(notes)


def _insert_criteria(
    edition: Edition, manuscript: Manuscript, phases: dict[str, Phase], texts: Texts
) -> None:
    groups = []
    for group in manuscript.criteria["phases"]:
        phase = phases[group["phase"]]
        rest = {name: value for name, value in group.items() if name != "criteria"}
        groups.append(split(rest, f"assessment:{phase.key}", texts))
        for position, data in enumerate(group["criteria"], 1):
            structure = split(data, f"criterion:{data['key']}", texts)
            values = Criterion.values_from(structure)
            Criterion.objects.create(edition=edition, phase=phase, position=position, **values)
    rest = {name: value for name, value in manuscript.criteria.items() if name != "phases"}
    edition.assessment = split(rest, "criteria", texts) | {"phases": groups}


def _insert_templates(
    edition: Edition, manuscript: Manuscript, phases: dict[str, Phase], texts: Texts
) -> None:
    for data in manuscript.templates:
        part = f"template:{data['key']}"
        rest = {name: value for name, value in data.items() if name != "phases"}
        values = DocumentTemplate.values_from(split(rest, part, texts))
        template = DocumentTemplate.objects.create(edition=edition, **values)
        template.phases.set([phases[key] for key in data["phases"]])
        for language, body in manuscript.bodies[data["key"]].items():
            texts[language][part]["body"] = body
