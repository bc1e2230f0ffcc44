"""What the database itself refuses: to change or remove what was decided, and what it stood on."""

from journal.guards import DELETE, INSERT, UPDATE, changed, guard, overlaps
from procurements.models import GateDecision, NeedVersion

# A draft is thrown away with all that is in it, and no gate has been decided in one.
OF_BEGUN_CASE = (
    "EXISTS (SELECT 1 FROM procurements_case c WHERE c.id = OLD.case_id AND c.state <> 'draft')"
)
# A paper can be thrown away when no case names it any more.
READY_IN_A_CASE = (
    "OLD.state = 'ready' AND EXISTS "
    "(SELECT 1 FROM procurements_phasedocument p WHERE p.document_id = OLD.document_id)"
)
IS_PUT_ELSEWHERE = "NEW.case_id <> OLD.case_id OR NEW.document_id <> OLD.document_id"


def freeze() -> None:
    """Register the guards; `post_migrate` puts them up."""
    guard("procurements_gateoutcome")
    guard("procurements_gatesignature")
    is_rewritten = changed(GateDecision, besides=("took_effect_at",))
    guard(
        "procurements_gatedecision",
        f"OLD.took_effect_at IS NOT NULL OR {is_rewritten}",
        acts=(UPDATE,),
    )
    guard("procurements_gatedecision", acts=(DELETE,))
    # Why it was changed can be corrected; the earlier text stays in the history.
    guard("procurements_needversion", changed(NeedVersion, besides=("reason",)), acts=(UPDATE,))
    guard("procurements_legalassessment", acts=(UPDATE,))
    # A paper stays where it stands.
    guard("procurements_phasedocument", IS_PUT_ELSEWHERE, acts=(UPDATE,))
    for table in ("needversion", "legalassessment", "phasedocument"):
        guard(f"procurements_{table}", OF_BEGUN_CASE, acts=(DELETE,))
    guard("documents_revision", READY_IN_A_CASE, acts=(DELETE,))
    guard("procurements_case", "OLD.state <> 'draft' AND NEW.state = 'draft'", acts=(UPDATE,))
    guard("procurements_case", "OLD.state <> 'draft'", acts=(DELETE,))
    same_role = overlaps("procurements_caserole", "case_id", "user_id", "role")
    guard("procurements_caserole", same_role, acts=(INSERT, UPDATE))
