"""Read a handbook folder: YAML that remembers its lines, and templates, nothing trusted."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from handbook.refusals import ContentRefused, Problem

LANGUAGES = ("sv", "en")
SOURCE_LANGUAGE = "sv"
LARGEST_FILE = 1_000_000
DEEPEST = 30
# Characters that no person types and that the database or a PDF cannot keep.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

Place = tuple[str | int, ...]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML without dates: a day in a content file is text, written as it is meant."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class ContentFile:
    """One file of the folder, with the line of everything in it."""

    name: str
    text: str
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str) -> Problem:
        return Problem(self.name, self.line(place), message)


@dataclass
class TemplateFiles:
    """What describes a template, and its text in each language."""

    meta: ContentFile
    bodies: dict[str, ContentFile]

    @property
    def key(self) -> str:
        return self.meta.data["key"]


@dataclass
class Content:
    """A handbook as it lies in a folder, read but not yet loaded."""

    book: ContentFile
    phases: list[ContentFile]
    criteria: ContentFile
    catalogue: ContentFile
    law: ContentFile
    readiness: ContentFile
    templates: list[TemplateFiles]

    @property
    def files(self) -> Iterator[ContentFile]:
        yield from (self.book, *self.phases, self.criteria, self.catalogue)
        yield from (self.law, self.readiness)
        for template in self.templates:
            yield template.meta


def read_folder(folder: Path) -> Content:
    """Read every file that handbook.yaml lists. Raises ContentRefused with all that is wrong."""
    problems: list[Problem] = []
    book = _read_yaml(folder, "handbook.yaml", problems)
    _stop_at(problems)
    listed = book.data.get("files") if isinstance(book.data, dict) else None
    if not isinstance(listed, dict):
        raise ContentRefused([book.problem((), _("The list of files is missing: “files”."))])

    def one(kind: str) -> ContentFile:
        return _read_listed(folder, book, ("files", kind), listed.get(kind), problems)

    paths = listed.get("phases")
    phases = [
        _read_listed(folder, book, ("files", "phases", index), path, problems)
        for index, path in enumerate(paths if isinstance(paths, list) else [])
    ]
    content = Content(
        book=book,
        phases=phases,
        criteria=one("criteria"),
        catalogue=one("fields"),
        law=one("law"),
        readiness=one("readiness"),
        templates=_read_templates(folder, book, listed.get("templates"), problems),
    )
    _stop_at(problems)
    return content


def _stop_at(problems: list[Problem]) -> None:
    if problems:
        raise ContentRefused(problems)


def _read_listed(
    folder: Path, book: ContentFile, place: Place, path: Any, problems: list[Problem]
) -> ContentFile:
    if not isinstance(path, str) or not path:
        problems.append(book.problem(place, _("A path to a file is missing here.")))
        return ContentFile(str(path), "")
    # A sibling handbook may share its law, fields and readiness; nothing further away is read.
    if not (folder / path).resolve().is_relative_to(folder.resolve().parent):
        problems.append(book.problem(place, _("This path leads out of the handbooks' folder.")))
        return ContentFile(path, "")
    if not (folder / path).is_file():
        message = _("There is no file “%(path)s”.") % {"path": path}
        problems.append(book.problem(place, message))
        return ContentFile(path, "")
    return _read_yaml(folder, path, problems)


def _read_templates(
    folder: Path, book: ContentFile, path: Any, problems: list[Problem]
) -> list[TemplateFiles]:
    inside = isinstance(path, str) and (folder / path).resolve().is_relative_to(folder.resolve())
    if not inside or not (folder / path).is_dir():
        message = _("There is no folder with templates here.")
        problems.append(book.problem(("files", "templates"), message))
        return []
    found = []
    for meta_path in sorted((folder / path).glob("*.yaml")):
        meta = _read_yaml(folder, f"{path}/{meta_path.name}", problems)
        bodies = {}
        for language in LANGUAGES:
            name = f"{path}/{meta_path.stem}.{language}.html"
            if not (folder / name).is_file():
                message = _("The template has no text in “%(name)s”.") % {"name": name}
                problems.append(meta.problem((), message))
                continue
            text = _read_text(folder, name, problems)
            bodies[language] = ContentFile(name, text)
        found.append(TemplateFiles(meta, bodies))
    return found


def _read_text(folder: Path, name: str, problems: list[Problem]) -> str:
    path = folder / name
    if path.stat().st_size > LARGEST_FILE:
        problems.append(Problem(name, 1, _("The file is too large.")))
        return ""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(Problem(name, line, _("This is not UTF-8 text.")))
        return ""
    if hit := FORBIDDEN.search(text):
        line = text.count("\n", 0, hit.start()) + 1
        problems.append(Problem(name, line, _("There is a character here that cannot be kept.")))
        return ""
    return text


def _read_yaml(folder: Path, name: str, problems: list[Problem]) -> ContentFile:
    if not (folder / name).is_file():
        problems.append(Problem(name, 1, _("The file is missing.")))
        return ContentFile(name, "")
    file = ContentFile(name, _read_text(folder, name, problems))
    if not file.text:
        if not any(problem.file == name for problem in problems):
            problems.append(Problem(name, 1, _("The file is empty.")))
        return file
    loader = _Loader(file.text)
    try:
        _check_events(file.text)
        node = loader.get_single_node()
        if node is not None:
            file.data = _plain(loader, node, (), file, problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = _("This cannot be read as YAML: %(why)s.") % {
            "why": error.problem or error.context
        }
        problems.append(Problem(name, mark.line + 1 if mark else 1, message))
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        problems.append(Problem(name, 1, _("This cannot be read as YAML.")))
    finally:
        loader.dispose()
    return file


def _check_events(text: str) -> None:
    """Refuse references and bottomless nesting before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise _refusal("references (*) are not read", event)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _refusal("this is nested too deep", event)


def _refusal(why: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=why, problem_mark=event.start_mark)


def _plain(
    loader: _Loader,
    node: yaml.Node,
    place: Place,
    file: ContentFile,
    problems: list[Problem],
) -> Any:
    """Plain data from a YAML node, with the line of every place kept in the file."""
    file.lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, place, file, problems)
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(loader, child, (*place, index), file, problems)
            for index, child in enumerate(node.value)
        ]
    value = loader.construct_object(node)
    if isinstance(value, str) and FORBIDDEN.search(value):
        message = _("There is a character here that cannot be kept.")
        problems.append(file.problem(place, message))
    elif isinstance(value, float) and not math.isfinite(value):
        problems.append(file.problem(place, _("This is not a number that can be kept.")))
    elif not isinstance(value, str | int | float | bool | None):
        problems.append(file.problem(place, _("This kind of value is not read.")))
        return None
    return value


def _mapping(
    loader: _Loader,
    node: yaml.MappingNode,
    place: Place,
    file: ContentFile,
    problems: list[Problem],
) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            message = _("A name must be text; put “%(name)s” in quotes.")
            problems.append(Problem(file.name, line, message % {"name": key_node.value}))
            continue
        if key in plain:
            message = _("“%(name)s” stands here twice.") % {"name": key}
            problems.append(Problem(file.name, line, message))
            continue
        plain[key] = _plain(loader, value_node, (*place, key), file, problems)
        file.lines[(*place, key)] = line
    return plain
