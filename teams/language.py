"""Which language a page speaks: the person's own, else the one a visitor asked for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

COOKIE = settings.LANGUAGE_COOKIE_NAME
IN_SESSION = "language"
KEPT_FOR = 60 * 60 * 24 * 365


def _known(code: str) -> str:
    return code if code in dict(settings.LANGUAGES) else ""


class LanguageMiddleware:
    """Speak the language asked for with ?lang=, else the person's, else the cookie's, else Swedish.

    ?lang= holds for the session of somebody signed in and is kept in a cookie for a visitor; a
    person's own language is changed by posting, so that a link changes nothing that is stored.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = _known(request.GET.get("lang", ""))
        own = ""
        if request.user.is_authenticated:
            if asked:
                request.session[IN_SESSION] = asked
            own = _known(request.session.get(IN_SESSION, "")) or _known(request.user.language)
        kept = _known(request.COOKIES.get(COOKIE, ""))
        language = asked or own or kept or settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if asked and not own:
            response.set_cookie(
                COOKIE,
                asked,
                max_age=KEPT_FOR,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
            )
        return response
