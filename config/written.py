"""Questions that every page asks, written down once.

Django writes the SQL of a query anew each time it is asked. For who is signed in and what case
this is that takes several times as long as the answer.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, ParamSpec, TypeVar, cast

from django.db import connection
from django.db.models import Model, QuerySet

Facts = ParamSpec("Facts")
M = TypeVar("M", bound=Model)

# No database holds a whole number from here on, so no row has it.
TOO_LARGE = 2**63
# What stands for the facts while the question is written down.
SOME_NUMBER, SOME_DAY = 2_147_000_000, date.min


def written(question: Callable[Facts, QuerySet[M]]) -> Callable[Facts, list[M]]:
    """The rows that the question gives, whose SQL is made the first time it is asked.

    Its facts are whole numbers and days, given by name. Each must come to the database as it is:
    a question that leaves one out, or decides something by it, raises ValueError.
    """
    names = inspect.signature(question).parameters
    stand_in = {
        name: SOME_NUMBER + n if names[name].annotation in (int, "int") else SOME_DAY + timedelta(n)
        for n, name in enumerate(names)
    }

    @functools.cache
    def write() -> tuple[QuerySet[M], Any, str, tuple[Any, ...]]:
        rows = cast(Any, question)(**stand_in)
        compiler = rows.query.get_compiler(rows.db)
        sql, parameters = compiler.as_sql()
        if lost := [name for name in names if _kept(stand_in[name]) not in parameters]:
            raise ValueError(f"{question.__name__} does not ask the database for {lost}")
        return rows, compiler, sql, tuple(parameters)

    @functools.wraps(question)
    def ask(*args: Facts.args, **facts: Facts.kwargs) -> list[M]:
        if any(isinstance(fact, int) and abs(fact) >= TOO_LARGE for fact in facts.values()):
            return []
        rows, compiler, sql, parameters = write()
        told = {_kept(stand_in[name]): _kept(fact) for name, fact in facts.items()}
        asked = sql, tuple(told.get(value, value) for value in parameters)
        # A compiler of this thread's connection, which knows already what each column is.
        reader = copy.copy(compiler)
        reader.connection = connection
        reader.as_sql = lambda *args, **kwargs: asked
        rows = rows.all()
        rows.query.get_compiler = lambda *args, **kwargs: reader  # type: ignore[method-assign]
        return list(rows)

    return ask


def _kept(fact: Any) -> Any:
    """The fact as the database is given it."""
    return connection.ops.adapt_datefield_value(fact) if isinstance(fact, date) else fact
