"""Close one's own account, or that of somebody one answers for."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from procurements.closing import Place, hindrances
from procurements.days import swedish_day
from procurements.forms.account import CloseAccountForm
from procurements.models import Case
from procurements.operations.account import close_account
from teams.models import Organisation, Team, User
from teams.views.account import AccountMixin
from teams.views.base import OperationView


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class CloseAccount(AccountMixin, OperationView):
    """What follows and what hinders, and the one press that does it."""

    permission = "teams.close_account"
    template_name = "procurements/account/close.html"
    form_class = CloseAccountForm
    label = _("Close the account")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.account.is_active:
            return redirect(self.back())
        return super().get(request, *args, **kwargs)

    @property
    def is_own(self) -> bool:
        return self.account == self.person

    def get_form_kwargs(self) -> dict[str, Any]:
        more = {"person": self.account, "request": self.request}
        return super().get_form_kwargs() | more

    def perform(self, form: Any) -> User:
        reason = form.cleaned_data.get("reason", "")
        return close_account(person=self.account, reason=reason, by=self.person, at=timezone.now())

    def after(self, result: User) -> str:
        if not self.is_own:
            messages.success(
                self.request, _("The account of %(name)s is closed.") % {"name": result.name}
            )
            return self.back()
        logout(self.request)
        messages.success(self.request, _("Your account is closed."))
        return reverse("account_login")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.is_own:
            heading = gettext("Close your account")
        else:
            heading = gettext("Close the account of %(name)s") % {"name": self.account.name}
        return super().get_context_data(
            heading=heading, is_own=self.is_own, hindrances=self.hindrances(), **kwargs
        )

    def hindrances(self) -> list[tuple[str, str, str]]:
        """What each place is called, its address, and why it hinders; of one that the reader may
        not know of neither its name, if it is a case, nor where it is."""
        found = hindrances(self.account, by=self.person, on=swedish_day(timezone.now()))
        seen: set[Place] = set()
        for model in (Organisation, Team, Case):
            keys = [place.pk for place in found if isinstance(place, model)]
            if keys:
                visible: Any = model._default_manager
                seen |= set(visible.visible_to(self.person).filter(pk__in=keys))
        rows = []
        for place, why in found.items():
            name, url = str(place), place.get_absolute_url() if place in seen else ""
            if isinstance(place, Case):
                url = reverse("case_people", args=[place.number]) if url else ""
                words = gettext("A case of %(authority)s that you cannot see")
                name = name if url else words % {"authority": place.authority}
            rows.append((name, url, why.messages[0]))
        return rows
