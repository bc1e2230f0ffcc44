"""What a paper is made of: frozen when ordered, enough to make it again in ten years."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.translation import pgettext

from documents.saying import day_in_words
from journal.models import canonical

Kind = Literal["edition", "system"]
# Changes by itself with every order; given to the renderer, never part of the source.
GIVEN_FIELDS = {"date": "", "version": "", "author": ""}


def plain(value: Any) -> Any:
    """The value as JSON keeps it."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


@dataclass(frozen=True)
class Source:
    """Template text, language, frozen data and edition of a paper.

    Frame holds what stands around the article: title, kind, reference, organisation,
    sender, note (such as the demo's), track_svg, funnel. A paper of the system itself
    names its Django template, whose text is frozen in the same way.
    """

    language: str
    data: dict[str, Any]
    template_text: str = ""
    draft: bool = False
    edition_title: str = ""
    edition_version: str = ""
    licence: str = ""
    passages: dict[str, str] = field(default_factory=dict)
    frame: dict[str, Any] = field(default_factory=dict)
    kind: Kind = "edition"
    template_name: str = ""

    def __post_init__(self) -> None:
        data = plain(self.data)
        data["document"] = data.get("document", {}) | GIVEN_FIELDS | {"draft": self.draft}
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "frame", plain(self.frame))
        object.__setattr__(
            self, "passages", {key: str(text) for key, text in self.passages.items()}
        )
        if self.kind == "system" and not self.template_text:
            object.__setattr__(self, "template_text", _text_of(self.template_name))

    @property
    def hash(self) -> str:
        """The same for the same paper, whoever orders it and whenever."""
        content = {
            "kind": self.kind,
            "template": self.template_text,
            "language": self.language,
            "data": self.data,
            "draft": self.draft,
            "edition": [self.edition_title, self.edition_version, self.licence],
            "passages": self.passages,
            "frame": self.frame,
        }
        return hashlib.sha256(canonical(content)).hexdigest()

    def shown_version(self, given: "Given") -> str:
        """The number, and that it is a draft when it is; in the paper's language."""
        with translation.override(self.language):
            draft = pgettext("after a version number", "draft") if self.draft else ""
        return ", ".join(filter(None, [given.version, draft]))

    def data_with(self, given: "Given") -> dict[str, Any]:
        """The data as the template reads it, with what was not part of the source."""
        with translation.override(self.language):
            written_on = day_in_words(timezone.localdate(given.at))
        values = {
            "date": written_on,
            "version": self.shown_version(given),
            "author": given.author,
        }
        return self.data | {"document": self.data["document"] | values}


@dataclass(frozen=True)
class Given:
    """What the renderer is told beside the source: when, which number, who, and the code.

    A preview has no code.
    """

    at: datetime
    version: str
    author: str
    code: str = ""


def _text_of(template_name: str) -> str:
    text: str = get_template(template_name).template.source  # type: ignore[attr-defined]
    return text
