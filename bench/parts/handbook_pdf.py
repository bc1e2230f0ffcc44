"""The whole of the shipped handbook as a PDF in a warm worker, against the bare renderer on it."""

from collections.abc import Iterator
from typing import Any

from django.core.management import call_command

from bench import installation
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
    bare = bare_rendering(printed)

    def promise() -> int:
        """The same book once more, as after a failure."""
        PrintedEdition.objects.filter(pk=printed.pk).update(state="ordered", sha256="")
        promised = Message.objects.filter(kind="handbook.print", subject=str(printed.pk))
        promised.update(done_at=None, attempts=0, leased_until=None)
        return promised.values_list("pk", flat=True)[0]

    waiting = promise()
    carry_out_one(waiting)
    bare()

    def whole_way() -> None:
        promise()
        carry_out_one(waiting)

    found = ratios(whole_way, bare)
    printed.refresh_from_db()
    assert printed.is_ready
    yield Measurement.of(
        "handbook.pdf_vs_bare",
        found,
        limit=1.10,
        meaning="claim, chapters, WeasyPrint, store and journal of a whole handbook, to a bare "
        f"`write_pdf()` of the same with the same options; {printed.pages} pages (ratio)",
    )


def bare_rendering(printed: PrintedEdition) -> Any:
    """What our renderer is given for this book, given again and nothing around it."""
    seen: dict[str, Any] = {}
    real = pdf.HTML

    class Recording(real):  # type: ignore[misc, valid-type]
        def __init__(self, **how: Any) -> None:
            seen["html"] = how
            super().__init__(**how)

        def render(self, **how: Any) -> Any:
            seen["render"] = how
            return super().render(**how)

    pdf.HTML = Recording
    try:
        pdf.make_html(*whole(printed.text_set.edition, printed.text_set.language), pdf.A_BOOK)
    finally:
        pdf.HTML = real
    return lambda: real(**seen["html"]).write_pdf(**seen["render"])
