"""Triggers that refuse to change what must not change, the same on both databases.

An app registers its tables when it is ready; `post_migrate` puts the triggers back, since
SQLite drops them whenever Django remakes a table. A check says when one is missing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"
# Of PostgreSQL, which empties a table without asking the rows.
TRUNCATE = "TRUNCATE"


@dataclass(frozen=True)
class Guard:
    """One table, one thing that may not be done to it, and when (about the row `OLD`)."""

    table: str
    act: str
    condition: str = ""

    @property
    def name(self) -> str:
        return f"guard_{self.table}_{self.act.lower()}"

    @property
    def each(self) -> str:
        return "STATEMENT" if self.act == TRUNCATE else "ROW"

    @property
    def words(self) -> str:
        return f"{self.table} is guarded: no {self.act.lower()}"


_guards: dict[str, Guard] = {}


def guard(table: str, condition: str = "", *, acts: tuple[str, ...] = (UPDATE, DELETE)) -> None:
    """Let the database refuse to change or remove rows of a table, always or when a condition
    about OLD holds, such as `OLD.state <> 'draft'` or an EXISTS over another table. INSERT can
    be refused too, by a condition about NEW. A table of which not all rows may be removed cannot be
    emptied at one stroke either.

    Call from the app's `ready`.
    """
    for act in acts:
        _register(Guard(table, act, condition))
    if DELETE in acts:
        _register(Guard(table, TRUNCATE))


def _register(one: Guard) -> None:
    _guards[one.name] = one


def changed(model: type[models.Model], *, besides: tuple[str, ...] = ()) -> str:
    """A condition of an UPDATE: it gives any column of the model another value, but for those of
    the fields named."""
    columns = [field.column for field in model._meta.concrete_fields if field.name not in besides]
    return " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)


def overlaps(table: str, *same: str) -> str:
    """A condition of an INSERT or UPDATE: another row that has these columns in common holds on a
    day on which this one does. It holds from `from_on`, and `until_on` is the first day without; a
    row that ends on the day it begins holds on none."""
    in_common = " AND ".join(f"o.{column} = NEW.{column}" for column in same)
    others = f"SELECT 1 FROM {table} o WHERE o.id <> NEW.id AND {in_common}"  # noqa: S608
    return (
        f"EXISTS ({others} "
        "AND (o.until_on IS NULL OR (o.until_on > o.from_on AND o.until_on > NEW.from_on)) "
        "AND (NEW.until_on IS NULL OR (NEW.until_on > NEW.from_on AND NEW.until_on > o.from_on)))"
    )


def _guards_of(using: str) -> list[Guard]:
    """The guards whose table there is, as far as its database knows what they refuse."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    knows_truncate = connection.vendor == "postgresql"
    return [
        one
        for one in _guards.values()
        if one.table in tables and (knows_truncate or one.act != TRUNCATE)
    ]


def put_up(using: str = "default") -> None:
    """Put up every guard whose table there is. Harmless when it stands already."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for one in _guards_of(using):
            for statement in _take_down_sql(connection, one) + _put_up_sql(connection, one):
                cursor.execute(statement)


def take_down(using: str = "default") -> None:
    connection = connections[using]
    # PostgreSQL refuses to touch the triggers of a table while checks of its rows wait.
    connection.check_constraints()
    with connection.cursor() as cursor:
        for one in _guards_of(using):
            for statement in _take_down_sql(connection, one):
                cursor.execute(statement)


@contextmanager
def lifted(using: str = "default") -> Iterator[None]:
    """Work on guarded rows: for a data migration (which leaves an event) and for tests.

    All in one transaction: a failure inside brings both rows and guards back.
    """
    with transaction.atomic(using=using):
        take_down(using)
        yield
        connections[using].check_constraints()
        put_up(using)


def missing(using: str = "default") -> list[Guard]:
    """The guards that should stand on a table there is, and do not, or not as they are written."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            # One that was switched off says nothing to anybody.
            cursor.execute(
                "SELECT pg_get_triggerdef(t.oid, true), p.prosrc FROM pg_trigger t "
                "JOIN pg_proc p ON p.oid = t.tgfoid "
                "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
            )
        standing = {*cursor.fetchall()}
    return [one for one in _guards_of(using) if _as_told(connection, one) not in standing]


def check_guards(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """`manage.py check --database default`, run by `scripts/prepare.py`, finds a missing guard."""
    return [
        checks.Error(
            f"The guard {one.name} is missing, or is another than it should be.",
            hint=f"Run UPPTAKT_VAR={settings.VAR_DIR} manage.py migrate --skip-checks: it puts the"
            " guards back.",
            id="journal.E001",
        )
        for using in databases or []
        if not _is_behind(using)
        for one in missing(using)
    ]


def put_back(using: str = "default", **kwargs: Any) -> None:
    """Receiver of post_migrate."""
    put_up(using)


def make_way(using: str = "default", *, plan: Any = (), **kwargs: Any) -> None:
    """Receiver of pre_migrate: SQLite cannot remake a table that another table's guard looks at.

    Guards that look at their own row only stay up, and `post_migrate` puts the others back.
    """
    connection = connections[using]
    if not plan or connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for one in _guards_of(using):
            if "SELECT" in one.condition:
                for statement in _take_down_sql(connection, one):
                    cursor.execute(statement)


def _is_behind(using: str) -> bool:
    # `migrate` itself runs this check first; what it is about to make is not missing yet.
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[using])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _put_up_sql(connection: BaseDatabaseWrapper, one: Guard) -> list[str]:
    stored = _as_stored(connection, one)
    if connection.vendor == "sqlite":
        return [stored]
    function = f'CREATE OR REPLACE FUNCTION "{one.name}"() RETURNS trigger LANGUAGE plpgsql AS '
    return [f"{function}$${stored}$$", _trigger(one)]


def _trigger(one: Guard) -> str:
    """On PostgreSQL: when the function of the guard is asked."""
    return (
        f'CREATE TRIGGER "{one.name}" BEFORE {one.act} ON "{one.table}" FOR EACH {one.each} '
        f'EXECUTE FUNCTION "{one.name}"()'
    )


def _as_told(connection: BaseDatabaseWrapper, one: Guard) -> tuple[str, ...]:
    """What the database tells of it: the whole trigger; or that, and the body of its function."""
    stored = _as_stored(connection, one)
    if connection.vendor == "sqlite":
        return (stored,)
    return (_trigger(one).replace('"', ""), stored)


def _as_stored(connection: BaseDatabaseWrapper, one: Guard) -> str:
    """What the database keeps of it: the whole trigger, or the body of its function."""
    condition = one.condition or "TRUE"
    if connection.vendor == "sqlite":
        # Before 3.39 it has no other name for it.
        condition = condition.replace("IS DISTINCT FROM", "IS NOT")
        return (
            f'CREATE TRIGGER "{one.name}" BEFORE {one.act} ON "{one.table}" FOR EACH ROW '
            f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{one.words}'); END"
        )
    goes_on = {DELETE: "OLD", TRUNCATE: "NULL"}.get(one.act, "NEW")
    return (
        f"BEGIN IF {condition} THEN "
        f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', "
        f"MESSAGE = '{one.words}'; END IF; RETURN {goes_on}; END"
    )


def _take_down_sql(connection: BaseDatabaseWrapper, one: Guard) -> list[str]:
    on_table = "" if connection.vendor == "sqlite" else f' ON "{one.table}"'
    return [f'DROP TRIGGER IF EXISTS "{one.name}"{on_table}']
