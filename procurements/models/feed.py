from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from teams.models.link import SecretLink


class CalendarFeed(SecretLink):
    """A secret address where a calendar fetches a person's days: over all cases, or of one case.

    It follows the roles that the person has when it is fetched, and ends with them; a new address
    takes the place of the old one. Retention: account.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="feeds"
    )
    case = models.ForeignKey(
        "procurements.Case",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="feeds",
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(case=None), name="one_feed_of_all_cases"
            ),
            models.UniqueConstraint(
                fields=["person", "case"],
                condition=Q(case__isnull=False),
                name="one_feed_of_a_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}/{self.case_id or 'all'}"
