"""Reminders in words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from procurements.models.reminder import MOVED
from procurements.reminding import LATE

STEP_WORDS = {
    "14": _("14 days before"),
    "7": _("7 days before"),
    "3": _("3 days before"),
    "1": _("1 day before"),
    LATE: pgettext_lazy("reminder", "when it is late"),
    MOVED: pgettext_lazy("reminder", "when it is moved"),
}
