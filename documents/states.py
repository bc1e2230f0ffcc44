"""Where a revision of a paper stands, and what may follow what."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RevisionState(models.TextChoices):
    """Where a revision stands between the order and the file."""

    ORDERED = "ordered", _("Ordered")
    RENDERING = "rendering", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


UNDER_WAY = (RevisionState.ORDERED, RevisionState.RENDERING)

# A move that is not drawn here does not exist. A worker that died begins again.
REVISION_MOVES = {
    RevisionState.ORDERED: {RevisionState.RENDERING, RevisionState.FAILED},
    RevisionState.RENDERING: {
        RevisionState.RENDERING,
        RevisionState.READY,
        RevisionState.FAILED,
    },
    RevisionState.READY: set(),
    RevisionState.FAILED: {RevisionState.ORDERED},
}
