from django.urls import include, path

from procurements.views.account import CloseAccount
from procurements.views.preview import DraftAsCase

urlpatterns = [
    path("people/<int:pk>/close/", CloseAccount.as_view(), name="close_account"),
    path("", include("procurements.urls_cases")),
    path("cases/<int:number>/", include("procurements.urls_phases")),
    path("cases/<int:number>/", include("procurements.urls_days")),
    path("cases/<int:number>/", include("procurements.urls_market")),
    path("cases/<int:number>/", include("procurements.urls_papers")),
    # How a case would show a phase of a handbook's draft.
    path(
        "handbook/<slug:key>/draft/case/<slug:phase>/",
        DraftAsCase.as_view(),
        name="draft_as_case",
    ),
]
