from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from handbook.models import Edition
from procurements.demo.dates import DateRefused
from procurements.demo.plan import CASE, FOLDER, read
from procurements.demo.play import NotInThisEdition, Play, demo_case
from teams.models import Installation, User


class Command(BaseCommand):
    help = "Play the example case, its people and their teams up to today. Only in a demo."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("Demo people have a known password: set UPPTAKT_DEMO=1 first.")
        if demo_case():
            self.stdout.write("The demo is already loaded.")
            return
        if Installation.objects.exists() or User.objects.people().exists():
            raise CommandError("The installation is in use: the demo needs one of its own.")
        with all_or_nothing():
            try:
                case = Play(demo_edition(), timezone.now()).play()
            except (DateRefused, NotInThisEdition) as refusal:
                raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{case.title} is played up to today.")


def demo_edition() -> Edition:
    """The published edition of the handbook that the case follows."""
    key = read(CASE, FOLDER)["handbook"]["key"]
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
