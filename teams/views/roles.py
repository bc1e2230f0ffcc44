from datetime import date
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teams.forms.begun import renew
from teams.forms.roles import ChangeRoleForm, EndRoleForm, InviteForm
from teams.models import Invitation, Membership, Organisation, Team, User
from teams.operations.roles import (
    change_role,
    end_role,
    invite,
    resend_invitation,
    said_end,
    withdraw_invitation,
)
from teams.views.base import OperationView, OrganisationMixin, SignedInMixin, TeamMixin, press


def place_crumbs(place: Organisation | Team) -> list[tuple[str, str]]:
    if isinstance(place, Team):
        first = (reverse("teams"), gettext("Teams"))
    else:
        first = (reverse("organisations"), gettext("Organisations"))
    return [first, (place.get_absolute_url(), place.name)]


class _Invite(OperationView):
    form_class = InviteForm
    label = _("Send the invitation")
    done = _("The invitation is on its way.")
    place: Any

    def get_initial(self) -> dict[str, Any]:
        return {"role": "member", "language": self.request.user.language}  # type: ignore[union-attr]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"place": self.place}

    def perform(self, form: Any) -> Invitation:
        return invite(
            place=self.place,
            by=cast(User, self.request.user),
            at=timezone.now(),
            **form.cleaned_data,
        )

    def back(self) -> str:
        return str(self.place.get_absolute_url())

    def crumbs(self) -> list[tuple[str, str]]:
        return place_crumbs(self.place)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        heading = gettext("Invite to %(place)s") % {"place": self.place}
        lead = gettext("The person gets an e-mail with a link that works once, for fourteen days.")
        return super().get_context_data(heading=heading, lead=lead, **kwargs)


class InviteToOrganisation(OrganisationMixin, _Invite):
    permission = "teams.manage_organisation"


class InviteToTeam(TeamMixin, _Invite):
    permission = "teams.manage_team"


def roles_seen_by(user: User) -> Any:
    """Roles in the places the person sees, and the person's own."""
    return Membership.objects.select_related("user", "organisation", "team").filter(
        Q(user=user)
        | Q(organisation__in=Organisation.objects.visible_to(user).values("pk"))
        | Q(team__in=Team.objects.visible_to(user).values("pk"))
    )


class _OfMembership(SignedInMixin, OperationView):
    membership: Membership

    def load(self, user: User, **kwargs: Any) -> Membership:
        self.membership = get_object_or_404(roles_seen_by(user), pk=kwargs["pk"])
        return self.membership

    @property
    def first_day(self) -> date:
        """Today, or the day on which a role to come begins: it neither ends nor changes before."""
        return max(timezone.localdate(), self.membership.from_on)

    def back(self) -> str:
        return self.membership.place.get_absolute_url()

    def crumbs(self) -> list[tuple[str, str]]:
        return place_crumbs(self.membership.place)


class ChangeRole(_OfMembership):
    permission = "teams.change_role"
    form_class = ChangeRoleForm
    label = _("Change the role")
    done = _("The role is changed.")

    def get_initial(self) -> dict[str, Any]:
        return {"role": self.membership.role, "from_on": self.first_day}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"place": self.membership.place}

    def perform(self, form: Any) -> Membership:
        return change_role(
            membership=self.membership, by=self.person, at=timezone.now(), **form.cleaned_data
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        heading = gettext("Change the role of %(name)s") % {"name": self.membership.user}
        return super().get_context_data(heading=heading, **kwargs)


class EndRole(_OfMembership):
    permission = "teams.end_role"
    template_name = "teams/roles/end.html"
    form_class = EndRoleForm
    label = _("End the role")
    done = _("The role is ended.")

    def get_initial(self) -> dict[str, Any]:
        return {"until_on": self.first_day, "was": said_end(self.membership.until_on)}

    def perform(self, form: Any) -> Membership:
        return end_role(
            membership=self.membership, by=self.person, at=timezone.now(), **form.cleaned_data
        )

    def form_invalid(self, form: Any) -> HttpResponse:
        renew(
            form, "until_on", was=said_end(Membership.objects.get(pk=self.membership.pk).until_on)
        )
        return super().form_invalid(form)

    def after(self, result: Membership) -> str:
        # Whoever has just left may no longer see the place.
        return reverse("account") if result.user_id == self.person.pk else self.back()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = self.membership
        if held.user_id == self.person.pk:
            heading = gettext("Leave %(place)s") % {"place": held.place}
        else:
            heading = gettext("End the role of %(name)s") % {"name": held.user}
        lead = gettext("%(name)s is %(role)s in %(place)s since %(day)s.") % {
            "name": held.user,
            "role": held.role_label.lower(),
            "place": held.place,
            "day": date_format(held.from_on),
        }
        may_close = self.person.has_perm("teams.close_account", held.user)
        return super().get_context_data(
            heading=heading, lead=lead, held=held, may_close=may_close, **kwargs
        )


def _invitation(request: HttpRequest, pk: int) -> Invitation:
    user = request.user
    seen = Invitation.objects.select_related("organisation__parent", "team").filter(
        Q(organisation__in=Organisation.objects.visible_to(user).values("pk"))
        | Q(team__in=Team.objects.visible_to(user).values("pk"))
    )
    invitation = get_object_or_404(seen, pk=pk)
    if not user.has_perm("teams.answer_for_invitation", invitation):
        raise PermissionDenied
    return invitation


@require_POST
@login_required
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = _invitation(request, pk)
    back = invitation.place.get_absolute_url()
    done = _("The invitation is on its way again.")
    return press(request, resend_invitation, done, back, invitation=invitation)


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = _invitation(request, pk)
    back = invitation.place.get_absolute_url()
    done = _("The invitation is withdrawn. Its link no longer works.")
    return press(request, withdraw_invitation, done, back, invitation=invitation)
