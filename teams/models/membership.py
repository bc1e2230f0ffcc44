"""Who has which role where, from which day and until which."""

from datetime import date
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from teams.models.holding import Holding, HoldingQuerySet
from teams.models.organisation import Organisation, Team
from teams.roles import OrganisationRole, TeamRole

IN_ORGANISATION = Q(organisation__isnull=False, team__isnull=True)
IN_TEAM = Q(organisation__isnull=True, team__isnull=False)
ROLE_FITS = (IN_ORGANISATION & Q(role__in=OrganisationRole.values)) | (
    IN_TEAM & Q(role__in=TeamRole.values)
)


class InPlace:
    """A role in an organisation or in a team: the one place that it is in."""

    organisation: Any
    organisation_id: Any
    team: Any
    role: Any

    @property
    def place(self) -> Organisation | Team:
        place = self.organisation or self.team
        assert place is not None
        return place

    @property
    def role_label(self) -> str:
        roles = TeamRole if self.organisation_id is None else OrganisationRole
        return str(roles(self.role).label)


class MembershipQuerySet(HoldingQuerySet["Membership"]):
    def administrators(self) -> Self:
        """Roles of those who look after an organisation and can sign in."""
        return self.filter(role=OrganisationRole.ADMINISTRATOR, user__is_active=True)

    def irreplaceable(self, day: date) -> Self:
        """Roles without which nobody would look after the place from the day: a whole organisation
        keeps an administrator and a team a lead; parts have the whole's."""
        here = Q(organisation=OuterRef("organisation")) | Q(team=OuterRef("team"))
        others = Membership.objects.filter(
            here, role=OuterRef("role"), until_on=None, from_on__lte=day, user__is_active=True
        ).exclude(user=OuterRef("user"))
        of_whole = Q(role=OrganisationRole.ADMINISTRATOR, organisation__parent=None, team=None)
        return self.filter(of_whole | Q(role=TeamRole.LEAD), ~Exists(others))


class Membership(InPlace, Holding):
    """A person's role in an organisation or in a team, for a time.

    It holds from from_on, and until_on is the first day without it. Ended rows are kept.
    Retention: organisation.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="memberships", null=True, blank=True
    )
    team = models.ForeignKey(
        Team, models.PROTECT, related_name="memberships", null=True, blank=True
    )
    role = models.CharField(_("role"), max_length=20)
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"), null=True, blank=True)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["user__name", "from_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=IN_ORGANISATION | IN_TEAM, name="membership_is_in_one_place"
            ),
            models.CheckConstraint(condition=ROLE_FITS, name="membership_role_fits_the_place"),
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="membership_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(until_on=None, organisation__isnull=False),
                name="membership_is_one_in_an_organisation",
            ),
            models.UniqueConstraint(
                fields=["user", "team"],
                condition=Q(until_on=None, team__isnull=False),
                name="membership_is_one_in_a_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role_label}, {self.place}"


def administrators_of(place: Organisation | None, *, on: date) -> list[str]:
    """The addresses of those who look after an organisation and can sign in."""
    held = Membership.objects.administrators().filter(organisation=place).on(on)
    return list(held.order_by("user__email").values_list("user__email", flat=True).distinct())
