from django.urls import include, path

urlpatterns = [
    path("", include("procurements.urls_cases")),
    path("cases/<int:number>/", include("procurements.urls_phases")),
    path("cases/<int:number>/", include("procurements.urls_days")),
    path("cases/<int:number>/", include("procurements.urls_market")),
    path("cases/<int:number>/", include("procurements.urls_papers")),
]
