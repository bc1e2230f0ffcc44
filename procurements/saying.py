"""How amounts, days and moments are written in papers, in the active language."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from documents.saying import NO_BREAK, day_in_words, in_figures, moment_in_words
from procurements.days import swedish_day


def money(amount: Decimal | None, language: str) -> str:
    """An amount without VAT as the language writes it: `25 000 kr`, `SEK 25,000`."""
    if amount is None:
        return ""
    figures = in_figures(amount, language)
    return f"SEK {figures}" if language == "en" else f"{figures}{NO_BREAK}kr"


def day(on: date | None) -> str:
    return day_in_words(on) if on else ""


def day_of(at: datetime | None) -> str:
    """The Swedish day of a moment."""
    return day(swedish_day(at)) if at else ""


def moment(at: datetime | None) -> str:
    """A moment in Swedish time, to the minute."""
    return moment_in_words(at) if at else ""


def in_round(title: str, attempt: int) -> str:
    """A phase by its title, and which round it is of one that was done again."""
    return title if attempt == 1 else _("%(title)s (round %(n)s)") % {"title": title, "n": attempt}


def demo_note() -> str:
    """What stands on every paper of a demo, and on no other."""
    if not settings.IS_DEMO:
        return ""
    return _("Demo data: days, numbers, people and suppliers are invented.")
