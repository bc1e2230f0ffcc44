"""Hold content files against their JSON Schema, and say what is wrong and on which line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaError
from referencing import Registry, Resource

from handbook.reading import Content, ContentFile, Place
from handbook.refusals import Problem

FOLDER = Path(__file__).resolve().parent / "content" / "schema"
TYPES = {
    "object": gettext_lazy("a mapping"),
    "array": gettext_lazy("a list"),
    "string": gettext_lazy("text"),
    "integer": gettext_lazy("a whole number"),
    "number": gettext_lazy("a number"),
    "boolean": gettext_lazy("true or false"),
    "null": gettext_lazy("null"),
}


@cache
def validator(kind: str) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resources(
        (path.name, Resource.from_contents(json.loads(path.read_text(encoding="utf-8"))))
        for path in FOLDER.glob("*.json")
    )
    return Draft202012Validator(registry.contents(f"{kind}.json"), registry=registry)


def problems_of(content: Content) -> Iterator[Problem]:
    yield from _problems("handbook", content.book)
    for phase in content.phases:
        yield from _problems("phase", phase)
    yield from _problems("criteria", content.criteria)
    yield from _problems("fields", content.catalogue)
    yield from _problems("law", content.law)
    yield from _problems("readiness", content.readiness)
    for template in content.templates:
        yield from _problems("template", template.meta)


def _problems(kind: str, file: ContentFile) -> Iterator[Problem]:
    for place, message in findings(kind, file.data):
        yield file.problem(place, _at(place, message))


def findings(kind: str, data: Any) -> Iterator[tuple[Place, str]]:
    """What is wrong in a file of that kind: where, and in words."""
    for error in validator(kind).iter_errors(data):
        place = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            allowed = set(error.schema["properties"])
            for name in sorted(set(error.instance) - allowed):
                yield (*place, name), _("“%(name)s” is not known here.") % {"name": name}
        else:
            yield place, _message(error)


def _at(place: tuple[str | int, ...], message: str) -> str:
    spoken = ".".join(str(step + 1) if isinstance(step, int) else step for step in place)
    return f"{spoken}: {message}" if spoken else message


# The common mistakes in words of our own; the others are said in the schema library's.
MESSAGES = {
    "enum": gettext_lazy("Only these are known: %(limit)s."),
    "pattern": gettext_lazy("“%(value)s” is not written the right way."),
    "minItems": gettext_lazy("There must be at least %(limit)s here."),
    "maxItems": gettext_lazy("There may be at most %(limit)s here."),
    "uniqueItems": gettext_lazy("The same thing stands here twice."),
    "minimum": gettext_lazy("This must be at least %(limit)s."),
    "maximum": gettext_lazy("This must be at most %(limit)s."),
    "maxLength": gettext_lazy("This may be at most %(limit)s characters."),
}
NOT_BLANK = "\\S"


def _message(error: SchemaError) -> str:
    limit: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "required":
        missing = [f"“{name}”" for name in limit if name not in instance]
        return _("%(names)s is missing.") % {"names": ", ".join(missing)}
    if error.validator == "type":
        wanted = [str(TYPES[name]) for name in ([limit] if isinstance(limit, str) else limit)]
        return _("This must be %(wanted)s.") % {"wanted": _(" or ").join(wanted)}
    if error.validator == "pattern" and limit == NOT_BLANK:
        return _("This must not be empty.")
    if str(error.validator) in MESSAGES:
        shown = ", ".join(map(str, limit)) if isinstance(limit, list) else limit
        return str(MESSAGES[str(error.validator)]) % {"limit": shown, "value": instance}
    return str(error.message)
