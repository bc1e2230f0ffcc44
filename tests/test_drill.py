import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.servers]


def test_what_is_ordered_while_everything_is_killed_is_there_once(seed):
    """The drill has its own PostgreSQL and Redis, whatever the suite runs on."""
    ours = ("DATABASE_URL", "REDIS_URL", "UPPTAKT_", "DJANGO_")
    done = subprocess.run(
        [sys.executable, "-m", "tests.drill", "--orders", "16", "--seed", str(seed)],
        env={name: value for name, value in os.environ.items() if not name.startswith(ours)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "8 papers, each once and whole" in done.stdout
    assert "8 reminders, each under one Message-ID" in done.stdout
