from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from documents.backup import BackupRefused
from documents.backup.restoring import restore


class Command(BaseCommand):
    help = "Put a backup back into an empty database and an empty folder of files."
    # Tables are made when there are none; checks of what stands in them come after.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            done = restore(file)
        except BackupRefused as reason:
            raise CommandError(str(reason)) from reason
        except OSError as reason:
            raise CommandError(
                f"Nothing was put back: {reason}. Mend that, and run it again."
            ) from reason
        for name in done["missing"]:
            self.stderr.write(f"MISSING {name}")
        self.stdout.write(
            f"Put back what was kept at {done['made_at']}: {sum(done['tables'].values())} rows;"
            f" every link of {done['journal']['streams']} streams holds."
        )
