from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from teams.forms.organisations import ChangeTeamForm, NewTeamForm
from teams.models import Membership, Organisation, Team, User
from teams.operations.organisations import (
    add_team,
    agree_to_team,
    edit_team,
    take_back_agreement,
)
from teams.views.base import OperationView, SignedInMixin, TeamMixin, press
from teams.views.organisations import people_of


class TeamList(SignedInMixin, TemplateView):
    permission = "teams.list_teams"
    template_name = "teams/team/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visible = Team.objects.visible_to(self.person).prefetch_related("organisations")
        own = Membership.objects.filter(user=self.person).on(timezone.localdate())
        roles = {row.team_id: row.role_label for row in own if row.team_id}
        return super().get_context_data(
            rows=[(team, roles.get(team.pk, "")) for team in visible],
            may_add=self.person.has_perm("teams.add_team"),
            **kwargs,
        )


class TeamDetail(TeamMixin, TemplateView):
    permission = "teams.view_team"
    template_name = "teams/team/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_manage = self.person.has_perm("teams.manage_team", self.place)
        return super().get_context_data(
            team=self.place,
            affiliations=self.place.affiliations.select_related("organisation", "agreed_by"),
            may_manage=may_manage,
            answers_for=set(
                Organisation.objects.administered_by(self.person).values_list("pk", flat=True)
            ),
            **people_of(self.place, self.request.GET, with_addresses=may_manage),
            **kwargs,
        )


class AboutAffiliation(SignedInMixin, View):
    """What an administrator of an organisation says to a team that it is in."""

    permission = "teams.agree_to_team"

    def load(self, user: User, **kwargs: Any) -> Organisation:
        team = get_object_or_404(Team.objects.visible_to(user), pk=kwargs["pk"])
        rows = team.affiliations.select_related("organisation")
        self.affiliation = get_object_or_404(rows, organisation__pk=kwargs["organisation"])
        self.back = team.get_absolute_url()
        return self.affiliation.organisation


class AgreeToTeam(AboutAffiliation):
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        done = _("The team may start cases in the organisation's name.")
        return press(request, agree_to_team, done, self.back, affiliation=self.affiliation)


class TakeBackAgreement(AboutAffiliation):
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        done = _("The team starts no more cases in the organisation's name.")
        return press(request, take_back_agreement, done, self.back, affiliation=self.affiliation)


class AddTeam(SignedInMixin, OperationView):
    permission = "teams.add_team"
    form_class = NewTeamForm
    heading = _("Add a team")
    lead = _("A team is organisations that lead cases together. You become its first lead.")
    label = _("Add the team")
    done = _("The team is added.")

    def choices(self) -> QuerySet[Organisation]:
        return Organisation.objects.visible_to(self.person).tops()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"choices": self.choices()}

    def perform(self, form: Any) -> Team:
        return add_team(
            details=form.details(),
            organisations=form.cleaned_data["organisations"],
            by=self.person,
            at=timezone.now(),
        )

    def back(self) -> str:
        return reverse("teams")

    def after(self, result: Team) -> str:
        return result.get_absolute_url()

    def crumbs(self) -> list[tuple[str, str]]:
        return [(reverse("teams"), str(_("Teams")))]


class EditTeam(TeamMixin, OperationView):
    permission = "teams.manage_team"
    form_class = ChangeTeamForm
    heading = _("Edit the team")
    label = _("Save the team")
    done = _("The team is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        # Those already in the team can be kept although the person does not see them otherwise.
        visible = Organisation.objects.visible_to(self.person).tops()
        choices = (visible | self.place.organisations.all()).distinct()
        return super().get_form_kwargs() | {"choices": choices}

    def get_initial(self) -> dict[str, Any]:
        return {
            "name_sv": self.place.name_sv,
            "name_en": self.place.name_en,
            "organisations": list(self.place.organisations.values_list("pk", flat=True)),
            "intermediary": self.place.intermediary_id,
        }

    def perform(self, form: Any) -> Team:
        return edit_team(
            team=self.place,
            details=form.details(),
            organisations=form.cleaned_data["organisations"],
            began=form.began,
            began_members=form.began_members,
            by=self.person,
            at=timezone.now(),
        )

    def back(self) -> str:
        return self.place.get_absolute_url()

    def crumbs(self) -> list[tuple[str, str]]:
        return [
            (reverse("teams"), str(_("Teams"))),
            (self.place.get_absolute_url(), self.place.name),
        ]
