"""Invitations by e-mail: a link that works once and not for ever."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, CharField, Exists, ExpressionWrapper, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.models import Lane, Message
from teams.models.installation import Installation
from teams.models.link import SecretLink
from teams.models.membership import IN_ORGANISATION, IN_TEAM, ROLE_FITS, InPlace, Membership
from teams.models.organisation import Organisation, Team
from teams.models.user import User
from teams.roles import TeamRole

LINK_HOLDS = timedelta(days=14)


class InviteState(models.TextChoices):
    """Where an invitation stands."""

    WAITING = "waiting", _("Waiting for an answer")
    ACCEPTED = "accepted", _("Accepted")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Withdrawn")
    SENDER_LEFT = "sender_left", _("Ended with the role of its sender")


class InviteQuerySet(models.QuerySet[Any]):
    def unanswered(self) -> Self:
        """Neither accepted nor withdrawn; some may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def answered_for(self, on: date) -> Self:
        """Those whose sender looks after the place on the day."""
        return self.filter(self.model.sender_answers(on))

    def with_senders(self, on: date) -> Self:
        """Each knowing whether it is answered for, as a list needs it."""
        answers = ExpressionWrapper(self.model.sender_answers(on), BooleanField())
        return self.annotate(is_answered_for=answers)


class Invite(SecretLink):
    """A person asked by e-mail to join, with a link that works once.

    Whoever sent it last answers for it: while they do not look after the place, the link gives
    nobody a role. Somebody who does can send it again.
    Retention: organisation.
    """

    salt = "teams.invite"
    # What the outbox calls the letter with the link.
    letter_kind: ClassVar[str]

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(
        _("language of the invitation"), max_length=2, choices=settings.LANGUAGES, default="sv"
    )
    times_sent = models.PositiveIntegerField(default=1, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.email

    @property
    def place(self) -> Any:
        """The organisation, team or case that it is to."""
        raise NotImplementedError

    def promise_letter(self) -> None:
        """One letter for each time it is sent. Call within an operation."""
        Message.objects.post(
            self.letter_kind,
            subject=f"{self._meta.label_lower}:{self.pk}",
            recipient=self.email,
            occasion=str(self.times_sent),
            lane=Lane.MAIL,
        )

    def send_again(self, *, by: User, at: datetime) -> bool:
        """Promise the same link once more, and let it hold anew, as long as this sender looks after
        the place. Call within an operation.

        False, and nothing sent, when that was done within the last minute, as by a second click.
        """
        if self.invited_by_id != by.pk:
            self.invited_by = by
            self.save(update_fields=["invited_by"])
        last_sent_at = self.expires_at - LINK_HOLDS
        if self.times_sent > 1 and at - last_sent_at < timedelta(minutes=1):
            return False
        self.times_sent += 1
        self.expires_at = at + LINK_HOLDS
        self.save(update_fields=["times_sent", "expires_at"])
        self.promise_letter()
        return True

    @classmethod
    def letter_given_up(cls) -> Exists:
        """For a query of invitations: whether the outbox has given up the latest letter."""
        words = CharField(max_length=120)
        return Exists(
            Message.objects.given_up().filter(
                kind=cls.letter_kind,
                subject=Concat(Value(f"{cls._meta.label_lower}:"), Cast(OuterRef("pk"), words)),
                recipient=OuterRef("email"),
                occasion=Cast(OuterRef("times_sent"), words),
            )
        )

    @classmethod
    def sender_answers(cls, on: date) -> Q:
        """For a query of invitations: whether who sent it looks after the place on the day."""
        raise NotImplementedError

    def state(self, *, at: datetime) -> InviteState:
        if self.accepted_at is not None:
            return InviteState.ACCEPTED
        if self.revoked_at is not None:
            return InviteState.REVOKED
        if not self._is_answered_for(at):
            return InviteState.SENDER_LEFT
        return InviteState.EXPIRED if at >= self.expires_at else InviteState.WAITING

    def _is_answered_for(self, at: datetime) -> bool:
        """Asked of the database, unless the row was read with its sender."""
        known: bool | None = vars(self).get("is_answered_for")
        if known is None:
            everyone: InviteQuerySet = type(self)._default_manager.all()  # type: ignore[assignment]
            return everyone.answered_for(timezone.localdate(at)).filter(pk=self.pk).exists()
        return known


def administrators(of: str, *, on: date, or_host: bool = False) -> models.QuerySet[Membership]:
    """For a query of invitations: the sender's role that looks after an organisation (a path) or
    the whole that it is a part of, while the sender can sign in; also that of the host."""
    held = Membership.objects.on(on).administrators().filter(user=OuterRef("invited_by"))
    place = Q(organisation=OuterRef(of))
    whole = Q(organisation=OuterRef(f"{of}__parent"))
    if not or_host:
        return held.filter(place | whole)
    host = Q(organisation__in=Installation.objects.values("organisation"))
    return held.filter(place | whole | host)


class Invitation(InPlace, Invite):
    """A person asked to join an organisation or a team with a role.

    Retention: organisation.
    """

    letter_kind = "mail.invitation"

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="invitations", null=True, blank=True
    )
    team = models.ForeignKey(
        Team, models.PROTECT, related_name="invitations", null=True, blank=True
    )
    role = models.CharField(_("role"), max_length=20)

    objects = InviteQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=IN_ORGANISATION | IN_TEAM, name="invitation_is_to_one_place"
            ),
            models.CheckConstraint(condition=ROLE_FITS, name="invitation_role_fits_the_place"),
            models.UniqueConstraint(
                fields=["email", "organisation"],
                condition=Q(accepted_at=None, revoked_at=None, organisation__isnull=False),
                name="invitation_waits_once_in_an_organisation",
            ),
            models.UniqueConstraint(
                fields=["email", "team"],
                condition=Q(accepted_at=None, revoked_at=None, team__isnull=False),
                name="invitation_waits_once_in_a_team",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_has_one_end"
            ),
        ]

    @classmethod
    def sender_answers(cls, on: date) -> Q:
        as_lead = Membership.objects.on(on).filter(
            user=OuterRef("invited_by"),
            user__is_active=True,
            role=TeamRole.LEAD,
            team=OuterRef("team"),
        )
        as_administrator = administrators("organisation", on=on, or_host=True)
        return Q(Exists(as_administrator), team=None) | Q(Exists(as_lead))
