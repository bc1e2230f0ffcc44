from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handbook.manuscript import read_manuscript
from handbook.refusals import ContentRefused


def a_folder(name: str) -> Path:
    """The folder that is named on the command line."""
    folder = Path(name)
    if not folder.is_dir():
        raise ArgumentTypeError(f"there is no folder {name}")
    return folder


class Command(BaseCommand):
    help = "Check a handbook folder without loading it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=a_folder)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manuscript = read_manuscript(options["folder"])
        except ContentRefused as refusal:
            raise CommandError("\n".join(map(str, refusal.problems))) from refusal
        for problem in manuscript.advice:
            self.stdout.write(f"Advice: {problem}")
        self.stdout.write(f"{manuscript.key} {manuscript.version} can be loaded.")
