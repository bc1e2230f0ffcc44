"""Papers of a case, and its history as one. All under /cases/<number>/."""

from django.urls import path

from procurements.views import paper, writing

urlpatterns = [
    path("papers/", paper.Papers.as_view(), name="case_papers"),
    path("papers/<int:paper>/", paper.PaperPage.as_view(), name="paper"),
    path("papers/<int:paper>/status/", paper.PaperStatus.as_view(), name="paper_status"),
    path("papers/<int:paper>/retry/", paper.RetryPaper.as_view(), name="paper_retry"),
    path("papers/<int:paper>/<int:revision>.pdf", paper.PaperFile.as_view(), name="paper_file"),
    path(
        "papers/<slug:phase>/<slug:template>/",
        writing.PreparePaper.as_view(),
        name="paper_prepare",
    ),
    path(
        "papers/<slug:phase>/<slug:template>/copy/",
        writing.FileCopy.as_view(),
        name="paper_copy",
    ),
    path("history/paper/", paper.OrderHistory.as_view(), name="history_paper"),
]
