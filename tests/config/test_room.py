import resource

import pytest

from config.room import with_room


def leaf(n):
    return (n, n + 1, n + 2)


def up_and_down(depth, times):
    """Goes `depth` calls down, and there `times` up and down one more."""
    if depth:
        return up_and_down(depth - 1, times)
    return [leaf(n) for n in range(times)]


def at_every_depth():
    for depth in range(150):
        up_and_down(depth, 1500)


def pages_asked_for(call):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    call()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_a_call_with_room_does_not_ask_the_system_for_memory_at_every_turn():
    at_every_depth()
    without = pages_asked_for(at_every_depth)
    with_ = pages_asked_for(with_room(at_every_depth))

    assert with_ < without / 5


def test_a_call_with_room_is_the_same_call():
    def add(one, *, other):
        """Adds."""
        return one + other

    roomy = with_room(add)

    assert roomy(1, other=2) == 3
    assert (roomy.__name__, roomy.__doc__) == ("add", "Adds.")
    with pytest.raises(TypeError):
        roomy(1, other="2")


def test_room_within_room_is_deep_enough():
    assert with_room(with_room(up_and_down))(400, 2) == [(0, 1, 2), (1, 2, 3)]
