"""What a draft has that the edition before it has not, part by part and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.db import models
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from handbook import versions
from handbook.comparing import Compared, Marked, compare, woven
from handbook.purposes import Assessment, Audience, Context, Purpose, Secrecy, Tag
from handbook.reading import LANGUAGES
from handbook.sections import (
    BOOK_FIELDS,
    Kind,
    Section,
    SectionMissing,
    Whole,
    find,
    place_of_step,
    sections,
)

LANGUAGE_NAMES = {"sv": gettext_lazy("Swedish"), "en": gettext_lazy("English")}


class Change(models.TextChoices):
    """How a section differs."""

    NEW = "new", pgettext_lazy("a part of a handbook", "new")
    CHANGED = "changed", pgettext_lazy("a part of a handbook", "changed")
    MOVED = "moved", pgettext_lazy("a part of a handbook", "moved")
    GONE = "gone", pgettext_lazy("a part of a handbook", "taken out")


@dataclass(frozen=True)
class Difference:
    """One section that differs."""

    section: Section
    change: Change


def differences(before: Whole, after: Whole) -> list[Difference]:
    """Every section that differs, in the order of the newer whole; what is gone comes last."""
    if before == after:
        return []
    old, new = list(sections(before)), list(sections(after))
    known, moved = set(old), _moved(before, after)
    found = []
    for section in new:
        if section not in known:
            found.append(Difference(section, Change.NEW))
        elif _without_place(before, section) != _without_place(after, section):
            found.append(Difference(section, Change.CHANGED))
        elif section in moved:
            found.append(Difference(section, Change.MOVED))
    left = set(new)
    return found + [Difference(one, Change.GONE) for one in old if one not in left]


def unheard(base: Whole, newer: Whole, whole: Whole) -> list[Difference]:
    """What an edition that has come since a draft was begun from `base` says anew, as far as the
    draft differs from it."""
    others = {one.section for one in differences(whole, newer)}
    return [one for one in differences(base, newer) if one.section in others]


def differs_beside(before: Whole, after: Whole) -> bool:
    """Whether what belongs to no section differs: the law, the fields of papers, the roles."""
    return _beside(before) != _beside(after)


def _beside(whole: Whole) -> list[Any]:
    book = {key: value for key, value in whole["book"].items() if key not in BOOK_FIELDS}
    criteria = {key: value for key, value in whole["criteria"].items() if key != "phases"}
    kept = [whole[name] for name in ("catalogue", "law", "readiness")]
    return [versions.renumbered(book, ""), criteria, *kept]


def _without_place(whole: Whole, section: Section) -> dict[str, Any]:
    return {name: value for name, value in find(whole, section).items() if name != "number"}


def _moved(before: Whole, after: Whole) -> set[Section]:
    """Phases and steps that stand elsewhere among those that both have."""
    old, new = _order(before), _order(after)
    both = set(old) & set(new)
    old_kept = [one for one in old if one in both]
    new_kept = [one for one in new if one in both]
    moved: set[Section] = set()
    for kind in (Kind.PHASE, Kind.STEP):
        left = [one.path for one in old_kept if one.kind == kind]
        right = [one.path for one in new_kept if one.kind == kind]
        matcher = SequenceMatcher(None, left, right, autojunk=False)
        stayed = {
            path
            for block in matcher.get_matching_blocks()
            for path in left[block.a :][: block.size]
        }
        moved |= {Section.at(path) for path in right if path not in stayed}
    for one in new_kept:
        if one.kind == Kind.STEP and _home(before, one) != _home(after, one):
            moved.add(one)
    return moved


def _order(whole: Whole) -> list[Section]:
    return [one for one in sections(whole) if one.kind in (Kind.PHASE, Kind.STEP)]


def _home(whole: Whole, step: Section) -> str:
    return str(place_of_step(whole, step.key)[0]["key"])


# Field by field


@dataclass(frozen=True)
class Row:
    """A field before and after, in one language."""

    label: str
    language: str
    before: str
    after: str

    @property
    def language_name(self) -> str:
        return str(LANGUAGE_NAMES.get(self.language, ""))

    @property
    def whole(self) -> list[Marked]:
        return woven(self.before, self.after)


def rows(before: Whole, after: Whole, section: Section) -> list[Row]:
    """What differs in a section: words in each language, the rest once."""
    old, new = _data(before, section), _data(after, section)
    names = names_in(before) | names_in(after)
    found = []
    for index, language in enumerate(LANGUAGES):
        left, right = said(old, language, names), said(new, language, names)
        words = worded(old) | worded(new)
        for name in list(dict.fromkeys([*right, *left])):
            if name in words or index == 0:
                one, other = left.get(name, ""), right.get(name, "")
                if one != other:
                    spoken = language if name in words else ""
                    found.append(Row(label(name), spoken, one, other))
    return found


def _data(whole: Whole, section: Section) -> dict[str, Any]:
    try:
        return find(whole, section)
    except SectionMissing:
        return {}


Names = Mapping[tuple[str, str], str]


def names_in(whole: Whole) -> dict[tuple[str, str], str]:
    """What the reader calls the roles, papers, phases and laws that sections name by their keys:
    by field and key."""
    roles = {role["key"]: role for role in whole["book"]["roles"]}
    papers = {paper["key"]: paper["title"] for paper in whole["templates"]}
    phases = {phase["key"]: phase["title"] for phase in whole["phases"]}
    laws = {
        law["key"]: dict.fromkeys(LANGUAGES, law["citation"]) for law in whole["law"]["references"]
    }
    called = {
        "who": roles, "deciding_roles": roles, "signatures": roles,
        "produces": papers, "phases": phases, "law": laws,
    }  # fmt: skip
    language = get_language() or ""
    return {
        (field, key): words.get(language) or key
        for field, named in called.items()
        for key, words in named.items()
    }


@dataclass(frozen=True)
class Leaf:
    """One text of a section, by its name: words by language, or a plain value."""

    name: str
    held: Any
    is_words: bool
    # Which line it is, of words that are lists.
    line: int | None = None

    def text(self, language: str, names: Names | None = None) -> str:
        if not self.is_words:
            return _shown(self.name, self.held, names or {})
        spoken = self.held.get(language, "")
        if self.line is None:
            return str(spoken)
        return str(spoken[self.line]) if self.line < len(spoken) else ""

    def write(self, language: str, text: str) -> None:
        """Put other words in the place."""
        if self.line is None:
            self.held[language] = text
        else:
            lines = self.held[language]
            lines += [""] * (self.line + 1 - len(lines))
            lines[self.line] = text


def leaves(data: Any, field: str = "") -> Iterator[Leaf]:
    """Every text of a section, in the order of its data."""
    if _is_words(data):
        if not any(isinstance(data[language], list) for language in data):
            yield Leaf(field, data, is_words=True)
            return
        most = max(len(data[language]) for language in data)
        for index in range(most):
            yield Leaf(f"{field}.{index + 1}", data, is_words=True, line=index)
    elif isinstance(data, dict) or (isinstance(data, list) and any(map(_is_many, data))):
        for name, child in _children(data, field):
            yield from leaves(child, name)
    else:
        yield Leaf(field, data, is_words=False)


def said(data: dict[str, Any], language: str, names: Names | None = None) -> dict[str, str]:
    """The section as named texts: words in the language, everything else as it is shown."""
    return {leaf.name: leaf.text(language, names) for leaf in leaves(data)}


def worded(data: dict[str, Any]) -> set[str]:
    """The names in `said` that are words, and so differ from language to language."""
    return {leaf.name for leaf in leaves(data) if leaf.is_words}


def _children(data: Any, field: str) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for name, child in data.items():
            if name not in HIDDEN:
                yield (f"{field}.{name}" if field else name), child
    else:
        for number, child in enumerate(data, 1):
            own = child.get("key") if isinstance(child, dict) else None
            yield f"{field}.{own or number}", child


def _is_many(node: Any) -> bool:
    return isinstance(node, dict | list)


def _is_words(node: Any) -> bool:
    return isinstance(node, dict) and bool(node) and set(node) <= set(LANGUAGES)


# Set once and for all; what a person changes is something else.
HIDDEN = {"key", "number", "currency", "basis", "languages", "optional"}
CHOICES: dict[str, type[models.TextChoices]] = {
    "assessment": Assessment,
    "method": Assessment,
    "serves": Purpose,
    "audience": Audience,
    "secrecy": Secrecy,
    "tag": Tag,
    "applies_to": Context,
}


def _shown(field: str, value: Any, names: Names) -> str:
    """A value that is no words, as a person reads it."""
    name = next((part for part in reversed(field.split(".")) if not part.isdigit()), "")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_shown(field, one, names) for one in value)
    if name in CHOICES and value in CHOICES[name].values:
        return str(CHOICES[name](value).label)
    return names.get((name, str(value)), str(value))


LABELS: dict[str, Any] = {
    "title": gettext_lazy("Title"),
    "subtitle": gettext_lazy("Subtitle"),
    "source_note": gettext_lazy("Where it comes from"),
    "introduction": gettext_lazy("Introduction"),
    "how_to_use": gettext_lazy("How to use it"),
    "purpose": pgettext_lazy("of a phase or a paper", "Purpose"),
    "outcome": gettext_lazy("Leads to"),
    "length_days": gettext_lazy("Working days"),
    "decision_days": gettext_lazy("Working days for the decision"),
    "length_reason": gettext_lazy("Why so long"),
    "found": pgettext_lazy("of a phase", "What is known"),
    "proposal": pgettext_lazy("of a phase", "What is proposed"),
    "flag_notes": gettext_lazy("To keep in mind"),
    "opens_call": gettext_lazy("Opens a call"),
    "admits_suppliers": gettext_lazy("Admits suppliers"),
    "pays_suppliers": gettext_lazy("Pays suppliers"),
    "assessment": pgettext_lazy("of suppliers", "Assessment"),
    "decides_award": gettext_lazy("Decides the award"),
    "has_standstill": gettext_lazy("Has a standstill"),
    "suppliers": gettext_lazy("Suppliers"),
    "default": gettext_lazy("Usual number of suppliers"),
    "fee": gettext_lazy("Fee"),
    "amount": gettext_lazy("Amount"),
    "per": gettext_lazy("Paid per"),
    "note": pgettext_lazy("about a phase", "Note"),
    "gate": gettext_lazy("Gate"),
    "question": gettext_lazy("The gate’s question"),
    "on_the_table": gettext_lazy("On the table"),
    "proceed": gettext_lazy("Proceed"),
    "repeat": gettext_lazy("Repeat"),
    "stop": gettext_lazy("Stop"),
    "label": gettext_lazy("Label"),
    "meaning": gettext_lazy("What it means"),
    "deciding_roles": gettext_lazy("Who decides"),
    "signatures": gettext_lazy("Who signs"),
    "guidance": gettext_lazy("Guidance"),
    "checklist": gettext_lazy("Checklist"),
    "tag_notes": gettext_lazy("Notes from earlier teams"),
    "tag": gettext_lazy("Marked as"),
    "text": gettext_lazy("Text"),
    "who": gettext_lazy("Who does it"),
    "required": gettext_lazy("Required"),
    "applies_to": gettext_lazy("Applies to"),
    "offset_days": gettext_lazy("Done by working day"),
    "produces": gettext_lazy("Papers it makes"),
    "law": gettext_lazy("Law"),
    "learning_questions": gettext_lazy("What we want to learn"),
    "risks": gettext_lazy("Risks"),
    "risk": gettext_lazy("Risk"),
    "response": gettext_lazy("What to do about it"),
    "criteria": gettext_lazy("Criteria"),
    "method": gettext_lazy("Method"),
    "evidence": gettext_lazy("What shows it"),
    "must": gettext_lazy("Must"),
    "score_0": gettext_lazy("What gives 0"),
    "score_1": gettext_lazy("What gives 1"),
    "score_2": gettext_lazy("What gives 2"),
    "weight": gettext_lazy("Weight, per cent"),
    "good": gettext_lazy("What is good"),
    "serves": gettext_lazy("Serves as"),
    "phases": gettext_lazy("Phases"),
    "phase": gettext_lazy("Phase"),
    "audience": gettext_lazy("Written for"),
    "secrecy": gettext_lazy("Secrecy"),
    "legal_review": gettext_lazy("A lawyer reads it first"),
    "bodies": gettext_lazy("Source"),
    "fill_in": gettext_lazy("To fill in"),
    "type": gettext_lazy("Type"),
    "help": gettext_lazy("Help"),
    "sample": gettext_lazy("Sample"),
    "options": gettext_lazy("Options"),
    "value": gettext_lazy("Value"),
}
# Levels that say nothing to a reader.
SILENT = {"flags", "basis", "options", "text", "gate"}


def label(name: str) -> str:
    """What a field is called: `checklist.2` is “Checklist, 2”."""
    parts = [part for part in name.split(".") if part not in SILENT] or [name.split(".")[-1]]
    spoken = [str(LABELS.get(part, part)) for part in parts]
    return ", ".join([spoken[0], *(_lower(one) for one in spoken[1:])])


def beside(saved: dict[str, str], typed: dict[str, str]) -> list[tuple[str, Compared]]:
    """Of two versions of a section as `said`, what differs: what each field is called, and both."""
    pairs = ((name, compare(saved.get(name, ""), typed.get(name, ""))) for name in saved | typed)
    return [(label(name), both) for name, both in pairs if both.differs]


def _lower(word: str) -> str:
    return word[:1].lower() + word[1:]


def title_of(whole: Whole, section: Section, language: str) -> str:
    """What a section is called in a list: “Gate: …”, a step's title."""
    data = find(whole, section)
    if section.kind == Kind.BOOK:
        return _("The edition’s own words")
    if section.kind == Kind.GATE:
        return pgettext("part of a phase", "Gate")
    if section.kind == Kind.CRITERIA:
        return pgettext("part of a phase", "Criteria")
    named: dict[str, str] = data["title"]
    return named.get(language) or next(filter(None, named.values()), section.key)


def title_alone(whole: Whole, section: Section, language: str) -> str:
    """The title as it stands alone in a list: a gate's with the name of its phase."""
    title = title_of(whole, section, language)
    if section.kind in (Kind.GATE, Kind.CRITERIA):
        phase = title_of(whole, Section(Kind.PHASE, section.key), language)
        return f"{phase}: {title}"
    return title
