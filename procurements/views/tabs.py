"""The head of every page of a case: its facts, and its parts as tabs.

A tab shows when the person may open it; numbers obey the person's sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from procurements.days import swedish_day
from procurements.models import Insight, Participant, PhaseDocument
from procurements.overview import planned_fees
from procurements.states import ParticipantState, Role
from procurements.tracking import latest_runs

if TYPE_CHECKING:
    from procurements.models import Case
    from procurements.sight import Sight

# URL name, words, and whether it takes a role in the case to open it.
TABS: list[tuple[str, Promise, bool]] = [
    ("case", pgettext_lazy("tab", "Overview"), False),
    ("case_phases", pgettext_lazy("tab", "Phases"), False),
    ("case_deadlines", pgettext_lazy("tab", "Deadlines"), False),
    ("case_suppliers", gettext_lazy("Suppliers"), True),
    ("case_need", pgettext_lazy("tab", "Need"), False),
    ("case_diary", pgettext_lazy("tab", "Diary"), False),
    ("case_papers", pgettext_lazy("tab", "Papers"), True),
    ("case_history", pgettext_lazy("tab", "History"), False),
    ("case_people", pgettext_lazy("tab", "People"), False),
]


@dataclass(frozen=True)
class Tab:
    """One tab: where it leads, what it says, and how many there are when that may be known."""

    url: str
    label: str
    current: bool
    count: str | int | None = None


@dataclass(frozen=True)
class Facts:
    """The four facts in the head of a case."""

    need_owner: str
    process_leader: str
    fees: Decimal


def facts_of(case: Case, sight: Sight) -> Facts:
    """Who has the need, who leads, and what the phases are planned to pay. No query of its own."""
    return Facts(
        need_owner=_names(case, sight, Role.NEED_OWNER) or str(case.authority),
        process_leader=str(case.team or "") or _names(case, sight, Role.PROCESS_LEADER),
        # What never began of a case that is over is not paid.
        fees=planned_fees([r for r in case.phases_in_order if r.started_on or not case.is_over]),
    )


def _names(case: Case, sight: Sight, role: Role) -> str:
    held = [held.user.name for held in case.roles_on(swedish_day(sight.at)) if held.role == role]
    return ", ".join(dict.fromkeys(held))


def with_counts(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with the numbers their tabs show, in the same query."""
    taking_part = Participant.objects.filter(state=ParticipantState.IN)
    return cases.annotate(
        supplier_count=_count(taking_part),
        # Who withdrew and came anew is one supplier.
        every_supplier_count=_count(Participant.objects.all(), of=Lower("name")),
        insight_count=_count(Insight.objects.all()),
        paper_count=_count(PhaseDocument.objects.all()),
    )


def _count(rows: QuerySet[Any], *, of: Any = "pk") -> Coalesce:
    """How many rows the case has, or how many different things they are `of`."""
    of_case = rows.filter(case=OuterRef("pk")).order_by().values("case")
    counted = of_case.annotate(n=Count(of, distinct=of != "pk"))
    numbers = Subquery(counted.values("n"), output_field=IntegerField())
    return Coalesce(numbers, 0)


def tabs_of(case: Case, sight: Sight, path: str, *, current: str = "") -> list[Tab]:
    """The tabs of a case as one person sees it; `current` names the open one, else the path."""
    urls = {name: reverse(name, args=[case.number]) for name, _label, _needs_role in TABS}
    if not current:
        fitting = [name for name, url in urls.items() if path.startswith(url)]
        current = max(fitting, key=lambda name: len(urls[name]), default="")
    return [
        Tab(urls[name], str(label), name == current, _number(name, case, sight))
        for name, label, needs_role in TABS
        if sight.roles or not needs_role
    ]


def _number(name: str, case: Case, sight: Sight) -> str | int | None:
    if name == "case_phases":
        return _phase_of_phases(case)
    if name == "case_suppliers" and sight.sees_suppliers:
        return getattr(case, "supplier_count", None)
    if name == "case_papers" and not sight.closed_circles:
        return getattr(case, "paper_count", None)
    if name == "case_diary" and sight.sees_suppliers and not sight.is_left_out:
        return getattr(case, "insight_count", None)
    return None


def _phase_of_phases(case: Case) -> str:
    """5 of 7: the phase that goes on and the last one, by the numbers they carry."""
    runs = latest_runs(case.phases_in_order)
    current = case.current_phase
    if current is None:
        return str(len(runs))
    return _("%(number)s of %(last)s") % {"number": current.number, "last": runs[-1].number}
