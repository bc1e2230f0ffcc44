"""How days and moments are written in papers, in the active language."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

# Neither a day nor an hour is torn apart at the end of a line.
NO_BREAK = "\u00a0"


def day_in_words(on: date) -> str:
    """`9 oktober 2026`."""
    return date_format(on, "j F Y").replace(" ", NO_BREAK)


def moment_in_words(at: datetime) -> str:
    """`9 oktober 2026 kl. 15.04`, Swedish time."""
    local = timezone.localtime(at)
    words = {"day": day_in_words(local.date()), "hour": f"{local:%H}", "minute": f"{local:%M}"}
    return (_("%(day)s at %(hour)s:%(minute)s") % words).replace(" ", NO_BREAK)
