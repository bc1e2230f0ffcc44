"""The whole way of a paper in a warm worker, against the bare renderer on the same source."""

from collections.abc import Iterator

from django.utils import timezone

from bench import installation
from bench.bare import bare
from bench.measuring import Measurement, ratios
from documents import pdf
from documents.source import Given
from outbox.work import carry_out_one
from teams.models import User

WARMING = 3


def measure() -> Iterator[Measurement]:
    installation.make_tables()
    by = User.objects.system()
    document = installation.a_document(installation.an_organisation())
    numbers = iter(range(10_000))
    example = installation.a_source(next(numbers), phases=4)
    given = Given(at=timezone.now(), version="1", author="Upptakt", code="A" * 20)
    plain = bare(lambda: pdf.write(example, given))
    waiting: list[int] = []

    def promise() -> None:
        source = installation.a_source(next(numbers), phases=4)
        waiting.append(installation.promise_of(installation.order(document, source, by=by)).pk)

    def whole_way() -> None:
        carry_out_one(waiting.pop())

    for _ in range(40):
        promise()
    for _ in range(WARMING):
        whole_way()
        plain()
    found = ratios(whole_way, plain)
    assert document.revisions.filter(state="ready").count() == WARMING + len(found)
    pages = document.revisions.filter(state="ready").first().pages
    yield Measurement.of(
        "document_path.vs_bare",
        found,
        limit=1.10,
        meaning="claim, Liquid, WeasyPrint, store and journal, to a bare `write_pdf()` of the "
        f"same source with the same options; {pages} pages (ratio)",
    )
