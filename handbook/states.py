"""Where an edition and its words stand, and what may follow what."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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


class SuggestionState(models.TextChoices):
    """Where a suggestion for a handbook stands."""

    WAITING = "waiting", pgettext_lazy("suggestion", "Waiting for an answer")
    ACCEPTED = "accepted", pgettext_lazy("suggestion", "Accepted")
    DECLINED = "declined", pgettext_lazy("suggestion", "Declined")


SUGGESTION_MOVES: dict[SuggestionState, set[SuggestionState]] = {
    SuggestionState.WAITING: {SuggestionState.ACCEPTED, SuggestionState.DECLINED},
    SuggestionState.ACCEPTED: set(),
    SuggestionState.DECLINED: set(),
}
