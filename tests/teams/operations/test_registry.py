from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from journal import guards
from journal.heads import closed_days
from journal.models import Event, EventText
from journal.record import record
from journal.verifying import faults
from outbox.models import Message
from outbox.work import carry_out_one
from teams.models import Installation, User
from teams.operations.registry import close_day
from tests.people import People, everybody

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def people() -> People:
    people = everybody()
    people.municipality.registry_email = "registrator@lindhaga.example"
    people.municipality.save()
    Installation.objects.create(
        organisation=people.municipality, begun_by=people.anna, begun_at=NOW
    )
    return people


def close(at=NOW):
    return close_day(by=User.objects.system(), at=at)


def test_a_day_is_closed_once(people):
    assert close() is not None
    assert close() is None

    assert Event.objects.filter(verb="journal.day_closed").count() == 1
    assert Message.objects.filter(kind="mail.journal_day").count() == 1


def test_every_day_gets_its_own(people):
    close()
    close(NOW + timedelta(days=1))

    first, second = Event.objects.of("journal.day")
    assert first.facts["fingerprint"] != second.facts["fingerprint"]
    assert list(faults()) == []


@pytest.fixture
def chains(people):
    """Three chains of three events each, of the day before, and that day closed."""
    for stream in ("a:1", "b:2", "c:3"):
        for number in range(3):
            record(stream, "document.ordered", by=people.anna, at=NOW - timedelta(days=1),
                   facts={"number": number}, texts={"title": "Order"})  # fmt: skip
    return close()


def cut_off(events):
    EventText.objects.filter(event__in=events).delete()
    events.delete()


def written_anew(stream):
    """Another fact from the second event on, each link counted anew, as whoever forges would."""
    last = Event.objects.of(stream).first()
    for event in Event.objects.of(stream).filter(number__gt=1):
        event.facts, event.previous_hash = {"number": 7}, last.hash
        event.hash = event.computed_hash()
        event.save()
        last = event


@pytest.mark.parametrize(
    "forge",
    [
        lambda: cut_off(Event.objects.of("b:2").filter(number=3)),
        lambda: cut_off(Event.objects.of("b:2")),
        lambda: written_anew("b:2"),
    ],
)
def test_a_chain_that_holds_by_itself_is_told_by_the_days_fingerprint(chains, forge):
    """Cut off at its end, gone as a whole, or written anew with links that fit."""
    record("d:4", "document.ordered", by=User.objects.system(), at=NOW, texts={"title": "Ny"})
    assert list(faults()) == []
    with guards.lifted():
        forge()

    (fault,) = faults()
    assert (fault.stream, fault.number) == (chains.stream, chains.number)


def test_what_comes_after_a_day_changes_nothing_of_it(chains, people):
    for days in (1, 2):
        record("b:2", "document.ordered", by=people.anna, at=NOW - timedelta(minutes=1),
               texts={"title": "Sen"})  # fmt: skip
        record("e:5", "document.ordered", by=people.anna, at=NOW - timedelta(days=40),
               texts={"title": "Inlagt i efterhand"})  # fmt: skip
        close(NOW + timedelta(days=days))

    assert [holds for _day, holds in closed_days()] == [True, True, True]


def test_who_kept_the_letters_can_compare_them(chains, capsys):
    call_command("verify_journal", "--days")

    told = capsys.readouterr().out
    assert f"{chains.facts['day_on']} {chains.facts['fingerprint']}\n" in told
    assert told.endswith("every link holds.\n")


def test_the_registry_is_sent_the_fingerprint(people):
    event = close()
    carry_out_one(Message.objects.get(kind="mail.journal_day").pk)

    (letter,) = mail.outbox
    assert letter.to == ["registrator@lindhaga.example"]
    assert event.facts["fingerprint"] in letter.body


def test_nothing_is_closed_before_the_installation_has_begun():
    assert close() is None
