from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from documents.backup import BackupRefused
from documents.backup.making import back_up


class Command(BaseCommand):
    help = "Write all rows and files to one new file, while everybody goes on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="such as upptakt-2026-11-28.tar")
        parser.add_argument(
            "--despite-missing",
            action="store_true",
            help="keep the rest when a file is missing or damaged; the missing are named",
        )

    def handle(self, *args: Any, file: Path, despite_missing: bool, **options: Any) -> None:
        try:
            made = back_up(file, at=timezone.now(), despite_missing=despite_missing)
        except BackupRefused as reason:
            raise CommandError(str(reason)) from reason
        except OSError as reason:
            why = reason.strerror or reason
            raise CommandError(f"{file} was not written: {why}. Nothing of it is left.") from reason
        for name in made["missing"]:
            self.stderr.write(f"MISSING {name}")
        rows = sum(made["tables"].values())
        files = sum(name.startswith("files/") for name in made["members"])
        size = file.stat().st_size
        self.stdout.write(
            f"{file}: {rows} rows, {files} files, {made['journal']['streams']} streams of the"
            f" journal, {size / 1_000_000:.1f} MB. The secret key is not in it: keep it elsewhere."
        )
