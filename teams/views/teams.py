from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from teams.forms.organisations import ChangeTeamForm, NewTeamForm
from teams.models import Membership, Organisation, Team
from teams.operations.organisations import add_team, edit_team
from teams.views.base import OperationView, SignedInMixin, TeamMixin
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
        return super().get_context_data(
            team=self.place,
            organisations=self.place.organisations.all(),
            may_manage=self.person.has_perm("teams.manage_team", self.place),
            **people_of(self.place),
            **kwargs,
        )


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
