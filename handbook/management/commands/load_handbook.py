from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from handbook.errata import left_behind
from handbook.loading import load_edition
from handbook.management.commands.check_handbook import a_folder
from handbook.manuscript import read_manuscript, source_hash
from handbook.models import Edition
from handbook.operations.printing import order_printing
from handbook.refusals import ContentRefused
from handbook.shipped import shipped_folders
from teams.models import User


class Command(BaseCommand):
    help = "Check a handbook folder and publish it, or the handbooks that are shipped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=a_folder)
        parser.add_argument("--shipped", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["folder"]) == options["shipped"]:
            raise CommandError("Name one folder, or say --shipped.")
        for folder in shipped_folders() if options["shipped"] else [options["folder"]]:
            known = Edition.objects.readable().filter(source_hash=source_hash(folder)).first()
            if known:
                order_printing(edition=known, by=User.objects.system(), at=timezone.now())
                self.stdout.write(f"{known} holds what is in {folder.name}.")
            else:
                self._load(folder)

    def _load(self, folder: Path) -> None:
        try:
            manuscript = read_manuscript(folder)
        except ContentRefused as refusal:
            raise CommandError("\n".join(map(str, refusal.problems))) from refusal
        edition = load_edition(manuscript=manuscript, by=User.objects.system(), at=timezone.now())
        self.stdout.write(f"{edition} is published.")
        for one in left_behind(edition):
            self.stdout.write(
                f"Not in it, since it says something else there: the correction of {one.section} "
                f"({one.language}), {one.reason}"
            )
