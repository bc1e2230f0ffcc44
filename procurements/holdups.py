"""What a thing holds up while it is not done, and the order in which a person should take things.

The one rule, for the portfolio's week and for who waits for whom:

1. First what already holds somebody up: its day has passed. Then what will, if it is not done in
   time. Last what nobody waits for.
2. Within each: what suppliers wait for (a gate, its signatures or a required step, in a phase that
   suppliers have come to), then what the case's next phase waits for (the same before suppliers
   have come), then a day that the law gives or that others have been told.
3. Within each: the earlier day first; then by case and title, so that the order is always the same.

Whether suppliers have come is read from the handbook's phases, never from who takes part: the order
tells nothing of a secrecy window. No queries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

Kind = Literal["task", "deadline", "gate", "sign", "paper"]


class HeldUp(IntEnum):
    """Who waits while a thing is not done: the lower, the more it holds up."""

    SUPPLIERS = 0
    NEXT_PHASE = 1
    PROMISED = 2
    NOBODY = 3


HOLDS_UP: dict[HeldUp, Promise] = {
    HeldUp.SUPPLIERS: _("holds up the suppliers"),
    HeldUp.NEXT_PHASE: _("holds up the next phase"),
    HeldUp.PROMISED: _("others count on the day"),
}
WAITS_FOR: dict[HeldUp, Promise] = {
    HeldUp.SUPPLIERS: _("The suppliers wait for %(who)s"),
    HeldUp.NEXT_PHASE: _("The next phase waits for %(who)s"),
    HeldUp.PROMISED: _("Those who count on the day wait for %(who)s"),
    HeldUp.NOBODY: _("The case waits for %(who)s"),
}


class Turn(IntEnum):
    """Whether somebody waits already, will wait, or nobody ever does."""

    WAITED_FOR = 0
    COMING = 1
    WHENEVER = 2


@dataclass(frozen=True)
class Thing:
    """Something to be done in a case: whom it holds up, its day, and for whom it waits."""

    kind: Kind
    on: date
    title: str
    case: str
    url: str
    held_up: HeldUp
    more: str = ""
    who: str = ""

    @property
    def holds_up(self) -> str:
        """What it holds up, in words, or nothing."""
        return str(HOLDS_UP.get(self.held_up, ""))

    @property
    def who_waits(self) -> str:
        """Who waits for it, and for whom they wait."""
        who = self.who or pgettext("waits for", "somebody to be named")
        return str(WAITS_FOR[self.held_up]) % {"who": who}


def held_up_by(kind: Kind, *, is_required: bool, with_suppliers: bool, is_promised: bool) -> HeldUp:
    """Who waits for a thing: `is_required` of a step without which its gate is not passed,
    `with_suppliers` of a phase that suppliers have come to, `is_promised` of a deadline that the
    law gives or that others have been told."""
    if kind in ("gate", "sign") or (kind == "task" and is_required):
        return HeldUp.SUPPLIERS if with_suppliers else HeldUp.NEXT_PHASE
    if kind == "deadline" and is_promised:
        return HeldUp.PROMISED
    return HeldUp.NOBODY


def turn(thing: Thing, today: date) -> Turn:
    if thing.held_up == HeldUp.NOBODY:
        return Turn.WHENEVER
    return Turn.WAITED_FOR if thing.on < today else Turn.COMING


def in_order(things: Iterable[Thing], today: date) -> list[Thing]:
    """By the rule above: what holds most up comes first."""
    return sorted(
        things,
        key=lambda t: (turn(t, today), t.held_up, t.on, t.case, t.title, t.kind, t.url),
    )
