import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
ASK = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for name in ("journal_mode", "synchronous", "foreign_keys"):
        print(name, cursor.execute(f"PRAGMA {name}").fetchone()[0])
"""


def test_what_sqlite_was_told_to_keep_is_on_the_disk(tmp_path):
    """The settings of a process that is no test: 2 is FULL, whose commits outlast the power."""
    kept = {name: one for name, one in os.environ.items() if name != "DATABASE_URL"}
    told = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=TOP,
        env=kept | {"UPPTAKT_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert told.splitlines() == ["journal_mode wal", "synchronous 2", "foreign_keys 1"]
