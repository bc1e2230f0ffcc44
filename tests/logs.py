"""What the house writes in its logs, as an installation writes it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config import logs


class Written(io.StringIO):
    """The lines so far, one JSON object each."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@contextmanager
def written() -> Iterator[Written]:
    """Listen to every logger, with the formatter of an installation in production."""
    out = Written()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.lines())
    logging.getLogger().addHandler(handler)
    try:
        yield out
    finally:
        logging.getLogger().removeHandler(handler)
