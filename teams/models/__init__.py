"""The people, the organisations, and how they hang together."""

from teams.models.accessibility import AccessibilityFeedback, AccessibilityStatement, Compliance
from teams.models.installation import Installation
from teams.models.invitation import Invitation, Invite, InviteState
from teams.models.membership import Membership, administrators_of
from teams.models.organisation import Affiliation, Organisation, OrganisationKind, Team
from teams.models.user import Rhythm, Scheme, User
from teams.roles import OrganisationRole, TeamRole

__all__ = [
    "AccessibilityFeedback",
    "AccessibilityStatement",
    "Affiliation",
    "Compliance",
    "Installation",
    "Invitation",
    "Invite",
    "InviteState",
    "Membership",
    "Organisation",
    "OrganisationKind",
    "OrganisationRole",
    "Rhythm",
    "Scheme",
    "Team",
    "TeamRole",
    "User",
    "administrators_of",
]
