"""Where an edition and its words stand, and what may follow what."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EditionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")


# A move that is not drawn here does not exist: nothing published becomes a draft again.
EDITION_MOVES = {
    EditionState.DRAFT: {EditionState.PUBLISHED},
    EditionState.PUBLISHED: {EditionState.SUPERSEDED},
    EditionState.SUPERSEDED: set(),
}
