"""Load a place that the person may see, ask one permission, carry out one operation."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.generic import FormView

from teams.forms.begun import BegunForm
from teams.merging import Overtaken
from teams.models import Organisation, Team, User


def add_refusal(form: forms.Form, refusal: ValidationError) -> None:
    """The refusal at its fields; what names a field that the form has not, above them."""
    if isinstance(refusal, Overtaken) and isinstance(form, BegunForm):
        form.go_on_from(refusal)
        return
    faults = refusal.error_dict if hasattr(refusal, "error_dict") else {"": refusal.error_list}
    for name, errors in faults.items():
        form.add_error(name if name in form.fields else None, errors)


class SignedInMixin(LoginRequiredMixin):
    """Ask the view's one permission of somebody signed in, about what `load` finds."""

    permission: str
    request: HttpRequest

    def load(self, user: User, **kwargs: Any) -> object:
        """What the page is about, or nothing; raises Http404 for what cannot be seen."""
        return None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        about = self.load(request.user, **kwargs)
        if not request.user.has_perm(self.permission, about):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def person(self) -> User:
        assert request_is_signed_in(self.request)
        return self.request.user  # type: ignore[return-value]


def request_is_signed_in(request: HttpRequest) -> bool:
    return request.user.is_authenticated


class OrganisationMixin(SignedInMixin):
    place: Organisation

    def load(self, user: User, **kwargs: Any) -> Organisation:
        visible = Organisation.objects.visible_to(user).select_related("parent")
        self.place = get_object_or_404(visible, pk=kwargs["pk"])
        return self.place


class TeamMixin(SignedInMixin):
    place: Team

    def load(self, user: User, **kwargs: Any) -> Team:
        visible = Team.objects.visible_to(user).select_related("intermediary")
        self.place = get_object_or_404(visible, pk=kwargs["pk"])
        return self.place


class OperationView(FormView):
    """A form that carries out one operation; a refusal is shown in the form."""

    template_name = "teams/form.html"
    heading: ClassVar[Any] = ""
    label: ClassVar[Any] = ""
    lead: ClassVar[Any] = ""
    done: ClassVar[Any] = ""

    def perform(self, form: Any) -> object:
        """Call the operation with what was typed, and return what came of it."""
        raise NotImplementedError

    def back(self) -> str:
        """Where the page's cancel leads."""
        raise NotImplementedError

    def after(self, result: Any) -> str:
        return self.back()

    def crumbs(self) -> list[tuple[str, str]]:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {name: getattr(self, name) for name in ("heading", "label", "lead")}
        return super().get_context_data(
            **(words | {"cancel": self.back(), "crumbs": self.crumbs()} | kwargs)
        )

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            result = self.perform(form)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)
        if self.done:
            messages.success(self.request, self.done)
        return redirect(self.after(result))

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


def press(
    request: HttpRequest, action: Callable[..., object], done: Any, back: str, **about: Any
) -> HttpResponse:
    """Carry out an operation that needs no form; a refusal is shown on the page it came from."""
    try:
        action(by=request.user, at=timezone.now(), **about)
    except ValidationError as refusal:
        for words in refusal.messages:
            messages.error(request, words)
    else:
        messages.success(request, done)
    return redirect(back)
