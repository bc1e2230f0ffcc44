"""Rows as lines, the same from both databases and for both."""

import base64
import gzip
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import IO, Any
from uuid import UUID

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Field, ForeignKey, JSONField, Model
from django.utils.duration import duration_iso_string

from config.lazyjson import Stored
from documents.backup import BackupRefused
from journal.models import canonical

LEFT_OUT = {Session}
AT_ONCE = 500


def tables() -> dict[str, type[Model]]:
    """Every table that is kept, by the name it has in a backup."""
    models = apps.get_models(include_auto_created=True)
    kept = [one for one in models if one._meta.managed and one not in LEFT_OUT]
    return {one._meta.label_lower: one for one in sorted(kept, key=lambda m: m._meta.label_lower)}


def fields_of(model: type[Model]) -> "list[Field[Any, Any]]":
    return [field for field in model._meta.local_concrete_fields if not field.generated]


def names_of(model: type[Model]) -> list[str]:
    return [field.attname for field in fields_of(model)]


def write(model: type[Model], out: IO[bytes]) -> int:
    """Write the table to a file, packed; how many rows there were."""
    names, count = names_of(model), 0
    rows = model._base_manager.order_by("pk").values_list(*names).iterator(chunk_size=2000)
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=6) as lines:
        lines.write(canonical(names) + b"\n")
        for count, row in enumerate(rows, 1):  # noqa: B007
            lines.write(canonical([_plain(value) for value in row]) + b"\n")
    return count


def read(model: type[Model], packed: IO[bytes]) -> int:
    """Put the rows of the table into the database, just as they were; how many there were."""
    fields = fields_of(model)
    count = 0
    with gzip.GzipFile(fileobj=packed, mode="rb") as lines:
        if json.loads(next(lines)) != names_of(model):
            raise BackupRefused(f"The table {model._meta.label_lower} has other columns here.")
        rows = (_row(model, fields, line) for line in lines)
        while some := list(islice(rows, _at_once(fields))):
            # As it is stored: nothing counts, dates or completes it again on its way in.
            model._base_manager._insert(some, fields=fields, raw=True)  # type: ignore[attr-defined]
            count += len(some)
    return count


def _at_once(fields: "list[Field[Any, Any]]") -> int:
    return min(AT_ONCE, connection.ops.bulk_batch_size(fields, [None] * AT_ONCE))


def _row(model: type[Model], fields: "list[Field[Any, Any]]", line: bytes) -> Model:
    values = zip(fields, json.loads(line), strict=True)
    return model(**{field.attname: _value(field, value) for field, value in values})


def _plain(value: object) -> object:
    match value:
        case Stored():
            return value.told
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return duration_iso_string(value)
        case Decimal():
            return format(value, "f")
        case UUID():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
    return value


def _value(field: "Field[Any, Any]", value: object) -> object:
    if value is None or isinstance(field, JSONField):
        return value
    # A key that points to another row is of that row's kind.
    kind = field.target_field if isinstance(field, ForeignKey) else field
    return kind.to_python(value)


# What counts up the numbers of rows, also past those that are gone: none is ever given twice.


def counters() -> dict[str, int]:
    """The last number given out in each table that has given out any."""
    found = {}
    with connection.cursor() as cursor:
        for name, model in tables().items():
            table, column = model._meta.db_table, str(model._meta.pk.column)
            if connection.vendor == "sqlite":
                cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            elif sequence := _sequence(cursor, table, column):
                cursor.execute(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608
            else:
                continue
            if row := cursor.fetchone():
                found[name] = int(row[0])
    return {name: last for name, last in found.items() if last}


def set_counters(last: dict[str, int]) -> None:
    """Go on counting after what was given out there, or after what stands here, if more."""
    with connection.cursor() as cursor:
        for name, model in tables().items():
            if name not in last:
                continue
            table, column = model._meta.db_table, str(model._meta.pk.column)
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table, last[name]])
            elif sequence := _sequence(cursor, table, column):
                cursor.execute("SELECT setval(%s, %s, true)", [sequence, last[name]])


def _sequence(cursor: Any, table: str, column: str) -> str | None:
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', column])
    (name,) = cursor.fetchone()
    return name
