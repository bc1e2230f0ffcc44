"""What a person is told when something is impossible now. Never a permission."""

from django.core.exceptions import ValidationError


class Refused(ValidationError):
    """The operation cannot be done as things stand; the words are for the person."""


class TransitionRefused(Refused):
    """The thing cannot go there from where it stands."""


class AlreadyDecided(Refused):
    """Someone else decided first."""
