"""The plan of days holds whatever day the demo is loaded; nothing here is played."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import pairwise

import pytest

from procurements.days import (
    add_working_days,
    is_working_day,
    next_working_day,
    swedish_day,
    working_days_between,
)
from procurements.demo.dates import DateRefused
from procurements.demo.plan import FIRST, Item, Plan, case_files, items_of, playing_day, shifted
from tests.procurements.demo.builders import a_plan, moment, written

BEGINNING = date(2026, 11, 24)
TWO_YEARS = 731
EVENING = time(23, 59)
# What of an item is played before what.
NEEDS_FIRST = {
    "task_done": "task",
    "insight_shared": "insight",
    "deadline_announced": "deadline",
    "deadline_kept": "deadline",
}


def position(items: list[Item]) -> dict[tuple[str, str], int]:
    """Where in the order each item with a key is played."""
    return {
        (item.kind, item.entry["key"]): place
        for place, item in enumerate(items)
        if "key" in item.entry
    }


def faults_on(day: date, file: str = FIRST) -> Iterator[str]:
    plan = a_plan(day, EVENING, file)
    items = plan.items()
    yield from faults_of_the_phase(plan, day)
    yield from faults_of_the_order(plan, items)
    yield from faults_of_the_people(plan, items)


def faults_of_the_phase(plan: Plan, day: date) -> Iterator[str]:
    play = plan.case["play"]
    if playing_day(moment(day)) not in (day, *(day - timedelta(days=n) for n in range(6))):
        yield "played up to another day"
    if "working_day" in play:
        start = plan.phases[play["phase"]]
        if working_days_between(start, plan.day) + 1 != play["working_day"]:
            yield "not the working day that is asked for"
    if plan.now and list(plan.phases)[-1] != plan.now:
        yield "another phase is the last"
    for before, after in pairwise(plan.phases):
        decided = swedish_day(plan._recorded(plan.gates[before]))
        if plan.phases[after] <= decided:
            yield f"{after} starts before the gate of {before}"


def faults_of_the_order(plan: Plan, items: list[Item]) -> Iterator[str]:
    if [item.at for item in items] != sorted(item.at for item in items):
        yield "not in order"
    for item in items:
        if item.at > plan.at:
            yield f"{item.kind} is not yet"
        if not is_working_day(swedish_day(item.at)):
            yield f"{item.kind} {item.entry.get('key')} on {swedish_day(item.at)}"
        if item.kind == "deadline" and item.days.get("due", plan.day) < swedish_day(item.at):
            yield f"{item.entry['key']} has passed when it is set"
    at = position(items)
    for (kind, key), place in at.items():
        if kind in NEEDS_FIRST and at[NEEDS_FIRST[kind], key] > place:
            yield f"{kind} {key} before its {NEEDS_FIRST[kind]}"
    if len([item for item in items if item.kind == "need"]) != len(plan.written("need_versions")):
        yield "another number of need versions"
    yield from faults_of_the_needs(items, at)
    yield from faults_of_the_gates(plan, items)


def faults_of_the_needs(items: list[Item], at: dict[tuple[str, str], int]) -> Iterator[str]:
    needs = [item.entry for item in items if item.kind == "need"]
    if [need["number"] for need in needs] != list(range(1, len(needs) + 1)):
        yield "the versions of the need are in another order"
    for need in needs:
        if any(at["insight", key] > at["need", need["key"]] for key in need["insights"]):
            yield f"{need['key']} before its insights"


def faults_of_the_gates(plan: Plan, items: list[Item]) -> Iterator[str]:
    """Work in a phase comes before its gate is in effect, and suppliers before they are judged."""
    decided = {item.entry["phase"]: item.at for item in items if item.kind == "gate"}
    in_effect = decided | {i.entry["phase"]: i.at for i in items if i.kind == "signature"}
    suppliers = next((item.at for item in items if item.kind == "suppliers"), plan.at)
    for item in items:
        phase = item.entry.get("phase", "")
        is_work = item.kind in ("task", "task_done", "step", "step_dropped")
        if is_work and phase in in_effect and item.at > in_effect[phase]:
            yield f"{item.kind} {item.entry.get('key', item.entry.get('number'))} after its gate"
        if item.kind == "signature" and item.at < decided[phase]:
            yield f"{phase} is signed before it is decided"
        if item.kind == "gate" and item.entry.get("per_supplier") and item.at < suppliers:
            yield f"{item.entry['key']} before the suppliers"
    if list(decided) != [phase for phase in plan.phases if phase != plan.now]:
        yield f"decided {list(decided)}"


def faults_of_the_people(plan: Plan, items: list[Item]) -> Iterator[str]:
    """Nobody does anything before they have a role in the case."""
    play = plan.case["play"]
    inside = {play["started_by"]}
    for item in items:
        if item.kind == "role":
            inside.add(item.entry["person"])
        if item.by and item.by not in inside:
            yield f"{item.by} does {item.kind} before having a role"
        for given in ("assignee", "responsible"):
            if item.kind in ("task", "deadline") and item.entry.get(given, item.by) not in inside:
                yield f"{item.entry[given]} is given {item.entry['key']} without a role"
        if item.kind == "step_given" and item.entry["by"] not in inside:
            yield f"{item.entry['by']} is given a step without a role"


def faults_in(days: range, file: str) -> dict[str, list[str]]:
    loaded_on = [BEGINNING + timedelta(days=count) for count in days]
    return {day.isoformat(): faults for day in loaded_on if (faults := list(faults_on(day, file)))}


@pytest.mark.parametrize("file", case_files())
def test_the_plan_holds_through_a_christmas(file):
    assert faults_in(range(50), file) == {}


@pytest.mark.slow
@pytest.mark.parametrize("file", case_files())
def test_the_plan_holds_on_every_day_of_two_years(file):
    assert faults_in(range(TWO_YEARS), file) == {}


def test_one_step_is_left_late_and_later_steps_are_still_to_do():
    items = a_plan(BEGINNING, EVENING).items()
    now = written()["play"]["phase"]

    begun = [item for item in items if item.kind == "step_begun"]
    done = [item for item in items if item.kind == "step" and item.entry["phase"] == now]

    assert [item.entry["phase"] for item in begun] == [now]
    assert done
    assert len(begun) + len(done) < len(a_plan(BEGINNING).steps[now])


@pytest.mark.parametrize("day", [date(2026, 12, 24), date(2027, 6, 25), date(2028, 2, 26)])
def test_on_a_day_off_the_demo_is_played_up_to_the_working_day_before(day):
    before = playing_day(moment(day))

    assert before < day
    assert next_working_day(before) > day
    assert [i.at for i in a_plan(day).items()] == [i.at for i in a_plan(before, EVENING).items()]


def test_in_the_morning_the_day_has_not_happened_yet():
    early, late = a_plan(BEGINNING, time(0, 30)), a_plan(BEGINNING, EVENING)

    assert early.phases == late.phases
    assert {swedish_day(item.at) for item in early.items()} <= {
        BEGINNING - timedelta(days=days) for days in range(1, 500)
    }


@pytest.mark.slow
def test_the_wait_that_the_pin_adds_is_short():
    play = written()["play"]
    for days in range(0, TWO_YEARS, 7):
        day = playing_day(moment(BEGINNING + timedelta(days=days)))
        dates = shifted("case", written(), items_of(FIRST), day)
        unpinned = add_working_days(dates.of("options").day, 3)

        assert 0 <= working_days_between(unpinned, dates.of(play["phase"]).day) <= 5


def test_a_fault_in_the_file_names_the_file_and_the_item(tmp_path):
    broken = written() | {"tasks": [written()["tasks"][0] | {"due": "@nowhere"}]}
    plan = a_plan(BEGINNING)
    plan.case = broken

    with pytest.raises(
        DateRefused, match=rf"{FIRST.rpartition('/')[2]}, t-01: nothing has the key"
    ):
        plan.items()
