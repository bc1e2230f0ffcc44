"""A name for every request: in each line it causes, back to who asked, and on to the worker.

What is promised meanwhile keeps the name (outbox), so that the worker's lines carry it too.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-ID"
# What a proxy in front may call it. Anything else is not written to a log, but named anew.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

log = logging.getLogger("upptakt.requests")


class RequestMiddleware:
    """Name the request, and write one line when it has been answered.

    The line tells which page by the name of its address and by numbers, never the address itself:
    it can hold a secret or what somebody searched for. Nor does it tell who asked or from where.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        name = given if NAME.fullmatch(given) else secrets.token_hex(8)
        with bound_contextvars(request=name):
            began = time.perf_counter()
            response = self.get_response(request)
            response[HEADER] = name
            if response.status_code >= 400:
                # Django would say it itself a moment later, when the name is no longer known.
                said = (response.reason_phrase, request.path)
                log_response("%s: %s", *said, response=response, request=request)
            log.info("Answered", extra=_told(request, response, time.perf_counter() - began))
        return response


def _told(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, object]:
    told: dict[str, object] = {
        "method": request.method,
        "status": response.status_code,
        "ms": round(seconds * 1000),
    }
    if found := request.resolver_match:
        told["page"] = found.url_name
        if numbers := {key: one for key, one in found.kwargs.items() if isinstance(one, int)}:
            told["of"] = numbers
    return told
