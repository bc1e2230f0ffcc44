"""Try every template in every language: with samples, with blanks and with every choice."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Iterator
from typing import Any

import html5lib
from django.utils.translation import gettext as _

from documents import article, liquid
from documents.refusals import PaperRefused
from handbook.catalogue import CODE_VALUES, blank, nest, sample_values
from handbook.reading import LANGUAGES, Content, ContentFile, TemplateFiles
from handbook.refusals import Problem
from handbook.splitting import Texts, join, split
from handbook.words import Words

MOST_COMBINATIONS = 200
LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# Written before each line of a template while it is tried, to know where a line of HTML is from.
MARK = re.compile("\ue000(\\d+)\ue001")
PASSAGE = re.compile(r"data-passage=\"([^\"]*)\"")
PASSAGE_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def problems_of(content: Content) -> Iterator[Problem]:
    texts: Texts = {language: {} for language in LANGUAGES}
    catalogue = split(content.catalogue.data, "catalogue", texts)
    fills = {
        template.key: split(template.meta.data, f"template:{template.key}", texts)["fill_in"]
        for template in content.templates
    }
    for template in content.templates:
        used = {}
        for language in LANGUAGES:
            words = Words(texts[language], language)
            trial = _Trial(template, fills[template.key], catalogue, words)
            yield from trial.problems()
            if trial.is_read:
                used[language] = trial.used | trial.passages
        # What cannot be read is not known to miss anything.
        if len(used) == len(LANGUAGES):
            yield from _differences(template, used)


def _differences(template: TemplateFiles, used: dict[str, set[str]]) -> Iterator[Problem]:
    every = set.union(*used.values())
    for language, names in used.items():
        for name in sorted(every - names):
            message = _("The other language uses “%(name)s”; here it is missing.")
            yield Problem(template.bodies[language].name, 1, message % {"name": name})


class _Trial:
    """One template in one language."""

    def __init__(
        self,
        template: TemplateFiles,
        fills: list[dict[str, Any]],
        catalogue: dict[str, Any],
        words: Words,
    ) -> None:
        self.template = template
        self.fills = fills
        self.catalogue = catalogue
        self.words = words
        self.body: ContentFile = template.bodies[words.language]
        self.is_read = False
        self.used: set[str] = set()
        self.passages: set[str] = set()

    def problems(self) -> Iterator[Problem]:
        try:
            article.check(self.body.text)
            asked = liquid.lines_of_names(self.body.text)
        except PaperRefused as refusal:
            yield self._refused(refusal)
            return
        self.is_read, self.used = True, set(asked)
        found = [*self._unknown(asked), *self._passages()]
        yield from found or self._renderings()

    def _refused(self, refusal: PaperRefused, what: str = "") -> Problem:
        line = int(refusal.details.get("line", 1)) or 1
        message = " ".join(refusal.messages)
        return Problem(self.body.name, line, f"{what}: {message}" if what else message)

    def _unknown(self, asked: dict[str, int]) -> Iterator[Problem]:
        """Names outside the catalogue, also in branches that are never taken."""
        known = {field["name"] for field in self.catalogue["fields"]}
        for row in self.catalogue["lists"]:
            name = row["name"]
            known |= {name, f"{name}.size", f"{name}[]"}
            known |= {f"{name}[].{item['name']}" for item in row["item"]}
        for field in self.fills:
            name = f"fill.{field['key']}"
            known |= {name, f"{name}.size", f"{name}[]"} if field["type"] == "lines" else {name}
            if name not in asked:
                message = _("The template never uses the field “%(name)s” that it asks for.")
                yield Problem(self.body.name, 1, message % {"name": name})
        for name, line in asked.items():
            if name not in known:
                message = _("Unknown field “%(name)s”.") % {"name": name}
                yield Problem(self.body.name, line, message)

    def _passages(self) -> Iterator[Problem]:
        for found in PASSAGE.finditer(self.body.text):
            line = self.body.text.count("\n", 0, found.start()) + 1
            key = found.group(1)
            if not PASSAGE_KEY.fullmatch(key):
                message = _("“%(value)s” is not written the right way.") % {"value": key}
                yield Problem(self.body.name, line, message)
            if f"data-passage {key}" in self.passages:
                message = _("“%(key)s” is used twice.") % {"key": key}
                yield Problem(self.body.name, line, message)
            self.passages.add(f"data-passage {key}")

    def _renderings(self) -> Iterator[Problem]:
        marked = _with_marks(self.body.text)
        for what, data, is_blank in self._data():
            try:
                rendered = liquid.render(marked, data)
            except PaperRefused as refusal:
                yield self._refused(refusal, what)
                return
            found = list(_html_problems(rendered, self.words.language, strict=not is_blank))
            if found:
                yield from (Problem(self.body.name, line, f"{what}: {m}") for line, m in found)
                return

    def _data(self) -> Iterator[tuple[str, dict[str, Any], bool]]:
        values = sample_values(self.catalogue, self.words.speak, blanks=False)
        part = f"template:{self.template.key}"
        fills = join(self.fills, part, self.words.speak, "fill", "fill_in")
        samples = {field["key"]: field["sample"] for field in fills}
        choices = [
            [(field["key"], option["value"]) for option in field["options"]]
            for field in self.fills
            if field["type"] == "choice"
        ]
        combinations = itertools.islice(itertools.product(*choices), MOST_COMBINATIONS)
        for chosen in combinations:
            what = ", ".join(f"{key}={value}" for key, value in chosen) or _("With samples")
            yield what, nest(values) | {"fill": samples | dict(chosen)}, False
        for name, possible in CODE_VALUES.items():
            if name in self.used:
                for value in possible:
                    data = nest(values | {name: value}) | {"fill": samples}
                    yield f"{name}={value}", data, False
        for draft in (True, False):
            data = nest(values | {"document.draft": draft}) | {"fill": samples}
            yield f"document.draft={draft}", data, False
        required = {
            field["key"]: samples[field["key"]] if field["required"] else blank(field["type"])
            for field in self.fills
        }
        yield _("With the required fields only"), nest(values) | {"fill": required}, False
        blanks = sample_values(self.catalogue, self.words.speak, blanks=True)
        empty = {field["key"]: blank(field["type"]) for field in self.fills}
        yield _("With blanks"), nest(blanks) | {"fill": empty}, True


def _with_marks(text: str) -> str:
    """The template with the number of each line before it, except within a Liquid tag."""
    inside = set()
    for tag in LIQUID.finditer(text):
        first = text.count("\n", 0, tag.start()) + 1
        inside |= set(range(first + 1, first + 1 + tag.group().count("\n")))
    return "\n".join(
        line if number in inside else f"\ue000{number}\ue001{line}"
        for number, line in enumerate(text.split("\n"), 1)
    )


def _html_problems(rendered: str, language: str, *, strict: bool) -> Iterator[tuple[int, str]]:
    lines, number, kept = [], 1, []
    for line in rendered.split("\n"):
        if marks := MARK.findall(line):
            number = int(marks[0])
        lines.append(int(number))
        kept.append(MARK.sub("", line))
    html = "\n".join(kept)
    parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = parser.parseFragment(html)
    for (line, _column), code, _values in parser.errors:
        message = _("The HTML is not whole: %(why)s.") % {"why": code.replace("-", " ")}
        yield lines[min(line, len(lines)) - 1], message
    for message in _outline_problems(tree, language, strict=strict):
        yield 1, message


def _outline_problems(tree: Any, language: str, *, strict: bool) -> Iterator[str]:
    tags = [node for node in tree.iter() if isinstance(node.tag, str)]
    heads = [int(node.tag[1]) for node in tags if re.fullmatch("h[1-6]", node.tag)]
    if heads.count(1) != 1 or heads[0] != 1:
        yield _("There must be one h1, and it must come first.")
    if any(after > before + 1 for before, after in itertools.pairwise(heads)):
        yield _("A level of heading is skipped.")
    if any(node.tag == "th" and node.get("scope") not in {"row", "col"} for node in tags):
        yield _("A heading cell has no scope.")
    if any(node.tag == "table" and node.find("caption") is None for node in tags):
        yield _("A table has no caption.")
    if strict and any(node.tag in {"ul", "ol", "dl"} and not len(node) for node in tags):
        yield _("A list is empty.")
    articles = [node for node in tags if node.tag == "article"]
    if len(articles) != 1 or articles[0].get("lang") != language:
        yield _("There must be one article with lang=“%(language)s”.") % {"language": language}
