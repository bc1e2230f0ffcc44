from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from teams.forms.organisations import WelcomeForm
from teams.models import User
from teams.operations.installation import begin_installation
from teams.views.base import OperationView

# The one that knows who is signed in.
BACKEND = settings.AUTHENTICATION_BACKENDS[-1]


class Welcome(OperationView):
    """The first page of a new installation; once somebody is there it is gone."""

    template_name = "teams/welcome.html"
    form_class = WelcomeForm
    initial = {"kind": "municipality"}
    label = _("Begin")
    done = _("Welcome. Invite the people you work with.")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if User.objects.people().exists():
            raise Http404
        return super(FormView, self).dispatch(request, *args, **kwargs)

    def perform(self, form: Any) -> User:
        given = form.cleaned_data
        person = begin_installation(
            name=given["person_name"],
            email=given["person_email"],
            password=given["password"],
            language=translation.get_language() or "sv",
            organisation=form.details(),
            parts=given["parts"],
            at=timezone.now(),
        )
        login(self.request, person, backend=BACKEND)
        return person

    def back(self) -> str:
        return "/"

    def after(self, result: User) -> str:
        place = result.memberships.get().organisation
        assert place is not None
        return place.get_absolute_url()
