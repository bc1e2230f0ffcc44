"""The pieces of a draft that are written one at a time, as plain data in every language.

A draft is one manuscript (`Manuscript.data`). Nothing here changes what it is given: each change
gives a new whole back. A section is named by its kind and the key of its part: `step:KEY`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.html import escape
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from handbook.manuscript import digest
from handbook.reading import LANGUAGES
from handbook.refusals import EditionRefused

Whole = dict[str, Any]
# What of an edition's own words is written in the browser; the rest is kept as it was imported.
BOOK_FIELDS = ("title", "subtitle", "source_note", "introduction", "how_to_use")
LONGEST_KEY = 50


class Kind(models.TextChoices):
    """What can be written at one time."""

    BOOK = "book", _("The edition")
    PHASE = "phase", _("Phase")
    STEP = "step", _("Step")
    GATE = "gate", _("Gate")
    CRITERIA = "criteria", _("Criteria")
    TEMPLATE = "template", _("Template")


# What can be added, moved and put aside; a gate and the edition's own words always exist.
MOVABLE = {Kind.PHASE, Kind.STEP}
REMOVABLE = {Kind.PHASE, Kind.STEP, Kind.CRITERIA, Kind.TEMPLATE}


class SectionMissing(LookupError):
    """The draft has no such section (any more)."""


@dataclass(frozen=True)
class Section:
    """The name of a section. `key` is that of the phase for its gate and its criteria."""

    kind: Kind
    key: str

    @classmethod
    def named(cls, kind: str, key: str) -> Section:
        if kind not in Kind.values:
            raise SectionMissing(kind)
        return cls(Kind(kind), key)

    @classmethod
    def at(cls, path: str) -> Section:
        kind, _colon, key = path.partition(":")
        return cls.named(kind, key)

    @property
    def path(self) -> str:
        return f"{self.kind}:{self.key}"


def sections(whole: Whole) -> Iterator[Section]:
    """Every section, in the order in which a reader meets it."""
    yield Section(Kind.BOOK, whole["book"]["key"])
    judged = {group["phase"] for group in whole["criteria"]["phases"]}
    for phase in whole["phases"]:
        yield Section(Kind.PHASE, phase["key"])
        for step in phase["steps"]:
            yield Section(Kind.STEP, step["key"])
        if phase["key"] in judged:
            yield Section(Kind.CRITERIA, phase["key"])
        yield Section(Kind.GATE, phase["key"])
    for template in whole["templates"]:
        yield Section(Kind.TEMPLATE, template["key"])


def find(whole: Whole, section: Section) -> dict[str, Any]:
    """The section's data. Raises SectionMissing."""
    if section.kind == Kind.BOOK:
        if section.key != whole["book"]["key"]:
            raise SectionMissing(section.path)
        return {name: whole["book"][name] for name in BOOK_FIELDS}
    if section.kind == Kind.TEMPLATE:
        meta = _row(whole["templates"], section.key)
        return meta | {"bodies": whole["bodies"][section.key]}
    if section.kind == Kind.CRITERIA:
        return _row(whole["criteria"]["phases"], section.key, "phase")
    if section.kind == Kind.STEP:
        phase, index = place_of_step(whole, section.key)
        step: dict[str, Any] = phase["steps"][index]
        return step
    phase = _row(whole["phases"], section.key)
    if section.kind == Kind.GATE:
        gate: dict[str, Any] = phase["gate"]
        return gate
    return {name: value for name, value in phase.items() if name not in ("steps", "gate")}


def revision_of(whole: Whole, section: Section) -> str:
    """What a save says it started from: the same for equal content."""
    return revision(find(whole, section))


def revision(data: dict[str, Any]) -> str:
    return digest(data)[:16]


def put(whole: Whole, section: Section, data: dict[str, Any]) -> Whole:
    """The whole with other data in the section, whose key stays."""
    before = find(whole, section)
    new = copy.deepcopy(whole)
    if section.kind == Kind.BOOK:
        new["book"] |= data
    elif section.kind == Kind.TEMPLATE:
        meta = {name: value for name, value in data.items() if name != "bodies"}
        new["templates"][_index(new["templates"], section.key)] = meta | {"key": before["key"]}
        new["bodies"][section.key] = data["bodies"]
    elif section.kind == Kind.CRITERIA:
        groups = new["criteria"]["phases"]
        groups[_index(groups, section.key, "phase")] = data | {"phase": before["phase"]}
    elif section.kind == Kind.STEP:
        phase, index = place_of_step(new, section.key)
        phase["steps"][index] = data | {"key": before["key"]}
    else:
        phase = _row(new["phases"], section.key)
        if section.kind == Kind.GATE:
            phase["gate"] = data
        else:
            phase |= data | {"key": before["key"], "number": before["number"]}
            _follow_assessment(new, phase)
    return new


def _follow_assessment(whole: Whole, phase: dict[str, Any]) -> None:
    """Criteria are of the kind that their phase says; an assessed phase has a place for them."""
    method = phase["flags"]["assessment"]
    if method == "none":
        return
    groups = whole["criteria"]["phases"]
    for group in groups:
        if group["phase"] == phase["key"]:
            group["method"] = method
            return
    groups.append(_criteria(phase))
    order = [one["key"] for one in whole["phases"]]
    groups.sort(key=lambda group: order.index(group["phase"]))


def place_of_step(whole: Whole, key: str) -> tuple[dict[str, Any], int]:
    """The phase that the step lies in, and where in it."""
    for phase in whole["phases"]:
        for index, step in enumerate(phase["steps"]):
            if step["key"] == key:
                return phase, index
    raise SectionMissing(f"step:{key}")


# Adding


def words(text: str = "", language: str = "") -> dict[str, str]:
    """Words in one language; the others are still to be written."""
    return {one: text if one == language else "" for one in LANGUAGES}


def add(
    whole: Whole, kind: Kind, *, title: str, language: str, taken: set[str], phase: str = ""
) -> tuple[Whole, Section]:
    """The whole with a new part, empty but for its title; `taken` keys are not used again."""
    key = new_key(title, taken | set(keys(whole)))
    made = _added(whole, kind, key, title=title, language=language, phase=phase)
    # The same again, while nothing has been written in it: a second press.
    for before in set(keys(whole)) - taken - {phase}:
        section = Section(kind, before)
        if _is_known(whole, section):
            without, _aside = put_aside(whole, section)
            again = _added(without, kind, before, title=title, language=language, phase=phase)
            if again == whole:
                return whole, section
    return made, Section(kind, key)


def _is_known(whole: Whole, section: Section) -> bool:
    try:
        find(whole, section)
    except SectionMissing:
        return False
    return True


def _added(whole: Whole, kind: Kind, key: str, *, title: str, language: str, phase: str) -> Whole:
    new = copy.deepcopy(whole)
    named = words(title, language)
    if kind == Kind.PHASE:
        after = _index(new["phases"], phase) + 1 if phase else len(new["phases"])
        new["phases"].insert(after, _phase(key, named))
        _number(new)
    elif kind == Kind.STEP:
        _row(new["phases"], phase)["steps"].append(_step(key, named))
    elif kind == Kind.TEMPLATE:
        new["templates"].append(_template(key, named, phase))
        new["templates"].sort(key=lambda template: template["key"])
        new["bodies"][key] = {one: _body(one, named[one]) for one in LANGUAGES}
    else:
        raise SectionMissing(kind)
    return new


def keys(whole: Whole) -> Iterator[str]:
    """Every key that a part of the edition has."""
    for phase in whole["phases"]:
        yield phase["key"]
        yield from (step["key"] for step in phase["steps"])
    yield from (template["key"] for template in whole["templates"])
    for group in whole["criteria"]["phases"]:
        yield from (criterion["key"] for criterion in group["criteria"])


def new_key(title: str, taken: set[str]) -> str:
    """A key made from a title: small letters, digits and hyphens, used nowhere else."""
    base = re.sub(r"-+", "-", slugify(title).replace("_", "-")).strip("-")
    base = base[:LONGEST_KEY].strip("-") or "part"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key


def _phase(key: str, title: dict[str, str]) -> dict[str, Any]:
    return {
        "key": key,
        "number": 0,
        "title": title,
        "purpose": words(),
        "outcome": words(),
        "length_days": 10,
        "decision_days": 0,
        "length_reason": words(),
        "basis": {"found": words(), "proposal": words()},
        "flags": {
            "opens_call": False,
            "admits_suppliers": False,
            "pays_suppliers": False,
            "assessment": "none",
            "decides_award": False,
            "has_standstill": False,
        },
        "suppliers": {"default": None, "note": words()},
        "fee": None,
        "gate": {
            "question": words(),
            "on_the_table": [],
            "options": [
                {"key": option, "label": words(), "meaning": words()}
                for option in ("proceed", "repeat", "stop")
            ],
            "deciding_roles": [],
            "signatures": [],
        },
        "steps": [],
        "learning_questions": [],
        "risks": [],
    }


def _step(key: str, title: dict[str, str]) -> dict[str, Any]:
    return {
        "key": key,
        "title": title,
        "who": [],
        "required": False,
        "applies_to": ["product", "service", "system"],
        "offset_days": 0,
        "produces": [],
        "law": [],
        "guidance": words(),
        "checklist": [],
        "tag_notes": [],
    }


def _criteria(phase: dict[str, Any]) -> dict[str, Any]:
    return {
        "phase": phase["key"],
        "title": dict(phase["title"]),
        "method": phase["flags"]["assessment"],
        "criteria": [],
    }


def _template(key: str, title: dict[str, str], phase: str) -> dict[str, Any]:
    return {
        "key": key,
        "serves": "other",
        "title": title,
        "purpose": words(),
        "phases": [phase] if phase else [],
        "audience": "internal",
        "secrecy": "none",
        "legal_review": False,
        "languages": list(LANGUAGES),
        "fill_in": [],
    }


def _body(language: str, title: str) -> str:
    return f'<article lang="{language}">\n<h1>{escape(title)}</h1>\n</article>\n'


# Moving


def place_phase(whole: Whole, key: str, index: int) -> Whole:
    """The whole with the phase at another place among the phases, all numbered anew."""
    new = copy.deepcopy(whole)
    moved = new["phases"].pop(_index(new["phases"], key))
    new["phases"].insert(max(0, index), moved)
    _in_order(new)
    return new


def place_step(whole: Whole, key: str, phase: str, index: int) -> Whole:
    """The whole with the step at another place, maybe in another phase."""
    new = copy.deepcopy(whole)
    home, before = place_of_step(new, key)
    target = _row(new["phases"], phase)
    target["steps"].insert(max(0, index), home["steps"].pop(before))
    return new


def place_of(whole: Whole, section: Section) -> str:
    """Where a phase or a step stands, as a press to move it says that it stood."""
    if section.kind == Kind.PHASE:
        return str(_index(whole["phases"], section.key))
    phase, index = place_of_step(whole, section.key)
    return f"{phase['key']}.{index}"


def moved(whole: Whole, section: Section, by: int) -> Whole:
    """One place up (-1) or down (1); a step at the edge of its phase goes into the next one."""
    if section.kind == Kind.PHASE:
        index = _index(whole["phases"], section.key) + by
        return place_phase(whole, section.key, index) if index >= 0 else whole
    phase, index = place_of_step(whole, section.key)
    if 0 <= index + by < len(phase["steps"]):
        return place_step(whole, section.key, phase["key"], index + by)
    neighbour = _index(whole["phases"], phase["key"]) + by
    if not 0 <= neighbour < len(whole["phases"]):
        return whole
    target = whole["phases"][neighbour]
    return place_step(whole, section.key, target["key"], len(target["steps"]) if by < 0 else 0)


# Putting aside and taking back


def put_aside(whole: Whole, section: Section) -> tuple[Whole, dict[str, Any]]:
    """The whole without the part, and all that it takes to put it back where it stood."""
    aside: dict[str, Any] = {"path": section.path, "data": find(whole, section)}
    new = copy.deepcopy(whole)
    if section.kind == Kind.PHASE:
        if len(new["phases"]) == 1:
            raise EditionRefused(_("A handbook has at least one phase."))
        index = _index(new["phases"], section.key)
        aside |= {"index": index, "data": new["phases"].pop(index)}
        groups = new["criteria"]["phases"]
        aside["criteria"] = [group for group in groups if group["phase"] == section.key]
        new["criteria"]["phases"] = [group for group in groups if group["phase"] != section.key]
        aside["templates"] = _forget(new["templates"], "phases", section.key)
        _number(new)
    elif section.kind == Kind.STEP:
        phase, index = place_of_step(new, section.key)
        aside |= {"index": index, "phase": phase["key"]}
        phase["steps"].pop(index)
    elif section.kind == Kind.CRITERIA:
        groups = new["criteria"]["phases"]
        groups.pop(_index(groups, section.key, "phase"))
    elif section.kind == Kind.TEMPLATE:
        new["templates"].pop(_index(new["templates"], section.key))
        new["bodies"].pop(section.key)
        steps = [step for phase in new["phases"] for step in phase["steps"]]
        aside["steps"] = _forget(steps, "produces", section.key)
    else:
        raise SectionMissing(section.path)
    return new, aside


def within(aside: dict[str, Any]) -> Whole:
    """What was put aside, as a whole of its own that `find` looks in."""
    part, data = Section.at(aside["path"]), aside["data"]
    is_phase, is_step = part.kind == Kind.PHASE, part.kind == Kind.STEP
    is_template = part.kind == Kind.TEMPLATE
    groups = [data] if part.kind == Kind.CRITERIA else aside.get("criteria", [])
    return {
        "book": {"key": ""},
        "phases": [data] if is_phase else [{"key": "", "steps": [data]}] if is_step else [],
        "criteria": {"phases": groups},
        "templates": [data] if is_template else [],
        "bodies": {part.key: data["bodies"]} if is_template else {},
    }


def take_back(whole: Whole, aside: dict[str, Any]) -> Whole:
    """The whole with a part that was put aside, where it stood or as near as can be."""
    section = Section.at(aside["path"])
    aside = copy.deepcopy(aside)
    new = copy.deepcopy(whole)
    phases = {phase["key"] for phase in new["phases"]}
    if section.kind == Kind.PHASE:
        new["phases"].insert(aside["index"], aside["data"])
        new["criteria"]["phases"] += aside["criteria"]
        _remember(new["templates"], "phases", section.key, aside["templates"])
        _in_order(new)
    elif section.kind == Kind.STEP:
        home = aside["phase"] if aside["phase"] in phases else new["phases"][-1]["key"]
        _row(new["phases"], home)["steps"].insert(aside["index"], aside["data"])
    elif section.kind == Kind.CRITERIA:
        if section.key not in phases:
            raise EditionRefused(_("The phase that these criteria belong to is put aside."))
        groups = new["criteria"]["phases"]
        groups[:] = [group for group in groups if group["phase"] != section.key]
        groups.append(aside["data"])
        order = [phase["key"] for phase in new["phases"]]
        groups.sort(key=lambda group: order.index(group["phase"]))
    else:
        data = aside["data"]
        new["bodies"][section.key] = data.pop("bodies")
        data["phases"] = [key for key in data["phases"] if key in phases]
        new["templates"].append(data)
        new["templates"].sort(key=lambda template: template["key"])
        steps = [step for phase in new["phases"] for step in phase["steps"]]
        _remember(steps, "produces", section.key, aside["steps"])
    return new


def with_its_paper(aside: dict[str, Any], taken_back: dict[str, Any]) -> dict[str, Any]:
    """What stays aside when a part is taken back: where that is a paper, a phase or a step aside
    that it was taken from has it again."""
    part, paper = Section.at(aside["path"]), Section.at(taken_back["path"])
    if paper.kind != Kind.TEMPLATE or part.kind not in (Kind.PHASE, Kind.STEP):
        return aside
    aside = copy.deepcopy(aside)
    steps = [aside["data"]] if part.kind == Kind.STEP else aside["data"]["steps"]
    _remember(steps, "produces", paper.key, taken_back["steps"])
    belonged = taken_back["data"]["phases"]
    if part.kind == Kind.PHASE and part.key in belonged:
        aside["templates"][paper.key] = belonged.index(part.key)
    return aside


def _forget(rows: list[dict[str, Any]], name: str, key: str) -> dict[str, int]:
    """Take a key out of a list in every row; where it stood in those that held it."""
    held = {row["key"]: row[name].index(key) for row in rows if key in row[name]}
    for row in rows:
        row[name] = [one for one in row[name] if one != key]
    return held


def _remember(rows: list[dict[str, Any]], name: str, key: str, held: dict[str, int]) -> None:
    for row in rows:
        if row["key"] in held and key not in row[name]:
            row[name].insert(held[row["key"]], key)


def _number(whole: Whole) -> None:
    for number, phase in enumerate(whole["phases"]):
        phase["number"] = number


def _in_order(whole: Whole) -> None:
    """A phase has got another place: all are numbered anew, and what is told of phases follows."""
    _number(whole)
    order = [phase["key"] for phase in whole["phases"]]
    whole["criteria"]["phases"].sort(key=lambda group: order.index(group["phase"]))
    for template in whole["templates"]:
        template["phases"].sort(key=order.index)


def _index(rows: list[dict[str, Any]], key: str, name: str = "key") -> int:
    for index, row in enumerate(rows):
        if row[name] == key:
            return index
    raise SectionMissing(key)


def _row(rows: list[dict[str, Any]], key: str, name: str = "key") -> dict[str, Any]:
    return rows[_index(rows, key, name)]
