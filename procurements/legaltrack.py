"""Which rules a procurement follows: the questions of LOU 1:4–5 in order, and what they lead to.

A proposal, never a decision: somebody chooses the track and writes why. Amounts are dated rows in
`data/thresholds.yaml`; an amount that is not known is said to be missing, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from procurements.states import LegalTrack

YES, NO, UNSURE = "yes", "no", "unsure"
# Research and development services whose code opens the way outside the act (LOU 1:5).
RESEARCH_CODES = frozenset({"73300000", "73420000", "73430000"})
FIRST_RESEARCH_CODE, LAST_RESEARCH_CODE = "73000000", "73120000"


@dataclass(frozen=True)
class Amount:
    """A dated amount of the law: in kronor when the announcement is known, and in euro."""

    key: str
    since: date
    until: date | None
    sek: Decimal | None
    eur: Decimal | None
    paragraph: str
    source: str

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    @property
    def years(self) -> str:
        """The period as it is said: 2026–27."""
        if self.until is None:
            return str(self.since.year)
        return f"{self.since.year}–{(self.until.year - 1) % 100:02d}"


@dataclass(frozen=True)
class Proposal:
    """The track that the answers lead to, and why; undecided when something is missing."""

    track: str
    why: tuple[str, ...]


@cache
def amounts() -> tuple[Amount, ...]:
    """Every dated amount that is shipped."""
    rows: list[dict[str, Any]] = yaml.safe_load(
        (Path(__file__).parent / "data" / "thresholds.yaml").read_text(encoding="utf-8")
    )
    return tuple(
        Amount(
            key=row["key"],
            since=row["from"],
            until=row["until"],
            sek=_decimal(row["sek"]),
            eur=_decimal(row["eur"]),
            paragraph=row["paragraph"],
            source=row["source"],
        )
        for row in rows
    )


def _decimal(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def amount_on(key: str, day: date) -> Amount | None:
    """The row that holds on a day, if there is one."""
    return next((row for row in amounts() if row.key == key and row.holds_on(day)), None)


def is_research_code(code: str) -> bool:
    """Whether a CPV code is one of those that LOU 1:5 names; the check digit may be left out."""
    digits = code.strip().split("-")[0]
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return False
    return FIRST_RESEARCH_CODE <= digits <= LAST_RESEARCH_CODE or digits in RESEARCH_CODES


def value_of(parts: Iterable[Decimal | None]) -> Decimal:
    """The value: fees to all suppliers in all phases, options and purchases, without VAT (5:3)."""
    return sum((part for part in parts if part is not None), Decimal(0))


def propose(answers: Mapping[str, str], *, value: Decimal | None, on: date) -> Proposal:
    """The track that the answers lead to, for a call sent on a day.

    Answers are yes, no or unsure to `rd_cpv`, `exclusive`, `wholly_paid` and `annex_2`. In doubt
    the act applies: the authority has the burden of proof.
    """
    if answers.get("rd_cpv") == YES:
        if NO in (answers.get("exclusive"), answers.get("wholly_paid")):
            why = _(
                "A research and development service whose results are shared, or that is not "
                "wholly paid by the authority, is outside the act (LOU 1:5). The five principles "
                "are followed all the same."
            )
            return Proposal(LegalTrack.PCP_OUTSIDE_LOU, (why,))
        why = _(
            "The results are the authority's alone and it pays for everything, or that is not "
            "certain: then the act applies (LOU 1:5)."
        )
    else:
        why = _("The code is not one that the exception for research names: the act applies.")
    track, by_value = _by_value(value, on, in_annex_2=answers.get("annex_2") == YES)
    return Proposal(track, (why, by_value))


def _by_value(value: Decimal | None, on: date, *, in_annex_2: bool) -> tuple[str, str]:
    if value is None:
        return LegalTrack.UNDECIDED, _("Work out the value: it decides which chapters apply.")
    threshold = amount_on("annex_2" if in_annex_2 else "threshold", on)
    direct = threshold if in_annex_2 else amount_on("direct_award", on)
    if direct is not None and direct.sek is not None and value < direct.sek:
        words = _("The value is below %(limit)s kronor: direct award is allowed (LOU 19 a:2).")
        return LegalTrack.DIRECT_AWARD_19A, words % {"limit": spelled(direct.sek)}
    if threshold is None:
        words = _("No threshold is known for %(day)s; a lawyer has to look.")
        return LegalTrack.UNDECIDED, words % {"day": on.isoformat()}
    if threshold.sek is None:
        words = _(
            "The threshold in kronor is missing for %(years)s (%(eur)s euro). Look it up in the "
            "Government's announcement; it is not worked out from the euro."
        )
        said = {"years": threshold.years, "eur": spelled(threshold.eur or Decimal(0))}
        return LegalTrack.UNDECIDED, words % said
    limit = {"limit": spelled(threshold.sek)}
    if value >= threshold.sek:
        words = _("The value reaches the threshold %(limit)s kronor: the act in full (LOU 1:4).")
        return LegalTrack.LOU_ABOVE, words % limit
    words = _("The value is below the threshold %(limit)s kronor: advertise (LOU chapter 19).")
    return LegalTrack.ADVERTISED_19, words % limit


def spelled(number: Decimal) -> str:
    """An amount with its thousands set apart: 2 389 585."""
    return f"{number:,.0f}".replace(",", "\u00a0")
