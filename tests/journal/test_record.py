from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation

from journal.models import Event, EventText
from journal.record import record
from journal.sentences import UnknownVerb, sentences
from teams.models import User

AT = datetime(2026, 10, 5, 8, 0, 0, 123456, tzinfo=UTC)

pytestmark = pytest.mark.django_db

WORDS = {
    "thing.begun": "Began %(title)s on %(starts_on)s",
    "thing.counted": "Counted %(number)s",
}


@pytest.fixture(autouse=True)
def words(monkeypatch, settings):
    settings.JOURNAL_SENTENCES = [f"{__name__}.WORDS"]


@pytest.fixture
def lena():
    return User.objects.create(email="lena@lindhaga.example", name="Lena Exempel")


def count(stream, lena, **more):
    return record(stream, "thing.counted", by=lena, at=AT, facts={"number": 1}, **more)


def test_events_of_a_stream_are_numbered_and_chained(lena):
    first, second, other = count("a:1", lena), count("a:1", lena), count("a:2", lena)

    assert [first.number, second.number, other.number] == [1, 2, 1]
    assert second.previous_hash == first.hash
    assert other.previous_hash == "0" * 64


def test_an_event_read_back_has_the_hash_it_was_given(lena):
    facts = {"b": Decimal("25000.50"), "a": [date(2026, 10, 5), None, True], "ö": "ü"}

    event = record(
        lena, "thing.begun", by=lena, at=AT, about=lena, facts=facts, texts={"title": "Behov"}
    )

    again = Event.objects.get(pk=event.pk)
    assert again.facts == {"b": "25000.50", "a": ["2026-10-05", None, True], "ö": "ü"}
    assert again.stream == again.object == f"teams.user:{lena.pk}"
    assert again.computed_hash() == event.hash


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"by_id": 0},
        {"verb": "thing.begun"},
        {"facts": {"number": 2}},
        {"object": "a:9"},
        {"secrecy": "round:1"},
        {"digests": {"title": "x"}},
        {"at": AT.replace(microsecond=0)},
        {"previous_hash": "1" * 64},
        {"stream": "a:2"},
    ],
)
def test_every_part_of_an_event_is_in_its_hash(lena, change):
    event = count("a:1", lena)

    for name, value in change.items():
        setattr(event, name, value)

    assert event.computed_hash() != event.hash


def test_texts_lie_beside_with_salt_and_only_their_digest_is_hashed(lena):
    texts = {"title": "Upplev min verklighet"}
    one, two = (
        record("a:1", "thing.begun", by=lena, at=AT, texts=texts, facts={"starts_on": AT.date()})
        for _ in range(2)
    )

    assert one.digests["title"] != two.digests["title"]
    assert one.texts.get().is_intact()
    assert "Upplev" not in str(one.facts) + str(one.digests)


def test_a_verb_without_a_sentence_is_refused(lena):
    with pytest.raises(UnknownVerb):
        record("a:1", "thing.unheard", by=lena, at=AT)

    assert not Event.objects.exists()


def test_a_float_and_a_naive_time_are_refused(lena):
    with pytest.raises(TypeError):
        record("a:1", "thing.counted", by=lena, at=AT, facts={"number": [1.5]})
    with pytest.raises(ValueError, match="aware"):
        record("a:1", "thing.counted", by=lena, at=AT.replace(tzinfo=None))


@pytest.mark.django_db(transaction=True)
def test_an_event_is_recorded_only_with_the_change_that_it_tells_of(lena):
    with pytest.raises(transaction.TransactionManagementError):
        count("a:1", lena)

    assert not Event.objects.exists()


def test_what_is_not_stored_has_no_stream(lena):
    with pytest.raises(ValueError, match="stored"):
        count(User(name="Nils"), lena)


def test_two_events_with_one_number_are_refused_by_the_database(lena):
    event = count("a:1", lena)

    event.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        event.save(force_insert=True)


def test_closed_circles_are_left_out(lena):
    count("a:1", lena)
    count("a:1", lena, secrecy="round:1")
    count("a:1", lena, secrecy="round:2")

    open_to_me = Event.objects.of("a:1").open_to({"round:1"})

    assert [event.number for event in open_to_me] == [1, 3]


def test_a_sentence_speaks_the_readers_language_and_way_of_writing_days(lena):
    facts = {"starts_on": date(2026, 10, 5)}
    event = record("a:1", "thing.begun", by=lena, at=AT, facts=facts, texts={"title": "Behov"})

    with translation.override("sv"):
        assert event.sentence == "Began Behov on 5 oktober 2026"
    with translation.override("en"):
        assert "Oct" in event.sentence


def test_an_erased_text_says_so(lena):
    facts = {"starts_on": ""}
    event = record("a:1", "thing.begun", by=lena, at=AT, facts=facts, texts={"title": "Behov"})

    EventText.objects.all().delete()

    with translation.override("en"):
        assert Event.objects.get(pk=event.pk).sentence == "Began (erased) on "


def test_a_verb_that_the_house_forgot_is_shown_as_it_stands(lena, settings):
    event = count("a:1", lena)

    settings.JOURNAL_SENTENCES = []

    assert event.sentence == "thing.counted"


def test_a_list_of_sentences_costs_the_same_for_one_and_three(lena, django_assert_num_queries):
    for length in (1, 3):
        while Event.objects.count() < length:
            count("a:1", lena)
        with django_assert_num_queries(2):
            [event.sentence + event.by.name for event in Event.objects.of("a:1").readable()]


HOUSE_SENTENCES = list(settings.JOURNAL_SENTENCES)


def test_every_verb_of_the_house_has_a_sentence_in_both_languages(settings):
    settings.JOURNAL_SENTENCES = HOUSE_SENTENCES
    lacking = []
    for verb, words in sentences().items():
        if callable(words):
            continue
        told = {}
        for language in ("en", "sv"):
            with translation.override(language):
                told[language] = str(words)
        if told["en"] == told["sv"]:
            lacking.append(verb)

    assert lacking == []
