"""The questions behind the legal track in words, and an assessment as it is read, on pages and in
papers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from procurements.legaltrack import NO, UNSURE, YES
from procurements.models import LegalAssessment

ANSWERS = [(YES, _("Yes")), (NO, _("No")), (UNSURE, _("Not certain"))]
# The questions in the order of the law, each with what helps to answer it.
QUESTIONS: dict[str, tuple[Any, Any]] = {
    "rd_cpv": (
        _("Is it a research and development service by its CPV code?"),
        _(
            "Codes 73000000-2 to 73120000-9, 73300000-5, 73420000-2 and 73430000-5. The code has "
            "to fit what is really bought (LOU 1:5, 4:2)."
        ),
    ),
    "exclusive": (
        _("Will the results be the authority's alone, for its own use?"),
        _(
            "Only for a research and development service. No, when suppliers keep rights or the "
            "results are spread (LOU 1:5)."
        ),
    ),
    "wholly_paid": (
        _("Does the authority pay for all of the service?"),
        _(
            "Only for a research and development service. No, when suppliers carry a part of the "
            "cost themselves (LOU 1:5)."
        ),
    ),
    "annex_2": (
        _("Is it a service in annex 2 of the act?"),
        _("For example health and social services, education and events."),
    ),
}
# What a pre-commercial procurement outside the act has to show; yes when it is met.
CONDITIONS: dict[str, tuple[Any, Any]] = {
    "pcp_selection": (
        _(
            "Is the selection open, transparent and non-discriminatory, with objective criteria "
            "published in advance?"
        ),
        _("No, when a criterion comes or changes after the call."),
    ),
    "pcp_terms": (
        _("Are the contract terms, also those on rights, made available to all in advance?"),
        _("No, when terms on rights come after the call."),
    ),
    "pcp_no_favour": (
        _("Will participants be treated like everyone else when volumes are bought later?"),
        _("No, when somebody is given preference in the purchase of commercial volumes."),
    ),
    "pcp_results": (
        _(
            "Are all rights the authority's and other results spread widely, or do suppliers keep "
            "the rights while the authority uses the results free of charge and others get "
            "licences?"
        ),
        _("Yes, when one of the two holds: write which. Licences are given on market terms."),
    ),
    "pcp_price": (
        _("Is the price at market level?"),
        _("For example shown by competition or by comparison."),
    ),
}
VALUES: dict[str, Any] = {
    "value_fees": _("Fees to all suppliers in all phases"),
    "value_options": _("Options and extensions, as if used"),
    "value_purchase": _("Purchase that belongs to the same procurement"),
    "value_other": _("Other payments and prizes to participants"),
}


def answered(assessment: LegalAssessment, questions: Iterable[str]) -> list[dict[str, str]]:
    """Those of the questions that were answered: question, answer and reason in words."""
    words = {name: row[0] for name, row in (QUESTIONS | CONDITIONS).items()}
    said = dict(ANSWERS)
    return [
        {
            "question": str(words[row["question"]]),
            "answer": str(said.get(row["answer"], row["answer"])),
            "reason": row["reason"],
        }
        for row in assessment.answers
        if row["question"] in questions
    ]
