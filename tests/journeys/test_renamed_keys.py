import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from journal.verifying import faults
from tests.handbook.renaming import renamed
from tests.handbook.shelves import loaded, shipped
from tests.journeys.playing import Player
from tests.people import People

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_case_is_played_with_every_key_of_the_handbook_renamed(
    people: People, monday: datetime, time_machine: Any, tmp_path: Path, seed: int
) -> None:
    manuscript, names = renamed(shipped(), tmp_path / "renamed", random.Random(seed))
    player = Player(people, loaded(manuscript), monday, time_machine)

    player.play()

    player.assert_whole()
    keys = {run.phase.key for run in player.case.phases.select_related("phase")}
    assert keys == set(names["phase"].values())
    assert list(faults()) == []
