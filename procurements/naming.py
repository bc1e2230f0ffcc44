"""Whether words that somebody typed for a paper name a supplier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from procurements.duties import WORD, said_of, telling_words, words_telling
from procurements.models import Participant


class SupplierNames:
    """What tells of suppliers in a text: for certain a whole name of two words or more, an
    organisation number, a contact person or the e-mail of one; maybe any single word of a name,
    which often means something else as well (a supplier may be called Trygg Omsorg AB)."""

    def __init__(self, suppliers: Iterable[Participant]) -> None:
        self.suppliers = list(suppliers)
        self.words = {word for one in self.suppliers for word in words_telling(one.name)}

    @cached_property
    def _certain(self) -> re.Pattern[str] | None:
        found = {pattern for one in self.suppliers for pattern in _patterns(one)}
        # The longest first: what is said of a text is all of a name.
        every = "|".join(sorted(found, key=lambda one: (-len(one), one)))
        return re.compile(every, re.IGNORECASE) if every else None

    def certain(self, text: str) -> list[str]:
        """What can mean nobody but a supplier, as it was typed, each once."""
        found = self._certain.finditer(text) if self._certain else ()
        return list(dict.fromkeys(match.group() for match in found))

    def maybe(self, text: str) -> list[str]:
        """Words that stand in a supplier's name too, folded, each once."""
        rest = self._certain.sub(" ", text) if self._certain else text
        return list(dict.fromkeys(said_of(self.words, rest)))


def _patterns(one: Participant) -> Iterator[str]:
    names = [WORD.findall(one.name), telling_words(one.name), WORD.findall(one.contact_name)]
    for words in names:
        if len(words) > 1:
            yield r"\b" + r"[\W_]+".join(map(re.escape, words)) + r"s?\b"
    if one.contact_email:
        yield r"(?<![\w.])" + re.escape(one.contact_email) + r"\b"
    digits = re.sub(r"\D", "", one.number)
    if len(digits) > 5:
        yield r"(?<!\d)" + r"[\s-]?".join(digits) + r"(?!\d)"
