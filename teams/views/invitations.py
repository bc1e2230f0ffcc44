from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from teams.forms.account import PersonForm
from teams.models import Invitation, InviteState, User
from teams.operations.roles import accept_invitation
from teams.roles import ORGANISATION_ROLES_EXPLAINED, TEAM_ROLES_EXPLAINED
from teams.views.welcome import BACKEND

GONE = {InviteState.ACCEPTED, InviteState.EXPIRED, InviteState.REVOKED, InviteState.SENDER_LEFT}


@never_cache
@sensitive_post_parameters("password", "password_again")
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """What the link in the letter opens.

    Unknown is 404, used, withdrawn, expired or left by its sender is 410, and somebody else's is
    403: each says what to do. The link's holder is asked for a name and a password, or to sign in
    first.
    """
    invitation = Invitation.find(token)
    if invitation is None:
        return _closed(request, None, "unknown", 404)
    state = invitation.state(at=timezone.now())
    if state in GONE:
        return _closed(request, invitation, state, 410)
    user = request.user if request.user.is_authenticated else None
    if user and user.email != invitation.email:
        return _closed(request, invitation, "foreign", 403)
    known = User.objects.filter(email=invitation.email).first()
    if known and not known.is_active:
        return _closed(request, invitation, "closed_account", 403)
    form = None
    if not known:
        given = request.POST if request.method == "POST" else None
        form = PersonForm(
            given, known_email=invitation.email, initial={"person_name": invitation.name}
        )
    if request.method == "POST" and (user or (form and form.is_valid())):
        return _accept(request, invitation, form)
    must_sign_in = bool(known and not user)
    status = 200 if request.method != "POST" else 403 if must_sign_in else 422
    return _page(request, invitation, form, status, must_sign_in=must_sign_in)


def _accept(request: HttpRequest, invitation: Invitation, form: PersonForm | None) -> HttpResponse:
    given: dict[str, Any] = form.cleaned_data if form else {}
    try:
        membership = accept_invitation(
            invitation=invitation,
            by=request.user if request.user.is_authenticated else None,
            name=given.get("person_name", ""),
            password=given.get("password", ""),
            at=timezone.now(),
        )
    except ValidationError as refusal:
        if form:
            form.add_error(None, refusal)
        return _page(request, invitation, form, 422, refusal=refusal)
    if not request.user.is_authenticated:
        login(request, membership.user, backend=BACKEND)
    messages.success(
        request,
        _("Your role in %(place)s is now %(role)s.")
        % {"role": membership.role_label.lower(), "place": membership.place},
    )
    return redirect(membership.place)


def _page(
    request: HttpRequest,
    invitation: Invitation,
    form: PersonForm | None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    words = TEAM_ROLES_EXPLAINED if invitation.team_id else ORGANISATION_ROLES_EXPLAINED
    return render(
        request,
        "teams/invitation/answer.html",
        {"invitation": invitation, "form": form, "explained": words[invitation.role], **more},
        status=status,
    )


def _closed(
    request: HttpRequest, invitation: Invitation | None, why: str, status: int
) -> HttpResponse:
    return render(
        request,
        "teams/invitation/closed.html",
        {"invitation": invitation, "why": str(why)},
        status=status,
    )
