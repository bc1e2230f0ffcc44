"""Every address of the house, in one place."""

from django.conf import settings
from django.urls import include, path

from config import design, health, session

handler400 = "config.errors.bad_request"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("", include("procurements.urls")),
    path("", include("teams.urls")),
    path("", include("documents.urls")),
    path("handbook/", include("handbook.urls")),
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("account/stay/", session.stay, name="stay"),
    path("account/", include("teams.ways_in")),
]
if settings.DEBUG:
    urlpatterns += design.urlpatterns
