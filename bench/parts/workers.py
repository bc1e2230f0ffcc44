"""Two workers beside each other against one."""

from __future__ import annotations

from collections.abc import Iterator

from bench import installation
from bench.measuring import Measurement, seconds
from bench.running import processes, worker
from documents.models import Document, Revision
from teams.models import User
from tests.waiting import wait_until

PAPERS = 40
PAIRS = 3


def measure() -> Iterator[Measurement]:
    installation.make_tables()
    document = installation.a_document(installation.an_organisation())
    found = []
    for _ in range(PAIRS):
        alone = papers_by(1, document)
        found.append(alone / papers_by(2, document))
    yield Measurement.of(
        "workers.two_vs_one",
        found,
        limit=1.6,
        is_floor=True,
        meaning=f"{PAPERS} papers of nine pages by two workers to one: how many times as fast, "
        "from the order to the last one (ratio, at least the limit)",
    )


def papers_by(workers: int, document: Document) -> float:
    """Seconds that so many warm workers take."""
    commands = [["celery", *worker(f"w{n}", "person", processes=1)] for n in range(workers)]
    with processes({}, *commands):
        # Each has read in the renderer when the first papers are there.
        make(document, 4 * workers)
        return seconds(lambda: make(document, PAPERS))


def make(document: Document, count: int) -> None:
    number, by = document.revisions.count(), User.objects.system()
    for n in range(number, number + count):
        installation.order(document, installation.a_source(n, phases=4), by=by)
    unfinished = Revision.objects.unfinished()
    wait_until(lambda: not unfinished.exists(), seconds=600, what="the papers")
