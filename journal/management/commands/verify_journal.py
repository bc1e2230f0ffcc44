from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal.heads import closed_days
from journal.verifying import Count, faults


class Command(BaseCommand):
    help = "Recompute every chain of the journal. Ends with 1 at a broken link, and names it."

    def add_arguments(self, parser: Any) -> None:
        told = "print the fingerprint of each day, to compare with the letters that a registry kept"
        parser.add_argument("--days", action="store_true", help=told)

    def handle(self, *args: Any, **options: Any) -> None:
        count = Count()
        if options["days"]:
            for day, _holds in closed_days():
                self.stdout.write(f"{day.facts['day_on']} {day.facts['fingerprint']}")
        found = list(faults(count))
        for fault in found:
            self.stderr.write(f"BROKEN {fault.stream} #{fault.number}: {fault.reason}")
        read = f"{count.streams} streams, {count.events} events, {count.erased} erased texts"
        if found:
            raise CommandError(f"{len(found)} broken of {read}.", returncode=1)
        self.stdout.write(f"{read}: every link holds.")
