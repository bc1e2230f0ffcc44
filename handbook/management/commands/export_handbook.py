from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handbook.exporting import export_edition
from handbook.models import Edition


class Command(BaseCommand):
    help = "Write a published edition as files into an empty folder, as they were loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key")
        parser.add_argument("version")
        parser.add_argument("folder", type=Path)
        parser.add_argument("--build", type=int, help="an older build of the version")

    def handle(self, *args: Any, **options: Any) -> None:
        builds = Edition.objects.readable().filter(
            handbook__key=options["key"], version=options["version"]
        )
        if options["build"]:
            builds = builds.filter(build=options["build"])
        edition = builds.select_related("handbook").order_by("build").last()
        if edition is None:
            raise CommandError("There is no such edition.")
        folder = options["folder"]
        if folder.exists() and any(folder.iterdir()):
            raise CommandError("The folder is not empty.")
        written = export_edition(edition, folder)
        self.stdout.write(f"{edition}: {len(written)} files in {folder}.")
