"""Letters about handbooks: what the editors answered to a suggestion."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from handbook.models import Suggestion
from outbox.models import Message
from teams.letters import page_address, send


def send_suggestion_answer(message: Message) -> None:
    """Tell who suggested something that it has been answered. The answer itself is on the page."""
    rows = Suggestion.objects.select_related("by", "edition__handbook", "taken_into")
    row = rows.get(pk=message.row_id)
    # An example person has no mailbox.
    if not row.by.is_active or row.by.is_demo or row.is_waiting:
        return
    with translation.override(row.by.language):
        words = row.edition.words()
        body = render_to_string(
            "handbook/letters/suggestion_answer.txt",
            {
                "suggestion": row,
                "book": words("edition", "title"),
                "part": words(row.part, "title") if row.part else "",
                "link": page_address("suggestion", row.pk),
            },
        )
        subject = _("Your suggestion has been answered: %(book)s") % {
            "book": words("edition", "title")
        }
    send(message, to=[row.by.email], subject=subject, body=body)
