"""What every page needs from the house: icons, amounts, days, people, menu and appearance.

The tags are built in (settings), so no template loads them.
"""

import re
import tomllib
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from config import session
from documents.saying import in_figures

register = template.Library()

NBSP = "\u00a0"
SOON_DAYS = 3
# The colour schemes a person can choose; "auto" follows the device.
SCHEMES = [("auto", _("Follow the device")), ("light", _("Light")), ("dark", _("Dark"))]
# The main menu: URL name, words, shortcut after "g". The page of many cases is shown to whoever may
# know of more than the first page lists.
MENU = [
    ("my_cases", _("My cases"), "m"),
    ("portfolio", _("Portfolio"), "p"),
    ("handbooks", _("The handbook"), "h"),
    ("organisations", _("Organisations"), "o"),
    ("teams", _("Teams"), "t"),
]
SHORT_MONTHS = [
    pgettext_lazy("short month", "Jan"),
    pgettext_lazy("short month", "Feb"),
    pgettext_lazy("short month", "Mar"),
    pgettext_lazy("short month", "Apr"),
    pgettext_lazy("short month", "May"),
    pgettext_lazy("short month", "June"),
    pgettext_lazy("short month", "July"),
    pgettext_lazy("short month", "Aug"),
    pgettext_lazy("short month", "Sep"),
    pgettext_lazy("short month", "Oct"),
    pgettext_lazy("short month", "Nov"),
    pgettext_lazy("short month", "Dec"),
]
STATE_ICONS = {
    "klar": "CheckmarkCircleFill",
    "pagar": "HourglassTopFilled",
    "kommande": "Circle",
    "vantar": "Clock",
    "snart": "Clock",
    "sen": "ExclamationmarkTriangleFill",
    "last": "PadlockLocked",
    "utkast": "Pencil",
    "beslut": "Gavel",
    "misslyckades": "XMarkOctagonFill",
    "pausad": "PauseFill",
    "avslutad": "StopFill",
}


# The page around the content


@lru_cache
def product_version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def menu(path: str, user: Any = None) -> list[dict[str, Any]]:
    """The entries of the main menu, the one for this page or the part it belongs to marked."""
    left_out = () if getattr(user, "has_portfolio", False) else ("portfolio",)

    def current(url: str) -> str:
        if url == path:
            return "page"
        return "true" if path.startswith("/cases/" if url == "/" else url) else ""

    return [
        {"url": (url := reverse(name)), "label": label, "key": key, "current": current(url)}
        for name, label, key in MENU
        if name not in left_out
    ]


def scheme_of(request: HttpRequest) -> str:
    """Light, dark or the device's choice: the person's own, or the cookie's before sign-in."""
    user = getattr(request, "user", None)
    own = getattr(user, "scheme", "") if user is not None and user.is_authenticated else ""
    chosen = own or request.COOKIES.get("scheme", "")
    return chosen if chosen in dict(SCHEMES) else "auto"


def _session_ends(request: HttpRequest) -> int:
    """The second at which the session ends, known after the first post (see config/session.py)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return 0
    return int(request.session.get(session.IN_SESSION, 0))


def installation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the frame of every page says about this installation."""
    language = (get_language() or settings.LANGUAGE_CODE)[:2]
    return {
        "is_demo": settings.IS_DEMO,
        "menu": menu(request.path, getattr(request, "user", None)),
        "scheme": scheme_of(request),
        "schemes": SCHEMES,
        "language": language,
        "other_language": "en" if language == "sv" else "sv",
        "product_version": product_version(),
        "session_ends": _session_ends(request),
    }


# Icons


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    """The inside of a vendored icon. An unknown name is a fault in the template."""
    file = settings.BASE_DIR / "static" / "vendor" / "icons" / f"{name}.svg"
    if not re.fullmatch(r"[A-Za-z0-9]+", name) or not file.is_file():
        raise template.TemplateSyntaxError(f"No icon is called {name!r}.")
    found = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text(), re.DOTALL)
    if not found:
        raise template.TemplateSyntaxError(f"The icon {name!r} is not an SVG.")
    return found.group(1).strip()


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """The icon inline: silent beside words, or with a label where it stands alone."""
    drawing = mark_safe(_drawing(name))  # noqa: S308
    classes = f"icon {extra}".strip()
    if label:
        return format_html(
            '<svg class="{}" viewBox="0 0 24 24" fill="none" role="img" aria-label="{}">{}</svg>',
            classes,
            label,
            drawing,
        )
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" fill="none" aria-hidden="true">{}</svg>',
        classes,
        drawing,
    )


@register.filter
def state_icon(kind: str) -> str:
    """The icon of a state, by the kind that also names its class."""
    if kind not in STATE_ICONS:
        raise template.TemplateSyntaxError(f"No state is called {kind!r}.")
    return STATE_ICONS[kind]


@register.filter
def said_in(words: str, language: str) -> str:
    """Words marked with their language, where it is another than that of what is around them."""
    return format_html('<span lang="{}">{}</span>', language, words) if language else words


# Amounts


@register.filter
def kr(amount: Decimal | int | str | None) -> str:
    """An amount of Swedish kronor: 25 000 kr, in English SEK 25,000."""
    if amount is None or amount == "":
        return ""
    figures = in_figures(Decimal(amount))
    return f"SEK{NBSP}{figures}" if get_language() == "en" else f"{figures}{NBSP}kr"


# Days and moments, in Swedish time


def _as_date(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return timezone.localtime(value, timezone.get_default_timezone()).date()
    return value


def _is_this_year(value: date) -> bool:
    return value.year == timezone.localdate().year


def _short(value: date, *, year: bool | None = None) -> str:
    text = f"{value.day}{NBSP}{SHORT_MONTHS[value.month - 1]}"
    if year is None:
        year = not _is_this_year(value)
    return f"{text}{NBSP}{value.year}" if year else text


@register.filter
def day(value: date | datetime | None) -> str:
    """9 oktober 2026."""
    if not value:
        return ""
    value = _as_date(value)
    return f"{value.day}{NBSP}{MONTHS[value.month]}{NBSP}{value.year}"


@register.filter
def weekday(value: date | datetime | None) -> str:
    """fredag 9 oktober; the year is written when it is not this year."""
    if not value:
        return ""
    value = _as_date(value)
    text = f"{date_format(value, 'l')} {value.day}{NBSP}{MONTHS[value.month]}"
    return text if _is_this_year(value) else f"{text}{NBSP}{value.year}"


@register.filter
def short_day(value: date | datetime | None) -> str:
    """9 okt; the year is written when it is not this year."""
    return _short(_as_date(value)) if value else ""


@register.filter
def short_month(value: date) -> str:
    """okt."""
    return str(SHORT_MONTHS[value.month - 1])


@register.filter
def iso(value: date | datetime | None) -> str:
    """For datetime attributes and registers: 2026-10-09, with the time if there is one."""
    if not value:
        return ""
    if isinstance(value, datetime):
        moment_ = timezone.localtime(value, timezone.get_default_timezone())
        return moment_.isoformat(timespec="seconds")
    return value.isoformat()


@register.filter
def clock(value: datetime | None) -> str:
    """14.20, in English 14:20."""
    if not value:
        return ""
    local = timezone.localtime(value, timezone.get_default_timezone())
    return f"{local:%H:%M}" if get_language() == "en" else f"{local:%H.%M}"


@register.filter
def moment(value: datetime | None) -> str:
    """16 nov 14.20."""
    return f"{_short(_as_date(value))}{NBSP}{clock(value)}" if value else ""


@register.filter
def is_day(value: str | None) -> bool:
    """Whether a date field can show the value; what else was typed is shown as text."""
    return not value or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)))


@register.filter
def faults(field: forms.BoundField) -> list[tuple[str, bool]]:
    """What is wrong with a field, and whether it says itself which field it is. One that was left
    empty says what to do, where its form has no words of its own for it."""
    standard = forms.Field.default_error_messages["required"]
    told: list[tuple[str, bool]] = []
    for error in field.errors.as_data():
        if error.code == "required" and error.message == standard:
            told.append((_asked_for(field), True))
        else:
            told += [(message, False) for message in error.messages]
    return told


def _asked_for(field: forms.BoundField) -> str:
    words = {"label": getattr(field.field, "told_as", field.label)}
    widget = field.field.widget
    if isinstance(widget, forms.FileInput):
        return gettext("Choose a file under “%(label)s”.") % words
    if isinstance(widget, forms.CheckboxInput):
        return gettext("Tick “%(label)s”.") % words
    # Lists and buttons to choose among; boxes are of this kind too.
    if isinstance(widget, forms.Select | forms.RadioSelect):
        return gettext("Choose an option under “%(label)s”.") % words
    if str(words["label"]).endswith("?"):
        return gettext("Answer the question “%(label)s”") % words
    return gettext("Fill in “%(label)s”.") % words


WAYS: dict[str, Callable[[Any], str]] = {
    "day": day,
    "short_day": short_day,
    "weekday": weekday,
    "moment": moment,
    "clock": clock,
    "iso": iso,
}


@register.simple_tag(name="time")
def time_(value: date | datetime | None, way: str = "day") -> SafeString | str:
    """A <time> element in one of the ways above; nothing for nothing."""
    if not value:
        return ""
    return format_html('<time datetime="{}">{}</time>', iso(value), WAYS[way](value))


@register.simple_tag
def day_range(start: date | None, end: date | None) -> str:
    """7 sep–2 okt, 10–28 aug, from 7 Sep."""
    if start and end:
        if start == end:
            return _short(start)
        if start.year != end.year:
            return f"{_short(start, year=True)}–{_short(end, year=True)}"
        if start.month == end.month:
            return f"{start.day}–{_short(end)}"
        return f"{_short(start, year=False)}–{_short(end)}"
    if start:
        return gettext("from %(day)s") % {"day": _short(start)}
    if end:
        return gettext("until %(day)s") % {"day": _short(end)}
    return ""


@register.filter
def due_state(value: date | None, today: date | None = None) -> str:
    """late, soon or nothing."""
    if not value:
        return ""
    left = (_as_date(value) - (today or timezone.localdate())).days
    return "late" if left < 0 else "soon" if left <= SOON_DAYS else ""


@register.filter
def due_words(value: date | None, today: date | None = None) -> str:
    """i dag, i morgon, om 2 dagar, 4 dagar sen."""
    if not value:
        return ""
    left = (_as_date(value) - (today or timezone.localdate())).days
    if left < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -left) % {"n": -left}
    if left == 0:
        return gettext("today")
    if left == 1:
        return gettext("tomorrow")
    return ngettext("in %(n)s day", "in %(n)s days", left) % {"n": left}


@register.simple_tag
def due(value: date | None, today: date | None = None) -> SafeString | str:
    """The deadline beside the thing that is due: the day, and in words when it is near or past."""
    if not value:
        return ""
    state = due_state(value, today)
    shown = time_(_as_date(value), "short_day")
    if not state:
        return format_html('<span class="due">{}</span>', shown)
    return format_html(
        '<span class="due due--{}">{}<span>{} · {}</span></span>',
        state,
        icon("ExclamationmarkTriangleFill" if state == "late" else "Clock"),
        shown,
        due_words(value, today),
    )


# People


def initials(name: str) -> str:
    words = [word for word in re.split(r"[\s\-]+", name.strip()) if word and word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.simple_tag
def person(who: Any, role: str = "") -> SafeString | str:
    """A person as initials; the whole name for screen readers and on hover."""
    name = str(getattr(who, "name", "") or who or "")
    if not name:
        return ""
    words = f"{name}, {role}" if role else name
    return format_html(
        '<span class="avatar" title="{0}"><span aria-hidden="true">{1}</span>'
        '<span class="ds-sr-only">{0}</span></span>',
        words,
        initials(name),
    )


@register.filter(name="initials")
def initials_(who: Any) -> str:
    return initials(str(getattr(who, "name", "") or who))


# Addresses


@register.simple_tag(takes_context=True)
def param(context: template.Context, **changes: Any) -> str:
    """This page's query string with some values set, or removed by None."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"
