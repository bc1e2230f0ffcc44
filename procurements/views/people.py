"""The people of a case, and the page that an invitation's link opens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import TemplateView, View

from config.page import faults
from procurements import due
from procurements.days import next_working_day, swedish_day
from procurements.duties import DECIDERS
from procurements.forms.case import OneButtonForm
from procurements.forms.people import (
    ChangeRoleForm,
    EndRoleForm,
    EngagementForm,
    GiveRoleForm,
    InterestsForm,
    InvitePersonForm,
    PromiseForm,
)
from procurements.models import CaseInvitation, CaseRole, Deadline, Task
from procurements.operations.case import inside
from procurements.operations.people import (
    accept_case_invitation,
    change_case_role,
    correct_interests,
    declared_by,
    end_case_role,
    invite_to_case,
    is_insider,
    joined_interests,
    offer_role,
    promise_secrecy,
    resend_case_invitation,
    withdraw_case_invitation,
)
from procurements.states import ROLE_SENTENCES, Role
from procurements.undelivered import is_untold
from procurements.views.base import CaseMixin, CaseOperation, Rewriting
from teams.forms.account import PersonForm
from teams.forms.begun import renew
from teams.models import InviteState, Membership, User
from teams.namesakes import namesakes
from teams.operations.roles import said_end
from teams.text import anywhere, clean_search, searched_words
from teams.views.welcome import BACKEND

FOUND_AT_MOST = 20


class People(CaseMixin, TemplateView):
    """Who has which role since when, who has had one, and who has been asked."""

    permission = "procurements.view_case"
    template_name = "procurements/people/list.html"
    tab = "case_people"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roles = self.case.roles.select_related("user").annotate(is_untold=is_untold())
        everyone = list(roles.order_by("from_on", "pk"))
        current = [one for one in everyone if not one.has_ended(self.today)]
        manages = self.request.user.has_perm("procurements.manage_people", self.case)
        invitations = (
            self.case.invitations.unanswered()
            .with_senders(self.today)
            .annotate(is_undelivered=CaseInvitation.letter_given_up())
            if manages
            else []
        )
        return super().get_context_data(**kwargs) | {
            "groups": _by_role(current),
            "namesakes": namesakes(one.user for one in current),
            "ended": [one for one in everyone if one not in current],
            "invitations": [
                {"row": one, "role": Role(one.role).label, "state": one.state(at=self.at)}
                for one in invitations
            ],
            "manages": manages,
            "today": self.today,
        }


def _faults(filled: Iterable[forms.Form]) -> list[tuple[Any, str, bool]]:
    """What is wrong in the forms of a page, each with its field and whether it names it."""
    found: list[tuple[Any, str, bool]] = []
    for form in filled:
        found += [(None, error, False) for error in form.non_field_errors()]
        found += [(field, *told) for field in form for told in faults(field)]
    return found


def _by_role(held: list[CaseRole]) -> list[dict[str, Any]]:
    return [
        {
            "label": role.label,
            "sentence": ROLE_SENTENCES[role],
            "rows": [one for one in held if one.role == role],
        }
        for role in Role
        if any(one.role == role for one in held)
    ]


class OfPeople(CaseOperation):
    """An operation on the people of a case, which comes back to their page."""

    permission = "procurements.manage_people"
    tab = "case_people"

    def get_success_url(self) -> str:
        return reverse("case_people", args=[self.case.number])


class GiveRole(OfPeople):
    """Find somebody of the authority or the team, and give them a role."""

    form_class = GiveRoleForm
    template_name = "procurements/people/give.html"
    perform = staticmethod(offer_role)

    @cached_property
    def looked_for(self) -> str:
        return clean_search(self.request.POST.get("find") or self.request.GET.get("find", ""))

    @property
    def known(self) -> Any:
        """People of the authority, what it is part of, its parts, and the team of the case."""
        places = inside(self.case.authority)
        if self.case.team_id:
            places |= Q(team=self.case.team_id) | Q(organisation__teams=self.case.team_id)
        members = Membership.objects.filter(places).on(self.today).values("user")
        people = User.objects.people().filter(pk__in=members, is_active=True)
        for word in map(anywhere, searched_words(self.looked_for)):
            people = people.filter(
                Q(name__iregex=word) | Q(email__iregex=word) | Q(title__iregex=word)
            )
        return people.order_by("name", "pk")

    @cached_property
    def found(self) -> list[User]:
        return list(self.known[: FOUND_AT_MOST + 1])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"people": self.found[:FOUND_AT_MOST]}

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET
        return {
            "role": asked.get("role", ""),
            "user": asked.get("user", ""),
            "from_on": self.today,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "looked_for": self.looked_for,
            "has_more": len(self.found) > FOUND_AT_MOST,
            "has_found": bool(self.found),
        }

    def get_success_url(self) -> str:
        if isinstance(self.done, CaseInvitation):
            words = _("%(name)s comes from outside the authority and has been invited.")
            self.said = words % {"name": self.done.name or self.done.email}
        return super().get_success_url()


class InvitePerson(OfPeople):
    form_class = InvitePersonForm
    template_name = "procurements/people/invite.html"
    perform = staticmethod(invite_to_case)
    said = gettext_lazy("The invitation is on its way.")

    def get_initial(self) -> dict[str, Any]:
        return {"language": self.request.user.language}


class OfRole(OfPeople):
    """An operation on one role that somebody has in the case."""

    def load(self) -> None:
        self.held = get_object_or_404(
            self.case.roles.select_related("user"), pk=self.kwargs["role"]
        )

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"held": self.held, **form.cleaned_data}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "held": self.held,
            "today": self.today,
            "is_own": self.held.user_id == self.request.user.pk,
            "decides_alone": self.decides_alone,
        }

    @property
    def decides_alone(self) -> bool:
        """Whether nobody else decides at the gates of the case, which goes on."""
        if self.held.role not in DECIDERS[0] or self.case.is_over:
            return False
        others = self.case.roles.exclude(pk=self.held.pk).filter(role__in=DECIDERS[0]).trusted()
        return not others.not_ended(self.today).exists()


class ChangeRole(OfRole):
    form_class = ChangeRoleForm
    template_name = "procurements/people/change.html"
    perform = staticmethod(change_case_role)

    def get_initial(self) -> dict[str, Any]:
        return {"from_on": max(next_working_day(self.today), self.held.from_on)}


class EndRole(OfRole):
    """End somebody's role; one's own may always be left."""

    form_class = EndRoleForm
    template_name = "procurements/people/end.html"
    perform = staticmethod(end_case_role)

    def load(self) -> None:
        super().load()
        if self.held.user_id == self.request.user.pk:
            self.permission = "procurements.leave_case"

    def get_initial(self) -> dict[str, Any]:
        first = max(self.today, self.held.from_on)
        return {"until_on": first, "was": said_end(self.held.until_on)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"left": self.left}

    @property
    def left(self) -> list[tuple[str, str]]:
        """What the person has left to do in the case, as far as the reader may know of it: titles
        and addresses. Nothing while they have another role, with which it stays theirs."""
        user, case = self.held.user, self.case
        others = case.roles.exclude(pk=self.held.pk).filter(user=user)
        if others.not_ended(self.today).exists():
            return []
        runs = {run.pk: run for run in case.phases_in_order}
        words, found = case.edition.words(), []
        tasks = Task.objects.open() if not case.is_over else Task.objects.none()
        for task in tasks.filter(case_phase__in=runs, assignee=user).select_related("step"):
            own = self.sight.sees_work(runs[task.case_phase_id]) or user == self.request.user
            if task.step or own:
                title = words(task.step, "title") if task.step else task.title
                found.append((title, reverse("task", args=[case.number, task.pk])))
        days = Deadline.objects.running(on=self.today).filter(case_phase__in=runs, responsible=user)
        for day in days:
            day.case_phase = runs[day.case_phase_id]
            day.case_phase.case = case
            if due.may_know(day, self.sight, self.request.user):
                url = reverse("deadline", args=[case.number, day.pk])
                found.append((due.deadline_title(day), url))
        return found

    def form_invalid(self, form: Any) -> HttpResponse:
        renew(form, "until_on", was=said_end(CaseRole.objects.get(pk=self.held.pk).until_on))
        return super().form_invalid(form)

    def get_success_url(self) -> str:
        # Whoever has just left may no longer see the case.
        left = self.held.user_id == self.request.user.pk
        return reverse("my_cases") if left else super().get_success_url()


class OfInvitation(OfPeople):
    form_class = OneButtonForm
    template_name = "procurements/people/press.html"

    def load(self) -> None:
        self.invitation = get_object_or_404(self.case.invitations, pk=self.kwargs["invitation"])

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"invitation": self.invitation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "invitation": self.invitation,
            "again": isinstance(self, ResendInvitation),
        }


class ResendInvitation(OfInvitation):
    perform = staticmethod(resend_case_invitation)
    said = gettext_lazy("The invitation is on its way again.")


class WithdrawInvitation(OfInvitation):
    perform = staticmethod(withdraw_case_invitation)
    said = gettext_lazy("The invitation is withdrawn. Its link no longer works.")


class Promise(CaseOperation):
    """Promise secrecy and declare interests, for somebody who is in the case from outside without
    it: who started it for another's authority, or has left the authority since."""

    permission = "procurements.promise_secrecy"
    form_class = PromiseForm
    template_name = "procurements/people/promise.html"
    perform = staticmethod(promise_secrecy)
    tab = "case_people"

    def load(self) -> None:
        if not self.sight.roles or self.sight.has_undertaken:
            raise Http404


class CorrectInterests(Rewriting):
    """Correct or add to the interests that one has declared oneself."""

    permission = "procurements.promise_secrecy"
    started_from = "was"
    form_class = InterestsForm
    template_name = "procurements/people/interests.html"
    perform = staticmethod(correct_interests)
    tab = "case_people"
    said = gettext_lazy("Your interests are corrected")

    def load(self) -> None:
        declared = declared_by(self.request.user, self.case, on=self.today)
        if not declared:
            raise Http404
        self.declared = joined_interests(declared)

    def get_initial(self) -> dict[str, Any]:
        return {"interests": self.declared, "was": self.declared}

    def arguments(self, form: Any) -> dict[str, Any]:
        given = form.cleaned_data
        return {"interests": given["interests"], "was": given["was"] or None}

    def saved_now(self) -> dict[str, str]:
        return {"interests": self.declared}

    def started_now(self) -> str:
        return self.declared

    def get_success_url(self) -> str:
        return reverse("case_people", args=[self.case.number])


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters("password", "password_again"), name="dispatch")
class AcceptInvitation(View):
    """What the link in the letter opens: say who you are, promise, declare, take part.

    Unknown is 404, used, withdrawn or expired is 410, and somebody else's is 403.
    """

    def dispatch(self, request: HttpRequest, *args: Any, token: str, **kwargs: Any) -> Any:
        self.at = timezone.now()
        invitation = CaseInvitation.find(token)
        if invitation is None:
            return self._closed(None, "unknown", 404)
        self.invitation = invitation
        state = invitation.state(at=self.at)
        if state is not InviteState.WAITING:
            return self._closed(invitation, state, 410)
        self.person = request.user if request.user.is_authenticated else None
        if self.person and self.person.email != invitation.email:
            return self._closed(invitation, "foreign", 403)
        self.known = User.objects.filter(email=invitation.email).first()
        if self.known and not self.known.is_active:
            return self._closed(invitation, "closed_account", 403)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(self._forms(None))

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.known and not self.person:
            return self._page({}, status=403)
        filled = self._forms(request.POST)
        valid = [form.is_valid() for form in filled.values()]
        if not all(valid):
            return self._page(filled, status=422)
        given: dict[str, Any] = {}
        for form in filled.values():
            given |= form.cleaned_data
        try:
            held = accept_case_invitation(
                invitation=self.invitation,
                by=self.person,
                name=given.get("person_name", ""),
                password=given.get("password", ""),
                has_promised=given.get("has_promised", False),
                interests=given.get("interests", ""),
                at=self.at,
            )
        except ValidationError as refusal:
            return self._page(filled, status=422, refusal=refusal)
        if not self.person:
            login(request, held.user, backend=BACKEND)
        messages.success(request, _("You now have a role in the case."))
        return redirect(held.case)

    @cached_property
    def is_engagement(self) -> bool:
        authority = self.invitation.case.authority
        today = swedish_day(self.at)
        return self.known is None or not is_insider(self.known, authority, on=today)

    def _forms(self, given: Any) -> dict[str, forms.Form]:
        found: dict[str, forms.Form] = {}
        if not self.known:
            email, name = self.invitation.email, self.invitation.name
            found["account"] = PersonForm(given, known_email=email, initial={"person_name": name})
        if self.is_engagement:
            found["engagement"] = EngagementForm(given)
        return found

    def _page(self, filled: dict[str, forms.Form], status: int = 200, **more: Any) -> HttpResponse:
        role = Role(self.invitation.role)
        return render(
            self.request,
            "procurements/people/accept.html",
            {
                "invitation": self.invitation,
                "case": self.invitation.case,
                "role": role.label,
                "explained": ROLE_SENTENCES[role],
                "forms": filled,
                "faults": _faults(filled.values()),
                "is_engagement": self.is_engagement,
                "must_sign_in": bool(self.known and not self.person),
                **more,
            },
            status=status,
        )

    def _closed(self, invitation: CaseInvitation | None, why: str, status: int) -> HttpResponse:
        words = {"invitation": invitation, "why": str(why)}
        return render(self.request, "teams/invitation/closed.html", words, status=status)
