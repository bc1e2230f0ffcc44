from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal.verifying import Count, faults


class Command(BaseCommand):
    help = "Recompute every chain of the journal. Ends with 1 at a broken link, and names it."

    def handle(self, *args: Any, **options: Any) -> None:
        count = Count()
        found = list(faults(count))
        for fault in found:
            self.stderr.write(f"BROKEN {fault.stream} #{fault.number}: {fault.reason}")
        read = f"{count.streams} streams, {count.events} events, {count.erased} erased texts"
        if found:
            raise CommandError(f"{len(found)} broken of {read}.", returncode=1)
        self.stdout.write(f"{read}: every link holds.")
