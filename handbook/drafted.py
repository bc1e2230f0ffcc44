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
    texts: Texts = {one: {} for one in LANGUAGES}
    split(whole["book"], "edition", texts)
    for name in ("law", "readiness", "catalogue"):
        split(whole[name], name, texts)
    for phase in whole["phases"]:
        split(_without(phase, "steps"), f"phase:{phase['key']}", texts)
        for step in phase["steps"]:
            _split_step(step, texts)
    for template in whole["templates"]:
        part = f"template:{template['key']}"
        split(template, part, texts)
        for one, body in whole["bodies"][template["key"]].items():
            texts[one][part]["body"] = body
    return Words(texts[language], language)


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
