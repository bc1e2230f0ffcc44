"""Why a paper could not be made: a code and details are stored, words are made when read."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def words(code: str, details: Mapping[str, Any]) -> str:
    """The failure in the reader's language; an empty string when there is none."""
    if not code:
        return ""
    known = {
        "template": _("The template cannot be read, line %(line)s: %(reason)s"),
        "field": _("The template asks for a field that is not there, line %(line)s: %(reason)s"),
        "limit": _("The template repeats itself too many times or makes too long a text."),
        "refused": _(
            "The template reaches for something outside the paper, which is not allowed: %(what)s"
        ),
        "too_many_pages": _(
            "The paper would be %(pages)s pages. No more than %(most)s are made: shorten it."
        ),
        "too_slow": _("The paper took too long to make. Shorten it or divide it, and try again."),
        "gave_up": _(
            "The paper could not be made in spite of several tries. Those who run the service "
            "can see why; you can try again."
        ),
    }
    unknown = dict.fromkeys(("line", "reason", "what", "pages", "most"), "?")
    return known.get(code, known["gave_up"]) % (unknown | dict(details))
