"""A person's own details, and where they are signed in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.models import Event
from journal.record import record
from teams.models import User
from teams.refusals import TooMany

# Addresses for reminders that one person may choose within a day: letters go there that nobody has
# asked the holder of the address about.
ADDRESSES_A_DAY = 5


@transaction.atomic(durable=True)
def save_profile(*, details: Mapping[str, Any], by: User, at: datetime) -> User:
    """Change one's own name, language, appearance, reminders and shortcuts. Raises TooMany."""
    person = User.objects.select_for_update().get(pk=by.pk)
    changed = [name for name, value in details.items() if getattr(person, name) != value]
    if not changed:
        return person
    if "reminder_email" in changed and details["reminder_email"] not in ("", person.email):
        _check_addresses(person, at=at)
    was = {f"was_{name}": str(getattr(person, name)) for name in changed}
    for name in changed:
        setattr(person, name, details[name])
    person.save(update_fields=changed)
    record(person, "profile.changed", by=by, at=at, facts={"changed": changed}, texts=was)
    return person


def _check_addresses(person: User, *, at: datetime) -> None:
    within_a_day = Event.objects.of(person).filter(at__gt=at - timedelta(days=1))
    changes = within_a_day.filter(verb="profile.changed").values_list("facts__changed", flat=True)
    if sum("reminder_email" in names for names in changes) >= ADDRESSES_A_DAY:
        words = _(
            "The address has been changed %(most)s times in 24 hours, and no more can be. Nothing "
            "has been saved. Leave the address as it was, or empty, or change it tomorrow."
        )
        raise TooMany({"reminder_email": words % {"most": ADDRESSES_A_DAY}})


@transaction.atomic(durable=True)
def sign_out_elsewhere(*, by: User, at: datetime) -> User:
    """End all sessions of the person, as a new password does, and without choosing one.

    The view renews the session that it was asked in. Like a new password it stands in no history.
    """
    person = User.objects.select_for_update().get(pk=by.pk)
    person.signed_out_elsewhere_at = at
    person.save(update_fields=["signed_out_elsewhere_at"])
    return person
