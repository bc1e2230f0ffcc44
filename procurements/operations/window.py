"""Who sees into the secrecy window of a phase."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from procurements.models import Case, CasePhase
from procurements.models.phase import DEFAULT_ROUND_ROLES, Round
from procurements.operations.case import locked
from procurements.refusals import Refused
from procurements.states import Role
from teams.merging import merged
from teams.models import User


@transaction.atomic(durable=True)
def choose_window_roles(
    *,
    case: Case,
    case_phase: CasePhase,
    roles: Collection[str],
    was: Collection[str] | None = None,
    by: User,
    at: datetime,
) -> Round:
    """Let only some of the roles see into a secrecy window that has not ended: the procurer always,
    and of the others none that it does not name from the beginning (OSL 19:3).

    `was` are the roles that the chooser began with: what someone else changed since then stands.
    """
    case = locked(case)
    run = case.phases.get(pk=case_phase.pk)
    window = Round.objects.select_for_update().filter(case_phase=run, ends_at=None).first()
    if window is None:
        raise Refused(_("The phase has no secrecy window that is open or will open."))
    if unknown := set(roles) - set(DEFAULT_ROUND_ROLES):
        raise ValueError(f"No roles of a secrecy window: {unknown}")
    wanted = merged(window.roles, roles, was) | {Role.PROCURER}
    chosen = [str(role) for role in DEFAULT_ROUND_ROLES if role in wanted]
    if chosen == window.roles:
        return window
    was, window.roles = window.roles, chosen
    window.save(update_fields=["roles"])
    record(
        case,
        "round.roles_chosen",
        by=by,
        at=at,
        about=window,
        facts={"number": run.number, "was": was, "now": chosen},
    )
    return window
