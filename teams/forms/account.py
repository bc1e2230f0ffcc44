"""allauth's forms with our fields, and the person's own details."""

from typing import Any

from allauth.account import forms as allauth
from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from teams.models import Rhythm, Scheme, User
from teams.text import EmailField, LineField, SecretField


def _password_rules() -> str:
    rules: list[dict[str, Any]] = settings.AUTH_PASSWORD_VALIDATORS  # type: ignore[assignment]
    options: dict[str, Any] = {}
    for rule in rules:
        options |= rule.get("OPTIONS", {})
    words = _("At least %(least)s characters; not a common password, your name or only digits.")
    return str(words) % {"least": options["min_length"]}


password_rules = lazy(_password_rules, str)


def _password(label: Any, autocomplete: str) -> SecretField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return SecretField(label=label, widget=widget)


def _address(autocomplete: str = "email") -> EmailField:
    return EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": autocomplete})
    )


def check_own_password(request: HttpRequest, typed: str, wrong: Any) -> None:
    """The password again, of who is signed in, at most ten times a minute; in the words given when
    it is `wrong`."""
    user: Any = request.user
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        raise ValidationError(
            _("Too many tries. Wait a minute before you try again."), code="too_many"
        )
    if not user.check_password(typed):
        raise ValidationError(wrong, code="wrong_password")


class SignInForm(allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        way_in = "username webauthn" if settings.MFA_PASSKEY_LOGIN_ENABLED else "username"
        self.fields["login"] = _address(autocomplete=way_in)
        self.fields["password"] = _password(_("Password"), "current-password")


class ForgottenPasswordForm(allauth.ResetPasswordForm):
    email = _address()


class NewPasswordForm(allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _use_our_passwords(self)


class ChangePasswordForm(allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"] = _password(_("Current password"), "current-password")
        _use_our_passwords(self)


class ReauthenticateForm(allauth.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = _password(_("Password"), "current-password")


class SignInLinkForm(allauth.RequestLoginCodeForm):
    email = _address()


class _CheckedPassword(SecretField):
    """A new password, held against the rules and against the person's own name and address."""

    user: User | None = None

    def clean(self, value: Any) -> str:
        password: str = super().clean(value)
        validate_password(password, self.user)
        return password


def _use_our_passwords(form: Any) -> None:
    first = _CheckedPassword(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_rules(),
    )
    first.user = form.user
    form.fields["password1"] = first
    form.fields["password2"] = _password(_("New password again"), "new-password")


class PersonForm(forms.Form):
    """A new person whose address is known from the link they followed."""

    person_name = LineField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = SecretField(
        label=_("Choose a password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_rules(),
    )
    password_again = SecretField(
        label=_("The password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, known_email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_email = known_email

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        password = given.get("password")
        if not password:
            return given
        if "password_again" in given and given["password_again"] != password:
            self.add_error("password_again", _("The two passwords are not the same."))
        try:
            validate_password(
                password,
                User(
                    name=given.get("person_name", ""),
                    email=given.get("person_email", self.known_email),
                ),
            )
        except ValidationError as weak:
            self.add_error("password", weak)
        return given


class ProfileForm(forms.Form):
    name = LineField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    title = LineField(
        label=_("Work title"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
    scheme = forms.ChoiceField(
        label=_("Appearance"), choices=Scheme.choices, widget=forms.RadioSelect
    )
    reminder_email = EmailField(
        label=_("Address for reminders"),
        required=False,
        help_text=_("Leave it empty to be reminded at the address you sign in with."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    rhythm = forms.ChoiceField(
        label=_("Reminders of days"), choices=Rhythm.choices, widget=forms.RadioSelect
    )
    gets_week = forms.BooleanField(
        label=_("My week by e-mail, on its first working day"), required=False
    )
    has_shortcuts = forms.BooleanField(
        label=_("Use keyboard shortcuts of single keys"), required=False
    )
