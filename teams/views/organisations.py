from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from teams import identity
from teams.forms.accessibility import StatementForm
from teams.forms.organisations import (
    ChangeOrganisationForm,
    NewOrganisationForm,
    OrganisationForm,
    PartDetailsForm,
    PartForm,
)
from teams.models import (
    AccessibilityFeedback,
    AccessibilityStatement,
    Invitation,
    InviteState,
    Membership,
    Organisation,
)
from teams.operations.accessibility import edit_statement
from teams.operations.letters import send_letters_again
from teams.operations.organisations import add_organisation, add_part, edit_organisation
from teams.statement import default_statement
from teams.text import anywhere, clean_search, searched_words
from teams.undelivered import looked_after_at, undelivered
from teams.views.base import OperationView, OrganisationMixin, SignedInMixin, press

ON_A_PAGE = 50


def people_of(place: Any, query: Mapping[str, str], *, with_addresses: bool) -> dict[str, Any]:
    """The people of an organisation or team, as an address asks for them, those who left, and the
    invitations that wait. Who sees the addresses finds people by them."""
    today, now = timezone.localdate(), timezone.now()
    rows = list(place.memberships.select_related("user", "organisation", "team"))
    waiting = [
        (invitation, invitation.state(at=now))
        for invitation in place.invitations.unanswered()
        .select_related("organisation", "team", "invited_by")
        .annotate(is_undelivered=Invitation.letter_given_up())
        .with_senders(today)
    ]
    present = [row for row in rows if not row.has_ended(today)]
    asked = clean_search(query.get("q", ""))
    found = [
        row
        for row in present
        if all(word in _said(row, with_addresses) for word in asked.casefold().split())
    ]
    page = Paginator(found, ON_A_PAGE).get_page(query.get("page"))
    return {
        "asked": asked,
        "total": len(present),
        "page": page,
        "present": list(page),
        "past": [row for row in rows if row.has_ended(today)],
        "waiting": waiting,
        "expired": InviteState.EXPIRED,
        "sender_left": InviteState.SENDER_LEFT,
        "today": today,
    }


def _said(row: Membership, with_addresses: bool) -> str:
    one = row.user
    address = one.email if with_addresses else ""
    return f"{one.name} {one.title} {row.role_label} {address}".casefold()


def _parts(**asked: str) -> QuerySet[Organisation]:
    return Organisation.objects.filter(parent=OuterRef("pk"), **asked)


class OrganisationList(SignedInMixin, TemplateView):
    permission = "teams.list_organisations"
    template_name = "teams/organisation/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = clean_search(self.request.GET.get("q", ""))
        visible = Organisation.objects.visible_to(self.person)
        found = visible.tops()
        if number := identity.asked_for(asked):
            found = found.filter(Q(number=number) | Exists(_parts(number=number)))
        else:
            for word in map(anywhere, searched_words(asked)):
                found = found.filter(Q(name__iregex=word) | Exists(_parts(name__iregex=word)))
        page = Paginator(
            found.prefetch_related(Prefetch("parts", Organisation.objects.all())),
            ON_A_PAGE,
        ).get_page(self.request.GET.get("page"))
        own = Membership.objects.filter(user=self.person).on(timezone.localdate())
        roles = {row.organisation_id: row.role_label for row in own if row.organisation_id}
        rows = [
            (
                place,
                roles.get(place.pk, ""),
                [(part, roles.get(part.pk, "")) for part in place.parts.all()],
            )
            for place in page
        ]
        return super().get_context_data(
            page=page,
            rows=rows,
            asked=asked,
            may_add=self.person.has_perm("teams.add_organisation"),
            **kwargs,
        )


class OrganisationDetail(OrganisationMixin, TemplateView):
    permission = "teams.view_organisation"
    template_name = "teams/organisation/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        holding = Q(memberships__from_on__lte=today) & (
            Q(memberships__until_on=None) | Q(memberships__until_on__gt=today)
        )
        parts = self.place.parts.annotate(people=Count("memberships", filter=holding))
        # Not who looks after it for want of an administrator (decision 11). Who is told manages.
        is_told = self.person.has_perm("teams.read_feedback", self.place)
        may_manage = is_told or self.person.has_perm("teams.manage_organisation", self.place)
        # Who closes any account (decision 35).
        runs_all = self.person.has_perm("teams.add_organisation")
        return super().get_context_data(
            organisation=self.place,
            parts=parts,
            teams=self.place.teams.visible_to(self.person),
            may_manage=may_manage,
            may_read_feedback=is_told,
            runs_all=runs_all,
            may_open=may_manage or runs_all,
            undelivered=undelivered(self.place, on=today) if is_told else None,
            **people_of(self.place, self.request.GET, with_addresses=may_manage),
            **kwargs,
        )


class AddOrganisation(SignedInMixin, OperationView):
    permission = "teams.add_organisation"
    form_class = NewOrganisationForm
    heading = _("Add an organisation")
    lead = _("Then invite its first administrator.")
    label = _("Add the organisation")
    done = _("The organisation is added. Invite its first administrator.")
    initial = {"kind": "municipality"}

    def perform(self, form: Any) -> Organisation:
        return add_organisation(
            details=form.details(),
            parts=form.cleaned_data["parts"],
            by=self.person,
            at=timezone.now(),
        )

    def back(self) -> str:
        return reverse("organisations")

    def after(self, result: Organisation) -> str:
        return reverse("invite_to_organisation", args=[result.pk])

    def crumbs(self) -> list[tuple[str, str]]:
        return [(reverse("organisations"), str(_("Organisations")))]


class _OfOrganisation(OrganisationMixin, OperationView):
    """A form about one organisation, which it leads back to."""

    def back(self) -> str:
        return self.place.get_absolute_url()

    def crumbs(self) -> list[tuple[str, str]]:
        above = [self.place.parent] if self.place.parent else []
        return [
            (reverse("organisations"), str(_("Organisations"))),
            *((place.get_absolute_url(), place.name) for place in [*above, self.place]),
        ]


class EditOrganisation(_OfOrganisation):
    permission = "teams.manage_organisation"
    heading = _("Edit the details")
    label = _("Save the details")
    done = _("The details are saved.")

    def get_form_class(self) -> type[OrganisationForm]:
        return PartDetailsForm if self.place.parent_id else ChangeOrganisationForm

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.place, name) for name in OrganisationForm.detail_names}

    def perform(self, form: Any) -> Organisation:
        return edit_organisation(
            organisation=self.place,
            details=form.details(),
            began=form.began,
            by=self.person,
            at=timezone.now(),
        )


class AddPart(_OfOrganisation):
    permission = "teams.add_part"
    form_class = PartForm
    heading = _("Add a part")
    lead = _("A case belongs to the part that decides in it.")
    label = _("Add the part")
    done = _("The part is added.")

    def perform(self, form: Any) -> Organisation:
        return add_part(
            organisation=self.place,
            name=form.cleaned_data["name"],
            by=self.person,
            at=timezone.now(),
        )


class EditStatement(_OfOrganisation):
    permission = "teams.edit_statement"
    form_class = StatementForm
    heading = _("Edit the accessibility statement")
    lead = _("The statement is public. Look through it at least once a year.")
    label = _("Save the statement")
    done = _("The statement is saved.")

    def get_initial(self) -> dict[str, Any]:
        own = AccessibilityStatement.objects.filter(organisation=self.place).first()
        statement = own or default_statement(self.place)
        return {name: getattr(statement, name) for name in StatementForm.base_fields}

    def perform(self, form: Any) -> AccessibilityStatement:
        return edit_statement(
            organisation=self.place,
            details=form.cleaned_data,
            began=form.began,
            by=self.person,
            at=timezone.now(),
        )

    def after(self, result: AccessibilityStatement) -> str:
        return reverse("accessibility_of", args=[self.place.pk])


class Feedback(OrganisationMixin, TemplateView):
    """What people told about accessibility, also when no letter about it could be delivered."""

    permission = "teams.read_feedback"
    template_name = "teams/organisation/feedback.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        places = looked_after_at(self.place, on=timezone.localdate())
        told = AccessibilityFeedback.objects.filter(organisation__in=places)
        page = Paginator(told.select_related("organisation"), ON_A_PAGE)
        return super().get_context_data(
            organisation=self.place, page=page.get_page(self.request.GET.get("page")), **kwargs
        )


class SendLettersAgain(OrganisationMixin, View):
    permission = "teams.send_letters_again"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        done = _("It is being tried again.")
        back = self.place.get_absolute_url()
        return press(request, send_letters_again, done, back, organisation=self.place)
