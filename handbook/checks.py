"""What a schema cannot see: that keys exist once, are known where they are used, and suffice."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from handbook.purposes import Assessment, Purpose
from handbook.reading import LANGUAGES, Content, ContentFile, Place
from handbook.refusals import Problem

UNFINISHED = re.compile(r"lorem ipsum|TODO|FIXME", re.IGNORECASE)
CHECKLIST = (3, 6)
GUIDANCE_WORDS = (60, 180)
STEPS_PER_PHASE = (4, 9)


def problems_of(content: Content) -> Iterator[Problem]:
    yield from _double_keys(content)
    yield from _phases(content)
    yield from _criteria(content)
    yield from _templates(content)
    yield from _catalogue(content)
    yield from _levels(content)
    yield from _demands(content)


def advice(content: Content) -> Iterator[Problem]:
    """What is allowed but seldom meant: very long or short guidance, papers nobody makes."""
    low, high = content.book.data.get("steps_per_phase", STEPS_PER_PHASE)
    produced = set()
    for file in content.phases:
        yield from _unfinished(file, file.text)
        count = len(file.data["steps"])
        if not low <= count <= high:
            message = _("The phase has %(count)s steps; usual is %(low)s to %(high)s.")
            values = {"count": count, "low": low, "high": high}
            yield file.problem(("steps",), message % values)
        for index, step in enumerate(file.data["steps"]):
            produced |= set(step["produces"])
            yield from _step_advice(file, ("steps", index), step)
    for template in content.templates:
        for body in template.bodies.values():
            yield from _unfinished(body, body.text)
        if template.key not in produced:
            yield template.meta.problem(("key",), _("No step produces this template."))


def _step_advice(file: ContentFile, place: Place, step: dict[str, Any]) -> Iterator[Problem]:
    low, high = CHECKLIST
    if not low <= len(step["checklist"]) <= high:
        count = len(step["checklist"])
        message = ngettext(
            "The checklist has one item; usual is %(low)s to %(high)s.",
            "The checklist has %(count)s items; usual is %(low)s to %(high)s.",
            count,
        )
        values = {"count": count, "low": low, "high": high}
        yield file.problem((*place, "checklist"), message % values)
    low, high = GUIDANCE_WORDS
    for language in LANGUAGES:
        count = len(step["guidance"][language].split())
        if not low <= count <= high:
            message = _("The guidance has %(count)s words; usual is %(low)s to %(high)s.")
            values = {"count": count, "low": low, "high": high}
            yield file.problem((*place, "guidance", language), message % values)


def _unfinished(file: ContentFile, text: str) -> Iterator[Problem]:
    for hit in UNFINISHED.finditer(text):
        line = text.count("\n", 0, hit.start()) + 1
        yield Problem(file.name, line, _("“%(word)s” is left in the text.") % {"word": hit.group()})


def _unique(
    file: ContentFile, place: Place, rows: list[Any], name: str = "key"
) -> Iterator[Problem]:
    seen = set()
    for index, row in enumerate(rows):
        if row[name] in seen:
            message = _("“%(key)s” is used twice.") % {"key": row[name]}
            yield file.problem((*place, index, name), message)
        seen.add(row[name])


def _double_keys(content: Content) -> Iterator[Problem]:
    book = content.book.data
    yield from _unique(content.book, ("roles",), book["roles"])
    yield from _unique(content.book, ("glossary",), book["glossary"])
    for kind in ("legal", "ideas"):
        yield from _unique(content.book, ("principles", kind), book["principles"][kind])
    for kind in ("contexts", "tags"):
        yield from _unique(content.book, (kind,), book.get(kind, []))
    yield from _unique(content.law, ("references",), content.law.data["references"])
    yield from _unique(content.readiness, ("dimensions",), content.readiness.data["dimensions"])
    yield from _unique(content.catalogue, ("fields",), content.catalogue.data["fields"], "name")
    yield from _unique(content.catalogue, ("lists",), content.catalogue.data["lists"], "name")
    steps: set[str] = set()
    phases: set[str] = set()
    criteria: set[str] = set()
    for file in content.phases:
        yield from _once(file, ("key",), file.data["key"], phases)
        for index, step in enumerate(file.data["steps"]):
            yield from _once(file, ("steps", index, "key"), step["key"], steps)
    for number, group in enumerate(content.criteria.data["phases"]):
        for index, criterion in enumerate(group["criteria"]):
            place = ("phases", number, "criteria", index, "key")
            yield from _once(content.criteria, place, criterion["key"], criteria)


def _once(file: ContentFile, place: Place, key: str, seen: set[str]) -> Iterator[Problem]:
    if key in seen:
        yield file.problem(place, _("“%(key)s” is used twice.") % {"key": key})
    seen.add(key)


def _known(
    file: ContentFile, place: Place, keys: Iterable[str], known: set[str], message: str
) -> Iterator[Problem]:
    for index, key in enumerate(keys):
        if key not in known:
            yield file.problem((*place, index), message % {"key": key})


def _phases(content: Content) -> Iterator[Problem]:
    roles = {role["key"] for role in content.book.data["roles"]}
    laws = {reference["key"] for reference in content.law.data["references"]}
    templates = {template.key: set(template.meta.data["phases"]) for template in content.templates}
    no_role = _("The role “%(key)s” is not in handbook.yaml.")
    for number, file in enumerate(content.phases):
        phase = file.data
        if phase["number"] != number:
            message = _(
                "Phases are numbered from 0 in the order of handbook.yaml; here %(number)s."
            )
            yield file.problem(("number",), message % {"number": number})
        for name in ("deciding_roles", "signatures"):
            place: Place = ("gate", name)
            yield from _known(file, place, phase["gate"].get(name, []), roles, no_role)
        options = [option["key"] for option in phase["gate"]["options"]]
        if options != ["proceed", "repeat", "stop"]:
            message = _("The options are proceed, repeat and stop, in that order.")
            yield file.problem(("gate", "options"), message)
        last_day = phase["length_days"] + phase["decision_days"]
        for index, step in enumerate(phase["steps"]):
            place = ("steps", index)
            yield from _known(file, (*place, "who"), step["who"], roles, no_role)
            no_law = _("The law “%(key)s” is not in the file of references.")
            yield from _known(file, (*place, "law"), step["law"], laws, no_law)
            no_template = _("There is no template “%(key)s”.")
            wanted = (*place, "produces")
            yield from _known(file, wanted, step["produces"], set(templates), no_template)
            for nth, key in enumerate(step["produces"]):
                if key in templates and phase["key"] not in templates[key]:
                    message = _("The template “%(key)s” does not name this phase.")
                    yield file.problem((*wanted, nth), message % {"key": key})
            if step["offset_days"] > last_day:
                message = _("Day %(day)s is after the phase, which ends on day %(last)s.")
                values = {"day": step["offset_days"], "last": last_day}
                yield file.problem((*place, "offset_days"), message % values)


def _criteria(content: Content) -> Iterator[Problem]:
    methods = {file.data["key"]: file.data["flags"]["assessment"] for file in content.phases}
    file = content.criteria
    judged: set[str] = set()
    for number, group in enumerate(file.data["phases"]):
        place: Place = ("phases", number)
        yield from _once(file, (*place, "phase"), group["phase"], judged)
        if group["phase"] not in methods:
            message = _("There is no phase “%(key)s”.") % {"key": group["phase"]}
            yield file.problem((*place, "phase"), message)
        elif group["method"] != methods[group["phase"]]:
            message = _("The phase itself says “%(method)s”.")
            values = {"method": methods[group["phase"]]}
            yield file.problem((*place, "method"), message % values)
        weight = sum(criterion.get("weight", 0) for criterion in group["criteria"])
        if group["method"] == Assessment.WEIGHTED and weight != 100:
            message = _("The weights add up to %(sum)s, not 100.") % {"sum": weight}
            yield file.problem((*place, "criteria"), message)
    for phase in content.phases:
        if methods[phase.data["key"]] != Assessment.NONE and phase.data["key"] not in judged:
            message = _("The phase is assessed but has no criteria.")
            yield phase.problem(("flags", "assessment"), message)


def _templates(content: Content) -> Iterator[Problem]:
    phases = {file.data["key"] for file in content.phases}
    for template in content.templates:
        meta = template.meta
        if meta.data["key"] != meta.name.rpartition("/")[2].removesuffix(".yaml"):
            yield meta.problem(("key",), _("The key and the name of the file differ."))
        no_phase = _("There is no phase “%(key)s”.")
        yield from _known(meta, ("phases",), meta.data["phases"], phases, no_phase)
        yield from _unique(meta, ("fill_in",), meta.data["fill_in"])
        for index, field in enumerate(meta.data["fill_in"]):
            yield from _unique(
                meta, ("fill_in", index, "options"), field.get("options", []), "value"
            )


def _catalogue(content: Content) -> Iterator[Problem]:
    file = content.catalogue
    for index, row in enumerate(file.data["lists"]):
        names = {item["name"] for item in row["item"]}
        yield from _unique(file, ("lists", index, "item"), row["item"], "name")
        for number, sample in enumerate(row["sample"]):
            if set(sample) != names:
                message = _("The sample has other fields than the list: %(names)s.")
                values = {"names": ", ".join(sorted(set(sample) ^ names))}
                yield file.problem(("lists", index, "sample", number), message % values)


def _levels(content: Content) -> Iterator[Problem]:
    file = content.readiness
    wanted = list(range(1, file.data["levels"] + 1))
    for index, dimension in enumerate(file.data["dimensions"]):
        levels = [level["level"] for level in dimension["levels"]]
        if levels != wanted:
            pairs = zip(levels, wanted, strict=False)
            fitting = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))
            place = ("dimensions", index, "levels", fitting)
            message = _("There must be one line for each level from 1 to %(count)s.")
            yield file.problem(place, message % {"count": file.data["levels"]})


def _demands(content: Content) -> Iterator[Problem]:
    """The papers that what the phases may do makes necessary; publishing demands them."""
    served = {template.meta.data["serves"] for template in content.templates}
    if Purpose.PHASE_DECISION not in served:
        yield _lacking(content.book, ("files", "templates"), Purpose.PHASE_DECISION)
    for file in content.phases:
        for purpose, place in demanded_by(file.data):
            if purpose not in served:
                yield _lacking(file, place, purpose)


def demanded_by(phase: dict[str, Any]) -> Iterator[tuple[Purpose, Place]]:
    """Each purpose that a phase cannot do without, and what in the phase demands it."""
    flags = phase["flags"]
    pays_each = flags["pays_suppliers"] and (phase["fee"] or {}).get("per") == "supplier"
    if flags["opens_call"]:
        yield Purpose.CHALLENGE_BRIEF, ("flags", "opens_call")
    if flags["admits_suppliers"] or pays_each:
        flag = "admits_suppliers" if flags["admits_suppliers"] else "pays_suppliers"
        yield Purpose.ORDER, ("flags", flag)
    if flags["assessment"] != Assessment.NONE:
        yield Purpose.ASSESSMENT_RECORD, ("flags", "assessment")
    if flags["decides_award"] or flags["has_standstill"]:
        flag = "decides_award" if flags["decides_award"] else "has_standstill"
        yield Purpose.AWARD_NOTICE, ("flags", flag)


def _lacking(file: ContentFile, place: Place, purpose: Purpose) -> Problem:
    message = _("No template serves “%(purpose)s”, which this makes necessary.")
    return file.problem(place, message % {"purpose": purpose.value})
