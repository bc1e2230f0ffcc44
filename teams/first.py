"""With nobody in the database there is one page: the one that asks for the first administrator.

Whoever comes first to it owns the installation. In production, where the address can be found
before its host has opened it, it asks for a key that only the host can read out.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac

from teams.models import User

# Of a key: eighty bits, more than can be guessed.
LETTERS = 20


def welcome_key() -> str:
    """What `manage.py welcome_key` shows: made from the secret key, and so kept nowhere else."""
    return salted_hmac("upptakt.welcome", "", algorithm="sha256").hexdigest()[:LETTERS]


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
