"""How sign-in is done here: accounts come by invitation or with the first administrator."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.models import Lane, Message
from teams.models import User

log = logging.getLogger("upptakt.sign_in")


class AccountAdapter(DefaultAccountAdapter):
    """allauth, with nobody signing up by themselves and letters going through the outbox."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail or the password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_email(self, email: str) -> str:
        return User.objects.normalise(email)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Promise the letter: the page answers alike, and as fast, whoever asked."""
        Message.objects.post(
            "mail.password_reset",
            subject=f"teams.user:{user.pk}",
            occasion=timezone.now().isoformat(timespec="minutes"),
            lane=Lane.MAIL,
        )


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """The organisation's own sign-in: for people who already have an account here."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """The page says that it did not succeed; the log says why."""
        log.warning("sign-in through %s failed: %s %r", provider.name, error, exception)
