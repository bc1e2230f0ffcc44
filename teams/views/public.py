from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from teams.forms.accessibility import FeedbackForm
from teams.models import Installation, Organisation, User
from teams.operations.accessibility import send_feedback
from teams.statement import statement_of


def host() -> Organisation | None:
    """The organisation that the installation was begun with."""
    return Installation.host() or Organisation.objects.tops().order_by("pk").first()


def own_organisation(request: HttpRequest) -> Organisation | None:
    """The reader's own organisation as a whole, or the one that the installation began with."""
    if request.user.is_authenticated:
        own = Organisation.objects.of_user(request.user).select_related("parent").first()
        if own:
            return own.parent or own
    return host()


def answering(request: HttpRequest, pk: int | None) -> Organisation | None:
    """Whose statement an address is about: one with a statement of its own, or the reader's."""
    if pk is None:
        return own_organisation(request)
    stating = Organisation.objects.tops().filter(accessibility_statement__isnull=False)
    return get_object_or_404(stating, pk=pk)


class Accessibility(TemplateView):
    """An organisation's accessibility statement, open to everybody."""

    template_name = "teams/public/accessibility.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organisation = answering(self.request, self.kwargs.get("pk"))
        user = self.request.user
        return super().get_context_data(
            **kwargs,
            organisation=organisation,
            statement=statement_of(organisation),
            supervisor=settings.ACCESSIBILITY_SUPERVISOR,
            supervisor_url=settings.ACCESSIBILITY_SUPERVISOR_URL,
            may_edit=organisation is not None
            and user.is_authenticated
            and user.has_perm("teams.edit_statement", organisation),
        )


def feedback(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Tell whose statement it is of a fault, without signing in; nobody is asked who they are."""
    organisation = answering(request, pk)
    if organisation is None:
        raise Http404
    statement = reverse("accessibility_of", args=[pk]) if pk else reverse("accessibility")
    came_from = request.GET.get("page", "")
    form = FeedbackForm(
        request.POST if request.method == "POST" else None, initial={"page": came_from[:500]}
    )
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        if ratelimit.consume(request, action="accessibility_feedback"):
            person = request.user if request.user.is_authenticated else User.objects.system()
            send_feedback(
                organisation=organisation,
                language=get_language() or "sv",
                by=person,
                at=timezone.now(),
                **form.cleaned_data,
            )
            messages.success(request, _("Thank you. It has been passed on."))
            return redirect(statement)
        form.add_error(None, _("That was a lot at once. Try again in an hour."))
        status = 429
    words = {"form": form, "organisation": organisation, "statement": statement}
    return render(request, "teams/public/feedback.html", words, status=status)


class Privacy(TemplateView):
    template_name = "teams/public/privacy.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs, organisation=own_organisation(self.request), host=host()
        )


class Shortcuts(TemplateView):
    template_name = "teams/public/shortcuts.html"
