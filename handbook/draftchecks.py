"""What stands between a draft and its publication: the checks of a folder, section by section."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handbook import checks, papers, schema
from handbook.differences import LANGUAGE_NAMES, label
from handbook.reading import LANGUAGES, Content, ContentFile, Place, TemplateFiles
from handbook.refusals import Problem
from handbook.sections import Kind, Section, Whole

# In a phase's file a line stands for a section: its own, its gate, and each of its steps.
OF_PHASE, OF_GATE = 0, -1


@dataclass(frozen=True, order=True)
class Finding:
    """What is wrong in a section, and in which field or on which line of a template."""

    path: str
    where: str
    message: str
    language: str = ""

    @property
    def section(self) -> Section:
        return Section.at(self.path)

    @property
    def language_name(self) -> str:
        return str(LANGUAGE_NAMES.get(self.language, ""))

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


def findings(whole: Whole, base: Whole) -> list[Finding]:
    """Everything that publishing would refuse, in the order of the sections.

    Papers that stand as they did in the edition before were tried then and are not tried again.
    """
    found = list(_of_form(whole))
    if not found:
        content = content_of(whole)
        found = [_finding(whole, problem) for problem in checks.problems_of(content)]
        found += _of_papers(whole, base, content)
    return list(dict.fromkeys(found))


def paper_findings(whole: Whole, key: str) -> list[Finding]:
    """What is wrong with one paper's source."""
    content = content_of(whole)
    content.templates = [one for one in content.templates if one.key == key]
    return [_finding(whole, problem) for problem in papers.problems_of(content)]


def content_of(whole: Whole) -> Content:
    """The draft as the checks of a folder read it; a file's name is the path of its section."""
    phases = [
        ContentFile(f"phase:{phase['key']}", "", phase, _lines_of_phase(phase))
        for phase in whole["phases"]
    ]
    groups = whole["criteria"]["phases"]
    numbers: dict[Place, int] = {("phases", index): index for index in range(len(groups))}
    book = f"book:{whole['book']['key']}"
    return Content(
        book=ContentFile(book, "", whole["book"]),
        phases=phases,
        criteria=ContentFile("criteria:", "", whole["criteria"], numbers),
        catalogue=ContentFile(book, "", whole["catalogue"]),
        law=ContentFile(book, "", whole["law"]),
        readiness=ContentFile(book, "", whole["readiness"]),
        templates=[_template(whole, meta) for meta in whole["templates"]],
    )


def _lines_of_phase(phase: dict[str, Any]) -> dict[Place, int]:
    lines: dict[Place, int] = {(): OF_PHASE, ("gate",): OF_GATE}
    return lines | {("steps", index): index + 1 for index in range(len(phase["steps"]))}


def _template(whole: Whole, meta: dict[str, Any]) -> TemplateFiles:
    path = f"template:{meta['key']}"
    bodies = {
        language: ContentFile(f"{path}#{language}", whole["bodies"][meta["key"]][language])
        for language in LANGUAGES
    }
    # The name of a described file ends as its key does, which the checks compare.
    return TemplateFiles(ContentFile(f"template:/{meta['key']}.yaml", "", meta), bodies)


def _of_form(whole: Whole) -> Iterator[Finding]:
    book = Section(Kind.BOOK, whole["book"]["key"])
    # The files that an imported folder lists say nothing of a draft.
    listed = {"phases": ["-"], "templates": "-"}
    named = ("criteria", "readiness", "law", "fields")
    files = listed | dict.fromkeys(named, "-")
    yield from _place_findings(book, "handbook", whole["book"] | {"files": files})
    for phase in whole["phases"]:
        for place, message in schema.findings("phase", phase):
            yield _in_phase(phase, place, message)
    for place, message in schema.findings("criteria", whole["criteria"]):
        groups = whole["criteria"]["phases"]
        if place[:1] == ("phases",) and len(place) > 1:
            path = f"criteria:{groups[int(place[1])]['phase']}"
            yield _said(path, place[2:], message, whole["criteria"]["phases"][int(place[1])])
        else:
            yield _said(book.path, place, message, whole["criteria"])
    for template in whole["templates"]:
        yield from _place_findings(Section(Kind.TEMPLATE, template["key"]), "template", template)


def _in_phase(phase: dict[str, Any], place: Place, message: str) -> Finding:
    if place[:1] == ("steps",) and len(place) > 1:
        step = phase["steps"][int(place[1])]
        return _said(f"step:{step['key']}", place[2:], message, step)
    if place[:1] == ("gate",):
        return _said(f"gate:{phase['key']}", place[1:], message, phase["gate"])
    return _said(f"phase:{phase['key']}", place, message, phase)


def _place_findings(section: Section, kind: str, data: dict[str, Any]) -> Iterator[Finding]:
    for place, message in schema.findings(kind, data):
        yield _said(section.path, place, message, data)


def _said(path: str, place: Place, message: str, data: Any) -> Finding:
    """A place in words: rows by their key or their number, the language apart."""
    names, node, language = [], data, ""
    for step in place:
        if isinstance(step, int):
            row = node[step] if isinstance(node, list) and step < len(node) else None
            titled = row.get("key") if isinstance(row, dict) else None
            names.append(str(titled or step + 1))
        elif step in LANGUAGES:
            language = step
        else:
            names.append(step)
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            node = None
    return Finding(path, label(".".join(names)) if names else "", message, language)


def _of_papers(whole: Whole, base: Whole, content: Content) -> list[Finding]:
    if whole["catalogue"] == base["catalogue"]:
        tried = {meta["key"]: meta for meta in base["templates"]}
        content.templates = [
            template
            for template in content.templates
            if tried.get(template.key) != template.meta.data
            or base["bodies"][template.key] != whole["bodies"][template.key]
        ]
    return [_finding(whole, problem) for problem in papers.problems_of(content)]


def _finding(whole: Whole, problem: Problem) -> Finding:
    name, _hash, language = problem.file.partition("#")
    if language:
        return Finding(name, f"{problem.line}", problem.message, language)
    if name.startswith("template:/"):
        key = name.removeprefix("template:/").removesuffix(".yaml")
        return Finding(f"template:{key}", "", problem.message)
    if name == "criteria:":
        groups = whole["criteria"]["phases"]
        return Finding(f"criteria:{groups[problem.line]['phase']}", "", problem.message)
    if name.startswith("phase:"):
        key = name.removeprefix("phase:")
        if problem.line == OF_GATE:
            return Finding(f"gate:{key}", "", problem.message)
        if problem.line > OF_PHASE:
            phase = next(one for one in whole["phases"] if one["key"] == key)
            step = phase["steps"][problem.line - 1]
            return Finding(f"step:{step['key']}", "", problem.message)
    return Finding(name, "", problem.message)
