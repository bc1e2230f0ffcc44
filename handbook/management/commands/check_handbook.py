from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handbook.manuscript import read_manuscript
from handbook.refusals import ContentRefused


class Command(BaseCommand):
    help = "Check a handbook folder without loading it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manuscript = read_manuscript(options["folder"])
        except ContentRefused as refusal:
            raise CommandError("\n".join(map(str, refusal.problems))) from refusal
        for problem in manuscript.advice:
            self.stdout.write(f"Advice: {problem}")
        self.stdout.write(f"{manuscript.key} {manuscript.version} can be loaded.")
