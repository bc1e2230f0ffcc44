"""Organisations with their parts, and the teams they form."""

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from teams import identity

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models.membership import Membership
    from teams.models.user import User


class OrganisationKind(models.TextChoices):
    """What sort of organisation it is."""

    MUNICIPALITY = "municipality", _("Municipality")
    REGION = "region", _("Region")
    SCIENCE_PARK = "science_park", _("Science park")
    CLUSTER = "cluster", _("Cluster")
    ASSOCIATION = "association", _("Association or foundation")
    COMPANY = "company", _("Company")


def check_number(number: str) -> None:
    """Refuse a number that is not in the one form; forms normalise what people type."""
    if number != identity.normalise(number):
        raise ValidationError(_("Write the number as NNNNNN-NNNN."), code="not_normal")


def _mine(user: "User | AnonymousUser", on: date) -> "models.QuerySet[Membership]":
    from teams.models.membership import Membership

    return Membership.objects.filter(user__pk=user.pk or 0).on(on)


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: "User | AnonymousUser", *, on: date | None = None) -> Self:
        """Those the person belongs to, with their parts and wholes, and those of a shared team.

        Somebody of any part sees the whole organisation, and the other way round. Who runs the
        installation sees every organisation, to invite its first administrator.
        """
        if not user.is_authenticated:
            return self.none()
        mine = _mine(user, on or timezone.localdate())
        runs_all = mine.filter(
            organisation__in=apps.get_model("teams", "Installation").objects.values("organisation"),
            role="administrator",
        )
        own = mine.filter(organisation__isnull=False).values("organisation")
        wholes = Organisation.objects.filter(Q(pk__in=own) | Q(parts__in=own)).values("pk")
        seen = Organisation.objects.filter(
            Q(pk__in=wholes)
            | Q(teams__in=mine.filter(team__isnull=False).values("team"))
            | Q(teams__organisations__in=wholes)
        ).values("pk")
        return self.filter(
            Exists(runs_all)
            | Q(pk__in=seen)
            | Q(parent__in=seen)
            | Q(pk__in=Organisation.objects.filter(pk__in=seen).values("parent"))
        )

    def administered_by(self, user: "User | AnonymousUser", *, on: date | None = None) -> Self:
        """Those where the person is an administrator, and their parts."""
        if not user.is_authenticated:
            return self.none()
        own = _mine(user, on or timezone.localdate()).filter(role="administrator")
        return self.filter(
            Q(pk__in=own.values("organisation")) | Q(parent__in=own.values("organisation"))
        )

    def of_user(self, user: "User | AnonymousUser", *, on: date | None = None) -> Self:
        """Those the person belongs to with a role of their own."""
        if not user.is_authenticated:
            return self.none()
        mine = _mine(user, on or timezone.localdate())
        return self.filter(pk__in=mine.values("organisation"))

    def tops(self) -> Self:
        return self.filter(parent__isnull=True)


class Organisation(models.Model):
    """A municipality, region, science park, cluster, association or company, or a part of one.

    A part, such as a nämnd or förvaltning, has a parent; parts have no parts of their own.
    The number may be empty, never wrong. Retention: organisation.
    """

    parent = models.ForeignKey("self", models.PROTECT, related_name="parts", null=True, blank=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=OrganisationKind.choices)
    number = models.CharField(
        _("organisation number"), max_length=11, blank=True, validators=[check_number]
    )
    address = models.TextField(_("postal address"), max_length=500, blank=True)
    email = models.EmailField(_("shared mailbox"), max_length=254, blank=True)
    registry_email = models.EmailField(_("registry's mailbox"), max_length=254, blank=True)
    municipality_code = models.CharField(_("municipality code"), max_length=4, blank=True)
    county_code = models.CharField(_("county code"), max_length=2, blank=True)
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[OrganisationQuerySet] = OrganisationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(parent=None), name="organisation_name_is_unique"
            ),
            models.UniqueConstraint(
                fields=["parent", "name"], name="organisation_part_name_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=OrganisationKind.values), name="organisation_kind_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(parent=models.F("id")), name="organisation_is_not_its_own_part"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="organisation_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organisation", args=[self.pk])

    @property
    def shown_number(self) -> str:
        """The number as pages, papers and file names may carry it."""
        return identity.masked(self.number)

    @property
    def has_personal_number(self) -> bool:
        return bool(self.number) and identity.is_person(self.number)


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: "User | AnonymousUser", *, on: date | None = None) -> Self:
        """Those the person has a role in, and those that the person's organisation belongs to."""
        if not user.is_authenticated:
            return self.none()
        mine = _mine(user, on or timezone.localdate())
        own = mine.filter(organisation__isnull=False).values("organisation")
        tops = Organisation.objects.filter(Q(pk__in=own) | Q(parts__in=own)).values("pk")
        joined = Affiliation.objects.filter(organisation__in=tops)
        return self.filter(
            Q(pk__in=mine.filter(team__isnull=False).values("team"))
            | Q(pk__in=joined.values("team"))
        )

    def of_user(self, user: "User | AnonymousUser", *, on: date | None = None) -> Self:
        """Those the person has a role in."""
        if not user.is_authenticated:
            return self.none()
        mine = _mine(user, on or timezone.localdate())
        return self.filter(pk__in=mine.values("team"))


class Team(models.Model):
    """An intermediary constellation of organisations that leads cases together.

    Helsingborg shows that a case may have none, and that a team may have no intermediary.
    Retention: organisation.
    """

    name_sv = models.CharField(_("name in Swedish"), max_length=200, unique=True)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    organisations = models.ManyToManyField(
        Organisation,
        through="Affiliation",
        related_name="teams",
        verbose_name=_("organisations"),
    )
    intermediary = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("intermediary"),
    )
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[TeamQuerySet] = TeamQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name_sv", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(name_sv=""), name="team_has_a_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("team", args=[self.pk])

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        english = (get_language() or "sv").startswith("en")
        return (english and self.name_en) or self.name_sv


class Affiliation(models.Model):
    """An organisation in a team, and which of its administrators agreed to that, and when.

    Before that no lead of the team starts a case in its name.
    Retention: organisation.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="affiliations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="affiliations")
    agreed_by = models.ForeignKey(
        "teams.User", models.PROTECT, related_name="+", null=True, blank=True
    )
    agreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("organisation in a team")
        verbose_name_plural = _("organisations in teams")
        ordering = ["organisation__name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "organisation"], name="affiliation_is_one_in_a_team"
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None, agreed_at=None)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False),
                name="affiliation_is_agreed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.team}"
