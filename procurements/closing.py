"""What hinders that a person's account is closed: the places and cases that would have nobody."""

from __future__ import annotations

from datetime import date

from procurements.models import Case, CaseRole
from procurements.operations.people import last_owner
from procurements.states import CaseState
from teams.models import Membership, Organisation, Team, User
from teams.operations.roles import last_one
from teams.refusals import LastOne

Place = Organisation | Team | Case


def hindrances(person: User, *, by: User, on: date) -> dict[Place, LastOne]:
    """Each place or case that the person may not leave, with why: the rule is the one for the end
    of a single role. A draft hinders only its own owner, who can throw it away: nobody else may
    know of it."""
    held = Membership.objects.not_ended(on).filter(user=person).irreplaceable(on)
    found: dict[Place, LastOne] = {
        row.place: last_one(row) for row in held.select_related("user", "organisation", "team")
    }
    owned = CaseRole.objects.not_ended(on).filter(user=person).irreplaceable(on)
    if by != person:
        owned = owned.exclude(case__state=CaseState.DRAFT)
    rows = owned.select_related("user", "case__authority").order_by("case__number")
    return found | {row.case: last_owner(row) for row in rows}
