"""When the phases of a case are to start, end and be decided, planned in working days.

An edition gives each phase a length, the suppliers' own time, and days for assessment and
decision after it. Every day in a plan is a working day, so a whole plan can be moved along the
calendar without changing any length.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from procurements import days


class PlannedPhase(NamedTuple):
    """The three days of a phase: its first, its last, and the day of its gate."""

    starts_on: date
    ends_on: date
    gate_on: date


Plan = list[PlannedPhase]


class PlanRefused(ValidationError):
    """The days asked for would make phases overlap."""


def too_early() -> PlanRefused:
    """The refusal to start a phase before the gate before it has been decided."""
    return PlanRefused(_("A phase can start the day after the gate before it, not earlier."))


def plan(
    lengths: Sequence[tuple[int, int]], start: date, *, waits: Sequence[int] | None = None
) -> Plan:
    """Lay the phases out one after the other from a day, rolled forward to a working day.

    Each phase is given as (length, decision days), both in working days; the first day of a
    phase is its day one. The next phase starts the working day after its gate, or where `waits`
    has one for each phase but the last, so many working days after it.
    """
    planned: Plan = []
    after = [*(waits or [1] * (len(lengths) - 1)), 1]
    for (length_days, decision_days), wait in zip(lengths, after, strict=True):
        if length_days < 1 or decision_days < 0:
            raise ValueError("A phase is at least one day long and is decided when it has ended.")
        starts_on = days.roll_forward(start)
        ends_on = step_due(starts_on, length_days)
        gate_on = days.add_working_days(ends_on, decision_days)
        planned.append(PlannedPhase(starts_on, ends_on, gate_on))
        start = days.add_working_days(gate_on, wait)
    return planned


def moved(planned: Plan, index: int, new_start: date) -> Plan:
    """Start one phase on another day and let the later ones follow.

    Lengths, decision days and chosen waits between phases are kept, counted in working days.
    Raises PlanRefused when the phase would start before the gate of the phase before it has
    been decided.
    """
    new_start = days.roll_forward(new_start)
    if index and new_start <= planned[index - 1].gate_on:
        raise too_early()
    shift = days.working_days_between(planned[index].starts_on, new_start)
    return planned[:index] + _shifted(planned[index:], shift)


def shaped(planned: Plan, index: int, ends_on: date, gate_on: date) -> Plan:
    """Let one phase end and be decided on other days, rolled forward to working days, and the later
    ones follow its gate, their lengths, decision days and chosen waits kept."""
    was = planned[index]
    now = PlannedPhase(was.starts_on, days.roll_forward(ends_on), days.roll_forward(gate_on))
    shift = days.working_days_between(was.gate_on, now.gate_on)
    return [*planned[:index], now, *_shifted(planned[index + 1 :], shift)]


def _shifted(planned: Plan, shift: int) -> Plan:
    """Each phase so many working days later, or earlier when the number is negative."""
    return [
        PlannedPhase(*(days.add_working_days(day, shift) for day in phase)) for phase in planned
    ]


def lengths_of(phase: PlannedPhase) -> tuple[int, int]:
    """The working days that a phase takes, and those after it until its gate."""
    taken = days.working_days_between(phase.starts_on, phase.ends_on) + 1
    return taken, days.working_days_between(phase.ends_on, phase.gate_on)


def step_due(starts_on: date, offset_days: int) -> date:
    """The day a step is to be done: the so-manyth working day of its phase.

    Offset one is the first day of the phase, and so is zero; the offset that equals the phase's
    length is its last day, and length plus decision days is the day of the gate.
    """
    return days.add_working_days(days.roll_forward(starts_on), max(offset_days - 1, 0))
