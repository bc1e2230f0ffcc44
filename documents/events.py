"""How events about papers read."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "document.ordered": _("Ordered the paper %(title)s, version %(number)s"),
    "document.ready": _("The paper %(title)s, version %(number)s, was made"),
    "document.failed": _("The paper %(title)s, version %(number)s, could not be made"),
    "document.tried_again": _("Ordered the paper %(title)s, version %(number)s, again"),
    "document.filed": _("Filed the paper %(title)s, version %(number)s, made elsewhere"),
    "document.signed_copy_filed": _(
        "Filed a signed copy of the paper %(title)s, as version %(number)s"
    ),
}
