"""What several people choose of the same things, each from a page of their own."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

from teams.refusals import Refused

T = TypeVar("T")
# What each fact was on the page that somebody chose from, as far as the page told.
Began = Mapping[str, Any]


class Overtaken(Refused):
    """Somebody else has changed the same facts meanwhile; tells which, and all as they are now."""

    def __init__(self, names: Collection[str], now: Mapping[str, Any]) -> None:
        super().__init__(_("Somebody else has changed the same meanwhile."), code="stale")
        self.names, self.now = names, now


def merged(now: Collection[T], chosen: Collection[T], began: Collection[T] | None) -> set[T]:
    """What is to be when somebody has chosen on a page that showed `began`: what they added and
    took away, beside what others have added and taken away since. Nothing said of what the page
    showed: just what was chosen."""
    start = set(now if began is None else began)
    return (set(now) | (set(chosen) - start)) - (start - set(chosen))


def row_merged(row: Any, chosen: Mapping[str, Any], began: Began | None) -> dict[str, Any]:
    """`facts_merged` with what stands on the row now."""
    return facts_merged({name: getattr(row, name) for name in chosen}, chosen, began)


def facts_merged(
    now: Mapping[str, Any], chosen: Mapping[str, Any], began: Began | None
) -> dict[str, Any]:
    """What each fact is to be when somebody has chosen on a page that showed `began`: what was left
    alone there stays as it is now. Raises Overtaken when what was changed there has been changed
    to something else by somebody else. What the page told nothing of is just as chosen."""
    began = began or {}
    told = began.keys() & chosen.keys()
    left = {name for name in told if chosen[name] == began[name]}
    if overtaken := sorted(n for n in told - left if now[n] not in (began[n], chosen[n])):
        raise Overtaken(overtaken, now)
    return {name: now[name] if name in left else new for name, new in chosen.items()}
