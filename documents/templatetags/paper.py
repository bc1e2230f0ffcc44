"""How frozen values are written on papers of the system itself."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format, time_format

register = template.Library()


@register.filter
def moment(text: str) -> str:
    """A stored moment as day and time in the paper's language, Swedish time."""
    at = timezone.localtime(datetime.fromisoformat(text))
    return f"{date_format(at, 'DATE_FORMAT')} {time_format(at, 'TIME_FORMAT')}"
