"""Who may do what with handbooks. Everybody reads what was published; views cut drafts."""

import rules

from handbook.models import Handbook
from teams.models import User
from teams.permissions import is_signed_in


@rules.predicate
def is_editor(user: User, handbook: Handbook) -> bool:
    """An editor or administrator of the organisation that keeps the handbook."""
    return Handbook.objects.edited_by(user).filter(pk=handbook.pk).exists()


rules.add_perm("handbook.edit_handbook", is_signed_in & is_editor)
