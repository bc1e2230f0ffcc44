"""How the events of a handbook read, in words."""

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {}
