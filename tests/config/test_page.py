"""Amounts, days and people as pages say them, in both languages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import timezone, translation

from config import page

NBSP = "\u00a0"


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def rendered(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("amount", "swedish", "english"),
    [
        (25000, "25 000 kr", "SEK 25,000"),
        (0, "0 kr", "SEK 0"),
        (Decimal("25000.50"), "25 000,50 kr", "SEK 25,000.50"),
        ("1234567", "1 234 567 kr", "SEK 1,234,567"),
        (None, "", ""),
    ],
)
def test_amounts(amount, swedish, english) -> None:
    with translation.override("sv"):
        assert plain(page.kr(amount)) == swedish
        assert " " not in page.kr(amount)
    with translation.override("en"):
        assert plain(page.kr(amount)) == english


def test_days() -> None:
    when = date(2018, 10, 9)
    with translation.override("sv"):
        assert plain(page.day(when)) == "9 oktober 2018"
        assert plain(page.short_day(when)) == "9 okt 2018"
        assert plain(page.weekday(when)) == "tisdag 9 oktober 2018"
        this_year = timezone.localdate().replace(month=5, day=3)
        assert plain(page.short_day(this_year)) == "3 maj"
        assert plain(page.weekday(this_year)).endswith("dag 3 maj")
    with translation.override("en"):
        assert plain(page.day(when)) == "9 October 2018"
        assert plain(page.short_day(when)) == "9 Oct 2018"
    assert page.day(None) == page.short_day(None) == page.moment(None) == page.iso(None) == ""


def test_moments_are_swedish_time() -> None:
    winter = datetime(2018, 11, 16, 13, 20, tzinfo=UTC)
    summer = datetime(2018, 6, 30, 22, 30, tzinfo=UTC)
    with translation.override("sv"):
        assert plain(page.moment(winter)) == "16 nov 2018 14.20"
        assert plain(page.day(summer)) == "1 juli 2018"
    with translation.override("en"):
        assert page.clock(winter) == "14:20"
    assert page.iso(winter) == "2018-11-16T14:20:00+01:00"
    with translation.override("sv"):
        assert (
            plain(rendered("{% time when 'clock' %}", when=winter))
            == '<time datetime="2018-11-16T14:20:00+01:00">14.20</time>'
        )


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (date(2018, 9, 7), date(2018, 10, 2), "7 sep–2 okt 2018"),
        (date(2018, 8, 10), date(2018, 8, 28), "10–28 aug 2018"),
        (date(2018, 12, 10), date(2019, 1, 4), "10 dec 2018–4 jan 2019"),
        (date(2018, 8, 10), date(2018, 8, 10), "10 aug 2018"),
        (date(2018, 8, 10), None, "från 10 aug 2018"),
        (None, date(2018, 8, 10), "till 10 aug 2018"),
        (None, None, ""),
    ],
)
def test_ranges(start, end, words) -> None:
    with translation.override("sv"):
        assert plain(page.day_range(start, end)) == words


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (-4, "late", "4 dagar sen"),
        (-1, "late", "1 dag sen"),
        (0, "soon", "i dag"),
        (1, "soon", "i morgon"),
        (2, "soon", "om 2 dagar"),
        (3, "soon", "om 3 dagar"),
        (4, "", "om 4 dagar"),
    ],
)
def test_deadlines(days, state, words) -> None:
    today = date(2018, 3, 5)
    due = today + timedelta(days=days)
    with translation.override("sv"):
        assert page.due_state(due, today) == state
        assert page.due_words(due, today) == words
        shown = rendered("{% due day today %}", day=due, today=today)
    assert (words in shown) is bool(state)
    assert (f"due--{state}" in shown) is bool(state)


def test_an_icon_is_silent_or_has_a_label() -> None:
    assert 'aria-hidden="true"' in rendered('{% icon "Gavel" %}')
    labelled = rendered('{% icon "Gavel" label=words %}', words="<b>")
    assert 'role="img" aria-label="&lt;b&gt;"' in labelled
    assert "style" not in labelled
    for unknown in ("Nothing", "../README", "", "Gavel.svg"):
        with pytest.raises(TemplateSyntaxError):
            page.icon(unknown)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maja Lindqvist", "ML"),
        ("Åsa Öberg-Nilsson", "ÅN"),
        ("Anna-Karin von Essen", "AE"),
        ("Cher", "C"),
        ("  ", "?"),
        ("(demo) Sara", "S"),
    ],
)
def test_initials(name, letters) -> None:
    assert page.initials(name) == letters


def test_a_person_is_escaped() -> None:
    shown = rendered("{% person who role %}", who="<i>Eva", role='"x"')
    assert "<i>" not in shown
    assert "&lt;i&gt;Eva, &quot;x&quot;" in shown


def test_param_changes_the_query_string() -> None:
    request = RequestFactory().get("/", {"status": "late", "page": "3"})
    source = "{% param page=2 status=None %}|{% param lang='en' %}|{% param page=None status='' %}"
    assert rendered(source, request=request) == "?page=2|?status=late&amp;page=3&amp;lang=en|?"


def test_what_cannot_be_a_day_is_shown_as_typed() -> None:
    assert page.is_day("2026-10-09")
    assert not page.is_day("31 november")


class AskedFor(forms.Form):
    name = forms.CharField(label="Name")
    reason = forms.CharField(label="Why not?")
    role = forms.ChoiceField(label="Role", choices=[("a", "A")])
    whom = forms.MultipleChoiceField(
        label="Who", choices=[("a", "A")], widget=forms.CheckboxSelectMultiple
    )
    agreed = forms.BooleanField(label="Promise secrecy")
    paper = forms.FileField(label="Signed copy")
    track = forms.CharField(label="Track", error_messages={"required": "Choose a track."})
    annex = forms.CharField(label="In annex 2?", error_messages={"required": "Say yes or no."})


def test_an_empty_field_says_which_it_is_and_what_to_do() -> None:
    form = AskedFor({})
    with translation.override("en"):
        told = {field.name: page.faults(field) for field in form}
        assert told == {
            "name": [("Fill in “Name”.", True)],
            "reason": [("Answer the question “Why not?”", True)],
            "role": [("Choose an option under “Role”.", True)],
            "whom": [("Choose an option under “Who”.", True)],
            "agreed": [("Tick “Promise secrecy”.", True)],
            "paper": [("Choose a file under “Signed copy”.", True)],
            "track": [("Choose a track.", False)],
            "annex": [("Say yes or no.", False)],
        }
        source = "{% include '_errors.html' %}{{ form.name.as_field_group }}"
        shown = rendered(source, form=form)
    assert '<a href="#id_name">Fill in “Name”.</a></li>' in shown
    assert '<a href="#id_track">Track</a>: Choose a track.</li>' in shown
    assert '<a href="#id_annex">In annex 2?</a> Say yes or no.</li>' in shown
    assert shown.count("Fill in “Name”.") == 2
