"""What a person is told when something is impossible now. Never a permission."""

from typing import Any

from django.core.exceptions import ValidationError


class Refused(ValidationError):
    """The operation cannot be done as things stand; the words are for the person."""


class TransitionRefused(Refused):
    """The thing cannot change to that state from the one it is in."""


class Stale(Refused):
    """Someone else saved in between: the page shows both texts, and the writer chooses."""

    def __init__(self, message: Any) -> None:
        super().__init__(message, code="stale")


class NamesSupplier(Refused):
    """Words that go to several suppliers hold the name of one."""

    def __init__(self, message: Any, words: list[str]) -> None:
        super().__init__(message, code="names_supplier", params={"words": ", ".join(words)})


class AlreadyDecided(Refused):
    """Someone else decided first."""
