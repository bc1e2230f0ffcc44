"""Long lists are read page by page, whatever comes in meanwhile."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from procurements.models import Case, Insight
from tests.builders import MONDAY
from tests.people import People, signed_in

pytestmark = pytest.mark.django_db
MANY = 120


def write(case: Case, people: People, numbers: range) -> None:
    Insight.objects.bulk_create(
        Insight(
            case=case,
            case_phase=case.current_phase,
            number=n,
            title=f"Insikt {n}",
            text="De väntar.",
            source="test",
            audience="team",
            by=people.per,
            at=MONDAY,
        )
        for n in numbers
    )


@pytest.fixture
def diary(people: People, case: Case) -> str:
    write(case, people, range(1, MANY + 1))
    return reverse("case_diary", args=[case.number])


def shown(html: str) -> list[int]:
    return [int(n) for n in re.findall(r'<li id="insight-(\d+)"', html)]


def link(html: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', html)
    return found[1].replace("&amp;", "&") if found else ""


def read(client: Client, diary: str, query: str, rel: str, case: Case, people: People) -> list[int]:
    """What is on the pages from one on, with an entry more written after each."""
    told = []
    while query:
        html = client.get(diary + query).text
        told += shown(html)
        newest = case.insights.order_by("number").last()
        assert newest is not None
        write(case, people, range(newest.number + 1, newest.number + 2))
        query = link(html, rel)
    return told


def test_who_reads_on_misses_and_repeats_nothing_that_stood_when_the_reading_began(
    people: People, case: Case, diary: str
) -> None:
    told = read(signed_in(people.per), diary, "?for=team", "next", case, people)

    assert told == [*range(MANY, 0, -1)]


def test_a_page_is_found_by_the_number_of_an_entry_and_read_on_from(
    people: People, case: Case, diary: str
) -> None:
    client = signed_in(people.per)

    assert {n: n in shown(client.get(f"{diary}?at={n}").text) for n in (1, 60, MANY)} == {
        1: True, 60: True, MANY: True,
    }  # fmt: skip
    told = read(client, diary, "?at=60", "next", case, people)
    assert told == [*range(told[0], 0, -1)]
    assert told[0] >= 60


def test_a_correction_and_the_need_lead_to_the_page_of_the_entry(
    people: People, case: Case, diary: str
) -> None:
    client = signed_in(people.per)
    corrected = reverse("insight_correct", args=[case.number, 5])
    words = {"title": "Kort", "text": "De väntar länge.", "source": "test", "was": "De väntar."}

    answer = client.post(corrected, words)

    assert answer["Location"].endswith("#insight-5")
    assert 5 in shown(client.get(answer["Location"]).text)


@pytest.mark.parametrize(
    "query", ["?page=x", "?newest=x&page=2", f"?newest={'9' * 30}", "?at=0", "?at=999999999"]
)
def test_an_address_that_somebody_wrote_by_hand_shows_a_page(
    people: People, diary: str, query: str
) -> None:
    assert shown(signed_in(people.per).get(diary + query).text)


def test_what_came_in_since_is_on_the_first_page(people: People, case: Case, diary: str) -> None:
    client = signed_in(people.per)
    second = link(client.get(diary).text, "next")
    write(case, people, range(MANY + 1, MANY + 4))

    back = link(client.get(diary + second).text, "prev")

    assert shown(client.get(diary + back).text)[0] == MANY + 3


def test_the_history_is_read_on_in_the_same_way(people: People, case: Case) -> None:
    client, history = signed_in(people.per), reverse("case_history", args=[case.number])
    written = reverse("case_diary", args=[case.number])
    words = {"text": "Nytt.", "source": "test", "audience": "team"}
    for n in range(52):
        client.post(written, words | {"title": f"Insikt {n}"})
    first = client.get(history)
    client.post(written, words | {"title": "En till"})

    second = client.get(history + link(first.text, "next"))

    numbers = [event.number for page in (first, second) for event in page.context["events"]]
    assert numbers == [*range(numbers[0], 0, -1)]


def test_an_entry_is_found_by_its_words_and_read_on_among_those(
    people: People, case: Case, diary: str
) -> None:
    case.insights.filter(number__lte=60).update(text="Äldre ringer om natten.")
    client = signed_in(people.per)

    first = client.get(f"{diary}?for=team&q=äldre+NATTEN").text
    second = client.get(diary + link(first, "next")).text

    assert shown(first) + shown(second) == [*range(60, 0, -1)]
    assert shown(client.get(f"{diary}?q=insikt+77").text) == [77]
    nothing = client.get(f"{diary}?q=finns+inte").text
    assert shown(nothing) == []
    assert 'value="finns inte"' in nothing
