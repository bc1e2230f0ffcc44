"""A paper ordered again with nothing changed: answered without rendering."""

from collections.abc import Iterator

from bench import installation
from bench.measuring import Measurement, seconds
from outbox.work import carry_out_one
from teams.models import User

TIMES = 60


def measure() -> Iterator[Measurement]:
    installation.make_tables()
    by = User.objects.system()
    document = installation.a_document(installation.an_organisation())
    first = installation.order(document, installation.a_source(1, phases=4), by=by)
    carry_out_one(installation.promise_of(first).pk)

    def again() -> None:
        source = installation.a_source(1, phases=4)
        assert installation.order(document, source, by=by) == first

    found = [1000 * seconds(again) for _ in range(TIMES)]
    yield Measurement.of(
        "document_unchanged_ms",
        found,
        limit=20,
        meaning="an unchanged paper of nine pages ordered again: make the source, compare, answer "
        "(ms)",
    )
