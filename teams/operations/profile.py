"""A person's own details, and where they are signed in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from journal.record import record
from teams.models import User


@transaction.atomic(durable=True)
def save_profile(*, details: Mapping[str, Any], by: User, at: datetime) -> User:
    """Change one's own name, language, appearance, reminders and shortcuts."""
    person = User.objects.select_for_update().get(pk=by.pk)
    changed = [name for name, value in details.items() if getattr(person, name) != value]
    if not changed:
        return person
    was = {f"was_{name}": str(getattr(person, name)) for name in changed}
    for name in changed:
        setattr(person, name, details[name])
    person.save(update_fields=changed)
    record(person, "profile.changed", by=by, at=at, facts={"changed": changed}, texts=was)
    return person


@transaction.atomic(durable=True)
def sign_out_elsewhere(*, by: User, at: datetime) -> User:
    """End all sessions of the person, as a new password does, and without choosing one.

    The view renews the session that it was asked in. Like a new password it stands in no history.
    """
    person = User.objects.select_for_update().get(pk=by.pk)
    person.signed_out_elsewhere_at = at
    person.save(update_fields=["signed_out_elsewhere_at"])
    return person
