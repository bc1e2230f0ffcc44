"""Make the database ready: tables, handbook, demo. Called by scripts/start.py when it is not.

    python scripts/prepare.py             an image, which has its styles already
    python scripts/prepare.py here        this machine, for scripts/run

Progress goes to stderr; what the person should read when all is up goes to stdout.
"""

import os
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def bring_tables_up_to_date() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        applied = executor.recorder.applied_migrations()
        say("Bringing the database up to date" if applied else "Making the database")
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    # Nothing starts when a guard of the history is missing.
    call_command("check", tags=["database"], databases=["default"], stdout=sys.stderr)


def way_to_the_key() -> str:
    """What to type, in this folder, for the key that the first page asks for."""
    known, own = f"UPPTAKT_VAR='{settings.VAR_DIR}'", settings.VAR_DIR / "secret-key"
    if own.exists() and own.read_text() == settings.SECRET_KEY:
        known += f" UPPTAKT_SECRET_KEY=\"$(cat '{own}')\""
    return f"{known} .venv/bin/python manage.py welcome_key"


def make_ready_for_production() -> None:
    say("Gathering styles and scripts")
    call_command("collectstatic", interactive=False, verbosity=0)
    if not get_user_model().objects.people().exists():
        print("The first page asks for a key. Here, with the same environment, this reads it out:")
        print(f"  {way_to_the_key()}")


def main() -> None:
    bring_tables_up_to_date()
    say("Loading the handbook")
    call_command("load_handbook", "--shipped", verbosity=0, stdout=sys.stderr)
    if settings.IS_DEMO:
        say("Playing the demo")
        call_command("load_demo", verbosity=0, stdout=sys.stderr)
        call_command("demo_people")
    if settings.IS_PRODUCTION and "here" in sys.argv:
        make_ready_for_production()
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        print(f"No mail server is named: letters are written to {settings.VAR_DIR}/log/worker.log")


main()
