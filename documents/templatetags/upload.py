"""What a field for a file says of itself to the browser."""

from django import template
from django.conf import settings
from django.utils.html import format_html

from documents.files import too_large

register = template.Library()


@register.simple_tag
def upload_limit() -> str:
    """The largest file that is taken, and what to say of a larger one before it is sent."""
    most = settings.UPLOAD_MAX_BYTES
    return format_html(' data-most="{}" data-too-large="{}"', most, too_large(most).messages[0])
