from typing import Any, cast

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.views import LoginView
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from journal.models import Event
from teams.forms.account import ProfileForm
from teams.language import IN_SESSION, KEPT_FOR
from teams.models import Membership, Organisation, Scheme, User
from teams.operations.account import open_account
from teams.operations.profile import save_profile, sign_out_elsewhere
from teams.views.base import OperationView, SignedInMixin
from teams.views.roles import place_crumbs, roles_seen_by


def keep_scheme(response: HttpResponse, scheme: str) -> None:
    response.set_cookie(
        "scheme",
        scheme,
        max_age=KEPT_FOR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )


def safe_next(request: HttpRequest) -> str:
    """The page a small form was on, unless it is somebody else's."""
    asked = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours and asked.startswith("/") else "/"


class Account(SignedInMixin, OperationView):
    """One's own name, language, appearance, reminders and shortcuts; and the ways in."""

    permission = "teams.change_own_profile"
    template_name = "teams/account/detail.html"
    form_class = ProfileForm
    done = _("Your details are saved.")

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.person, name) for name in ProfileForm.base_fields}

    def perform(self, form: Any) -> User:
        return save_profile(details=form.cleaned_data, by=self.person, at=timezone.now())

    def back(self) -> str:
        return reverse("account")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if form.is_valid():
            self.request.session.pop(IN_SESSION, None)
            keep_scheme(response, form.cleaned_data["scheme"])
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = Membership.objects.filter(user=self.person).not_ended(timezone.localdate())
        return super().get_context_data(
            memberships=own.select_related("organisation", "team"),
            passkeys=settings.MFA_PASSKEY_LOGIN_ENABLED,
            organisations=bool(settings.SOCIALACCOUNT_PROVIDERS),
            **kwargs,
        )


class AccountMixin(SignedInMixin):
    """Load somebody whose account it is about: oneself, or of a place that one sees."""

    account: User

    def load(self, user: User, **kwargs: Any) -> User:
        seen = User.objects.people().filter(
            Q(pk=user.pk) | Q(pk__in=roles_seen_by(user).values("user"))
        )
        self.account = get_object_or_404(seen, pk=kwargs["pk"])
        return self.account

    @cached_property
    def place(self) -> Organisation | None:
        """Of the organisations that the reader sees, where the person was last given a role."""
        held = roles_seen_by(self.person).filter(user=self.account, team=None)
        latest = held.order_by("-from_on", "-pk").first()
        return latest.organisation if latest else None

    def back(self) -> str:
        if self.account == self.person:
            return reverse("account")
        return self.place.get_absolute_url() if self.place else reverse("organisations")

    def crumbs(self) -> list[tuple[str, str]]:
        if self.account == self.person:
            return [(reverse("account"), gettext("Account and sign-in"))]
        return place_crumbs(self.place) if self.place else []


class OpenAccount(AccountMixin, OperationView):
    """Let somebody sign in again whose account was closed; says who closed it, and why."""

    permission = "teams.open_account"
    template_name = "teams/account/open.html"
    form_class = forms.Form
    label = _("Open the account again")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.account.is_active:
            return redirect(self.back())
        return super().get(request, *args, **kwargs)

    def perform(self, form: Any) -> User:
        return open_account(person=self.account, by=self.person, at=timezone.now())

    def after(self, result: User) -> str:
        words = gettext("The account of %(name)s is open again. Roles have to be given anew.")
        messages.success(self.request, words % {"name": result.name})
        return self.back()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        heading = gettext("Open the account of %(name)s again") % {"name": self.account.name}
        closed = Event.objects.of(self.account).filter(verb="account.closed").readable().last()
        return super().get_context_data(heading=heading, closed=closed, **kwargs)


@require_POST
@login_required
def elsewhere(request: HttpRequest) -> HttpResponse:
    """Sign out on every other device; here one stays signed in."""
    person = sign_out_elsewhere(by=cast(User, request.user), at=timezone.now())
    update_session_auth_hash(request, person)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("account")


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Light or dark for anybody: kept on the person, and in a cookie for before they sign in."""
    scheme = request.POST.get("scheme", "")
    response = HttpResponseRedirect(safe_next(request))
    if scheme in Scheme.values:
        if request.user.is_authenticated:
            save_profile(details={"scheme": scheme}, by=request.user, at=timezone.now())
        keep_scheme(response, scheme)
    return response


def demo_people() -> Any:
    return User.objects.people().filter(is_demo=True, is_active=True)


def demo_people_with_places() -> list[tuple[User, str]]:
    """Each demo person with the organisation that their first role is in."""
    held = Membership.objects.on(timezone.localdate()).select_related("organisation", "team")
    # As they were brought in: the people of the case that is played come first.
    people = demo_people().order_by("pk")
    people = people.prefetch_related(Prefetch("memberships", held, to_attr="held"))
    return [(person, str(person.held[0].place) if person.held else "") for person in people]


class SignIn(LoginView):
    """allauth's sign-in page with the ways in that are switched on; in a demo with its people."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        ways = {
            "passkey": settings.MFA_PASSKEY_LOGIN_ENABLED,
            "link": settings.ACCOUNT_LOGIN_BY_CODE_ENABLED,
            "organisations": [
                {"name": app["name"], "address": _oidc_address(app["provider_id"])}
                for app in settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get(
                    "APPS", []
                )
            ],
        }
        if settings.IS_DEMO:
            context["demo_people"] = demo_people_with_places()
            context["demo_password"] = settings.DEMO_PASSWORD
        return context | {"ways": ways}


def _oidc_address(provider: object) -> str:
    return reverse("openid_connect_login", kwargs={"provider_id": provider})


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as a demo person with one press; exists only in a demo."""
    if not settings.IS_DEMO:
        raise Http404
    key = request.POST.get("person", "")
    if not (key.isascii() and key.isdigit() and len(key) < 12):
        raise Http404
    person = get_object_or_404(demo_people(), pk=int(key))
    return perform_login(request, Login(user=person, redirect_url=safe_next(request)))
