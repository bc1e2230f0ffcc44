"""People in a list, told apart where several have the same name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from teams.models import User


def namesakes(people: Iterable[User]) -> set[int]:
    """Those whom name and work title do not tell from another of them."""
    said = {one.pk: _titled(one).casefold() for one in people}
    times = Counter(said.values())
    return {pk for pk, words in said.items() if times[words] > 1}


def told_apart(people: Iterable[User], *, titled: bool = False) -> dict[int, str]:
    """By person the name, in a list to choose from; with the work title where the name is not
    enough (or always), and with the address where that is not enough either."""
    everyone = {one.pk: one for one in people}
    alike = namesakes(everyone.values())
    times = Counter(one.name.casefold() for one in everyone.values())
    return {
        pk: f"{_titled(one)}, {one.email}"
        if pk in alike
        else _titled(one)
        if titled or times[one.name.casefold()] > 1
        else one.name
        for pk, one in everyone.items()
    }


def _titled(person: User) -> str:
    return ", ".join(filter(None, [person.name, person.title]))
