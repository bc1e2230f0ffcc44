"""Who may do what with organisations and teams. Rows nobody may see are cut in visible_to."""

from typing import TYPE_CHECKING, Any

import rules
from django.utils import timezone

from teams.models import Installation, Membership, Organisation, OrganisationRole, Team, TeamRole

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import User


def _has_role(user: Any, **where: Any) -> bool:
    held = Membership.objects.filter(user=user, **where).on(timezone.localdate())
    return user.is_active and held.exists()


@rules.predicate
def is_signed_in(user: "User | AnonymousUser") -> bool:
    return user.is_authenticated and user.is_active


@rules.predicate
def is_member(user: "User", organisation: Organisation) -> bool:
    return Organisation.objects.visible_to(user).filter(pk=organisation.pk).exists()


@rules.predicate
def is_administrator(user: "User", organisation: Organisation) -> bool:
    """Of the organisation itself, or of the whole that it is a part of."""
    places = [organisation.pk, organisation.parent_id]
    return _has_role(
        user, organisation__in=[pk for pk in places if pk], role=OrganisationRole.ADMINISTRATOR
    )


@rules.predicate
def is_administrator_somewhere(user: "User") -> bool:
    return _has_role(user, organisation__isnull=False, role=OrganisationRole.ADMINISTRATOR)


@rules.predicate
def runs_the_installation(user: "User") -> bool:
    """An administrator of the organisation that the installation was begun with."""
    return _has_role(
        user,
        organisation__in=Installation.objects.values("organisation"),
        role=OrganisationRole.ADMINISTRATOR,
    )


@rules.predicate
def nobody_administrates(user: "User", organisation: Organisation) -> bool:
    """A new one, whose first administrator is still to be invited, or a part of it."""
    places = [organisation.pk, organisation.parent_id]
    held = Membership.objects.filter(
        organisation__in=[pk for pk in places if pk], role=OrganisationRole.ADMINISTRATOR
    )
    return not held.on(timezone.localdate()).exists()


# Whoever runs the installation looks after an organisation until it has an administrator.
looks_after = is_administrator | (runs_the_installation & nobody_administrates)


@rules.predicate
def is_whole(user: "User", organisation: Organisation) -> bool:
    return organisation.parent_id is None


@rules.predicate
def sees_team(user: "User", team: Team) -> bool:
    return Team.objects.visible_to(user).filter(pk=team.pk).exists()


@rules.predicate
def is_lead(user: "User", team: Team) -> bool:
    return _has_role(user, team=team, role=TeamRole.LEAD)


@rules.predicate
def leads_the_place(user: "User", held: Membership) -> bool:
    """Of a role or an invitation: an administrator of its organisation, a lead of its team."""
    if held.organisation is not None:
        return bool(looks_after.test(user, held.organisation))
    return held.team is not None and bool(is_lead.test(user, held.team))


@rules.predicate
def is_own(user: "User", held: Membership) -> bool:
    return held.user_id == user.pk


@rules.predicate
def is_oneself(user: "User", person: "User") -> bool:
    return user.pk == person.pk


@rules.predicate
def has_all_of(user: "User", person: "User") -> bool:
    """An administrator of every organisation that somebody has a role in, or is to have one."""
    held = Membership.objects.filter(user=person, organisation__isnull=False)
    held = held.not_ended(timezone.localdate())
    others = held.exclude(organisation__in=Organisation.objects.administered_by(user).values("pk"))
    return held.exists() and not others.exists()


@rules.predicate
def has_or_had(user: "User", person: "User") -> bool:
    """An administrator of an organisation that somebody has, or has had, a role in."""
    own = Organisation.objects.administered_by(user)
    return Membership.objects.filter(user=person, organisation__in=own.values("pk")).exists()


rules.add_perm("teams.change_own_profile", is_signed_in)
# Decision 35.
rules.add_perm(
    "teams.close_account", is_signed_in & (is_oneself | has_all_of | runs_the_installation)
)
rules.add_perm("teams.open_account", is_signed_in & (has_or_had | runs_the_installation))

rules.add_perm("teams.list_organisations", is_signed_in)
rules.add_perm("teams.view_organisation", is_signed_in & is_member)
rules.add_perm("teams.add_organisation", is_signed_in & runs_the_installation)
rules.add_perm("teams.manage_organisation", is_signed_in & looks_after)
rules.add_perm("teams.add_part", is_signed_in & is_whole & looks_after)
rules.add_perm("teams.edit_statement", is_signed_in & is_whole & looks_after)
rules.add_perm("teams.read_feedback", is_signed_in & is_whole & is_administrator)
rules.add_perm("teams.send_letters_again", is_signed_in & is_whole & is_administrator)

rules.add_perm("teams.list_teams", is_signed_in)
rules.add_perm("teams.view_team", is_signed_in & sees_team)
rules.add_perm("teams.add_team", is_signed_in & is_administrator_somewhere)
rules.add_perm("teams.manage_team", is_signed_in & is_lead)
rules.add_perm("teams.agree_to_team", is_signed_in & is_administrator)

rules.add_perm("teams.change_role", is_signed_in & leads_the_place)
rules.add_perm("teams.end_role", is_signed_in & (is_own | leads_the_place))
rules.add_perm("teams.answer_for_invitation", is_signed_in & leads_the_place)
