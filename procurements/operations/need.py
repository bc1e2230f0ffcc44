"""Write the need down, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.models import Case, Insight, NeedVersion
from procurements.models.need import NEED_FIELDS
from procurements.operations.case import check_not_over, locked
from procurements.refusals import Refused, Stale
from teams.models import User


@transaction.atomic(durable=True)
def save_need(
    *,
    case: Case,
    title: str,
    reason: str = "",
    insights: Sequence[Insight] = (),
    started_from: int = 0,
    by: User,
    at: datetime,
    **fields: str,
) -> NeedVersion:
    """Save the need as the next version, with the reason for the change and the insights behind.

    Nothing changed gives the latest version back; a reason or insights for no change are refused.
    `started_from` is the version the writer had before them: refused when someone saved another in
    between, and when the case is over.
    """
    case = locked(case)
    check_not_over(case)
    latest = case.needs.order_by("-number").first()
    number = latest.number if latest else 0
    typed = {"title": title} | {name: fields.get(name, "") for name in NEED_FIELDS}
    if latest and all(getattr(latest, name) == text for name, text in typed.items()):
        if reason in ("", latest.reason) and set(insights) <= set(latest.insights.all()):
            return latest
        raise Refused(
            _(
                "The need reads as before, so there is no new version. A reason and insights are "
                "saved together with what they change."
            )
        )
    if started_from != number:
        raise Stale(
            _(
                "Someone saved version %(number)s while you wrote. Look at both, and save yours "
                "once more if it should stand."
            )
            % {"number": number}
        )
    if latest and not reason:
        raise Refused({"reason": _("Write why the need is changed.")})
    need = NeedVersion.objects.create(
        case=case, number=number + 1, reason=reason if latest else "", by=by, at=at, **typed
    )
    need.insights.set(insights)
    record(
        case,
        "need.saved",
        by=by,
        at=at,
        about=need,
        facts={"number": need.number, "insights": sorted(i.number for i in insights)},
        texts={"title": title, "reason": need.reason},
    )
    return need


@transaction.atomic(durable=True)
def correct_need_reason(
    *,
    case: Case,
    need: NeedVersion,
    reason: str,
    was: str | None = None,
    by: User,
    at: datetime,
) -> NeedVersion:
    """Correct why the need was changed; the earlier text stays in the history.

    The first version has no reason. Refused when someone else has corrected the text since the
    person began (`was`). The same text again changes nothing.
    """
    case = locked(case)
    need = case.needs.get(pk=need.pk)
    before = need.reason
    if not before:
        raise Refused(_("The first version changed nothing, so there is no reason to correct."))
    if reason == before:
        return need
    if was is not None and was != before:
        raise Stale(_("Someone else has corrected the reason. Look at both texts and save."))
    need.reason = reason
    need.save(update_fields=["reason"])
    record(
        case,
        "need.reason_corrected",
        by=by,
        at=at,
        about=need,
        facts={"number": need.number},
        texts={"before": before, "reason": reason},
    )
    return need
