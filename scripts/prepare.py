"""Make the database ready: tables, handbook, demo. Called by scripts/start.py at every start.

Each step is left out when it has nothing to do, since a start should take a second or two.
Progress goes to stderr; what the person should read when all is up goes to stdout.
"""

import hashlib
import os
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def bring_tables_up_to_date() -> bool:
    """Return whether the database was empty before."""
    executor = MigrationExecutor(connection)
    was_empty = not executor.recorder.applied_migrations()
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Making the database" if was_empty else "Bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    return was_empty


def once(name: str, of: str, *, again: bool) -> bool:
    """Whether the step must run: it is done once for each `of`, and again in an empty database."""
    mark = settings.VAR_DIR / f"{name}.loaded"
    return again or not mark.exists() or mark.read_text() != of


def done(name: str, of: str) -> None:
    (settings.VAR_DIR / f"{name}.loaded").write_text(of)


def checksum(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    commands = get_commands()
    was_empty = bring_tables_up_to_date()
    if "load_handbook" in commands:
        content = checksum(TOP / "handbook" / "content")
        if once("handbook", content, again=was_empty):
            say("Loading the handbook")
            call_command("load_handbook", "--shipped", verbosity=0, stdout=sys.stderr)
            done("handbook", content)
    if settings.IS_DEMO and "load_demo" in commands:
        if once("demo", "", again=was_empty):
            say("Playing the demo")
            call_command("load_demo", verbosity=0, stdout=sys.stderr)
            done("demo", "")
        if "demo_people" in commands:
            call_command("demo_people")
    elif not settings.IS_DEMO and settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        print(f"No mail server is named, so letters are written to {settings.VAR_DIR}/log.")


main()
