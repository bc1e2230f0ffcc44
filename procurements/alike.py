"""One paper for several suppliers: what is the same for all, and what is each one's own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from handbook.models import DocumentTemplate
from handbook.words import Words
from procurements.models import PhaseDocument
from procurements.naming import SupplierNames
from procurements.refusals import NamesSupplier, Refused

# Fields of a template that are no words.
CHOSEN = {"choice", "date", "money", "integer", "boolean"}


class Typed(NamedTuple):
    """What was typed for a paper: its fields, and the passages rewritten in its language."""

    fill: dict[str, Any]
    passages: dict[str, str]

    def saved_in(self, name: str) -> Any:
        """One of them by what the form calls it; all that is empty is the same."""
        kind, _sep, key = name.partition("_")
        value = (self.fill if kind == "fill" else self.passages).get(key)
        return None if value in (None, "", []) else value

    def without(self, own: Collection[str]) -> Typed:
        """What is not one of these, named as the form names them."""
        return Typed(
            {key: value for key, value in self.fill.items() if f"fill_{key}" not in own},
            {key: text for key, text in self.passages.items() if f"passage_{key}" not in own},
        )


def with_own(
    typed: Typed, own: Collection[str], *, of: PhaseDocument | None, language: str
) -> Typed:
    """What another supplier's paper says: what was typed, but in what is each supplier's own what
    is saved in its paper, and nothing where nothing is."""
    saved = Typed(of.fill, of.passages_in(language)) if of else Typed({}, {})
    shared = typed.without(own)
    fill = {
        key: shared.fill[key] if key in shared.fill else saved.fill.get(key) for key in typed.fill
    }
    kept = {key: text for key, text in saved.passages.items() if f"passage_{key}" in own}
    return Typed(fill, shared.passages | kept)


def texts_of(template: DocumentTemplate, words: Words, typed: Typed) -> dict[str, str]:
    """What was written in words, by what the form calls it."""
    kinds = {row["key"]: row["type"] for row in template.fill_fields(words)}
    texts = {f"passage_{key}": text for key, text in typed.passages.items()}
    for key, value in typed.fill.items():
        if kinds[key] == "lines":
            texts[f"fill_{key}"] = "\n".join(value or [])
        elif kinds[key] not in CHOSEN:
            texts[f"fill_{key}"] = value or ""
    return texts


def check_names(
    names: SupplierNames, texts: dict[str, str], *, meant: Collection[str] = ()
) -> None:
    """Raises Refused, at each of them, when words that several suppliers get name a supplier."""
    faults = {}
    for name, text in texts.items():
        maybe = [word for word in names.maybe(text) if word not in meant]
        if certain := names.certain(text):
            faults[name] = NamesSupplier(
                _(
                    "This names a supplier and goes to several: %(words)s. Write it otherwise, or "
                    "order the papers one at a time."
                ),
                certain,
            )
        elif maybe:
            faults[name] = NamesSupplier(
                _(
                    "A supplier’s name may be said here, and this goes to several: %(words)s. "
                    "Write it otherwise, or tick the words by which no supplier is meant."
                ),
                maybe,
            )
    if faults:
        raise Refused(faults)
