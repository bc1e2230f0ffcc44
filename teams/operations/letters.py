"""What could not be delivered, sent again."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.record import record
from teams.models import Organisation, User
from teams.refusals import NothingToSend
from teams.undelivered import letters_given_up


@transaction.atomic(durable=True)
def send_letters_again(*, organisation: Organisation, by: User, at: datetime) -> int:
    """Take up the organisation's given-up letters and return how many; each goes where the
    mailbox stands now. Raises NothingToSend when somebody else came before."""
    place = Organisation.objects.select_for_update().get(pk=organisation.pk)
    found = letters_given_up(place, on=timezone.localdate(at)).select_for_update(of=("self",))
    letters = list(found.order_by("pk"))
    if not letters:
        raise NothingToSend(_("There is no letter to send again."))
    for letter in letters:
        letter.try_again(at=at)
    record(place, "letters.sent_again", by=by, at=at, facts={"letters": len(letters)})
    return len(letters)
