"""Who may do what in a case: read it top to bottom. Roles, never people or groups.

What is impossible *now* (state, day) is no permission but a refusal by the operation. What is
secret now is cut by `sight.Sight`.
"""

import rules
from rules.predicates import Predicate

from procurements.models import Case
from procurements.states import RUN_THE_CASE, Role
from teams.models import Membership, Organisation, OrganisationRole, User


def holds(*roles: Role) -> Predicate:
    """Whether the person has one of the roles in the case today."""

    @rules.predicate(name=f"holds:{'|'.join(roles)}")
    def predicate(user: User, case: Case | None) -> bool:
        return case is not None and case.has_role(user, *roles)

    return predicate


@rules.predicate
def has_any_role(user: User, case: Case | None) -> bool:
    return case is not None and bool(case.roles_of(user))


@rules.predicate
def administers_authority(user: User, case: Case | None) -> bool:
    return (
        case is not None
        and Organisation.objects.administered_by(user).filter(pk=case.authority_id).exists()
    )


@rules.predicate
def works_in_an_organisation(user: User) -> bool:
    """Editors and administrators of an organisation, and leads of a team, start cases."""
    from django.utils import timezone

    mine = Membership.objects.filter(user_id=user.pk).on(timezone.localdate())
    return mine.filter(
        role__in=[OrganisationRole.ADMINISTRATOR, OrganisationRole.EDITOR, "lead"]
    ).exists()


runs_the_case = holds(*RUN_THE_CASE)
works_in_the_case = holds(
    Role.OWNER, Role.PROCURER, Role.PROCESS_LEADER, Role.NEED_OWNER, Role.LAWYER
)
knows_the_need = holds(Role.OWNER, Role.NEED_OWNER, Role.PROCESS_LEADER, Role.PROCURER)
handles_suppliers = holds(Role.PROCURER, Role.PROCESS_LEADER)

rules.add_perm("procurements.start_case", works_in_an_organisation)
rules.add_perm("procurements.view_case", has_any_role | administers_authority)
rules.add_perm("procurements.view_history", has_any_role | administers_authority)
rules.add_perm("procurements.change_case", runs_the_case)
rules.add_perm("procurements.run_case", runs_the_case)
rules.add_perm("procurements.discard_case", holds(Role.OWNER))
rules.add_perm("procurements.manage_people", runs_the_case | administers_authority)
rules.add_perm("procurements.leave_case", has_any_role)
rules.add_perm("procurements.promise_secrecy", has_any_role)
rules.add_perm("procurements.decide_legal_track", holds(Role.OWNER, Role.PROCURER, Role.LAWYER))
rules.add_perm("procurements.work", works_in_the_case)
# Asked of who is named for a task or a deadline: they mark it, whatever their role.
rules.add_perm("procurements.do_ones_own", has_any_role)
rules.add_perm("procurements.write_need", knows_the_need)
rules.add_perm("procurements.write_insight", knows_the_need)
rules.add_perm("procurements.view_suppliers", has_any_role)
rules.add_perm("procurements.manage_suppliers", handles_suppliers)
rules.add_perm("procurements.decide_gate", handles_suppliers)
rules.add_perm("procurements.choose_window_roles", holds(Role.PROCURER))
rules.add_perm("procurements.sign_gate", has_any_role)
rules.add_perm("procurements.view_papers", has_any_role)
rules.add_perm("procurements.order_paper", works_in_the_case)
