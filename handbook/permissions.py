"""Who may do what with handbooks. Everybody reads what was published; views cut drafts."""

import rules

from handbook.models import Handbook, Suggestion
from teams.models import User
from teams.permissions import is_signed_in


@rules.predicate
def is_editor(user: User, handbook: Handbook) -> bool:
    """An editor or administrator of the organisation that keeps the handbook."""
    return Handbook.objects.edited_by(user).filter(pk=handbook.pk).exists()


@rules.predicate
def answers(user: User, suggestion: Suggestion) -> bool:
    return bool(is_editor.test(user, suggestion.edition.handbook))


rules.add_perm("handbook.edit_handbook", is_signed_in & is_editor)
rules.add_perm("handbook.suggest", is_signed_in)
rules.add_perm("handbook.answer_suggestion", is_signed_in & answers)
