"""Open an account that was closed (`procurements.operations.account` closes it, with the roles in
cases)."""

from datetime import datetime
from typing import cast

from django.db import transaction

from journal.record import record
from teams.models import User


@transaction.atomic(durable=True)
def open_account(*, person: User, by: User, at: datetime) -> User:
    """Let a person sign in again, in the ways they had. No role comes back by it; an open account
    is left so."""
    row = cast(User, User.objects.select_for_update(no_key=True).get(pk=person.pk))
    if row.is_active:
        return row
    row.is_active = True
    row.save(update_fields=["is_active"])
    record(row, "account.opened", by=by, at=at, texts={"name": row.name})
    return row
