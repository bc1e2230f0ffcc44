"""Begin an installation: once, never again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.record import record
from teams.models import Installation, Membership, Organisation, OrganisationRole, User
from teams.refusals import AlreadyBegun


@transaction.atomic(durable=True)
def begin_installation(
    *,
    name: str,
    email: str,
    password: str,
    language: str = "sv",
    organisation: Mapping[str, str],
    parts: Sequence[str] = (),
    at: datetime,
) -> User:
    """Make the first administrator, their organisation and its parts.

    There is nobody yet to do it, so the new person is also who did it. The one row of
    Installation lets only one of two through. Raises AlreadyBegun.
    """
    refusal = AlreadyBegun(_("The installation already has its first administrator."))
    if Installation.objects.exists() or User.objects.people().exists():
        raise refusal
    try:
        with transaction.atomic():
            person = User.objects.create_user(
                email, password, name=name, language=language, joined_at=at
            )
            place = Organisation.objects.create(**organisation, created_at=at)
            Installation.objects.create(organisation=place, begun_by=person, begun_at=at)
    except IntegrityError as lost:
        raise refusal from lost
    Membership.objects.create(
        user=person,
        organisation=place,
        role=OrganisationRole.ADMINISTRATOR,
        from_on=timezone.localdate(at),
    )
    record(place, "installation.begun", by=person, at=at, texts={"organisation": place.name})
    for part in parts:
        made = place.parts.create(name=part, kind=place.kind, created_at=at)
        record(place, "organisation.part_added", by=person, at=at, about=made, texts={"name": part})
    return person
