from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurements.holdups import HeldUp, Thing, Turn, held_up_by, in_order, turn

TODAY = date(2026, 11, 17)
DAYS = st.integers(-40, 40).map(lambda n: TODAY + timedelta(days=n))
THINGS = st.builds(
    Thing,
    kind=st.sampled_from(["task", "deadline", "gate", "sign", "paper"]),
    on=DAYS,
    title=st.sampled_from(["Boka salen", "Ring nämnden", "Besluta grind 2"]),
    case=st.sampled_from(["Trygg vecka", "Digital vägledare"]),
    url=st.sampled_from(["/1/", "/2/"]),
    held_up=st.sampled_from(HeldUp),
)


def a_thing(held_up, later=0, kind="task", title="Boka salen"):
    on = TODAY + timedelta(days=later)
    return Thing(kind, on, title, "Trygg vecka", "/", held_up)


def what(kind, **facts):
    usual = {"is_required": False, "with_suppliers": False, "is_promised": False}
    return held_up_by(kind, **(usual | facts))


def test_who_waits_is_read_from_what_the_thing_is_and_the_phase_it_is_in():
    assert what("gate", with_suppliers=True) == HeldUp.SUPPLIERS
    assert what("sign", with_suppliers=True) == HeldUp.SUPPLIERS
    assert what("task", is_required=True, with_suppliers=True) == HeldUp.SUPPLIERS
    assert what("gate") == HeldUp.NEXT_PHASE
    assert what("task", is_required=True) == HeldUp.NEXT_PHASE
    assert what("deadline", is_promised=True) == HeldUp.PROMISED
    assert what("task", with_suppliers=True) == HeldUp.NOBODY
    assert what("deadline", with_suppliers=True) == HeldUp.NOBODY
    assert what("paper", with_suppliers=True) == HeldUp.NOBODY


def test_a_late_gate_that_holds_suppliers_up_comes_before_a_later_task_without_followers():
    gate = a_thing(HeldUp.SUPPLIERS, -1, "gate")
    task = a_thing(HeldUp.NOBODY, -30)

    assert in_order([task, gate], TODAY) == [gate, task]


def test_what_holds_somebody_up_already_comes_before_what_will():
    late = a_thing(HeldUp.NEXT_PHASE, -1)
    coming = a_thing(HeldUp.SUPPLIERS, 2, "gate")
    last = a_thing(HeldUp.NOBODY, -9)

    assert in_order([last, coming, late], TODAY) == [late, coming, last]


def test_the_day_itself_holds_nobody_up_yet():
    assert turn(a_thing(HeldUp.SUPPLIERS, 0), TODAY) == Turn.COMING
    assert turn(a_thing(HeldUp.SUPPLIERS, -1), TODAY) == Turn.WAITED_FOR
    assert turn(a_thing(HeldUp.NOBODY, -1), TODAY) == Turn.WHENEVER


@pytest.mark.slow
@given(st.lists(THINGS, max_size=12), st.randoms())
def test_the_order_is_the_same_however_the_things_come(things, chance):
    mixed = list(things)
    chance.shuffle(mixed)

    assert in_order(mixed, TODAY) == in_order(things, TODAY)
    assert sorted(map(repr, in_order(things, TODAY))) == sorted(map(repr, things))


@pytest.mark.slow
@given(st.lists(THINGS, max_size=12))
def test_nothing_that_holds_nobody_up_comes_before_what_holds_somebody_up(things):
    held = [thing.held_up != HeldUp.NOBODY for thing in in_order(things, TODAY)]

    assert held == sorted(held, reverse=True)


@given(THINGS, THINGS)
def test_what_holds_more_up_never_comes_after_the_same_that_holds_less(one, other):
    more, less = sorted([one.held_up, other.held_up])
    first = Thing(one.kind, one.on, one.title, one.case, one.url, more)
    second = Thing(one.kind, one.on, one.title, one.case, one.url, less)

    assert in_order([second, first], TODAY)[0].held_up == more


@pytest.mark.slow
@given(THINGS, st.lists(THINGS, max_size=8), st.integers(1, 30))
def test_a_thing_never_moves_down_because_it_gets_later(thing, others, days):
    later = Thing(
        thing.kind,
        thing.on - timedelta(days=days),
        thing.title,
        thing.case,
        thing.url,
        thing.held_up,
    )

    def place(of):
        return in_order([*others, of], TODAY).index(of)

    assert place(later) <= place(thing)
