"""A draft read as its edition will be: words and parts that have no rows yet."""

from __future__ import annotations

from typing import Any

from handbook.catalogue import nest, sample_values
from handbook.reading import LANGUAGES
from handbook.sections import Whole
from handbook.splitting import Texts, join, split
from handbook.words import Words


def words_of_whole(whole: Whole, language: str) -> Words:
    """The words of a draft in one language; what is not written yet is empty."""
    return Words(texts_of(whole)[language], language)


def texts_of(whole: Whole) -> Texts:
    """Every word of the whole by language and part, as text sets hold them."""
    texts: Texts = {one: {} for one in LANGUAGES}
    split(whole["book"], "edition", texts)
    for name in ("law", "readiness", "catalogue"):
        split(whole[name], name, texts)
    for phase in whole["phases"]:
        split(_without(phase, "steps"), f"phase:{phase['key']}", texts)
        for step in phase["steps"]:
            _split_step(step, texts)
    split(_without(whole["criteria"], "phases"), "criteria", texts)
    for group in whole["criteria"]["phases"]:
        split(_without(group, "criteria"), f"assessment:{group['phase']}", texts)
        for criterion in group["criteria"]:
            split(criterion, f"criterion:{criterion['key']}", texts)
    for template in whole["templates"]:
        part = f"template:{template['key']}"
        split(template, part, texts)
        for one, body in whole["bodies"][template["key"]].items():
            texts[one][part]["body"] = body
    return texts


def structure_of(data: dict[str, Any]) -> Any:
    """A section without its words: what an erratum may not touch."""
    return split(data, "section", {one: {} for one in LANGUAGES})


def _split_step(step: dict[str, Any], texts: Texts) -> None:
    split(_without(step, "checklist", "tag_notes"), f"step:{step['key']}", texts)
    for number, text in enumerate(step["checklist"], 1):
        split({"text": text}, f"item:{step['key']}.{number}", texts)
    for number, note in enumerate(step["tag_notes"], 1):
        split(note, f"note:{step['key']}.{number}", texts)


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


def samples(whole: Whole, key: str, language: str) -> dict[str, Any]:
    """Invented data for one paper: every field of the catalogue, and what it asks to fill in."""
    texts: Texts = {one: {} for one in LANGUAGES}
    catalogue = split(whole["catalogue"], "catalogue", texts)
    template = next(one for one in whole["templates"] if one["key"] == key)
    part = f"template:{key}"
    fields = split(template, part, texts)["fill_in"]
    words = Words(texts[language], language)
    spoken = join(fields, part, words.speak, "fill", "fill_in")
    fill = {field["key"]: field["sample"] for field in spoken}
    return nest(sample_values(catalogue, words.speak, blanks=False)) | {"fill": fill}
