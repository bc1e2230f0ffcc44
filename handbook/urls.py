from django.urls import path

from handbook import views

urlpatterns = [
    path("", views.HandbookList.as_view(), name="handbooks"),
    path("<slug:key>/<str:version>/", views.ReadEdition.as_view(), name="handbook_edition"),
    path(
        "<slug:key>/<str:version>/<slug:phase>/",
        views.ReadPhase.as_view(),
        name="handbook_phase",
    ),
]
