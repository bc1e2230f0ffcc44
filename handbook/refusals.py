from django.core.exceptions import ValidationError


class EditionRefused(ValidationError):
    """Something a published edition, or an unfinished one, does not allow."""
