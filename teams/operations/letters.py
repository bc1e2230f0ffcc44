"""What could not be delivered, sent again."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.record import record
from teams.models import Organisation, User
from teams.refusals import NothingToSend
from teams.undelivered import OF_ROLES, given_up_at


@transaction.atomic(durable=True)
def send_letters_again(*, organisation: Organisation, by: User, at: datetime) -> int:
    """Take up the organisation's given-up letters, and what was to follow from its roles in cases,
    and return how many; each letter goes where the mailbox stands now. Raises NothingToSend when
    somebody else came before."""
    place = Organisation.objects.select_for_update().get(pk=organisation.pk)
    found = given_up_at(place, on=timezone.localdate(at)).select_for_update(of=("self",))
    promises = list(found.order_by("pk"))
    if not promises:
        raise NothingToSend(_("There is no letter to send again."))
    for promise in promises:
        promise.try_again(at=at)
    roles = sum(promise.kind in OF_ROLES for promise in promises)
    if letters := len(promises) - roles:
        record(place, "letters.sent_again", by=by, at=at, facts={"letters": letters})
    if roles:
        record(place, "roles.followed_again", by=by, at=at, facts={"roles": roles})
    return len(promises)
