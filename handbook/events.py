"""How events about handbooks read."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "edition.published": _("Published edition %(version)s, build %(build)s"),
}
