"""The one way into the journal."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

from journal import sentences
from journal.models import START, Event, EventText, digest_of, same_moment, stream_of

if TYPE_CHECKING:
    from teams.models import User


def record(
    stream: models.Model | str,
    verb: str,
    *,
    by: "User",
    at: datetime,
    about: models.Model | None = None,
    facts: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
    secrecy: str = "",
) -> Event:
    """Add one event to a stream, in the operation's own transaction.

    Facts are hashed as they are: ids, states, amounts, days. Free text and personal
    data go into texts. A verb that has no sentence is refused.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An event belongs to a transaction.")
    sentences.find(verb)
    name = stream_of(stream)
    _take_turn(name)
    last = Event.objects.of(name).last()
    salted = {key: (secrets.token_hex(16), text) for key, text in (texts or {}).items()}
    event = Event(
        stream=name,
        number=last.number + 1 if last else 1,
        at=same_moment(at),
        by=by,
        verb=verb,
        object=stream_of(about) if about is not None else "",
        facts=_plain(facts or {}),
        digests={key: digest_of(salt, text) for key, (salt, text) in salted.items()},
        secrecy=secrecy,
        previous_hash=last.hash if last else START,
    )
    event.hash = event.computed_hash()
    event.save(force_insert=True)
    EventText.objects.bulk_create(
        EventText(event=event, name=key, salt=salt, text=text)
        for key, (salt, text) in salted.items()
    )
    return event


def _take_turn(stream: str) -> None:
    # A row lock on the last event cannot hold an empty stream, and whoever waited for it
    # would still see the old last event. On SQLite the immediate transaction is the turn.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 3))", [stream])


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as the database gives them back, so that a later reading hashes the same."""
    plain: dict[str, Any] = json.loads(json.dumps(facts, cls=DjangoJSONEncoder))
    if _has_float(plain):
        raise TypeError("Use Decimal or int in facts: a float is not the same everywhere.")
    return plain


def _has_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_float(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_float(item) for item in value)
    return isinstance(value, float)
