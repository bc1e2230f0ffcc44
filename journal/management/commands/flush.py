from typing import Any

from django.core.management.commands.flush import Command as Flush

from journal import guards


class Command(Flush):
    """Emptying the whole database empties what is guarded too; the guards come back with
    post_migrate."""

    def handle(self, **options: Any) -> None:
        with guards.lifted(options["database"]):
            super().handle(**options)
