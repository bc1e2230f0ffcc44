from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from handbook.models import Edition
from procurements.demo.dates import DateRefused
from procurements.demo.plan import FIRST, FOLDER, case_files, read
from procurements.demo.play import ItemRefused, NotInThisEdition, Play, is_played
from procurements.demo.suggesting import Suggestions
from procurements.models import Case
from teams.models import Installation, User


class Command(BaseCommand):
    help = "Play the example cases, their people and teams up to today. Only in a demo."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("Demo people have a known password: set UPPTAKT_DEMO=1 first.")
        files = case_files()
        waiting = [file for file in files if not is_played(file)]
        if not waiting:
            self.stdout.write("The demo is already loaded.")
            return
        is_in_use = Installation.objects.exists() or User.objects.people().exists()
        if is_in_use and waiting == files:
            raise CommandError("The installation is in use: the demo needs one of its own.")
        with all_or_nothing():
            try:
                cases = list(played(waiting, timezone.now()))
            except (DateRefused, ItemRefused, NotInThisEdition) as refusal:
                raise CommandError(str(refusal)) from refusal
        for case in cases:
            self.stdout.write(f"{case.title} is played up to today.")


def played(files: list[str], at: datetime) -> Iterator[Case]:
    """The cases of the files, played up to a moment among the same people."""
    places = None
    for file in files:
        play = Play(demo_edition(file), at, file, places=places)
        yield play.play()
        if file == FIRST:
            Suggestions(play).play()
        places = play.places


def demo_edition(file: str) -> Edition:
    """The published edition of the handbook that a case follows."""
    key = read(file, FOLDER)["handbook"]["key"]
    edition = Edition.objects.current().filter(handbook__key=key).first()
    if edition is None:
        raise CommandError(f"Load the handbook {key} first: manage.py load_handbook --shipped")
    return edition


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Keep everything or, when it is interrupted, nothing.

    Operations are transactions of their own and refuse to stand in another, so this is the
    connection's own: they become parts of it.
    """
    if connection.in_atomic_block:
        yield
        return
    transaction.set_autocommit(False)
    try:
        if connection.vendor == "sqlite":
            connection.cursor().execute("BEGIN IMMEDIATE")
        yield
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
