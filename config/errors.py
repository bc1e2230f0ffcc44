"""Pages for when something goes wrong: what happened, what was kept, what to do."""

import logging
import secrets

from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language

log = logging.getLogger("upptakt.errors")


def _plain(template: str, status: int, **context: str) -> HttpResponse:
    """A page that needs neither request, session nor database."""
    context["language"] = (get_language() or "sv")[:2]
    response = HttpResponse(render_to_string(template, context), status=status)
    # What is refused before the middleware is come to carries the policy all the same.
    response["Content-Security-Policy"] = build_policy()
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain("400.html", 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault, with a number that finds the fault in the log."""
    reference = f"F-{secrets.randbelow(10**6):06d}"
    log.error("%s: %s %s", reference, request.method, request.path, exc_info=True)
    return _plain("500.html", 500, reference=reference)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was too old to be posted, most often after a new sign-in in another tab."""
    log.info("Refused post to %s: %s", request.path, reason)
    return render(request, "403_csrf.html", {"back": request.get_full_path()}, status=403)
