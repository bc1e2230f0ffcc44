"""Take the words out of a structure and put them back: one structure, many languages.

Where words were, the structure holds a marker: {"$words": "text"} or {"$words": "lines"}; a
mapping that held languages beside other things (a role, a word, a level) is marked "$inline".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Texts = dict[str, dict[str, dict[str, str]]]  # language → part → field → text
Speak = Callable[[str, str, str], Any]  # part, field, "text" or "lines" → what stands there

WORDS = "$words"
INLINE = "$inline"
INLINE_FIELD = "title"

# Lists whose rows have a name of their own. A kind makes each row a part among the words;
# without one the row's name is a step in the field's name.
NAMED_LISTS = {
    "contexts": "context",
    "tags": "tag",
    "legal": "principle",
    "ideas": "idea",
    "roles": "role",
    "glossary": "word",
    "references": "law",
    "dimensions": "dimension",
    "fields": "field",
    "lists": "list",
    "item": "",
    "fill_in": "",
    "options": "",
    "rules": "",
}
# What a list is called among the words, where that differs from the file.
CALLED = {"fill_in": "fill"}


def split(node: Any, part: str, texts: Texts, field: str = "", name: str = "") -> Any:
    """The structure without its words; these are added to `texts`, which names the languages."""
    if isinstance(node, list):
        return [
            split(row, row_part, texts, row_field)
            for row, row_part, row_field in _rows(node, part, field, name)
        ]
    if not isinstance(node, dict):
        return node
    spoken = {language: node[language] for language in texts if language in node}
    if spoken and len(spoken) == len(node):
        return {WORDS: _keep(spoken, part, field, texts)}
    structure = {
        key: split(value, part, texts, _join(field, _called(key)), key)
        for key, value in node.items()
        if key not in spoken
    }
    if spoken:
        _keep(spoken, part, _join(field, INLINE_FIELD), texts)
        structure[INLINE] = True
    return structure


def join(node: Any, part: str, speak: Speak, field: str = "", name: str = "") -> Any:
    """The structure with words in it again, as `speak` gives them."""
    if isinstance(node, list):
        return [
            join(row, row_part, speak, row_field)
            for row, row_part, row_field in _rows(node, part, field, name)
        ]
    if not isinstance(node, dict):
        return node
    if WORDS in node:
        return speak(part, field, node[WORDS])
    whole = {
        key: join(value, part, speak, _join(field, _called(key)), key)
        for key, value in node.items()
        if key != INLINE
    }
    if INLINE in node:
        spoken = speak(part, _join(field, INLINE_FIELD), "text")
        whole |= spoken if isinstance(spoken, dict) else {INLINE_FIELD: spoken}
    return whole


def _called(key: str) -> str:
    return CALLED.get(key, key)


def lines_of(fields: dict[str, str], field: str) -> list[str]:
    """The texts of a field that is a list: field.1, field.2, …"""
    found: list[str] = []
    while (line := fields.get(f"{field}.{len(found) + 1}")) is not None:
        found.append(line)
    return found


def _rows(rows: list[Any], part: str, field: str, name: str) -> list[tuple[Any, str, str]]:
    placed = []
    for number, row in enumerate(rows, 1):
        own = _name_of(row) if name in NAMED_LISTS else ""
        if own and NAMED_LISTS[name]:
            placed.append((row, f"{NAMED_LISTS[name]}:{own}", ""))
        else:
            placed.append((row, part, _join(field, own or str(number))))
    return placed


def _name_of(row: Any) -> str:
    if not isinstance(row, dict):
        return ""
    return str(row.get("key") or row.get("name") or row.get("value") or "")


def _keep(spoken: dict[str, Any], part: str, field: str, texts: Texts) -> str:
    is_lines = any(isinstance(value, list) for value in spoken.values())
    for language, value in spoken.items():
        fields = texts[language].setdefault(part, {})
        if is_lines:
            for number, line in enumerate(value, 1):
                fields[f"{field}.{number}"] = line
        else:
            fields[field] = value
    return "lines" if is_lines else "text"


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
