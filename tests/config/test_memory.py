import gc

import pytest

from config import server
from config.memory import settle


@pytest.fixture
def kept():
    """Something that came to stay, and what the search was told before."""
    threshold = gc.get_threshold()
    yield ["stays"]
    gc.set_threshold(*threshold)


def is_searched(thing):
    return any(each is thing for each in gc.get_objects())


@pytest.mark.parametrize("settled", [settle, lambda: server.post_worker_init(None)])
def test_what_is_there_is_not_searched_again_but_what_comes_is(kept, settled):
    assert is_searched(kept)

    settled()

    new = ["comes and goes"]
    assert not is_searched(kept)
    assert is_searched(new)
    assert gc.isenabled()
