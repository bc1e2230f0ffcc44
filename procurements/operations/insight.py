"""Write in the insight diary, and correct what was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.models import Case, Insight
from procurements.operations.case import AT_ONCE, check_not_over, locked
from procurements.refusals import Refused, Stale
from procurements.sight import circle_of_work
from procurements.states import Audience
from teams.merging import Began, row_merged
from teams.models import User


@transaction.atomic(durable=True)
def write_insight(
    *, case: Case, title: str, text: str, source: str, audience: str, by: User, at: datetime
) -> Insight:
    """Add an entry to the diary. For all suppliers it is shared with all of them at this moment.

    The same again at once, by the same person, is one entry.
    """
    case = locked(case)
    run = case.current_phase
    if run is None or case.is_over:
        raise Refused(_("The diary is written while the case is going on."))
    last = case.insights.order_by("number").last()
    written: dict[str, Any] = {
        "title": title,
        "text": text,
        "source": source,
        "audience": audience,
        "by_id": by.pk,
    }
    is_soon = last is not None and at - last.at < AT_ONCE
    if last and is_soon and all(getattr(last, name) == value for name, value in written.items()):
        return last
    insight = Insight.objects.create(
        case=case,
        case_phase=run,
        number=last.number + 1 if last else 1,
        **written,
        at=at,
        shared_at=at if audience == Audience.SUPPLIERS else None,
    )
    record(
        case,
        "insight.written",
        by=by,
        at=at,
        about=insight,
        facts={"number": insight.number, "source": source, "audience": audience},
        texts={"title": title},
        secrecy=_circle(insight),
    )
    return insight


@transaction.atomic(durable=True)
def correct_insight(
    *,
    case: Case,
    insight: Insight,
    title: str,
    text: str,
    source: str,
    was: str | None = None,
    was_shared: bool | None = None,
    began: Began | None = None,
    by: User,
    at: datetime,
) -> Insight:
    """Correct an entry; what stood before stays in the history, and the page says so.

    Refused when someone else has corrected it since the writer began (`was` is the text then), or
    has shared it with all suppliers, who would read words meant for the team (`was_shared`). A
    title or a source left alone on a page that showed what `began` holds stays as it is now.
    Raises Overtaken.
    The audience cannot be narrowed afterwards: what all suppliers have read they have read.
    """
    case = locked(case)
    insight = case.insights.select_related("case_phase__phase").get(pk=insight.pk)
    facts = row_merged(insight, {"title": title, "source": source}, began) | {"text": text}
    changed = [name for name, value in facts.items() if getattr(insight, name) != value]
    if not changed:
        return insight
    if was_shared is not None and was_shared != bool(insight.shared_at):
        raise Stale(
            _(
                "Someone shared the insight with all suppliers while you wrote. They will "
                "read what you save now."
            )
        )
    if was is not None and was != insight.text:
        raise Stale(_("Someone corrected the insight while you wrote. Look at both texts."))
    before = f"{insight.title}. {insight.text}"
    sources = {"was": insight.source, "now": facts["source"]} if "source" in changed else {}
    for name in changed:
        setattr(insight, name, facts[name])
    insight.corrected_at = at
    insight.save(update_fields=[*changed, "corrected_at"])
    record(
        case,
        "insight.corrected",
        by=by,
        at=at,
        about=insight,
        facts={"number": insight.number} | sources,
        texts={"before": before},
        secrecy=_circle(insight),
    )
    return insight


def _circle(insight: Insight) -> str:
    return "" if insight.shared_at else circle_of_work(insight.case_phase)


@transaction.atomic(durable=True)
def share_insight(
    *, case: Case, insight: Insight, was: str = "", by: User, at: datetime
) -> Insight:
    """Share an entry that was for the team with all suppliers at once. Harmless twice. Refused
    when its words are others than those that were read (`was` is their revision), and when the
    case is over."""
    case = locked(case)
    insight = case.insights.get(pk=insight.pk)
    if insight.shared_at:
        return insight
    check_not_over(case)
    if was and was != insight.revision:
        raise Refused(
            _("Somebody corrected the insight meanwhile. Read it again before you share it.")
        )
    insight.audience, insight.shared_at = Audience.SUPPLIERS, at
    insight.save(update_fields=["audience", "shared_at"])
    record(case, "insight.shared", by=by, at=at, about=insight, facts={"number": insight.number})
    return insight
