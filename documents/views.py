"""The one page of this app: anyone may check a paper. Papers are served where they belong."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from documents import checking, codes
from documents.forms import CodeForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, code: str = "") -> HttpResponse:
    """Say whether a code is that of a paper issued here, and nothing else about it."""
    asked = (
        request.POST
        if request.method == "POST"
        else {"code": codes.shown(codes.read(code)) or code}
        if code
        else None
    )
    form = CodeForm(asked)
    answer = None
    if asked is not None:
        if not checking.may_ask(get_adapter().get_client_ip(request)):
            return render(request, "429.html", status=429)
        if form.is_valid():
            answer = checking.answer(form.cleaned_data["code"])
    response = render(
        request, "documents/verify.html", {"form": form, "answer": answer and answer.value}
    )
    response["X-Robots-Tag"] = "noindex"
    return response
