"""What a person may be in an organisation and in a team, and what each role means."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class OrganisationRole(models.TextChoices):
    """What somebody may do for an organisation."""

    ADMINISTRATOR = "administrator", _("Administrator")
    EDITOR = "editor", _("Editor")
    MEMBER = "member", _("Member")


class TeamRole(models.TextChoices):
    """What somebody may do for a team."""

    LEAD = "lead", _("Team lead")
    MEMBER = "member", _("Team member")


# One sentence each, shown where a role is chosen and in the invitation.
ORGANISATION_ROLES_EXPLAINED: dict[str, str | Promise] = {
    OrganisationRole.ADMINISTRATOR: _(
        "Invites people, gives and ends roles, and looks after the organisation and its parts."
    ),
    OrganisationRole.EDITOR: _("Starts cases for the organisation and its parts."),
    OrganisationRole.MEMBER: _(
        "Sees the organisation and its people, and can be given roles in cases."
    ),
}
TEAM_ROLES_EXPLAINED: dict[str, str | Promise] = {
    TeamRole.LEAD: _("Invites people to the team, gives and ends roles, and starts cases with it."),
    TeamRole.MEMBER: _("Sees the team and its people, and can be given roles in cases."),
}
