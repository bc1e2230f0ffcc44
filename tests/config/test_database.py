import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
BEGIN = """
import django
django.setup()
"""
BEGIN_AS_WORKER = """
from celery.signals import worker_process_init
import config.celery
worker_process_init.send(None)
"""
ASK = """
from django.db import connection
with connection.cursor() as cursor:
    for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers"):
        print(name, cursor.execute(f"PRAGMA {name}").fetchone()[0])
"""


def asked(folder, code):
    kept = {name: one for name, one in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=TOP,
        env=kept | {"UPPTAKT_VAR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def test_what_sqlite_was_told_to_keep_is_on_the_disk(tmp_path):
    """The settings of a process that is no test: 2 is FULL, whose commits outlast the power."""
    told = asked(tmp_path, BEGIN + ASK)

    assert told == ["journal_mode wal", "synchronous 2", "foreign_keys 1", "recursive_triggers 1"]


def test_a_worker_which_can_do_its_work_again_does_not_wait_for_the_disk(tmp_path):
    told = asked(tmp_path, BEGIN + BEGIN_AS_WORKER + ASK)

    assert told == ["journal_mode wal", "synchronous 1", "foreign_keys 1", "recursive_triggers 1"]
