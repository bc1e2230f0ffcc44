"""A role for a time: from a day, and maybe to a day. Each model keeps its own days and its own
constraints; what follows from them is said here."""

from __future__ import annotations

from datetime import date
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import F, Q

Held = TypeVar("Held", bound=models.Model)


class HoldingQuerySet(models.QuerySet[Held]):
    """Rows with from_on, and until_on: the first day without the role."""

    def on(self, day: date) -> Self:
        """Roles held on the day."""
        return self.not_ended(day).filter(from_on__lte=day)

    def not_ended(self, day: date) -> Self:
        """Roles held on the day, and those that begin later; not one that never will."""
        return self.filter(Q(until_on=None) | Q(until_on__gt=day) & Q(until_on__gt=F("from_on")))


class Holding(models.Model):
    """One such row."""

    from_on: Any
    until_on: Any

    class Meta:
        abstract = True

    def has_ended(self, on: date) -> bool:
        """Also one that was ended before it began."""
        return self.until_on is not None and self.until_on <= max(on, self.from_on)
