"""Words are made when read: verb and fields in, a sentence in the active language out."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

Sentence = str | Callable[[Mapping[str, Any]], str]


class UnknownVerb(LookupError):
    """A verb without a sentence was recorded: its app must say how it reads."""


def sentences() -> dict[str, Sentence]:
    """Every verb the house can tell, from the dictionaries named in the settings."""
    return {
        verb: words for path in settings.JOURNAL_SENTENCES for verb, words in _words(path).items()
    }


def find(verb: str) -> Sentence:
    for path in settings.JOURNAL_SENTENCES:
        words: Sentence | None = _words(path).get(verb)
        if words is not None:
            return words
    raise UnknownVerb(verb)


def tell(verb: str, fields: Mapping[str, Any]) -> str:
    """The sentence of a verb. A verb that the house has forgotten is shown as it stands."""
    try:
        words = find(verb)
    except UnknownVerb:
        return verb
    if callable(words):
        return words(_Spoken(fields))
    return str(words) % _Spoken(fields)


def _words(path: str) -> Mapping[str, Sentence]:
    found: Mapping[str, Sentence] = import_string(path)
    return found


class _Spoken(dict[str, Any]):
    """Fields as they are said: days and moments in the reader's way, lists with commas."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if value is None:
            return "–"
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, list):
            return ", ".join(str(item) for item in value)
        if isinstance(value, str) and value:
            if name.endswith(("_on", "_until")):
                return _day(value)
            if name.endswith("_at"):
                return _moment(value)
        return value


def _day(text: str) -> str:
    try:
        return date_format(date.fromisoformat(text), "DATE_FORMAT")
    except ValueError:
        return text


def _moment(text: str) -> str:
    try:
        return date_format(timezone.localtime(datetime.fromisoformat(text)), "DATETIME_FORMAT")
    except ValueError:
        return text
