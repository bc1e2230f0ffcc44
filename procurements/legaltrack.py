"""Which rules a procurement follows: the questions of LOU 1:4–5 in order, and what they lead to.

A proposal, never a decision: somebody chooses the track and writes why. Amounts are dated rows in
`data/thresholds.yaml`; an amount that is not known is said to be missing, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from documents.saying import in_figures
from procurements.dated import Dated
from procurements.states import LegalTrack

YES, NO, UNSURE = "yes", "no", "unsure"
# Research and development services whose code opens the way outside the act (LOU 1:5).
RESEARCH_CODES = frozenset({"73300000", "73420000", "73430000"})
FIRST_RESEARCH_CODE, LAST_RESEARCH_CODE = "73000000", "73120000"
# Those that the act writes out, with their check digits; of others it is not counted, but listed.
CHECK_DIGITS = {
    "73000000": "2",
    "73120000": "9",
    "73300000": "5",
    "73420000": "2",
    "73430000": "5",
}
# A CPV code: eight digits, and maybe the check digit.
CODE = re.compile("([0-9]{8})(-[0-9])?")
# What a pre-commercial procurement outside the act shows, so that it gives no state aid (the
# framework for research aid, point 33; law.md section 1).
CONDITIONS = ("pcp_selection", "pcp_terms", "pcp_no_favour", "pcp_results", "pcp_price")


@dataclass(frozen=True)
class Amount(Dated):
    """A dated amount of the law: in kronor when the announcement is known, and in euro."""

    key: str
    since: date
    until: date | None
    sek: Decimal | None
    eur: Decimal | None
    paragraph: str
    source: str

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


def is_code(text: str) -> bool:
    """Whether the text has the form of a CPV code, with or without its check digit; whether the
    code exists is not asked."""
    return CODE.fullmatch(text) is not None


def is_research_code(code: str) -> bool:
    """Whether a CPV code is one of those that LOU 1:5 names; the check digit may be left out."""
    found = CODE.fullmatch(code.strip())
    if found is None:
        return False
    digits = found.group(1)
    return FIRST_RESEARCH_CODE <= digits <= LAST_RESEARCH_CODE or digits in RESEARCH_CODES


def answer_by_code(code: str) -> str:
    """The answer to `rd_cpv` that a CPV code gives; none when it is not a code."""
    if not is_code(code.strip()):
        return ""
    return YES if is_research_code(code) else NO


def faults_in(
    answers: Mapping[str, str], reasons: Mapping[str, str], *, track: str
) -> dict[str, str]:
    """What contradicts itself or is missing for the track, by question, in words.

    The code and the answer about it agree: a code is never picked to escape the act (LOU 1:5,
    4:2). Outside the act every condition is answered, with a reason unless it is met.
    """
    faults = {}
    if words := fault_of_code(answers.get("cpv", ""), answers.get("rd_cpv", "")):
        faults["cpv"] = words
    if track != LegalTrack.PCP_OUTSIDE_LOU:
        return faults
    for name in CONDITIONS:
        answer = answers.get(name, "")
        if answer not in (YES, NO, UNSURE):
            faults[name] = _("Answer yes, no or not certain: the track outside the act needs it.")
        elif answer != YES and not reasons.get(name, ""):
            faults[f"{name}_reason"] = _("Write why, and what you do about it.")
    return faults


def fault_of_code(code: str, answer: str = "") -> str:
    """What is wrong with a CPV code, alone or beside the answer to `rd_cpv`, in words."""
    if not code:
        return ""
    by_code = answer_by_code(code)
    if not by_code:
        return _("Write the eight digits of the code, with or without the check digit: 73120000-9.")
    digits, _mark, check_digit = code.strip().partition("-")
    if check_digit and check_digit != CHECK_DIGITS.get(digits, check_digit):
        right = f"{digits}-{CHECK_DIGITS[digits]}"
        return _("The check digit is wrong: the code is %(code)s.") % {"code": right}
    if (answer, by_code) == (YES, NO):
        words = _(
            "The code %(code)s is not one of those that LOU 1:5 names, but you answered yes. "
            "Change the one or the other: the code has to fit what is really bought (LOU 4:2)."
        )
    elif (answer, by_code) == (NO, YES):
        words = _(
            "The code %(code)s is one of those that LOU 1:5 names, but you answered no. Change "
            "the one or the other: the code has to fit what is really bought (LOU 4:2)."
        )
    else:
        return ""
    return words % {"code": code}


def value_of(parts: Iterable[Decimal | None]) -> Decimal:
    """The value: fees to all suppliers in all phases, options and purchases, without VAT (5:3)."""
    return sum((part for part in parts if part is not None), Decimal(0))


def propose(answers: Mapping[str, str], *, value: Decimal | None, on: date) -> Proposal:
    """The track that the answers lead to, for a call sent on a day.

    Answers are yes, no or unsure to `rd_cpv`, `exclusive`, `wholly_paid` and `annex_2`. While
    `rd_cpv` is not answered, the code in `cpv` answers it. In doubt the act applies: the authority
    has the burden of proof.
    """
    is_research, why = answers.get("rd_cpv", ""), list[str]()
    if not is_research and (code := answers.get("cpv", "")):
        is_research = answer_by_code(code)
        why.append(_said_by_code(code))
    if is_research == YES:
        if NO in (answers.get("exclusive"), answers.get("wholly_paid")):
            outside = _(
                "A research and development service whose results are shared, or that is not "
                "wholly paid by the authority, is outside the act (LOU 1:5). The five principles "
                "are followed all the same."
            )
            return Proposal(LegalTrack.PCP_OUTSIDE_LOU, (*why, outside))
        inside = _(
            "The results are the authority's alone and it pays for everything, or that is not "
            "certain: then the act applies (LOU 1:5)."
        )
    elif is_research == UNSURE:
        inside = _("It is not certain that it is such a service: then the act applies (LOU 1:5).")
    else:
        inside = _(
            "The code is not one of those of the rule on research: the act applies (LOU 1:5)."
        )
    track, by_value = _by_value(value, on, in_annex_2=answers.get("annex_2") == YES)
    return Proposal(track, (*why, inside, by_value))


def _said_by_code(code: str) -> str:
    if is_research_code(code):
        words = _(
            "The code %(code)s is one of those that LOU 1:5 names: the question about it is "
            "answered with yes. Change the answer to not certain if you doubt that the code fits."
        )
    else:
        words = _(
            "The code %(code)s is not one of those that LOU 1:5 names: the question about it is "
            "answered with no."
        )
    return words % {"code": code}


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
    if in_annex_2:
        # Whatever their value, these are never under the act in full (LOU 1:4, 19:1).
        words = _(
            "The value reaches %(limit)s kronor, the limit for direct award of services in "
            "annex 2: advertise (LOU chapter 19, whatever the value)."
        )
        return LegalTrack.ADVERTISED_19, words % limit
    if value >= threshold.sek:
        words = _("The value reaches the threshold %(limit)s kronor: the act in full (LOU 1:4).")
        return LegalTrack.LOU_ABOVE, words % limit
    words = _("The value is below the threshold %(limit)s kronor: advertise (LOU chapter 19).")
    return LegalTrack.ADVERTISED_19, words % limit


def spelled(number: Decimal) -> str:
    """A whole amount with its thousands set apart as the language does."""
    return in_figures(round(number, 0))
