"""The accessibility statement, and what people tell about faults."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.record import record
from outbox.models import Lane, Message
from teams.merging import Began, row_merged
from teams.models import (
    AccessibilityFeedback,
    AccessibilityStatement,
    Compliance,
    Organisation,
    User,
)
from teams.refusals import Refused


@transaction.atomic(durable=True)
def edit_statement(
    *,
    organisation: Organisation,
    details: Mapping[str, Any],
    began: Began | None = None,
    by: User,
    at: datetime,
) -> AccessibilityStatement:
    """Write the organisation's own statement; the earlier text stays in the history.

    What was left alone on a page that showed what `began` holds stays as it is now. When nothing
    differs, nothing is written. Raises Overtaken, and Refused for an assessment that lies ahead and
    for a service that is not fully compliant with no word of what is not accessible (section 13).
    """
    place = Organisation.objects.select_for_update().get(pk=organisation.pk)
    statement = AccessibilityStatement.objects.filter(organisation=place).first()
    if statement:
        details = row_merged(statement, details, began)
    if statement and all(getattr(statement, name) == new for name, new in details.items()):
        return statement
    _check_is_whole(details, at)
    earlier = (
        {f"was_{name}": str(getattr(statement, name)) for name in details} if statement else {}
    )
    statement = statement or AccessibilityStatement(organisation=place)
    for name, value in details.items():
        setattr(statement, name, value)
    statement.updated_on = timezone.localdate(at)
    statement.save()
    record(
        place,
        "accessibility.statement_changed",
        by=by,
        at=at,
        about=statement,
        facts={"compliance": statement.compliance, "assessed_on": statement.assessed_on},
        texts=earlier,
    )
    return statement


def _check_is_whole(details: Mapping[str, Any], at: datetime) -> None:
    if details["assessed_on"] > timezone.localdate(at):
        raise Refused({"assessed_on": _("The day of the assessment cannot lie ahead.")})
    is_full = details["compliance"] == Compliance.FULL
    if not is_full and not any(details[name] for name in ("shortcomings", "burden", "excluded")):
        words = _("Write what is not accessible, and why: the law asks for a complete list.")
        raise Refused({"shortcomings": words})


@transaction.atomic(durable=True)
def send_feedback(
    *,
    organisation: Organisation,
    text: str,
    page: str = "",
    reply_email: str = "",
    language: str = "sv",
    by: User,
    at: datetime,
) -> AccessibilityFeedback:
    """Keep what somebody told about accessibility and promise the organisation a letter.

    `by` is the system for somebody who is not signed in; who they are is never asked for. The same
    words within an hour are told once.
    """
    place = Organisation.objects.select_for_update().get(pk=organisation.pk)
    told = {"organisation": place, "text": text, "page": page, "reply_email": reply_email}
    before = AccessibilityFeedback.objects.filter(
        **told, received_at__gt=at - timedelta(hours=1)
    ).first()
    if before:
        return before
    feedback = AccessibilityFeedback.objects.create(**told, language=language, received_at=at)
    Message.objects.post(
        "mail.feedback",
        subject=f"teams.accessibilityfeedback:{feedback.pk}",
        lane=Lane.MAIL,
    )
    record(place, "accessibility.feedback_received", by=by, at=at, about=feedback)
    return feedback
