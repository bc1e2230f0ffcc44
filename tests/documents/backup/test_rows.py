"""Rows leave and come back as they were, whatever their fields hold."""

import io
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models

from documents.backup import rows
from outbox.models import Message
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    take_away_suppliers,
)
from tests.builders import a_case_in_admission, at_start_of
from tests.people import everybody

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (models.DateTimeField(), datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)),
        (models.DateField(), date(2028, 2, 29)),
        (models.TimeField(), time(23, 59, 59, 1)),
        (models.DurationField(), timedelta(days=-1, microseconds=7)),
        (models.DecimalField(max_digits=12, decimal_places=2), Decimal("0.10")),
        (models.UUIDField(), uuid.UUID(int=7)),
        (models.JSONField(), {"b": [1, None, "å"], "a": {"c": True}}),
        (models.CharField(), "Åse \u2028 «x»\n"),
        (models.BooleanField(), False),
        (models.IntegerField(), None),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_value_comes_back(field: models.Field, value: object) -> None:
    assert rows._value(field, rows._plain(value)) == value


def test_bytes_come_back() -> None:
    assert bytes(rows._value(models.BinaryField(), rows._plain(b"\0\xff"))) == b"\0\xff"  # type: ignore[call-overload]


def test_every_table_but_the_sessions_is_kept() -> None:
    stored = {*connection.introspection.table_names()}
    kept = {one._meta.db_table for one in rows.tables().values()}

    assert stored - kept == {"django_migrations", "django_session", "shared_cache"}


def test_the_same_rows_are_the_same_bytes() -> None:
    everybody()
    model = rows.tables()["teams.user"]
    first, second = io.BytesIO(), io.BytesIO()

    assert rows.write(model, first) == rows.write(model, second) > 3
    assert first.getvalue() == second.getvalue()


def test_a_row_that_no_list_shows_is_kept() -> None:
    people = everybody()
    case = a_case_in_admission(by=people.per, authority=people.authority)
    said: dict[str, Any] = {"case": case, "by": people.per, "at": at_start_of(case)}
    typed = [TypedSupplier("Exempelföretaget Ask"), TypedSupplier("Exempelföretaget Björk")]
    ask, _bjork = admit_suppliers(suppliers=typed, **said)
    take_away_suppliers(suppliers=[ask], reason="Fel lista.", **said)

    assert rows.write(rows.tables()["procurements.participant"], io.BytesIO()) == 2


def test_a_number_that_was_given_out_is_never_given_again() -> None:
    last = Message.objects.post("document.render", subject="1").pk
    Message.objects.filter(pk=last).delete()

    counters = rows.counters()
    assert counters["outbox.message"] == last
    rows.set_counters(counters | {"outbox.message": last + 100})
    assert Message.objects.post("document.render", subject="2").pk == last + 101
