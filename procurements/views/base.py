"""The two ways into a case: look at it, and carry out one operation on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from config.written import written
from documents.files import forget_unused
from documents.models import StoredFile
from handbook.comparing import Compared, compare
from procurements.days import swedish_day
from procurements.models import Case, CasePhase, Insight, Participant
from procurements.sight import Sight
from procurements.states import CaseState
from procurements.views.tabs import facts_of, tabs_of, with_counts
from teams.forms.begun import renew
from teams.models import User
from teams.views.base import add_refusal

# The look (_state.html) of a case that is not going on, which its own state says all of.
LOOKS = {
    CaseState.DRAFT: "utkast",
    CaseState.PAUSED: "pausad",
    CaseState.STOPPED: "avslutad",
    CaseState.COMPLETED: "klar",
}


class OwnMixin(LoginRequiredMixin):
    """A page over all cases of the person who has signed in, as of one moment."""

    request: Any

    @property
    def person(self) -> User:
        return cast("User", self.request.user)

    @cached_property
    def at(self) -> datetime:
        return timezone.now()

    @cached_property
    def today(self) -> date:
        return swedish_day(self.at)

    @cached_property
    def number(self) -> int:
        """The page of the list that is asked for, the first where it is no number."""
        asked = self.request.GET.get("page", "1")
        return max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1


@written
def case_seen(*, user_id: int, on: date, number: int) -> QuerySet[Case]:
    """The case of a number, if the person may know of it on that day."""
    visible = with_counts(Case.objects.visible_to(User(pk=user_id), on=on)).order_by()
    return visible.filter(number=number).select_related(
        "authority__parent", "team", "edition__handbook"
    )


def run_named(case: Case, key: str, attempt: str | None) -> CasePhase:
    """The run of a phase that an address names: the latest, unless it says which. Else 404."""
    runs = [run for run in case.phases_in_order if run.phase.key == key]
    if attempt:
        runs = [run for run in runs if str(run.attempt) == attempt]
    if not runs:
        raise Http404
    return runs[-1]


class CaseMixin(LoginRequiredMixin):
    """Load the case named in the address, if the person may know of it, and ask one permission."""

    permission: str
    # The URL name of the tab that is open, where the address does not tell.
    tab = ""
    # Of somebody who has signed in: its user is a person.
    request: Any
    kwargs: dict[str, Any]
    case: Case
    at: datetime

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.at = timezone.now()
        found = case_seen(user_id=request.user.pk, on=timezone.localdate(), number=kwargs["number"])
        if not found:
            raise Http404
        self.case = found[0]
        self.load()
        if not request.user.has_perm(self.permission, self.case):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def load(self) -> None:
        """Load what else the address names; missing or invisible is 404."""

    @cached_property
    def today(self) -> date:
        return swedish_day(self.at)

    @cached_property
    def sight(self) -> Sight:
        return Sight.of(self.case, self.request.user, at=self.at)

    @cached_property
    def participants(self) -> list[Participant] | None:
        """Suppliers of the case, or None when nothing of them may be seen now."""
        if not self.sight.sees_suppliers:
            return None
        return list(self.case.participants.select_related("admitted_in", "left_in"))

    @property
    def diary(self) -> QuerySet[Insight]:
        """The entries of the insight diary that the person may read, newest first."""
        read = self.sight.diary_read_by(self.request.user)
        return self.case.insights.filter(read).order_by("-number")

    @property
    def above(self) -> dict[str, Any]:
        """What every page of a case shows above its own."""
        user, case, sight = self.request.user, self.case, self.sight
        return {
            "case": case,
            "sight": sight,
            "facts": facts_of(case, sight),
            "tabs": tabs_of(case, sight, self.request.path, current=self.tab),
            "can": {"run": user.has_perm("procurements.run_case", case)},
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return self.above | context


class CaseOperation(CaseMixin, FormView):
    """A form that carries out one operation on a case."""

    perform: Callable[..., object]
    # What the operation gave back.
    done: Any
    # What the next page says was done; what was kept of the form on the device goes with it.
    said: str | Promise = _("Saved")
    # How the browser is sent on to it.
    status_when_done = 302

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"case": self.case}

    def arguments(self, form: Any) -> dict[str, Any]:
        """What the operation is called with beside case, by and at."""
        return dict(form.cleaned_data)

    sent: forms.Form | None = None

    def get_form(self, form_class: Any = None) -> Any:
        self.sent = super().get_form(form_class)
        return self.sent

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().post(request, *args, **kwargs)
        if answer.status_code == 422:
            # A file that came with what was refused is sent anew with what is put right.
            given = getattr(self.sent, "cleaned_data", {}).values()
            forget_unused(one for one in given if isinstance(one, StoredFile))
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            self.done = self.perform(
                case=self.case, by=self.request.user, at=self.at, **self.arguments(form)
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)
        url = self.get_success_url()
        self.tell()
        return HttpResponseRedirect(url, status=self.status_when_done)

    def tell(self) -> None:
        messages.success(self.request, str(self.said))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_success_url(self) -> str:
        return self.case.get_absolute_url()


class BothTexts:
    """A form over a text that somebody else may save meanwhile. It carries what it started from;
    refused as stale, it shows what is saved beside what was typed, and starts from there."""

    started_from = "started_from"
    conflict: list[tuple[str, Compared]]

    def saved_now(self) -> dict[str, str]:
        """The texts that are saved, by the form's field."""
        raise NotImplementedError

    def started_now(self) -> str:
        """What a form begun now would carry."""
        raise NotImplementedError

    def began_now(self) -> dict[str, str]:
        """The same with all that tells what a form was begun from."""
        return {self.started_from: self.started_now()}

    def look_at_both(self, form: forms.Form) -> None:
        """The writer has seen the other text now: the next press is meant."""
        if not form.has_error(NON_FIELD_ERRORS, "stale"):
            return
        saved_now = {n: saved for n, saved in self.saved_now().items() if n in form.fields}
        renew(form, NON_FIELD_ERRORS, saved=saved_now, **self.began_now())
        pairs = []
        for name, saved in saved_now.items():
            field, given = form.fields[name], in_words(form.cleaned_data.get(name))
            words = dict(getattr(field, "choices", ()))
            both = compare(str(words.get(saved, saved)), str(words.get(given, given)))
            pairs.append((str(getattr(field, "told_as", field.label)), both))
        self.conflict = [(label, both) for label, both in pairs if both.differs]

    def form_invalid(self, form: Any) -> HttpResponse:
        self.look_at_both(form)
        refused: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        return refused

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context | {"conflict": getattr(self, "conflict", [])}


class Rewriting(BothTexts, CaseOperation):
    """An operation on one text."""


class CorrectingReason(Rewriting):
    """Correct why something was done; the page knows the words that stand now."""

    started_from = "was"
    said = _("The reason is corrected")
    # What the operation calls that which was done.
    about: str

    @property
    def reason(self) -> str:
        raise NotImplementedError

    def get_initial(self) -> dict[str, Any]:
        return {"reason": self.reason, "was": self.reason}

    def arguments(self, form: Any) -> dict[str, Any]:
        given = form.cleaned_data
        return {
            self.about: getattr(self, self.about),
            "reason": given["reason"],
            "was": given["was"] or None,
        }

    def saved_now(self) -> dict[str, str]:
        return {"reason": self.reason}

    def started_now(self) -> str:
        return self.reason


def in_words(value: Any) -> str:
    """What was typed in a field, to be compared with what is saved."""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
