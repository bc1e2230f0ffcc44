"""How events about handbooks read."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "draft.added": _("Added %(section)s to the draft"),
    "draft.begun": _("Began edition %(version)s from %(from)s"),
    "draft.moved": _("Moved %(section)s in the draft"),
    "draft.put_aside": _("Took %(section)s out of the draft"),
    "draft.saved": _("Wrote %(section)s in the draft"),
    "draft.taken_back": _("Took %(section)s back into the draft"),
    "draft.thrown_away": _("Threw the draft of edition %(version)s away"),
    "edition.corrected": _("Corrected words of edition %(version)s in %(section)s"),
    "edition.published": _("Published edition %(version)s, build %(build)s"),
    "edition.printed": _("Made the PDF of edition %(version)s, %(pages)s pages"),
    "edition.not_printed": _("The PDF of edition %(version)s could not be made"),
    "edition.print_again": _("Asked for the PDF of edition %(version)s again"),
    "suggestion.made": _("Suggested an improvement of edition %(version)s"),
    "suggestion.accepted": _("Accepted a suggestion for edition %(version)s"),
    "suggestion.declined": _("Declined a suggestion for edition %(version)s"),
    "handbook.given": _("Let the editors of %(owner)s write the handbook"),
}
