"""Start a case: fill in, look at the plan, and write it down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from handbook.models import Edition
from handbook.words import words_of_many
from procurements import planning
from procurements.days import next_working_day, swedish_day
from procurements.forms.start import StartForm, name_of
from procurements.operations.case import start_case
from procurements.states import Role
from teams import identity
from teams.models import (
    Affiliation,
    Membership,
    Organisation,
    OrganisationRole,
    Team,
    TeamRole,
    User,
)
from teams.text import clean_search

if TYPE_CHECKING:
    from handbook.words import Words

# More than this and the list wants a search box.
FEW = 8


def authorities_for(user: User, *, on: Any) -> QuerySet[Organisation]:
    """Where the person may start cases: as editor or administrator, or with a team they lead that
    the organisation has agreed to."""
    mine = Membership.objects.filter(user=user).on(on)
    works = mine.filter(role__in=[OrganisationRole.ADMINISTRATOR, OrganisationRole.EDITOR])
    leads = mine.filter(role=TeamRole.LEAD, team__isnull=False)
    tops = Organisation.objects.filter(
        Q(pk__in=works.values("organisation"))
        | Q(
            affiliations__team__in=leads.values("team"),
            affiliations__agreed_at__isnull=False,
        )
    ).values("pk")
    return (
        Organisation.objects.filter(Q(pk__in=tops) | Q(parent__in=tops))
        .select_related("parent")
        .order_by("parent__name", "name", "pk")
    )


def waited_for(user: User, *, on: Any) -> QuerySet[Organisation]:
    """Organisations of the teams that the person leads, where nobody has agreed yet."""
    leads = Membership.objects.filter(user=user, role=TeamRole.LEAD).on(on)
    asked = Affiliation.objects.filter(team__in=leads.values("team"), agreed_at=None)
    return Organisation.objects.filter(pk__in=asked.values("organisation")).exclude(
        pk__in=authorities_for(user, on=on).values("pk")
    )


def grouped(
    authorities: list[Organisation],
) -> list[tuple[Organisation | None, list[Organisation]]]:
    """Parts under what they are part of; wholes first within their own group."""
    groups: dict[str, tuple[Organisation | None, list[Organisation]]] = {}
    for one in authorities:
        whole = one.parent or one
        groups.setdefault(whole.name, (whole, []))[1].append(one)
    return [
        (whole, sorted(rows, key=lambda one: (one.parent_id is not None, one.name)))
        for _name, (whole, rows) in sorted(groups.items())
    ]


class MayStart(LoginRequiredMixin):
    """For people who may start cases somewhere."""

    permission = "procurements.start_case"
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        self.at = timezone.now()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    @cached_property
    def authorities(self) -> list[Organisation]:
        return list(authorities_for(self.person, on=swedish_day(self.at)))

    def choices(self, looked_for: str, chosen: str) -> dict[str, Any]:
        """The authorities to choose among, by what was searched for; the chosen one stays."""
        asked = clean_search(looked_for)
        words = (identity.asked_for(asked) or asked).casefold().split()
        found = [
            one
            for one in self.authorities
            if str(one.pk) == chosen or all(word in name_of(one).casefold() for word in words)
        ]
        return {
            "groups": grouped(found),
            "looked_for": looked_for,
            "chosen": chosen,
            "has_search": len(self.authorities) > FEW,
            "authorities_total": len(self.authorities),
            "authorities_found": len(found),
        }


class Authorities(MayStart, TemplateView):
    """The authorities that fit a search, to be put into the form."""

    template_name = "procurements/case/_authorities.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        chosen = asked.get("authority", "")
        return super().get_context_data(**kwargs) | self.choices(asked.get("find", ""), chosen)


class StartCase(MayStart, FormView):
    """Fill in the case; look at its plan before it is written down."""

    form_class = StartForm
    template_name = "procurements/case/new.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "authorities": self.authorities,
            "teams": Team.objects.visible_to(self.request.user, on=swedish_day(self.at)),
            "editions": self.editions,
            "by": self.person,
            "on": swedish_day(self.at),
        }

    @cached_property
    def editions(self) -> list[tuple[Edition, Words]]:
        editions = list(Edition.objects.current().select_related("handbook"))
        words = words_of_many(editions)
        return [(edition, words[edition.pk]) for edition in editions]

    def get_initial(self) -> dict[str, Any]:
        return {
            "planned_start_on": next_working_day(swedish_day(self.at)),
            "role": Role.PROCURER,
            "edition": str(self.editions[0][0].pk) if self.editions else "",
            "authority": str(self.authorities[0].pk) if len(self.authorities) == 1 else "",
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Searching for an authority, and going back from the plan, keep what was typed.
        if "look" in request.POST or "change" in request.POST:
            form = self.form_class(**self.get_form_kwargs() | {"data": None, "files": None})
            form.initial = self.get_initial() | _typed(request.POST)
            return self.render_to_response(self.get_context_data(form=form))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: StartForm) -> HttpResponse:
        if "confirmed" not in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form, plan=self.plan(form)))
        cleaned = dict(form.cleaned_data)
        try:
            case = start_case(by=self.person, at=self.at, **cleaned)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.form_invalid(form)
        messages.success(self.request, _("The case is there, as a draft."))
        return redirect(case)

    def form_invalid(self, form: StartForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def plan(self, form: StartForm) -> dict[str, Any]:
        """The phases with their days, and the steps that the context leaves out."""
        given = form.cleaned_data
        edition, context = given["edition"], given["context"]
        words = {one.pk: words for one, words in self.editions}[edition.pk]
        phases = list(edition.phases.order_by("number").prefetch_related("steps"))
        days = planning.plan(
            [(phase.length_days, phase.decision_days) for phase in phases],
            given["planned_start_on"],
        )
        left_out = [
            f"{phase.number}.{step.number} {words(step, 'title')}"
            for phase in phases
            for step in phase.steps.all()
            if not step.applies_in(context)
        ]
        return {
            "rows": [
                {"phase": phase, "title": words(phase, "title"), "days": planned}
                for phase, planned in zip(phases, days, strict=True)
            ],
            "left_out": left_out,
            "context": words(f"context:{context}", "title") or dict(form.contexts)[context],
            "authority": name_of(given["authority"]),
            "edition": f"{words('edition', 'title')} {edition.version}",
            "role": Role(given["role"]).label,
            "given": given,
            "typed": [(name, value) for name, value in _typed(self.request.POST).items()],
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        if "plan" in context:
            self.template_name = "procurements/case/planned.html"
            return context
        chosen = str(form["authority"].value() or "")
        looked_for = self.request.POST.get("find", "")
        return (
            context
            | self.choices(looked_for, chosen)
            | {"waited_for": waited_for(self.person, on=swedish_day(self.at))}
        )


def _typed(post: QueryDict) -> dict[str, str]:
    names = [name for name in StartForm.base_fields if name in post]
    return {name: post[name] for name in names}
