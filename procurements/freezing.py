"""What the database itself refuses: to change or remove what was decided, and what it stood on."""

from collections.abc import Iterable, Mapping

from journal.guards import DELETE, INSERT, UPDATE, changed, guard, overlaps
from procurements.models import CaseInvitation, CaseRole, GateDecision, NeedVersion
from procurements.models.phase import DEFAULT_ROUND_ROLES
from procurements.states import CASE_MOVES, DEADLINE_MOVES, PARTICIPANT_MOVES, PHASE_MOVES, Role
from teams.freezing import ANSWERS, IS_OPEN_AGAIN, OF_CLOSED_ACCOUNT

# A draft is thrown away with all that is in it, and no gate has been decided in one.
OF_BEGUN_CASE = (
    "EXISTS (SELECT 1 FROM procurements_case c WHERE c.id = OLD.case_id AND c.state <> 'draft')"
)
OF_BEGUN_PHASE = (
    "EXISTS (SELECT 1 FROM procurements_casephase r JOIN procurements_case c ON c.id = r.case_id "
    "WHERE r.id = OLD.case_phase_id AND c.state <> 'draft')"
)
# A paper can be thrown away when no case names it any more.
READY_IN_A_CASE = (
    "OLD.state = 'ready' AND EXISTS "
    "(SELECT 1 FROM procurements_phasedocument p WHERE p.document_id = OLD.document_id)"
)
# The roles that a decision asks for stand as text between quotation marks. One role signs once, so
# that as many signatures as are asked for are all.
IS_UNSIGNED = (
    "2 * (SELECT count(*) FROM procurements_gatesignature s WHERE s.decision_id = NEW.id)"
    " < length(CAST(NEW.signatures_needed AS text))"
    " - length(replace(CAST(NEW.signatures_needed AS text), '\"', ''))"
)
IS_NOT_ASKED_FOR = (
    "NOT EXISTS (SELECT 1 FROM procurements_gatedecision d "
    "WHERE d.id = NEW.decision_id AND d.took_effect_at IS NULL "
    "AND CAST(d.signatures_needed AS text) "
    "<> replace(CAST(d.signatures_needed AS text), '\"' || NEW.role || '\"', ''))"
)
# What it corrects is the decision before it at the same gate.
IS_NO_CORRECTION = (
    "NEW.corrects_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM procurements_gatedecision d "
    "WHERE d.id = NEW.corrects_id AND d.case_phase_id = NEW.case_phase_id "
    "AND d.number = NEW.number - 1)"
)
# A supplier of the same case that was not entered by mistake, in a decision that waits to take
# effect.
IS_NO_OUTCOME = (
    "NOT EXISTS (SELECT 1 FROM procurements_gatedecision d "
    "JOIN procurements_casephase r ON r.id = d.case_phase_id "
    "JOIN procurements_participant p ON p.case_id = r.case_id "
    "WHERE d.id = NEW.decision_id AND p.id = NEW.participant_id AND d.took_effect_at IS NULL "
    "AND p.state <> 'mistaken')"
)
# Nothing is told of a supplier that was entered by mistake, and nothing of what is told is undone.
IS_OF_A_MISTAKE = (
    "EXISTS (SELECT 1 FROM procurements_participant m WHERE m.id = NEW.participant_id "
    "AND m.state = 'mistaken')"
)
IS_TAKEN_AWAY_LATE = (
    "NEW.state = 'mistaken' AND (EXISTS "
    "(SELECT 1 FROM procurements_gatedecision d WHERE d.case_phase_id = NEW.admitted_in_id) "
    "OR EXISTS (SELECT 1 FROM procurements_phasedocument d WHERE d.participant_id = NEW.id))"
)
# Whose it is, where and which stays; its day comes sooner, never later; an end and a promise of
# secrecy may be moved, and are not taken back.
IS_ANOTHER_ROLE = (
    changed(
        CaseRole,
        besides=("from_on", "until_on", "is_engagement", "undertaking_on", "interests"),
    )
    + " OR NEW.from_on > OLD.from_on"
    + " OR (OLD.until_on IS NOT NULL AND NEW.until_on IS NULL)"
    + " OR (OLD.undertaking_on IS NOT NULL AND NEW.undertaking_on IS NULL)"
)
IS_PUT_ELSEWHERE = "NEW.case_id <> OLD.case_id OR NEW.document_id <> OLD.document_id"


def _moved_off(moves: Mapping[str, Iterable[str]]) -> str:
    """A condition of an UPDATE: the state goes another way than those on the map."""
    ways = [f"'{was}>{now}'" for was, after in moves.items() for now in sorted(after)]
    return f"(NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN ({', '.join(ways)}))"


def _of_another_case(**named: str) -> str:
    """A condition of an INSERT or UPDATE: what the row names is of another case than it is itself;
    by each column the table that it points to."""
    return " OR ".join(
        f"(NEW.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM procurements_{table} n "  # noqa: S608
        f"WHERE n.id = NEW.{column} AND n.case_id = NEW.case_id))"
        for column, table in named.items()
    )


def _lets_others_in() -> str:
    """A condition of an INSERT or UPDATE: a secrecy window names a role that none ever does, or
    leaves out the procurer (decision 23)."""
    stored = left = "CAST(NEW.roles AS text)"
    for role in DEFAULT_ROUND_ROLES:
        left = f"replace({left}, '\"{role}\"', '')"
    has_procurer = f"replace({stored}, '\"{Role.PROCURER}\"', '') <> {stored}"
    return f"replace({left}, ', ', '') <> '[]' OR NOT {has_procurer}"


def freeze() -> None:
    """Register the guards; `post_migrate` puts them up."""
    guard("procurements_gateoutcome")
    guard("procurements_gateoutcome", IS_NO_OUTCOME, acts=(INSERT,))
    guard("procurements_gatesignature")
    guard("procurements_gatesignature", IS_NOT_ASKED_FOR, acts=(INSERT,))
    is_rewritten = changed(GateDecision, besides=("took_effect_at",))
    guard(
        "procurements_gatedecision",
        f"OLD.took_effect_at IS NOT NULL OR {is_rewritten} "
        f"OR (NEW.took_effect_at IS NOT NULL AND {IS_UNSIGNED})",
        acts=(UPDATE,),
    )
    guard(
        "procurements_gatedecision",
        f"NEW.took_effect_at IS NOT NULL OR ({IS_NO_CORRECTION})",
        acts=(INSERT,),
    )
    guard("procurements_gatedecision", acts=(DELETE,))
    # Why it was changed can be corrected; the earlier text stays in the history.
    guard("procurements_needversion", changed(NeedVersion, besides=("reason",)), acts=(UPDATE,))
    guard("procurements_legalassessment", acts=(UPDATE,))
    # A paper stays where it stands.
    is_foreign = _of_another_case(case_phase_id="casephase", participant_id="participant")
    is_wrong = f"{is_foreign} OR {IS_OF_A_MISTAKE}"
    guard("procurements_phasedocument", is_wrong, acts=(INSERT,))
    guard("procurements_phasedocument", f"{IS_PUT_ELSEWHERE} OR {is_wrong}", acts=(UPDATE,))
    is_foreign = _of_another_case(case_phase_id="casephase")
    guard("procurements_insight", is_foreign, acts=(INSERT, UPDATE))
    # Who took part, who could see them and when: rows end, and stay.
    is_foreign = _of_another_case(admitted_in_id="casephase", left_in_id="casephase")
    guard("procurements_participant", is_foreign, acts=(INSERT,))
    is_moved = f"NEW.case_id <> OLD.case_id OR {is_foreign}"
    is_moved = f"{is_moved} OR {_moved_off(PARTICIPANT_MOVES)} OR ({IS_TAKEN_AWAY_LATE})"
    # One that was entered by mistake is not even corrected.
    is_moved = f"{is_moved} OR OLD.state = 'mistaken'"
    guard("procurements_participant", is_moved, acts=(UPDATE,))
    lets_others_in = _lets_others_in()
    guard("procurements_round", lets_others_in, acts=(INSERT,))
    is_moved = "NEW.case_phase_id <> OLD.case_phase_id"
    is_changed = f"OLD.ends_at IS NOT NULL OR {is_moved} OR {lets_others_in}"
    guard("procurements_round", is_changed, acts=(UPDATE,))
    guard("procurements_round", OF_BEGUN_PHASE, acts=(DELETE,))
    # By the phase that it is of, no window is led out of its case.
    people = ("caserole", "participant")
    for table in ("casephase", "needversion", "legalassessment", "phasedocument", *people):
        guard(f"procurements_{table}", OF_BEGUN_CASE, acts=(DELETE,))
    guard("documents_revision", READY_IN_A_CASE, acts=(DELETE,))
    guard("procurements_case", _moved_off(CASE_MOVES), acts=(UPDATE,))
    is_moved = f"NEW.case_id <> OLD.case_id OR {_moved_off(PHASE_MOVES)}"
    guard("procurements_casephase", is_moved, acts=(UPDATE,))
    guard("procurements_deadline", _moved_off(DEADLINE_MOVES), acts=(UPDATE,))
    # No number of a case is given twice.
    guard("procurements_numbering", "NEW.last < OLD.last", acts=(UPDATE,))
    guard("procurements_numbering", acts=(DELETE,))
    guard("procurements_case", "OLD.state <> 'draft'", acts=(DELETE,))
    same_role = overlaps("procurements_caserole", "case_id", "user_id", "role")
    guard("procurements_caserole", f"{same_role} OR {OF_CLOSED_ACCOUNT}", acts=(INSERT,))
    guard("procurements_caserole", f"{IS_ANOTHER_ROLE} OR {same_role}", acts=(UPDATE,))
    is_another = changed(CaseInvitation, besides=(*ANSWERS, "is_engagement"))
    guard("procurements_caseinvitation", f"{is_another} OR {IS_OPEN_AGAIN}", acts=(UPDATE,))
