"""From a source to a PDF: the article in its frame, set by WeasyPrint, tagged for everyone."""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.template import Context, Engine
from django.template import engines as template_engines
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.room import with_room
from documents import codes
from documents.article import render_article
from documents.dressing import draft_word, dressed, method_words
from documents.files import is_whole
from documents.refusals import RefusedTemplate, TooManyPages
from documents.source import Given, Source

PAPER = Path(__file__).resolve().parent / "paper"
# Read before the library of fonts starts: a paper knows no face but the shipped ones.
os.environ["FONTCONFIG_FILE"] = str(PAPER / "fonts.conf")

with warnings.catch_warnings():
    # That there are no fonts of the machine is what we want.
    warnings.filterwarnings("ignore", "No fonts configured")
    from pydyf import PDF, Array, Dictionary
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

MOST_PAGES = 120
VARIANT = "pdf/ua-1"
FONT_ADDRESS = "upptakt:font/"
ARROW = (
    '<svg class="arrow" viewBox="0 0 20 12"><title>{}</title>'
    '<path d="M0 6H17M12 1.2 17 6 12 10.8" fill="none" stroke="currentColor" stroke-width="2"/>'
    "</svg>"
)


class Paper(NamedTuple):
    """A finished PDF and how many pages it has."""

    content: bytes
    pages: int


def write(source: Source, given: Given) -> bytes:
    """The paper as PDF. The same source, given and versions make the same bytes."""
    return make(source, given).content


def make(source: Source, given: Given) -> Paper:
    """Raises a PaperRefused when the paper cannot be made as it is."""
    with translation.override(source.language):
        if source.kind == "system":
            body = _system_body(source, given)
        else:
            body = render_article(source, given)
        return make_html(
            dressed(body, source, given), frame_of(source, given), look_of(source.kind)
        )


@dataclass(frozen=True)
class Look:
    """What stands around a body, and how it looks: the frame, the sheet, and how many pages it may
    have, if that is more than a paper may."""

    template: str
    sheet: str
    pages: int = 0

    @property
    def most_pages(self) -> int:
        return self.pages or MOST_PAGES


A_PAPER = Look("documents/frame.html", "paged.css")
# What is made of what happened, and nobody can shorten.
A_RECORD = Look("documents/frame.html", "paged.css", pages=600)
A_BOOK = Look("documents/book.html", "book.css", pages=600)


def look_of(kind: str) -> Look:
    """How a source of the kind looks."""
    return A_RECORD if kind == "system" else A_PAPER


@with_room
def make_html(body: str, frame: Mapping[str, Any], look: Look = A_PAPER) -> Paper:
    """Clean HTML in its frame; `frame_of` says what the frame of a paper holds."""
    language = str(frame["language"])
    with translation.override(language):
        body = _with_divided_words(_with_drawn_arrows(body))
        html = render_to_string(look.template, {**frame, "body": mark_safe(body)})  # noqa: S308
    fetcher = _ShippedOnly()
    try:
        document = HTML(string=html, base_url="upptakt:paper", url_fetcher=fetcher).render(
            stylesheets=[_style(language, look.sheet)], font_config=_fonts(), pdf_variant=VARIANT
        )
        if len(document.pages) > look.most_pages:
            pages, most = len(document.pages), look.most_pages
            raise TooManyPages("too_many_pages", pages=pages, most=most)
        content = document.write_pdf(finisher=_put_items_in_lists, pdf_variant=VARIANT)
    except _ReachesOut as reach:
        raise RefusedTemplate("reaches_out", what=str(reach)) from reach
    if fetcher.refused:
        # Inside an SVG the renderer passes over what was refused; we do not.
        raise RefusedTemplate("reaches_out", what=fetcher.refused[0])
    return Paper(content, len(document.pages))


def frame_of(source: Source, given: Given) -> dict[str, Any]:
    """What stands around the body: all of it from the source and what was given beside it."""
    frame = source.frame
    title = frame.get("title", "")
    draft = draft_word() if source.draft else ""
    return {
        "language": source.language,
        "title": " – ".join(filter(None, [title, frame.get("reference", "")])),
        "running_head": " – ".join(
            filter(None, [frame.get("kind", "") or title, frame.get("case", ""), draft])
        ),
        "reference": frame.get("reference", ""),
        "organisation": frame.get("organisation", ""),
        "note": frame.get("note", ""),
        "method": method_words(source),
        "origin": frame.get("origin", ""),
        "made_at": timezone.localtime(given.at).isoformat(timespec="seconds"),
        "draft": source.draft,
        "shown_code": codes.shown(given.code),
        "check_address": f"{settings.PUBLIC_URL}/verify/",
        "check_url": f"{settings.PUBLIC_URL}/verify/{given.code}/" if given.code else "",
    }


def made_with(look: Look = A_PAPER) -> dict[str, str]:
    """Versions of all that shapes the bytes, kept with each revision."""
    return _made_with(look.sheet) | {"pages_at_most": str(look.most_pages)}


def shipped_fonts() -> list[dict[str, Any]]:
    fonts: list[dict[str, Any]] = json.loads((PAPER / "manifest.json").read_text())["fonts"]
    return fonts


# Words of the frame, in the active language


def arrow_word() -> str:
    return pgettext("from one number to another", "to")


def page_words() -> tuple[str, str]:
    return _("Page"), pgettext("page 1 of 9", "of")


# The body


def _system_body(source: Source, given: Given) -> str:
    template = _system_template(source.template_text)
    values = {"organisation": source.frame.get("unit") or source.frame.get("organisation", "")}
    return str(template.render(Context(values | source.data_with(given))))


@lru_cache(maxsize=16)
def _system_template(text: str) -> Any:
    engine: Engine = template_engines["django"].engine  # type: ignore[attr-defined]
    return engine.from_string(text)


_TAG_OR_ARROW = re.compile(r"<[^>]*>|→")


def _with_drawn_arrows(body: str) -> str:
    """The shipped faces have no arrow: it is drawn, and said as a word."""
    if "→" not in body:
        return body
    arrow = ARROW.format(arrow_word())
    return _TAG_OR_ARROW.sub(lambda match: arrow if match[0] == "→" else match[0], body)


_CELL = re.compile(r"(<t[dh]\b[^>]*>)(.*?)(?=</t[dh]>)", re.DOTALL)
_LETTER = re.compile(r"&#?\w+;|[^\s<>&]")
_TAG_OR_LONG_WORD = re.compile(rf"<[^>]*>|(?:{_LETTER.pattern}){{25,}}")


def _with_divided_words(body: str) -> str:
    """A cell is as wide as its longest word: a file's name of a hundred signs would push the next
    columns off the paper. It may be divided after each ten."""
    return _CELL.sub(lambda cell: cell[1] + _TAG_OR_LONG_WORD.sub(_divided, cell[2]), body)


def _divided(match: re.Match[str]) -> str:
    if match[0].startswith("<"):
        return match[0]
    letters = _LETTER.findall(match[0])
    return "\u200b".join("".join(letters[n : n + 10]) for n in range(0, len(letters), 10))


# The tags


def _put_items_in_lists(_document: Any, made: PDF) -> None:
    """Nothing but items in a list, and no item elsewhere, as PDF/UA has it.

    The renderer tags the groups of a list of terms as blocks, each term and each explanation an
    item of its own within; and the lines of an item, where a block stands among them, as items too.
    """

    def parts(node: Dictionary, tag: str) -> list[Dictionary]:
        within = [made.objects[int(kid.split()[0])] for kid in node["K"] if isinstance(kid, bytes)]
        return [part for part in within if part.get("S") == tag]

    def is_now(item: Dictionary, tag: str) -> None:
        item["S"] = tag
        for body in parts(item, "/LBody"):
            body["S"] = "/NonStruct"

    tagged = [node for node in made.objects if isinstance(node, Dictionary) and "K" in node]
    for group in (
        group for node in tagged if node.get("S") == "/L" for group in parts(node, "/Div")
    ):
        group["S"] = "/LI"
        # Without what only clears the floats.
        said = [item for item in parts(group, "/LI") if item["K"]]
        group["K"] = Array(item.reference for item in said)
        for place, item in enumerate(said):
            # One alone goes on from the page before.
            is_now(item, "/Lbl" if not place and len(said) > 1 else "/LBody")
    for item in (item for node in tagged if node.get("S") != "/L" for item in parts(node, "/LI")):
        is_now(item, "/NonStruct")


# What is read once and used for every paper of the process


class _ReachesOut(FatalURLFetchingError):
    """Not an Exception: the renderer would note it and go on."""


class _ShippedOnly(URLFetcher):
    """Gives the shipped faces by name, and nothing else there is."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        name = url.removeprefix(FONT_ADDRESS)
        if not url.startswith(FONT_ADDRESS) or name not in _font_names():
            self.refused.append(url[:200])
            raise _ReachesOut(url[:200])
        return URLFetcherResponse(url, (PAPER / "fonts" / name).read_bytes())


@cache
def _font_names() -> frozenset[str]:
    return frozenset(font["file"] for font in shipped_fonts())


def _ask_for_fonts() -> None:
    """The renderer would note that one is missing, and set the paper in whatever else there is."""
    for font in shipped_fonts():
        path = PAPER / "fonts" / font["file"]
        if not is_whole(path, font["sha256"]):
            raise RuntimeError(f"{path} is missing or damaged: no paper is made without it.")


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


def let_go_of_fonts() -> None:
    """Before a process ends: the folder that the faces were unpacked to goes with them."""
    _style.cache_clear()
    _fonts.cache_clear()


@cache
def _style(language: str, sheet: str) -> CSS:
    _ask_for_fonts()
    with translation.override(language):
        page, of = page_words()
    faces = "".join(
        f'@font-face{{font-family:"{font["family"]}";font-weight:{font["weight"]};'
        f"font-style:{font['style']};src:url({FONT_ADDRESS}{font['file']})}}"
        for font in shipped_fonts()
    )
    text = faces + (PAPER / sheet).read_text() % {"page": page, "of": of}
    return CSS(
        string=text, base_url="upptakt:paper", url_fetcher=_ShippedOnly(), font_config=_fonts()
    )


@cache
def _made_with(name: str) -> dict[str, str]:
    from weasyprint.text.ffi import pango

    names = ["weasyprint", "pydyf", "tinycss2", "tinyhtml5", "fonttools", "python-liquid", "nh3"]
    fonts = (PAPER / "manifest.json").read_bytes()
    sheet = (PAPER / name).read_bytes()
    return {name: version(name) for name in names} | {
        "pango": str(pango.pango_version()),
        "fonts": hashlib.sha256(fonts).hexdigest()[:16],
        "sheet": hashlib.sha256(sheet).hexdigest()[:16],
        "variant": VARIANT,
    }
