"""What the database itself refuses: two roles of one person in one place on the same day, a role of
somebody whose account is closed, another role in a row that tells of one, and another role, place
or address behind a link that was sent."""

from journal.guards import DELETE, INSERT, UPDATE, changed, guard, overlaps
from teams.models import Invitation, Membership

# Of an invitation: when and by whom it was sent and answered. What it offers whom stays, and one
# that has been answered or withdrawn opens no door again.
ANSWERS = ("times_sent", "invited_by", "expires_at", "accepted_at", "accepted_by", "revoked_at")
# Whose account is closed is given no role.
OF_CLOSED_ACCOUNT = (
    "EXISTS (SELECT 1 FROM teams_user u WHERE u.id = NEW.user_id AND NOT u.is_active)"
)
IS_OPEN_AGAIN = (
    "(OLD.accepted_at IS NOT NULL AND NEW.accepted_at IS NULL) "
    "OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL)"
)


def freeze() -> None:
    """Register the guards; `post_migrate` puts them up."""
    # Of organisation and team a role names one: of what is empty nothing is in common.
    in_one_place = " OR ".join(
        overlaps("teams_membership", "user_id", place) for place in ("organisation_id", "team_id")
    )
    guard("teams_membership", f"{in_one_place} OR {OF_CLOSED_ACCOUNT}", acts=(INSERT,))
    # A role ends, and its end is moved but never taken back.
    is_another = (
        changed(Membership, besides=("until_on",))
        + " OR (OLD.until_on IS NOT NULL AND NEW.until_on IS NULL)"
    )
    guard("teams_membership", f"{is_another} OR {in_one_place}", acts=(UPDATE,))
    guard("teams_membership", acts=(DELETE,))
    is_another = changed(Invitation, besides=ANSWERS)
    guard("teams_invitation", f"{is_another} OR {IS_OPEN_AGAIN}", acts=(UPDATE,))
