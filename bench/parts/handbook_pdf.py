"""The whole of the shipped handbook as a PDF in a warm worker, against the bare renderer on it."""

from collections.abc import Iterator

from django.core.management import call_command

from bench import installation
from bench.bare import bare
from bench.measuring import Measurement, ratios
from documents import pdf
from handbook.models import PrintedEdition
from handbook.printing import whole
from outbox.models import Message
from outbox.work import carry_out_one


def measure() -> Iterator[Measurement]:
    installation.make_tables()
    call_command("load_handbook", shipped=True, verbosity=0)
    printed = PrintedEdition.objects.select_related("text_set__edition").order_by("pk").first()
    assert printed is not None
    text_set = printed.text_set
    plain = bare(lambda: pdf.make_html(*whole(text_set.edition, text_set.language), pdf.A_BOOK))

    def promise() -> int:
        """The same book once more, as after a failure."""
        PrintedEdition.objects.filter(pk=printed.pk).update(state="ordered", sha256="")
        promised = Message.objects.filter(kind="handbook.print", subject=str(printed.pk))
        promised.update(done_at=None, attempts=0, leased_until=None)
        return promised.values_list("pk", flat=True)[0]

    waiting = promise()
    carry_out_one(waiting)
    plain()

    def whole_way() -> None:
        promise()
        carry_out_one(waiting)

    found = ratios(whole_way, plain)
    printed.refresh_from_db()
    assert printed.is_ready
    yield Measurement.of(
        "handbook.pdf_vs_bare",
        found,
        limit=1.10,
        meaning="claim, chapters, WeasyPrint, store and journal of a whole handbook, to a bare "
        f"`write_pdf()` of the same with the same options; {printed.pages} pages (ratio)",
    )
