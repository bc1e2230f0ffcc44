from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, register_converter

from handbook.views import correcting, drafting, draftpaper, editing, reading, suggesting


class Language:
    """One of the languages of the house."""

    regex = "|".join(code for code, _name in settings.LANGUAGES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Language, "language")

BOOK = "<slug:key>/<str:version>/"
READ = f"{BOOK}<language:language>/"

section: list[URLPattern | URLResolver] = [
    path("", editing.EditSection.as_view(), name="draft_section"),
    path("move/", editing.MovePart.as_view(), name="draft_move"),
    path("aside/", editing.PutAside.as_view(), name="draft_aside"),
    path("back/", editing.TakeBack.as_view(), name="draft_back"),
]
draft: list[URLPattern | URLResolver] = [
    path("", drafting.DraftOverview.as_view(), name="draft"),
    path("begin/", drafting.BeginDraft.as_view(), name="draft_begin"),
    path("new/", drafting.AddPart.as_view(), name="draft_add"),
    path("differences/", drafting.CompareDraft.as_view(), name="draft_differences"),
    path("publish/", drafting.PublishDraft.as_view(), name="draft_publish"),
    path("away/", drafting.ThrowDraftAway.as_view(), name="draft_away"),
    path("paper/<slug:part>/", draftpaper.DraftPaper.as_view(), name="draft_paper"),
    path(
        "paper/<slug:part>/status/",
        draftpaper.DraftPaperStatus.as_view(),
        name="draft_paper_status",
    ),
    path("paper/<slug:part>/file/", draftpaper.DraftPaperFile.as_view(), name="draft_paper_file"),
    path("<slug:kind>/<slug:part>/", include(section)),
]
urlpatterns = [
    path("", reading.HandbookList.as_view(), name="handbooks"),
    path("suggestions/", suggesting.MySuggestions.as_view(), name="my_suggestions"),
    path("suggestions/<int:pk>/", suggesting.SuggestionDetail.as_view(), name="suggestion"),
    path(
        "suggestions/<int:pk>/accept/",
        suggesting.AcceptSuggestion.as_view(),
        name="suggestion_accept",
    ),
    path(
        "suggestions/<int:pk>/decline/",
        suggesting.DeclineSuggestion.as_view(),
        name="suggestion_decline",
    ),
    path(
        "<slug:key>/suggestions/",
        suggesting.HandbookSuggestions.as_view(),
        name="handbook_suggestions",
    ),
    path(f"{BOOK}suggest/", suggesting.Suggest.as_view(), name="handbook_suggest"),
    path(f"{BOOK}suggest/<slug:step>/", suggesting.Suggest.as_view(), name="handbook_suggest_step"),
    path("<slug:key>/draft/", include(draft)),
    path("<slug:key>/correct/", correcting.CorrectEdition.as_view(), name="correct"),
    path(
        "<slug:key>/correct/<slug:kind>/<slug:part>/",
        correcting.CorrectSection.as_view(),
        name="correct_section",
    ),
    path(READ, reading.ReadEdition.as_view(), name="handbook_edition"),
    path(f"{READ}handbook.pdf", reading.PrintedBook.as_view(), name="handbook_pdf"),
    path(f"{READ}pdf/again/", reading.PrintAgain.as_view(), name="handbook_pdf_again"),
    path(f"{READ}part/<slug:part>/", reading.ReadPart.as_view(), name="handbook_part"),
    path(f"{READ}<slug:phase>/", reading.ReadPhase.as_view(), name="handbook_phase"),
    path(BOOK, reading.InOwnLanguage.as_view(), name="handbook_own_language"),
    path(
        f"{BOOK}<slug:phase>/", reading.InOwnLanguage.as_view(), name="handbook_phase_own_language"
    ),
]
