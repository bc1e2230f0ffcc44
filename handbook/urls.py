from django.conf import settings
from django.urls import path, register_converter

from handbook import reading_views as reading


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

urlpatterns = [
    path("", reading.HandbookList.as_view(), name="handbooks"),
    path(READ, reading.ReadEdition.as_view(), name="handbook_edition"),
    path(f"{READ}part/<slug:part>/", reading.ReadPart.as_view(), name="handbook_part"),
    path(f"{READ}<slug:phase>/", reading.ReadPhase.as_view(), name="handbook_phase"),
    path(BOOK, reading.InOwnLanguage.as_view(), name="handbook_own_language"),
    path(
        f"{BOOK}<slug:phase>/", reading.InOwnLanguage.as_view(), name="handbook_phase_own_language"
    ),
]
