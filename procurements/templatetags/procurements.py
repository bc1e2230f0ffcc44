"""What the pages of a case need beside the house's own tags."""

from collections.abc import Sequence
from datetime import date

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.page import SHORT_MONTHS, time_
from procurements.pairs import Item

register = template.Library()
NEAR = 200


@register.simple_tag
def near_day(day: date | None, today: date) -> SafeString | str:
    """5 jan: a day to come soon is told without its year, also over New Year."""
    if not day or abs((day - today).days) > NEAR:
        return time_(day, "short_day")
    words = f"{day.day}\u00a0{SHORT_MONTHS[day.month - 1]}"
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), words)


@register.simple_tag
def ring(items: Sequence[Item]) -> SafeString:
    """How many items of a checklist are ticked, as a ring."""
    ticked = sum(item.is_ticked for item in items)
    words = _("In progress, %(ticked)s of %(all)s ticked") % {"ticked": ticked, "all": len(items)}
    return format_html(
        '<span class="ring" role="img" aria-label="{}"><svg viewBox="0 0 24 24" aria-hidden="true">'
        '<circle cx="12" cy="12" r="9"/>'
        '<circle cx="12" cy="12" r="9" pathLength="{}" stroke-dasharray="{} {}"/></svg></span>',
        words,
        len(items),
        ticked,
        len(items),
    )


@register.simple_tag
def paper_state(state: str) -> SafeString:
    """Where the latest version of a paper stands."""
    kinds = {
        "ordered": ("vantar", pgettext("paper", "Ordered")),
        "rendering": ("vantar", pgettext("paper", "Being made")),
        "ready": ("klar", pgettext("paper", "Ready")),
        "failed": ("misslyckades", pgettext("paper", "Failed")),
    }
    kind, word = kinds[state]
    return SafeString(render_to_string("_state.html", {"kind": kind, "word": word}))
