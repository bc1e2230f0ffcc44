"""JSON that is read when it is asked for.

What an edition or a draft holds is long, and most who read the row, or reach it by another's
`select_related`, ask only for its name: reading the text took half the time of the first page.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute


class Stored(str):
    """The text as the database holds it. `values()` and `values_list()` give it as it is."""

    __slots__ = ()

    @property
    def told(self) -> Any:
        return json.loads(self)


class _Told(DeferredAttribute):
    """The value: read from the text the first time somebody asks this row for it."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Stored):
            value = instance.__dict__[self.field.attname] = value.told
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class LazyJSONField(models.JSONField):
    """A JSONField to the database and to who uses it."""

    descriptor_class = _Told

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return Stored(value) if isinstance(value, str) else value

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
