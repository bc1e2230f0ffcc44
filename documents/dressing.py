"""What the frame puts inside the article: kind, track, version and `7 → 3`.

The same in the preview as in the PDF.
"""

import re
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from documents.source import Given, Source

FACTS = '<dl class="facts">'


def dressed(body: str, source: Source, given: Given) -> str:
    """The article of an edition's or the system's paper with what its frame adds to it."""
    frame = source.frame
    if frame.get("kind"):
        body = _before(body, "<h1", f'<p class="kind">{escape(frame["kind"])}</p>')
    if given.version:
        label, shown = _("Version"), escape(source.shown_version(given))
        body = _into_facts(body, f"<div><dt>{label}</dt><dd>{shown}</dd></div>")
    if frame.get("track_svg"):
        body = _before(body, FACTS, _track(frame))
    if funnel := frame.get("funnel"):
        big = f"{escape(funnel['from'])} → {escape(funnel['to'])}"
        text = escape(funnel.get("text", ""))
        summary = f'<div class="sum"><p class="big">{big}</p><p>{text}</p></div>'
        body = _after(body, "</header>", summary)
    return body


def method_words(source: Source) -> str:
    """Which handbook the text is from, and its licence: once, as the edition wants it said."""
    if source.licence and source.edition_version and source.edition_version in source.licence:
        words = _("Method text: %(licence)s") % {"licence": source.licence}
    elif source.edition_title:
        names = {"title": source.edition_title, "version": source.edition_version}
        words = _("Text of the method from %(title)s, edition %(version)s.") % names
        words = f"{words} {source.licence}"
    else:
        words = source.licence
    # A number stands on the line of the word that it belongs to.
    words = re.sub(r" (?=\d)", "\N{NO-BREAK SPACE}", words.strip())
    return f"{words}." if words and not words.endswith(".") else words


def _track(frame: dict[str, Any]) -> str:
    columns = "".join(
        f"<li{' class=now' if column['is_focus'] else ''}>"
        f"<b>{escape(column['number'])} <span>{escape(column['title'])}</span></b>"
        f"<span>{'<br>' if column['words'] else ''}{escape(column['words'])}</span></li>"
        for column in frame.get("track_columns", [])
    )
    label = f'<ol class="columns">{columns}</ol>' if columns else ""
    return f'<div class="papertrack">{frame["track_svg"]}{label}</div>'


def draft_word() -> str:
    return pgettext("of a paper", "Draft")


def _before(body: str, mark: str, added: str) -> str:
    return body.replace(mark, added + mark, 1) if mark in body else added + body


def _after(body: str, mark: str, added: str) -> str:
    return body.replace(mark, mark + added, 1) if mark in body else added + body


def _into_facts(body: str, added: str) -> str:
    start = body.find(FACTS)
    end = body.find("</dl>", start)
    return body[:end] + added + body[end:] if start >= 0 and end >= 0 else body
