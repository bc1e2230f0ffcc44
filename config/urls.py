"""Every address of the house, in one place."""

from django.urls import include, path

urlpatterns = [
    path("", include("procurements.urls")),
    path("", include("teams.urls")),
    path("", include("documents.urls")),
    path("handbook/", include("handbook.urls")),
    path("account/", include("allauth.urls")),
]
