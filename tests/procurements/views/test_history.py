"""The history can be read kind by kind, and every event is of one."""

from procurements import events
from procurements.views.history import KINDS

# Of streams that are no case's: the installation's, a person's, a discarded case's.
ELSEWHERE = {"calendar"}


def test_every_event_of_a_case_is_of_a_kind_that_can_be_chosen() -> None:
    chosen = [start for _words, starts in KINDS.values() for start in starts]
    told = {verb.partition(".")[0] for verb in events.SENTENCES}

    assert len(chosen) == len(set(chosen))
    assert told - set(chosen) == set()
