from django.urls import path, register_converter
from django.urls.converters import StringConverter

from handbook import views


class VersionConverter(StringConverter):
    """An edition's version, with or without its build: 0.8, 0.8+2."""

    regex = r"[0-9]+(?:\.[0-9]+)*(?:\+[0-9]+)?"


register_converter(VersionConverter, "version")

urlpatterns = [
    path("", views.HandbookList.as_view(), name="handbooks"),
    path("<slug:key>/<version:version>/", views.ReadEdition.as_view(), name="handbook_edition"),
    path(
        "<slug:key>/<version:version>/<slug:phase>/",
        views.ReadPhase.as_view(),
        name="handbook_phase",
    ),
]
