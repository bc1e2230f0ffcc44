"""How frozen values are written on papers of the system itself."""

from datetime import datetime

from django import template

from documents.saying import moment_in_words

register = template.Library()


@register.filter
def moment(text: str) -> str:
    """A stored moment as day and time in the paper's language, Swedish time."""
    return moment_in_words(datetime.fromisoformat(text))
