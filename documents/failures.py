"""Why a paper could not be made: a code and details are stored, words are made when read."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def words(code: str, details: Mapping[str, Any]) -> str:
    """The failure in the reader's language; an empty string when there is none."""
    if not code:
        return ""
    known = {
        "template": _("The template cannot be read, line %(line)s: %(reason)s."),
        "field": _("The template asks for a field that does not exist, line %(line)s: %(name)s."),
        "filter": _("The template uses a filter that does not exist, line %(line)s: %(name)s."),
        "limit": _("The template repeats itself too many times or makes too long a text."),
        "refused": _("The template has something that no paper may have, line %(line)s: %(what)s."),
        "reaches_out": _("The template reaches for something outside the paper: %(what)s."),
        "too_many_pages": _(
            "The paper would be %(pages)s pages, and no more than %(most)s are made. Shorten it."
        ),
        "too_slow": _("The paper took too long to make. Shorten it, and try again."),
        "gave_up": _(
            "The paper could not be made in spite of several tries. You can try again; those who "
            "run the service can see why."
        ),
    }
    unknown = dict.fromkeys(("line", "reason", "name", "what", "pages", "most"), "?")
    return known.get(code, known["gave_up"]) % (unknown | dict(details))
