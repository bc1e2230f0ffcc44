"""Promises that were given up, for those who look after an organisation: read from the outbox.

Invitations tell of their own beside them; here are the letters that nobody waits for on a page, and
what was to follow in cases when a role in the organisation ended or began.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from outbox.models import Message, MessageQuerySet
from teams.models import AccessibilityFeedback, Installation, Membership, Organisation, User

FEEDBACK, FINGERPRINT, PASSWORD = "mail.feedback", "mail.journal_day", "mail.password_reset"
OF_ROLES = ("role.ended", "role.begun")
WORDS = CharField(max_length=254)


@dataclass(frozen=True)
class Undelivered:
    """What could not be delivered: how many letters of each kind, whose links, and whose roles in
    cases do not follow their role in the organisation yet."""

    feedback: int
    fingerprints: int
    people: list[User]
    unfollowed: list[User]

    @property
    def has_letters(self) -> bool:
        # A person asks for a new link to choose a password.
        return bool(self.feedback or self.fingerprints)

    @property
    def can_be_sent_again(self) -> bool:
        return self.has_letters or bool(self.unfollowed)

    def __bool__(self) -> bool:
        return self.can_be_sent_again or bool(self.people)


def looked_after_at(place: Organisation, *, on: date) -> QuerySet[Organisation]:
    """The organisation, and at the one that runs the installation those without administrator."""
    held = Membership.objects.administrators().on(on).filter(organisation=OuterRef("pk"))
    alone = Q(Exists(Installation.objects.filter(organisation=place)), ~Exists(held), parent=None)
    return Organisation.objects.filter(Q(pk=place.pk) | alone)


def given_up_at(place: Organisation, *, on: date) -> MessageQuerySet:
    """What was given up of those looked after at the organisation, and may be tried again."""
    places = looked_after_at(place, on=on)
    return Message.objects.given_up().filter(_letters_of(places) | _following_roles_of(places))


def undelivered(place: Organisation, *, on: date) -> Undelivered:
    """What its administrators are told on the organisation's page."""
    places = looked_after_at(place, on=on)
    given_up = Message.objects.given_up().filter(
        _letters_of(places) | _links_to(places, on) | _following_roles_of(places)
    )
    kinds, since, roles = [], {}, set()
    rows = given_up.order_by("given_up_at").values_list("kind", "subject", "given_up_at")
    for kind, subject, at in rows:
        kinds.append(kind)
        if kind == PASSWORD:
            since[int(subject.rpartition(":")[2])] = at
        if kind in OF_ROLES:
            roles.add(int(subject))
    # Who has signed in since then needs no link.
    waiting = [
        person
        for person in User.objects.filter(pk__in=since)
        if person.last_login is None or person.last_login < since[person.pk]
    ]
    unfollowed = User.objects.filter(memberships__in=roles).distinct()
    return Undelivered(kinds.count(FEEDBACK), kinds.count(FINGERPRINT), waiting, list(unfollowed))


def _letters_of(places: QuerySet[Organisation]) -> Q:
    told = AccessibilityFeedback.objects.filter(organisation__in=places)
    registry = places.annotate(
        occasion=Cast(OuterRef("occasion"), WORDS), ending=Concat(Value("/"), Cast("pk", WORDS))
    ).filter(occasion__endswith=F("ending"))
    return Q(kind=FEEDBACK, subject__in=_subjects(told)) | Q(Exists(registry), kind=FINGERPRINT)


def _following_roles_of(places: QuerySet[Organisation]) -> Q:
    """What follows in cases from roles in the places and their parts."""
    roles = Membership.objects.filter(
        Q(organisation__in=places) | Q(organisation__parent__in=places)
    )
    numbers = roles.order_by().annotate(subject=Cast("pk", WORDS)).values("subject")
    return Q(kind__in=OF_ROLES, subject__in=numbers)


def _links_to(places: QuerySet[Organisation], on: date) -> Q:
    """Links to choose a password for people of the places, until a later one has left."""
    members = Membership.objects.on(on).filter(
        Q(organisation__in=places) | Q(organisation__parent__in=places)
    )
    people = User.objects.filter(pk__in=members.values("user"), is_active=True)
    later = Message.objects.filter(
        kind=PASSWORD, subject=OuterRef("subject"), done_at__gt=OuterRef("given_up_at")
    )
    return Q(~Exists(later), kind=PASSWORD, subject__in=_subjects(people))


def _subjects(rows: QuerySet[Any]) -> QuerySet[Any]:
    """What the outbox calls them."""
    label = Value(f"{rows.model._meta.label_lower}:")
    return rows.order_by().values_list(Concat(label, Cast("pk", WORDS)), flat=True)
