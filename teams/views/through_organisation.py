"""Sign in through the identity provider of the organisation, where one is switched on."""

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from requests import RequestException


def sign_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    """allauth's way there. A provider that does not answer, or answers something else, is said on a
    page and in the log."""
    try:
        return views.login(request, provider_id)
    except (RequestException, LookupError) as failure:
        provider = get_adapter().get_provider(request, provider_id)
        return render_authentication_error(request, provider, exception=failure)
