from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from config.lazyjson import LazyJSONField


class Part(models.Model):
    """A piece of an edition with a stable key, by which words, cases and later editions find it.

    Columns hold what code asks about; `details` holds the rest of the structure as it was read.
    Retention: handbook.
    """

    KIND: ClassVar[str]
    # Column → where it stands in the content file, with dots between the levels.
    COLUMNS: ClassVar[dict[str, str]]

    edition = models.ForeignKey("handbook.Edition", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    details = LazyJSONField(default=dict)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        """The part's name among the words: `phase:key`."""
        return f"{self.KIND}:{self.key}"

    @classmethod
    def values_from(cls, structure: dict[str, Any]) -> dict[str, Any]:
        """Column values and `details` from the structure in a content file."""
        rest = _copy(structure)
        values = {
            column: taken
            for column, place in cls.COLUMNS.items()
            if (taken := _take(rest, place.split("."))) is not None
        }
        return values | {"details": rest}

    def structure(self) -> dict[str, Any]:
        """The structure as it stands in a content file, the other way round."""
        whole: dict[str, Any] = _copy(self.details)
        for column, place in self.COLUMNS.items():
            value = getattr(self, column)
            if value is not None:
                _put(whole, place.split("."), value)
        return whole


def _copy(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _copy(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_copy(value) for value in node]
    return node


def _take(node: Any, place: list[str]) -> Any:
    *parents, last = place
    for parent in parents:
        node = node.get(parent)
        if not isinstance(node, dict):
            return None
    # An empty value stays where it stood, so that what was read can be written again.
    return node.pop(last) if node.get(last) is not None else None


def _put(node: dict[str, Any], place: list[str], value: Any) -> None:
    *parents, last = place
    for parent in parents:
        node = node.setdefault(parent, {})
    node[last] = value
