from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurements import days, planning
from procurements.planning import PlannedPhase, PlanRefused, moved, plan, shaped, step_due

DAYS = st.dates(date(2018, 1, 1), date(2035, 12, 31))
LENGTHS = st.lists(st.tuples(st.integers(1, 120), st.integers(0, 15)), min_size=1, max_size=14)


def lengths_of(planned):
    return [planning.lengths_of(phase) for phase in planned]


def is_in_order(planned):
    run = [day for phase in planned for day in phase]
    starts_after_gates = all(
        later.starts_on > earlier.gate_on for earlier, later in pairwise(planned)
    )
    return run == sorted(run) and starts_after_gates and all(map(days.is_working_day, run))


def test_a_concept_phase_of_twenty_days_and_ten_to_decide():
    assert plan([(20, 10)], date(2026, 9, 7)) == [
        PlannedPhase(date(2026, 9, 7), date(2026, 10, 2), date(2026, 10, 16))
    ]


def test_the_next_phase_starts_the_working_day_after_the_gate():
    first, second = plan([(5, 1), (1, 0)], date(2026, 12, 14))

    assert first.gate_on == date(2026, 12, 21)
    assert second == PlannedPhase(date(2026, 12, 22), date(2026, 12, 22), date(2026, 12, 22))


def test_a_plan_never_starts_on_a_day_off():
    assert plan([(1, 0)], date(2026, 12, 24))[0].starts_on == date(2026, 12, 28)


@pytest.mark.parametrize("phase", [(0, 5), (-3, 5), (5, -1)])
def test_a_phase_without_days_cannot_be_planned(phase):
    with pytest.raises(ValueError, match="at least one day"):
        plan([phase], date(2026, 9, 7))


@pytest.mark.slow
@given(LENGTHS, DAYS)
def test_a_plan_keeps_the_editions_lengths_and_order(lengths, start):
    planned = plan(lengths, start)

    assert lengths_of(planned) == lengths
    assert is_in_order(planned)
    assert planned[0].starts_on == days.roll_forward(start)
    for earlier, later in pairwise(planned):
        assert later.starts_on == days.next_working_day(earlier.gate_on)


@pytest.mark.slow
@given(LENGTHS, DAYS, st.data())
def test_a_moved_phase_takes_the_later_ones_along(lengths, start, data):
    planned = plan(lengths, start)
    index = data.draw(st.integers(0, len(planned) - 1))
    earliest = planned[index - 1].gate_on + timedelta(days=1) if index else date(2018, 1, 1)
    new_start = data.draw(st.dates(earliest, earliest + timedelta(days=900)))

    after = moved(planned, index, new_start)

    assert after[:index] == planned[:index]
    assert after[index].starts_on == days.roll_forward(new_start)
    assert lengths_of(after) == lengths
    assert is_in_order(after)


@pytest.mark.slow
@given(LENGTHS, DAYS, st.data())
def test_moving_there_and_back_changes_nothing(lengths, start, data):
    planned = plan(lengths, start)
    index = data.draw(st.integers(0, len(planned) - 1))
    later = planned[index].starts_on + timedelta(days=data.draw(st.integers(0, 400)))

    assert moved(moved(planned, index, later), index, planned[index].starts_on) == planned


@pytest.mark.slow
@given(LENGTHS, DAYS, st.data())
def test_a_shaped_phase_takes_the_later_ones_along_and_back(lengths, start, data):
    planned = plan(lengths, start)
    index = data.draw(st.integers(0, len(planned) - 1))
    was = planned[index]
    ends_on = data.draw(st.dates(was.starts_on, was.starts_on + timedelta(days=400)))
    gate_on = data.draw(st.dates(ends_on, ends_on + timedelta(days=60)))

    after = shaped(planned, index, ends_on, gate_on)

    assert after[:index] == planned[:index]
    assert after[index].ends_on == days.roll_forward(ends_on)
    assert lengths_of(after)[index + 1 :] == lengths[index + 1 :]
    assert is_in_order(after)
    assert shaped(after, index, was.ends_on, was.gate_on) == planned


def test_a_wait_that_someone_chose_is_kept_when_an_earlier_phase_moves():
    planned = moved(plan([(5, 0), (5, 0)], date(2026, 6, 1)), 1, date(2026, 8, 10))

    after = moved(planned, 0, date(2026, 6, 8))

    assert after[1].starts_on == date(2026, 8, 17)


@pytest.mark.parametrize("new_start", [date(2026, 6, 5), date(2026, 6, 8), date(2020, 1, 1)])
def test_a_phase_cannot_start_before_the_gate_before_it_is_decided(new_start):
    planned = plan([(5, 1), (5, 0)], date(2026, 6, 1))

    with pytest.raises(PlanRefused):
        moved(planned, 1, new_start)


@pytest.mark.parametrize(
    ("offset", "due"),
    [(0, "2026-09-07"), (1, "2026-09-07"), (5, "2026-09-11"), (20, "2026-10-02")],
)
def test_a_step_is_due_on_the_so_manyth_working_day_of_its_phase(offset, due):
    assert step_due(date(2026, 9, 7), offset) == date.fromisoformat(due)


@given(st.integers(1, 120), st.integers(0, 15), DAYS)
def test_a_step_at_the_end_of_all_days_is_due_at_the_gate(length_days, decision_days, start):
    (phase,) = plan([(length_days, decision_days)], start)

    assert step_due(phase.starts_on, length_days) == phase.ends_on
    assert step_due(phase.starts_on, length_days + decision_days) == phase.gate_on
