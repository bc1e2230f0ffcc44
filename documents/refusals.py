"""Why a paper cannot be made: a code and details, so that the words can wait for their reader."""

from django.core.exceptions import ValidationError

from documents.failures import words


class PaperRefused(ValidationError):
    """The paper cannot be made as it is. `code` and `details` are what a failed revision keeps."""

    def __init__(self, code: str, **details: str | int) -> None:
        self.details = details
        super().__init__(words(code, details), code)


class LiquidRefused(PaperRefused):
    """The template cannot be read or asks for what is not there; `line` says where."""

    @property
    def line(self) -> int:
        return int(self.details.get("line", 0))


class RefusedTemplate(PaperRefused):
    """The template holds or reaches for something that no paper may."""


class TooManyPages(PaperRefused):
    """The paper would be longer than anyone reads."""
