"""The countries that suppliers come from: their codes, their names, and how people write them."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

# The countries suppliers mostly come from first, then the rest of the EU and EEA, then others.
COUNTRIES = [
    ("SE", _("Sweden")),
    ("NO", _("Norway")),
    ("DK", _("Denmark")),
    ("FI", _("Finland")),
    ("AT", _("Austria")),
    ("BE", _("Belgium")),
    ("BG", _("Bulgaria")),
    ("HR", _("Croatia")),
    ("CY", _("Cyprus")),
    ("CZ", _("Czechia")),
    ("EE", _("Estonia")),
    ("FR", _("France")),
    ("DE", _("Germany")),
    ("GR", _("Greece")),
    ("HU", _("Hungary")),
    ("IS", _("Iceland")),
    ("IE", _("Ireland")),
    ("IT", _("Italy")),
    ("LV", _("Latvia")),
    ("LI", _("Liechtenstein")),
    ("LT", _("Lithuania")),
    ("LU", _("Luxembourg")),
    ("MT", _("Malta")),
    ("NL", _("Netherlands")),
    ("PL", _("Poland")),
    ("PT", _("Portugal")),
    ("RO", _("Romania")),
    ("SK", _("Slovakia")),
    ("SI", _("Slovenia")),
    ("ES", _("Spain")),
    ("CH", _("Switzerland")),
    ("GB", _("United Kingdom")),
    ("US", _("United States")),
    ("ZZ", _("Another country")),
]


def name_of(code: str) -> str:
    """The country in the reader's language; an unknown code as it stands."""
    return str(dict(COUNTRIES).get(code, code))


def codes_by_name() -> dict[str, str]:
    """What people write in a list: the code, or the name in any language of the house."""
    codes = {code.casefold(): code for code, _name in COUNTRIES}
    for language, _words in settings.LANGUAGES:
        with translation.override(language):
            codes |= {str(name).casefold(): code for code, name in COUNTRIES}
    return codes
