"""Suggesting an improvement beside a step; the editors answer, and the one who suggested hears."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from handbook.models import Draft, Edition, Suggestion
from handbook.operations.owning import give_handbook
from handbook.operations.suggestion import accept, decline, suggest
from handbook.refusals import SuggestionRefused
from journal.models import Event
from outbox.models import Message
from outbox.work import carry_out_one
from tests.builders import MONDAY, an_edition

pytestmark = pytest.mark.django_db
WORDS = {"text": "Fråga också natten.", "reason": "Vi missade den."}


@pytest.fixture
def edition(people):
    """Written by Lena's organisation; Per and Nora read it."""
    edition = an_edition(phases=1, key="method")
    give_handbook(handbook=edition.handbook, owner=people.science_park, by=people.lena, at=MONDAY)
    edition.handbook.refresh_from_db()
    return edition


@pytest.fixture
def suggestion(people, edition):
    return a_suggestion(edition, people.per)


def a_suggestion(edition, by, **more):
    said = {"part": "step:step-0-1", "language": "sv", "at": MONDAY} | WORDS | more
    return suggest(edition=edition, by=by, **said)


def a_draft(edition, by):
    return Draft.objects.create(
        handbook=edition.handbook, based_on=edition, version="1.1", whole={}, base={},
        begun_by=by, begun_at=MONDAY, saved_by=by, saved_at=MONDAY,
    )  # fmt: skip


def page_of(client, user, name, *args, **query):
    client.force_login(user)
    response = client.get(reverse(name, args=args), {"lang": "en"} | query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_suggestion_is_kept_with_its_words_in_the_handbooks_stream(edition, suggestion, people):
    event = Event.objects.get(verb="suggestion.made")

    assert event.stream == f"handbook.handbook:{edition.handbook_id}"
    assert event.facts == {"version": "1.0", "part": "step:step-0-1", "language": "sv"}
    assert dict(event.texts.values_list("name", "text")) == WORDS
    assert suggestion.state == "waiting"


def test_a_second_click_is_one_suggestion(edition, people):
    first = a_suggestion(edition, people.per)

    assert a_suggestion(edition, people.per, at=MONDAY + timedelta(minutes=5)) == first
    assert a_suggestion(edition, people.nora) != first
    assert a_suggestion(edition, people.per, part="") != first
    assert a_suggestion(edition, people.per, at=MONDAY + timedelta(hours=2)) != first


def test_nothing_is_suggested_for_a_draft(edition, people):
    with pytest.raises(SuggestionRefused):
        a_suggestion(Edition(handbook=edition.handbook, version="1.1"), people.per)


@pytest.mark.parametrize("into_draft", [True, False])
def test_an_accepted_one_names_its_draft_and_its_maker_gets_a_letter(
    edition, suggestion, people, into_draft
):
    draft = a_draft(edition, people.lena) if into_draft else None

    accept(suggestion=suggestion, draft=draft, answer="Tack.", by=people.lena, at=MONDAY)

    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.taken_into) == ("accepted", draft)
    assert (suggestion.answered_by, suggestion.answered_at) == (people.lena, MONDAY)
    carry_out_one(Message.objects.get(kind="mail.suggestion_answer").pk)
    letter = mail.outbox[-1]
    assert letter.to == [people.per.email]
    assert "De har godtagit det." in letter.body
    assert f"{settings.PUBLIC_URL}{suggestion.get_absolute_url()}" in letter.body
    assert "Tack." not in letter.body
    assert "natten" not in letter.body


def test_a_declined_one_has_reasons_and_its_maker_reads_them(client, suggestion, people):
    decline(suggestion=suggestion, answer="Det står redan i fas 2.", by=people.lena, at=MONDAY)

    carry_out_one(Message.objects.get(kind="mail.suggestion_answer").pk)
    assert "avböjt" in mail.outbox[-1].body
    page = page_of(client, people.per, "suggestion", suggestion.pk)
    assert "Det står redan i fas 2." in page
    assert "Lena Leander" in page


def test_an_answer_stands(edition, suggestion, people):
    decline(suggestion=suggestion, answer="Nej.", by=people.lena, at=MONDAY)

    with pytest.raises(SuggestionRefused):
        decline(suggestion=suggestion, answer="Nej!", by=people.lena, at=MONDAY)
    with pytest.raises(SuggestionRefused):
        accept(suggestion=suggestion, draft=None, by=people.lena, at=MONDAY)
    assert Message.objects.filter(kind="mail.suggestion_answer").count() == 1


@pytest.mark.parametrize("of", ["another handbook", "published"])
def test_it_is_only_taken_into_a_draft_of_its_own_handbook(edition, suggestion, people, of):
    draft = a_draft(edition if of == "published" else an_edition(phases=1), people.lena)
    Draft.objects.filter(pk=draft.pk, handbook=edition.handbook).update(edition=edition)

    with pytest.raises(SuggestionRefused):
        accept(suggestion=suggestion, draft=draft, by=people.lena, at=MONDAY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "declined", "answered_at": MONDAY},
        {"state": "accepted"},
        {"state": "sometime"},
        {"reason": ""},
        {"answered_at": MONDAY},
    ],
)
def test_the_database_keeps_the_rules(suggestion, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Suggestion.objects.filter(pk=suggestion.pk).update(**wrong)


@pytest.mark.slow
def test_it_is_suggested_beside_the_step_and_seen_by_its_maker_and_the_editors(
    client, edition, people
):
    phase = edition.phases.get()
    reading = client.get(reverse("handbook_phase", args=[*edition.address, "en", phase.key]))
    address = reverse("handbook_suggest_step", args=[*edition.address, "step-0-2"])
    assert f'href="{address}?language=en"' in reading.content.decode()
    assert client.get(address).headers["Location"].startswith(reverse("account_login"))

    form = page_of(client, people.nora, "handbook_suggest_step", *edition.address, "step-0-2")
    assert "Vägledning" in form
    sent = client.post(address, WORDS | {"language": "en"})

    assert sent.headers["Location"] == f"{phase.get_absolute_url()}#step-step-0-2"
    made = Suggestion.objects.get()
    assert (made.part, made.language, made.by) == ("step:step-0-2", "en", people.nora)
    assert WORDS["text"] in page_of(client, people.nora, "my_suggestions")
    listed = page_of(client, people.lena, "handbook_suggestions", "method")
    assert WORDS["text"] in listed
    assert "Nora Nord" in listed
    front = page_of(client, people.lena, "handbook_edition", *edition.address, "en", lang="en")
    assert "1 suggestion waits for an answer" in front


def test_what_it_is_about_is_named_in_the_readers_language(client, edition, suggestion, people):
    """Also of a suggestion about the Swedish text."""
    step, book = (
        edition.words("en")("step:step-0-1", "title"),
        edition.words("en")("edition", "title"),
    )
    assert step != edition.words("sv")("step:step-0-1", "title")

    for name, args in (("my_suggestions", []), ("suggestion", [suggestion.pk])):
        assert f'<span lang="en">{step}</span>' in page_of(client, people.per, name, *args)
    assert f"Suggestions for {book}" in page_of(client, people.lena, "my_suggestions")


def test_others_may_not_know_of_it(client, edition, suggestion, people):
    for name in ("suggestion", "suggestion_accept", "suggestion_decline"):
        client.force_login(people.nora)
        assert client.get(reverse(name, args=[suggestion.pk])).status_code == 404
    client.force_login(people.per)
    assert client.get(suggestion.get_absolute_url()).status_code == 200
    assert client.get(reverse("suggestion_accept", args=[suggestion.pk])).status_code == 403
    assert client.get(reverse("handbook_suggestions", args=["method"])).status_code == 403
    assert client.get(reverse("handbook_suggestions", args=["nothing"])).status_code == 404


def test_an_editor_accepts_into_the_draft_that_there_is(client, edition, suggestion, people):
    draft, other = (a_draft(one, people.lena) for one in (edition, an_edition(phases=1)))
    form = page_of(client, people.lena, "suggestion_accept", suggestion.pk)
    assert "Draft 1.1" in form
    address = reverse("suggestion_accept", args=[suggestion.pk])
    assert client.post(address, {"draft": other.pk}).status_code == 422

    sent = client.post(address, {"draft": draft.pk, "answer": ""})

    assert sent.headers["Location"] == suggestion.get_absolute_url()
    assert client.post(address, {"draft": draft.pk}).status_code == 422
    assert client.get(address).headers["Location"] == suggestion.get_absolute_url()
    assert "Taken into edition 1.1." in page_of(client, people.per, "suggestion", suggestion.pk)


def test_it_is_declined_with_reasons(client, suggestion, people):
    client.force_login(people.lena)
    address = reverse("suggestion_decline", args=[suggestion.pk])

    assert client.post(address, {"answer": " "}).status_code == 422
    assert client.post(address, {"answer": "Det står redan."}).status_code == 302
    suggestion.refresh_from_db()
    assert suggestion.state == "declined"


def test_the_list_shows_those_that_are_asked_for(client, edition, suggestion, people):
    decline(suggestion=suggestion, answer="Nej.", by=people.lena, at=MONDAY)
    a_suggestion(edition, people.nora, text="Ett annat.")

    waiting = page_of(client, people.lena, "handbook_suggestions", "method", state="waiting")
    declined = page_of(client, people.lena, "handbook_suggestions", "method", state="declined")

    assert ("Ett annat." in waiting, WORDS["text"] in waiting) == (True, False)
    assert ("Ett annat." in declined, WORDS["text"] in declined) == (False, True)


def test_who_answers_is_led_back_to_the_others_and_who_suggested_to_their_own(
    client, edition, suggestion, people
):
    others = reverse("handbook_suggestions", args=[edition.handbook.key])
    mine = reverse("my_suggestions")
    for_maker = page_of(client, people.per, "suggestion", suggestion.pk)
    assert (f'href="{others}"' in for_maker, f'href="{mine}"' in for_maker) == (False, True)
    for address in ("suggestion", "suggestion_accept"):
        for_editor = page_of(client, people.lena, address, suggestion.pk)
        assert (f'href="{others}"' in for_editor, f'href="{mine}"' in for_editor) == (True, False)


def test_an_editor_finds_the_list_of_a_handbook_by_its_title(client, edition, people):
    title = edition.words()("edition", "title")

    page = page_of(client, people.lena, "my_suggestions")

    others = reverse("handbook_suggestions", args=[edition.handbook.key])
    assert re.search(f'href="{others}">[^<]*{re.escape(title)}<', page)


def test_beside_a_step_of_a_draft_stand_the_suggestions_about_it(edition, suggestion):
    found = Suggestion.objects.about(edition.handbook, "step:step-0-1").waiting()

    assert list(found) == [suggestion]
    assert not Suggestion.objects.about(edition.handbook, "step:step-0-2").exists()


@pytest.mark.slow
def test_who_sends_very_many_is_asked_to_wait(client, edition, people):
    client.force_login(people.per)
    address = reverse("handbook_suggest", args=edition.address)
    many = [
        client.post(address, WORDS | {"text": f"Förslag {number}", "language": "sv"}).status_code
        for number in range(31)
    ]

    assert many == [302] * 30 + [429]
    assert Suggestion.objects.count() == 30
