"""Rows that the database keeps from being changed."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction


def refused(change: Callable[[], object]) -> bool:
    """Whether a guard refuses the change; anything else fails the test."""
    with pytest.raises(IntegrityError, match="is guarded"), transaction.atomic():
        change()
    return True
