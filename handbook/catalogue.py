"""The catalogue of fields that papers may use, and invented data to try papers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handbook.splitting import Speak, join

if TYPE_CHECKING:
    from handbook.models import DocumentTemplate
    from handbook.words import Words

# What a field of type "code" may hold: values that code sets, never words for a reader.
CODE_VALUES = {
    "case.legal_track": ("pcp_outside_lou", "direct_award_19a", "advertised_19", "lou_above"),
    "case.context": ("product", "service", "system"),
    "gate.decision": ("proceed", "repeat", "stop"),
    "standstill.kind": ("statutory", "voluntary", "none"),
    "supplier.state": ("in", "discarded", "withdrawn"),
    "evaluation.method": ("none", "reversed", "weighted", "jury"),
}
# No field is ever absent: this stands where the case holds nothing yet.
BLANKS: dict[str, Any] = {"boolean": False, "integer": 0, "lines": [], "list": []}


def names(catalogue: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The single fields (`case.title`) and the lists (`suppliers`)."""
    single = {field["name"] for field in catalogue["fields"]}
    return single, {row["name"] for row in catalogue["lists"]}


def blank(kind: str) -> Any:
    value = BLANKS.get(kind, "")
    return list(value) if isinstance(value, list) else value


def nest(values: dict[str, Any]) -> dict[str, Any]:
    """{"case.title": …} as templates read it: {"case": {"title": …}}."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        node = nested
        *parents, last = name.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return nested


def sample_values(catalogue: dict[str, Any], speak: Speak, *, blanks: bool) -> dict[str, Any]:
    """A value for each field of the catalogue by its dotted name: invented, or blank."""
    values: dict[str, Any] = {}
    for field in catalogue["fields"]:
        part = f"field:{field['name']}"
        sample = join(field["sample"], part, speak, "sample")
        values[field["name"]] = blank(field["type"]) if blanks else sample
    for row in catalogue["lists"]:
        part = f"list:{row['name']}"
        rows = join(row["sample"], part, speak, "sample", "sample")
        values[row["name"]] = [] if blanks else rows
    return values


def fill_fields(template: DocumentTemplate, words: Words) -> list[dict[str, Any]]:
    """What a person fills in, in the language of the words."""
    fields: list[dict[str, Any]] = join(
        template.fields, template.path, words.speak, "fill", "fill_in"
    )
    return fields
