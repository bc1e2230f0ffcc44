"""Asking for the PDF of an edition: when it was never ordered, and again after a failure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from documents.states import RevisionState
from handbook.models import Edition, Handbook, PrintedEdition
from handbook.refusals import EditionRefused

if TYPE_CHECKING:
    from teams.models import User


@transaction.atomic(durable=True)
def order_printing(*, edition: Edition, by: User, at: datetime) -> None:
    """Order the PDFs that a published edition has not got, such as one loaded by an older version
    of the program. Orders nothing twice."""
    Handbook.objects.select_for_update().get(pk=edition.handbook_id)
    PrintedEdition.objects.order(edition)


@transaction.atomic(durable=True)
def print_again(*, printed: PrintedEdition, by: User, at: datetime) -> None:
    """Try a PDF again that could not be made. Raises EditionRefused for one that did not fail."""
    edition = printed.text_set.edition
    Handbook.objects.select_for_update().get(pk=edition.handbook_id)
    row = PrintedEdition.objects.select_for_update().get(pk=printed.pk)
    if not row.has_failed:
        raise EditionRefused(_("Only a PDF that failed can be tried again."))
    row.move_to(RevisionState.ORDERED, tries=row.tries + 1, error_code="", error_details={})
    row.tell("edition.print_again", by=by, at=at)
    row.promise()
