"""Shape a phase: how long it takes, when its gate is, for how many suppliers and at what fee."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements import planning
from procurements.days import roll_forward, swedish_day
from procurements.duties import tell_of_move
from procurements.models import Case, CasePhase
from procurements.operations.case import check_not_over, locked, place_anew
from procurements.refusals import Refused
from procurements.states import CaseState
from teams.merging import Began, row_merged
from teams.models import User

DAYS = ("planned_ends_on", "planned_gate_on")


@transaction.atomic(durable=True)
def shape_phase(
    *,
    case: Case,
    case_phase: CasePhase,
    began: Began | None = None,
    by: User,
    at: datetime,
    **facts: date | int | Decimal | None,
) -> CasePhase:
    """Plan a phase that has not ended to end or be decided on other days, for another number
    of suppliers (`planned_suppliers`), or at another fee for each (`fee`, kronor without VAT).

    A day off is rolled forward. The later phases follow the gate with their lengths, and the waits
    between them, kept; steps keep their days. What was left alone on a page that showed what
    `began` holds stays as it is now. Who decides the gate is told the old and the new day.
    Raises Refused, and Overtaken.
    """
    case = locked(case)
    run = case.phases.select_related("phase").get(pk=case_phase.pk)
    check_not_over(case)
    if not run.is_open:
        raise Refused(_("The phase has ended; its plan stands as it is."))
    rolled = {name: roll_forward(fact) if name in DAYS else fact for name, fact in facts.items()}  # type: ignore[arg-type]
    merged = row_merged(run, rolled, began)
    before = {name: getattr(run, name) for name in merged}
    changed = {name: new for name, new in merged.items() if new != before[name]}
    if not changed:
        return run
    check_shape(run, changed, today=swedish_day(at))
    was_on = run.planned_gate_on
    for name, new in changed.items():
        if name not in DAYS:
            setattr(run, name, new)
    run.save(update_fields=[name for name in changed if name not in DAYS])
    if changed.keys() & set(DAYS):
        days = [merged.get(name, getattr(run, name)) for name in DAYS]
        place_anew(case, run, lambda plan, at: planning.shaped(plan, at, *days))
        run.refresh_from_db()
    record(
        case,
        "phase.shaped",
        by=by,
        at=at,
        about=run,
        facts={"number": run.number} | changed | {f"was_{name}": before[name] for name in changed},
    )
    if case.state == CaseState.ACTIVE and run.planned_gate_on != was_on:
        # One letter: the gates after it follow with their lengths kept.
        tell_of_move(run, was_on=was_on, by=by, at=at)
    return run


def check_shape(run: CasePhase, changed: Mapping[str, Any], *, today: date) -> None:
    """Raises Refused for a day that has passed and for days out of their order; `changed` holds
    working days."""
    for name in DAYS:
        if name in changed and changed[name] < today:
            raise Refused({name: _("The day has already passed. Choose a day to come.")})
    ends_on = changed.get("planned_ends_on", run.planned_ends_on)
    if ends_on < max(run.starts_on, run.planned_starts_on):
        raise Refused({"planned_ends_on": _("The phase cannot end before it has started.")})
    if changed.get("planned_gate_on", run.planned_gate_on) < ends_on:
        words = _("The gate comes when the phase has ended: on its last day or later.")
        raise Refused({"planned_gate_on": words})
