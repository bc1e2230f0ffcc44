"""What follows in cases when a role in an organisation has ended or begun. Carries out
`role.ended` and `role.begun`."""

from __future__ import annotations

from django.utils import timezone

from outbox.models import Message
from procurements.models import Case, CaseRole
from procurements.operations.people import come_back_inside, come_from_outside
from teams.models import Membership, User


def leave_authority(message: Message) -> None:
    """In the cases of authorities that its holder no longer belongs to, they come from outside from
    now on. The message names the ended role by the number of its row."""
    ended = Membership.objects.select_related("user").get(pk=message.row_id)
    held = CaseRole.objects.filter(user=ended.user, is_engagement=False)
    for case in Case.objects.filter(pk__in=held.values("case")).select_related("authority"):
        come_from_outside(case=case, user=ended.user, by=User.objects.system(), at=timezone.now())


def return_to_authority(message: Message) -> None:
    """In the cases of authorities that its holder belongs to again, they come no more from outside.
    The message names the role that has begun by the number of its row."""
    begun = Membership.objects.select_related("user").get(pk=message.row_id)
    held = CaseRole.objects.filter(user=begun.user, is_engagement=True)
    for case in Case.objects.filter(pk__in=held.values("case")).select_related("authority"):
        come_back_inside(case=case, user=begun.user, by=User.objects.system(), at=timezone.now())
