from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError


class EditionRefused(ValidationError):
    """Something a published edition, or an unfinished one, does not allow."""


class StaleDraft(EditionRefused):
    """Somebody else saved the section in between: the page shows both texts."""

    def __init__(self, message: Any) -> None:
        super().__init__(message, code="stale")


class SuggestionRefused(ValidationError):
    """A suggestion that cannot be made, or not be answered in that way."""


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong in a content file, and where: the person who edits it goes straight there."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ContentRefused(ValidationError):
    """A handbook folder that cannot be loaded; every problem names its file and its line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__([str(problem) for problem in self.problems])
