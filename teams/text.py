"""What people type, made safe to keep: the form fields that every form of the house uses.

A broken text (null characters, halves of characters, bytes that were no UTF-8) is refused.
What cannot be seen (zero-width and direction marks, soft hyphens, control characters) is taken
away, line breaks become one kind, and letters one form (NFC). Nothing here escapes: pages do that.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import (
    EMPTY_VALUES,
    EmailValidator,
    MaxLengthValidator,
    validate_email,
)
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from documents.saying import in_figures
from teams import identity

BROKEN = re.compile("[\x00\ufffd\ud800-\udfff]")
LINE_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Letters and marks that draw nothing although Unicode does not call them format characters.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
JOINER = "\u200d"
# Bullets and arrows as Word writes them: places in its own font that no other font draws.
SIGNS_OF_WORD = str.maketrans("\uf0b7\uf0a7\uf0d8\uf0e0", "•••→")
# What a writing program puts before each line of a list.
LIST_MARK = re.compile(r"\s*(?:[•·▪◦●○‣*–—-]\s|\d{1,3}(?:[.)]\s|\t))\s*")
SEARCH_WORDS_MOST = 8
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
# An amount kept as text, beside others in one column.
KEPT_AMOUNT = re.compile("[0-9]{1,12}[.][0-9]{2}")
LARGEST_AMOUNT = Decimal("999999999999.99")


class RefusedText(ValidationError):
    """The text is broken and cannot be kept."""


def check(text: str) -> str:
    """The text, unless it is broken."""
    if BROKEN.search(text):
        raise RefusedText(
            _("The text has characters that cannot be saved. Write them again."), code="broken"
        )
    return text


def clean_line(text: str) -> str:
    """The text on one line, without what cannot be seen and with single spaces."""
    line = _without_invisible(LINE_BREAKS.sub(" ", check(text)))
    # A line never breaks, so the hyphen that keeps it whole is the one on the keyboard.
    return re.sub(r"\s+", " ", re.sub("[\u2010\u2011]", "-", line)).strip()


def clean_text(text: str) -> str:
    """The text with one kind of line break, without what cannot be seen."""
    lines = _without_invisible(LINE_BREAKS.sub("\n", check(text))).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n").rstrip()


def without_list_marks(text: str) -> str:
    """The lines without bullets or numbers, where all of them that say something have one."""
    lines = text.split("\n")
    if all(LIST_MARK.match(line) for line in lines if line.strip()):
        lines = [LIST_MARK.sub("", line, count=1) for line in lines]
    return "\n".join(lines)


def _without_invisible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text).translate(SIGNS_OF_WORD)
    return "".join(sign for place, sign in enumerate(text) if _is_kept(sign, text, place))


def _is_kept(sign: str, text: str, place: int) -> bool:
    category = unicodedata.category(sign)
    if sign == JOINER:
        return _joins_pictures(text, place)
    if category == "Cc":
        return sign in "\n\t"
    # Cn: not characters at all, or not yet.
    return category not in ("Cf", "Cn", "Co") and sign not in BLANKS


def _joins_pictures(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    pictures = ("So", "Sk", "Mn")
    return (
        before != ""
        and unicodedata.category(before) in pictures
        and after != ""
        and unicodedata.category(after) == "So"
    )


# What is typed is cleaned before it is measured, since cleaning makes it shorter; not by this much.
ENDLESS = 4
# An amount, a day, a number: no way of writing them is longer.
SHORT = 40


def _typed(value: Any, most: int | None) -> str:
    """What was typed; refused before it is cleaned when it is far too long, for that takes time."""
    text = "" if value in EMPTY_VALUES else str(value)
    if most and len(text) > ENDLESS * most:
        MaxLengthValidator(most)(text)
    return text


class LineField(forms.CharField):
    """One line: a name, a title, something to search for."""

    def __init__(self, *, max_length: int = 200, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value: Any) -> str:
        return clean_line(_typed(value, self.max_length))


class TextField(forms.CharField):
    """Text of several lines."""

    widget = forms.Textarea

    def __init__(self, *, max_length: int | None = 20_000, rows: int = 5, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(max_length=max_length, strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return clean_text(_typed(value, self.max_length))


# As a mail program or a page gives it to who copies it: "Per Palm <per@palm.example>;". A name
# that is an address too is kept, and refused: of two nobody knows which is meant.
COPIED_EMAIL = re.compile(r"(?:[^<>@]*<)?\s*(?:mailto:)?([^<>\s]+)>?", re.IGNORECASE)


def clean_email(text: str) -> str:
    """The address in lower case, its domain as mail servers write it.

    Before the @ only plain Latin letters: a Cyrillic a looks like somebody else's address.
    """
    # Turkish dotted capital I becomes two characters in lower case.
    address = clean_line(text).replace("\u0130", "i").lower().rstrip(" .,;:")
    if copied := COPIED_EMAIL.fullmatch(address):
        address = copied[1]
    local, _at, domain = address.rpartition("@")
    if "@" in local:
        raise ValidationError(_("Write one address only."), code="several")
    refusal = ValidationError(EmailValidator.message, code="invalid")
    if not local.isascii() or '"' in local or LINE_BREAKS.search(text.strip()):
        raise refusal
    try:
        address = f"{local}@{punycode(domain)}"
    except UnicodeError as wrong:
        raise refusal from wrong
    validate_email(address)
    return address


def name_beside(text: str) -> str:
    """The name that a mail program writes before an address: Per Palm of Per Palm <per@…>."""
    name, mark, _address = clean_line(text).partition("<")
    return name.strip(" \"'") if mark else ""


class EmailField(forms.EmailField):
    """One e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = _typed(value, self.max_length)
        return clean_email(text) if text.strip() else ""


class SecretField(forms.CharField):
    """A password: kept as typed, only broken text is refused."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("widget", forms.PasswordInput)
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return check(str(value)) if value not in self.empty_values else ""


class AmountField(forms.CharField):
    """An amount of kronor, written the Swedish or the English way: 25 000,50 kr or 25,000.50."""

    def __init__(
        self,
        *,
        min_value: Decimal = Decimal(0),
        max_value: Decimal = LARGEST_AMOUNT,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        self.min_value, self.max_value = min_value, max_value
        super().__init__(max_length=40, **kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, Decimal):
            return value
        text = clean_line(_typed(value, SHORT))
        return self._within(clean_amount(text)) if text else None

    def run_validators(self, value: Any) -> None:
        """The length is of the text, not of the amount; clean_amount looks at both."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and KEPT_AMOUNT.fullmatch(value):
            value = Decimal(value)
        if not isinstance(value, Decimal):
            return value
        return in_figures(value)

    def _within(self, amount: Decimal) -> Decimal:
        if not self.min_value <= amount <= self.max_value:
            raise ValidationError(
                _("Write an amount between %(least)s and %(most)s kronor."),
                code="out_of_range",
                params={
                    "least": self.prepare_value(self.min_value),
                    "most": self.prepare_value(self.max_value),
                },
            )
        return amount


def clean_amount(text: str) -> Decimal:
    """The amount in kronor with at most two decimals.

    Since there are never three decimals, a comma or full stop before three digits groups.
    """
    refusal = ValidationError(
        _("Write the amount in figures, for example 25,000 or 25,000.50."), code="not_an_amount"
    )
    if len(text) > 40:
        raise refusal
    bare = re.sub(r"(?i)^(?:sek|kr)\s*|\s*(?:sek|kr\.?|kronor|[:,]-+|,[–—]|\.)$", "", text.strip())
    bare = bare.replace("’", "'").replace("´", "'")
    found = re.fullmatch(
        r"([0-9]+|[1-9][0-9]{0,2}(?:(?P<group>[\s.,'])[0-9]{3})(?:(?P=group)[0-9]{3})*)"
        r"(?:(?P<mark>[.,])([0-9]{1,2}))?",
        bare,
    )
    if not found or (found["mark"] and found["mark"] == found["group"]):
        raise refusal
    whole = re.sub(r"[^0-9]", "", found[1])
    return Decimal(f"{whole}.{found[4] or '':0<2}")


class DayField(forms.CharField):
    """A day, as YYYY-MM-DD: any other way of writing can be read as two days."""

    def __init__(self, *, first: date = FIRST_DAY, last: date = LAST_DAY, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        self.first, self.last = first, last
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if isinstance(value, date):
            return value
        text = clean_line(_typed(value, SHORT))
        return self._within(clean_day(text)) if text else None

    def run_validators(self, value: Any) -> None:
        """A day has no length to check."""

    def _within(self, day: date) -> date:
        if not self.first <= day <= self.last:
            raise ValidationError(
                _("Write a day between %(first)s and %(last)s."),
                code="out_of_range",
                params={"first": self.first.isoformat(), "last": self.last.isoformat()},
            )
        return day


def clean_day(text: str) -> date:
    refusal = ValidationError(
        _("Write the day as year-month-day, for example 2027-03-01."), code="not_a_day"
    )
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise refusal
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise refusal from wrong


class ManyRowsField(forms.ModelMultipleChoiceField):
    """Rows chosen by key; a key that no database could hold is a wrong choice, not a fault."""

    def clean(self, value: Any) -> Any:
        self._refuse_odd_keys(value)
        return super().clean(value)

    def to_python(self, value: Any) -> Any:
        # Asked too for what a form says that it began with.
        self._refuse_odd_keys(value)
        return super().to_python(value)

    def _refuse_odd_keys(self, value: Any) -> None:
        for key in value if isinstance(value, list | tuple) else []:
            text = str(key)
            if not (text.isascii() and text.isdigit() and len(text) <= 18):
                raise ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": text[:20]},
                )


class OrganisationNumberField(forms.CharField):
    """A Swedish organisation number, kept as NNNNNN-NNNN; may be empty, never wrong."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
        super().__init__(max_length=40, **kwargs)

    def to_python(self, value: Any) -> str:
        text = clean_line(_typed(value, SHORT))
        return identity.normalise(text) if text else ""


def anywhere(words: str) -> str:
    """A pattern for `iregex` that finds words whatever their case. SQLite's own `icontains` knows
    only A to Z: it finds no Östersund for who types östersund."""
    return re.escape(words)


def searched_words(text: str) -> list[str]:
    """The words that are all to be found, in any order: each once, and of a long text the first,
    since every row is asked for each."""
    return list(dict.fromkeys(text.split()))[:SEARCH_WORDS_MOST]


def clean_search(text: str) -> str:
    """What was asked for in an address: a broken or endless text asks for nothing."""
    try:
        return clean_line(text[:200])
    except RefusedText:
        return ""
