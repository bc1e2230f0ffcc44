"""Memory of the process that makes papers, over 500 of them."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

from bench import installation
from bench.measuring import Measurement
from outbox.work import carry_out_one
from teams.models import User

WARMING = 50
MADE = 500


def measure() -> Iterator[Measurement]:
    installation.make_tables()
    by = User.objects.system()
    document = installation.a_document(installation.an_organisation())

    def make(number: int) -> float:
        source = installation.a_source(number, phases=1)
        carry_out_one(installation.promise_of(installation.order(document, source, by=by)).pk)
        return resident_mib()

    before = max(make(number) for number in range(WARMING))
    after = [make(number) for number in range(WARMING, WARMING + MADE)]
    assert document.revisions.filter(state="ready").count() == WARMING + MADE
    gc.collect()
    last = after[-50:]
    yield Measurement.of(
        "worker_memory.growth_500",
        [mib / before for mib in last],
        limit=1.10,
        meaning=f"memory after {MADE} more papers to the most after the first {WARMING} "
        f"({before:.0f} MiB), no recycling (ratio)",
    )


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
