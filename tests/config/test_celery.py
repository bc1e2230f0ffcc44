from pathlib import Path

import pytest
from celery import signals

from config.celery import SayAlive, app, say_alive


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
