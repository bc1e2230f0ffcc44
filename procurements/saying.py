"""How amounts, days and moments are written in papers, in the active language."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from documents.saying import day_in_words, moment_in_words
from procurements.days import swedish_day


def money(amount: Decimal | None, language: str) -> str:
    """An amount without VAT as the language writes it: `25 000 kr`, `SEK 25,000`."""
    if amount is None:
        return ""
    whole = amount == amount.to_integral_value()
    digits = f"{amount:,.0f}" if whole else f"{amount:,.2f}"
    if language == "en":
        return f"SEK {digits}"
    return digits.replace(",", "\u00a0").replace(".", ",") + "\u00a0kr"


def day(on: date | None) -> str:
    return day_in_words(on) if on else ""


def day_of(at: datetime | None) -> str:
    """The Swedish day of a moment."""
    return day(swedish_day(at)) if at else ""


def moment(at: datetime | None) -> str:
    """A moment in Swedish time, to the minute."""
    return moment_in_words(at) if at else ""
