"""Whose editors write a handbook."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from handbook.models import Handbook
from journal.record import record

if TYPE_CHECKING:
    from teams.models import Organisation, User


@transaction.atomic(durable=True)
def give_handbook(*, handbook: Handbook, owner: Organisation, by: User, at: datetime) -> Handbook:
    """Let the editors of an organisation write the handbook, instead of those before them."""
    row = Handbook.objects.select_for_update().get(pk=handbook.pk)
    if row.owner_id != owner.pk:
        row.owner = owner
        row.save(update_fields=["owner"])
        record(row, "handbook.given", by=by, at=at, about=owner, texts={"owner": owner.name})
    return row
