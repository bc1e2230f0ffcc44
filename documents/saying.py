"""How amounts, days and moments are written in papers, in the active language."""

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

# Neither an amount, a day nor an hour is torn apart at the end of a line.
NO_BREAK = "\u00a0"


def in_figures(amount: Decimal, language: str | None = None) -> str:
    """`25 000` and `25 000,50`, or in English `25,000` and `25,000.50`: by a language, else the
    active one."""
    digits = f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"
    if (language or get_language() or "").startswith("en"):
        return digits
    return digits.replace(",", NO_BREAK).replace(".", ",")


def day_in_words(on: date) -> str:
    """`9 oktober 2026`."""
    return date_format(on, "j F Y").replace(" ", NO_BREAK)


def moment_in_words(at: datetime) -> str:
    """`9 oktober 2026 kl. 15.04`, Swedish time."""
    local = timezone.localtime(at)
    words = {"day": day_in_words(local.date()), "hour": f"{local:%H}", "minute": f"{local:%M}"}
    return (_("%(day)s at %(hour)s:%(minute)s") % words).replace(" ", NO_BREAK)
