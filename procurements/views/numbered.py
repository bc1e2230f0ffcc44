"""Pages of a long list whose rows are numbered as they come, newest first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Q, QuerySet

PAGE = 50


def page_of(rows: QuerySet[Any], asked: Mapping[str, str]) -> Page[Any]:
    """The page that an address asks for: by `page`, or by `at`, the number of a row that is on it.

    What comes in while somebody reads moves nothing from one page to another: a page after the
    first is one of the rows up to `newest`, the newest there was on the first.
    """
    rows, newest = rows.order_by("-number"), _number(asked.get("newest", ""))
    wanted = asked.get("page", "1")
    if at := _number(asked.get("at", "")):
        found = rows.order_by().aggregate(
            newest=Max("number"), before=Count("pk", filter=Q(number__gt=at))
        )
        newest, wanted = found["newest"], str(found["before"] // PAGE + 1)
    if newest and wanted != "1":
        rows = rows.filter(number__lte=newest)
    page = Paginator(rows, PAGE).get_page(wanted)
    shown = list(page)
    page.newest = shown[0].number if page.number == 1 and shown else newest  # type: ignore[attr-defined]
    return page


def _number(asked: str) -> int | None:
    return int(asked) if re.fullmatch("[0-9]{1,9}", asked) else None
