"""When a session ends, so that a page can say so in time, and what is left behind then: nothing."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST

IN_SESSION = "ends"


class SessionEndMiddleware:
    """Every post of somebody signed in prolongs the session and writes down when it ends. What they
    are shown is kept by no browser and no machine on the way: whoever comes after them to the same
    computer does not page back to it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and request.user.is_authenticated:
            request.session[IN_SESSION] = int(time.time()) + settings.SESSION_COOKIE_AGE
        if not response.has_header("Cache-Control") and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response


@login_required
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Prolong the session; answers with the second at which it now ends."""
    ends = int(time.time()) + settings.SESSION_COOKIE_AGE
    return HttpResponse(str(ends), content_type="text/plain")
