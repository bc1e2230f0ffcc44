"""How sign-in is done here: accounts come by invitation or with the first administrator."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.signals import password_reset
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from outbox.models import Lane, Message
from teams.models import User
from teams.signincode import code_of

log = logging.getLogger("upptakt.sign_in")


class AccountAdapter(DefaultAccountAdapter):
    """allauth, with nobody signing up by themselves and letters going through the outbox."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail or the password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse | None:
        """Whichever way they come; the people of a demo only in a demo."""
        if user.is_demo and not settings.IS_DEMO:
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user=user, **how)

    def set_password(self, user: User, password: str) -> None:
        """The password alone: what somebody else has changed of the person meanwhile stays, such as
        that the account is closed."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def clean_email(self, email: str) -> str:
        return User.objects.normalise(email)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One limit for each person: allauth's own counts anew for each name of the server that
        a visitor writes in a header."""
        return str(credentials.get("email", credentials.get("username", ""))).lower()

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Promise the letter: the page answers alike, and as fast, whoever asked."""
        Message.objects.post(
            "mail.password_reset",
            subject=f"teams.user:{user.pk}",
            occasion=timezone.now().isoformat(timespec="minutes"),
            lane=Lane.MAIL,
        )

    def generate_login_code(self) -> str:
        """Noted with the request, from which its letter is promised a moment later."""
        self.request.sign_in_nonce = get_random_string(32)
        return code_of(self.request.sign_in_nonce)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A code to sign in with is promised, as a link to a new password is; nothing else that
        allauth could send is switched on."""
        if template_prefix != "account/email/login_code":
            raise LookupError(f"Nobody sends {template_prefix!r}.")
        person = User.objects.get(email=User.objects.normalise(email))
        Message.objects.post(
            "mail.sign_in_code",
            subject=f"teams.user:{person.pk}",
            occasion=self.request.sign_in_nonce,
            lane=Lane.PERSON,
        )


@receiver(password_reset)
def let_try_again(request: HttpRequest, user: User, **_others: Any) -> None:
    """Who has chosen a new password does not wait for what somebody else guessed wrong."""
    get_adapter(request)._delete_login_attempts_cached_email(request, email=user.email)


class MFAAdapter(DefaultMFAAdapter):
    """Passkeys and codes from an app, where they are switched on."""

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        """Where they are switched off nobody is asked for theirs, on a page that does not exist:
        the password is enough, also one chosen anew by who had forgotten it or had none."""
        return bool(settings.MFA_PASSKEY_LOGIN_ENABLED and super().is_mfa_enabled(user, types))


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
