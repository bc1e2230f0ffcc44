"""The people who sign in, and the system when it acts by itself."""

from typing import Any, ClassVar

import rules
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

SYSTEM_EMAIL = "system@upptakt.invalid"


class Scheme(models.TextChoices):
    """Light or dark pages."""

    AUTO = "auto", _("Follow the device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Rhythm(models.TextChoices):
    """When a person is reminded of days: the steps before them, and when one is late."""

    CASE = "case", _("As each case says")
    MORE = "14 7 3 1 late", _("14, 7, 3 and 1 day before, and when it is late")
    USUAL = "7 1 late", _("7 days and 1 day before, and when it is late")
    LAST = "1 late", _("1 day before, and when it is late")
    NEVER = "never", _("Never by e-mail")


class UserQuerySet(models.QuerySet["User"]):
    def people(self) -> "UserQuerySet":
        return self.filter(is_system=False)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes people; signing in is by e-mail address, kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person with the address; without a password nobody can sign in with one."""
        user = self.model(email=self.normalise(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def system(self) -> "User":
        """The named actor of what the system does by a rule; it can never sign in."""
        user, _made = self.get_or_create(
            is_system=True,
            defaults={
                "email": SYSTEM_EMAIL,
                "name": "Upptakt",
                "is_active": False,
                "password": "!",
            },
        )
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalise(username or ""))

    @staticmethod
    def normalise(email: str) -> str:
        # Turkish dotted capital I becomes two characters in lower case.
        return email.strip().replace("\u0130", "i").lower()


class User(AbstractBaseUser):
    """A person who can sign in, or the system itself.

    There is no superuser: whoever runs the installation may not read what is sealed.
    Retention: account.
    """

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=150)
    title = models.CharField(_("work title"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default="sv"
    )
    scheme = models.CharField(
        _("appearance"), max_length=5, choices=Scheme.choices, default=Scheme.AUTO
    )
    reminder_email = models.EmailField(_("address for reminders"), max_length=254, blank=True)
    rhythm = models.CharField(
        _("reminders"), max_length=20, choices=Rhythm.choices, default=Rhythm.CASE
    )
    gets_week = models.BooleanField(_("weekly letter"), default=True)
    has_shortcuts = models.BooleanField(_("keyboard shortcuts"), default=False)
    is_system = models.BooleanField(default=False, editable=False)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    # Sessions begun before this moment hold no more, but for the one that it was said in.
    signed_out_elsewhere_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_is_unique"),
            models.UniqueConstraint(
                fields=["is_system"], condition=Q(is_system=True), name="user_system_is_one"
            ),
            models.CheckConstraint(
                condition=Q(is_system=False) | Q(is_active=False),
                name="user_system_never_signs_in",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="user_has_a_name"),
            models.CheckConstraint(
                condition=Q(scheme__in=Scheme.values), name="user_scheme_is_known"
            ),
            models.CheckConstraint(
                condition=Q(rhythm__in=Rhythm.values), name="user_rhythm_is_known"
            ),
            models.CheckConstraint(
                condition=Q(language__in=["sv", "en"]), name="user_language_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_reminded(self) -> bool:
        return self.rhythm != Rhythm.NEVER

    @property
    def address_for_reminders(self) -> str:
        return self.reminder_email or self.email

    # The only source of permissions is the tables in permissions.py (rules).

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and rules.has_perm(perm, self, obj)

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """What a session is held against on every request. Django's own, of the password, until
        somebody signs out everywhere else: then also of when they did."""
        own: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if self.signed_out_elsewhere_at is None:
            return own
        until = f"{own} {self.signed_out_elsewhere_at.timestamp()}"
        return salted_hmac("teams.sessions", until, secret, algorithm="sha256").hexdigest()

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]
