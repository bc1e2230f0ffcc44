from pathlib import Path

import pytest
from celery import signals

from config.celery import LANES, SayAlive, app, say_alive


@pytest.mark.parametrize(("task", "lives"), [("outbox.sweep", True), ("outbox.carry_out", False)])
def test_beat_lives_while_it_asks_for_sweeps(settings, tmp_path: Path, task, lives) -> None:
    settings.ALIVE = str(tmp_path / "alive")

    signals.after_task_publish.send(sender=task)

    assert (tmp_path / "alive").exists() is lives


def test_nothing_is_touched_where_nobody_asks(settings, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings.ALIVE = ""

    say_alive()

    assert list(tmp_path.iterdir()) == []
    assert SayAlive in app.steps["worker"]


def test_what_beat_asks_for_is_known_and_has_a_lane() -> None:
    app.loader.import_default_modules()

    for each in app.conf.beat_schedule.values():
        assert each["task"] in app.tasks
        assert each["options"]["queue"] in LANES
