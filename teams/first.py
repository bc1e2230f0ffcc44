"""With nobody in the database there is one page: the one that asks for the first administrator."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from teams.models import User


class FirstAdministratorMiddleware:
    """Send every page to /welcome/ until there is a person; after that, cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.has_begun = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.has_begun:
            if request.user.is_authenticated or User.objects.people().exists():
                self.has_begun = True
            elif not self._may_pass(request.path):
                return redirect("welcome")
        return self.get_response(request)

    @staticmethod
    def _may_pass(path: str) -> bool:
        law = [reverse(name) for name in ("accessibility", "privacy", "shortcuts")]
        return path in law or path.startswith((settings.STATIC_URL, reverse("welcome")))
