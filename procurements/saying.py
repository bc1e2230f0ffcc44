"""How amounts, days and moments are written in papers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from procurements.days import SWEDEN, swedish_day


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
    return on.isoformat() if on else ""


def day_of(at: datetime | None) -> str:
    """The Swedish day of a moment."""
    return swedish_day(at).isoformat() if at else ""


def moment(at: datetime | None) -> str:
    """A moment in Swedish time, to the minute."""
    return at.astimezone(SWEDEN).strftime("%Y-%m-%d %H:%M") if at else ""
