"""Swedish organisation numbers: read as people write them, kept in one form, masked when personal.

stdnum's own check takes a personal number for an organisation's and refuses the twelve-digit and
VAT forms, so the reading is ours and only the check digit is stdnum's.
"""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum import luhn
from stdnum.exceptions import ValidationError as WrongCheckDigit

_VAT = re.compile(r"SE([0-9]{10})(?:01)?")
_TWELVE = re.compile(r"(?:16|19|20|18)([0-9]{10})")
_TEN = re.compile(r"[0-9]{10}")
# What a letterhead or a table says before the number.
_LABEL = re.compile(
    r"^\s*(?:org(?:anisations?)?[\s.-]*(?:nr|nummer|no)|vat|momsreg[\s.-]*nr)\b[\s.:]*",
    re.IGNORECASE,
)


class RefusedNumber(ValidationError):
    """The text is not a Swedish organisation number."""


def normalise(text: str) -> str:
    """The number as NNNNNN-NNNN, from ten or twelve digits or the VAT form.

    A sole trader's number is the owner's personal number: accepted, see is_person.
    Raises RefusedNumber.
    """
    bare = re.sub(r"[\s\u00a0\u2010-\u2015\u2212+.;,-]", "", _LABEL.sub("", text)).upper()
    digits = ""
    for form in (_VAT, _TWELVE):
        if found := form.fullmatch(bare):
            digits = found.group(1)
    if _TEN.fullmatch(bare):
        digits = bare
    if not digits:
        raise RefusedNumber(
            _("An organisation number has ten digits, for example 212000-1850."),
            code="not_a_number",
        )
    try:
        luhn.validate(digits)
    except WrongCheckDigit as wrong:
        raise RefusedNumber(
            _("The last digit of the organisation number does not agree with the others."),
            code="wrong_check_digit",
        ) from wrong
    number = f"{digits[:6]}-{digits[6:]}"
    if is_person(number) and not _is_day_of_birth(digits):
        raise RefusedNumber(
            _("This is neither an organisation number nor a sole trader's number."),
            code="not_a_number",
        )
    return number


def asked_for(text: str) -> str:
    """The organisation number that somebody searches for, if it is one: nobody is found by a
    personal number."""
    try:
        number = normalise(text)
    except RefusedNumber:
        return ""
    return "" if is_person(number) else number


def is_person(number: str) -> bool:
    """Whether the number is a sole trader's, that is: a personal number.

    The third digit of a legal person's number is 2 or more; a month of birth never is.
    """
    return len(number) > 2 and number[2] in "01"


def masked(number: str) -> str:
    """The number as it may be shown: the last four digits of a personal number are hidden."""
    return f"{number[:6]}-••••" if number and is_person(number) else number


def _is_day_of_birth(digits: str) -> bool:
    month, day = int(digits[2:4]), int(digits[4:6])
    # Coordination numbers add 60 to the day.
    return 1 <= month <= 12 and 1 <= (day - 60 if day > 60 else day) <= 31
