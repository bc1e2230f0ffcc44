"""The article of a paper: Liquid, then this paper's own passages, then cleaning.

The same HTML stands in the preview and in the PDF.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, NamedTuple

import lxml.html
import nh3

from documents import liquid
from documents.refusals import RefusedTemplate
from documents.source import Given, Source

TAGS = set(
    "article header footer section aside div p h1 h2 h3 h4 dl dt dd ul ol li br hr blockquote "  # noqa: SIM905
    "strong b em i small sub sup span abbr time table caption thead tbody tfoot tr th td a".split()
)
ATTRIBUTES = {
    "*": {"lang", "data-passage", "data-label"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
    "time": {"datetime"},
    "abbr": {"title"},
    "a": {"href"},
}
CLASSES = {
    "document",
    "sender",
    "facts",
    "legal",
    "signature",
    "line",
    "lead",
    "note",
    "guidance",
    "number",
    "check",
    "done",
    "by-hand",
    "go",
    "no",
    "page-break",
}
SCHEMES = {"http", "https", "mailto"}
# A cell that says to go over more columns or rows than this is no cell: the renderer makes each of
# them, and a hundred million are short to write.
SPANS = ("colspan", "rowspan")
SPANS_MOST = 50
_MARKS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_ONE_LINE = {"p", "h1", "h2", "h3", "h4", "li", "dd", "dt", "td", "th", "caption", "span"}


def _of_a_cell(tag: str, name: str, value: str) -> str | None:
    """An attribute as it is kept: where a cell goes over too much, nothing."""
    return None if name in SPANS and not _is_a_span(value) else value


def _is_a_span(value: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,3}", value)) and 1 <= int(value) <= SPANS_MOST


_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style", "template", "svg", "math"},
    attributes=ATTRIBUTES,
    attribute_filter=_of_a_cell,
    allowed_classes=dict.fromkeys(TAGS, CLASSES),
    url_schemes=SCHEMES,
    url_relative="deny",
    link_rel=None,
)


class Passage(NamedTuple):
    """A piece of a paper that may be rewritten for this one paper."""

    key: str
    label: str
    text: str


def render_article(source: Source, given: Given) -> str:
    """The clean HTML of a paper. Raises LiquidRefused or RefusedTemplate."""
    check(source.template_text)
    html = liquid.render(source.template_text, source.data_with(given))
    if source.passages:
        html = _with_passages(html, source.passages)
    cleaned: str = _cleaner.clean(html)
    return cleaned


def headed_below(html: str, level: int) -> str:
    """The article as a part of a page: its headings begin below one of that level there."""

    def moved(tag: re.Match[str]) -> str:
        return f"{tag[1]}{min(int(tag[2]) + level, 6)}"

    return re.sub(r"(</?h)([1-4])\b", moved, html)


def passages(text: str, data: Mapping[str, Any]) -> list[Passage]:
    """What may be rewritten, with the template's own words as the default."""
    root = _tree(liquid.render(text, dict(data)))
    found: dict[str, Passage] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and (key := element.get("data-passage")):
            label = element.get("data-label") or _heading_before(element) or key
            found.setdefault(key, Passage(key, label, _text(element)))
    return list(found.values())


@lru_cache(maxsize=256)
def check(text: str) -> None:
    """Refuse a template that cannot be read or holds what no paper may hold, with its line.

    Values are escaped, so what the template does not hold the paper does not hold either;
    cleaning afterwards is the second lock.
    """
    liquid.compile(text)
    _Markup().feed(_MARKS.sub(_as_long, text))


class _Markup(HTMLParser):
    """Reads the tags of a template and refuses those outside the list."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self._refuse(f"<{tag}>")
        known = ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | {"class"}
        for name, value in attrs:
            if name not in known:
                self._refuse(f"<{tag} {name}>")
            # One that the template's own data says is looked at when it is cleaned.
            if name in SPANS and (value or "").strip() and not _is_a_span(value or ""):
                self._refuse(f'<{tag} {name}="{value}">')

    def handle_decl(self, decl: str) -> None:
        self._refuse(f"<!{decl[:20]}>")

    def handle_pi(self, data: str) -> None:
        self._refuse(f"<?{data[:20]}>")

    def _refuse(self, what: str) -> None:
        raise RefusedTemplate("refused", line=self.getpos()[0], what=what[:60])


def _as_long(match: re.Match[str]) -> str:
    # Lines stay where they are, so that a refusal names the right one.
    return "\n" * match.group().count("\n")


def _tree(html: str) -> lxml.html.HtmlElement:
    return lxml.html.fragment_fromstring(html, create_parent="div")


def _with_passages(html: str, own: Mapping[str, str]) -> str:
    root = _tree(html)
    for element in list(root.iter()):
        if isinstance(element.tag, str) and (key := element.get("data-passage")) in own:
            _rewrite(element, own[key])
    return "".join(lxml.html.tostring(child, encoding="unicode") for child in root)


def _rewrite(element: lxml.html.HtmlElement, text: str) -> None:
    tail, attributes = element.tail, dict(element.attrib)
    element.clear()
    element.attrib.update(attributes)
    element.tail = tail
    if element.tag in _ONE_LINE:
        _put_lines(element, text.strip())
        return
    for block in re.split(r"\n\s*\n", text.strip()):
        _put_lines(lxml.html.etree.SubElement(element, "p"), block.strip())


def _put_lines(element: lxml.html.HtmlElement, text: str) -> None:
    element.text, *rest = text.replace("\r\n", "\n").split("\n")
    for line in rest:
        lxml.html.etree.SubElement(element, "br").tail = line


def _text(element: lxml.html.HtmlElement) -> str:
    blocks = [child for child in element if child.tag in ("p", "li")] or [element]
    return "\n\n".join(filter(None, (_lines(block) for block in blocks)))


def _lines(element: lxml.html.HtmlElement) -> str:
    parts = [_spaced(element.text)]
    for child in element.iterdescendants():
        parts.append("\n" if child.tag == "br" else _spaced(child.text))
        parts.append(_spaced(child.tail))
    return "\n".join(" ".join(line.split()) for line in "".join(parts).split("\n")).strip()


def _spaced(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _heading_before(element: lxml.html.HtmlElement) -> str:
    found = element.xpath("preceding::*[self::h1 or self::h2 or self::h3][1]")
    return " ".join(found[-1].text_content().split()) if found else ""
