from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from journal.models import Event
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


def test_the_registry_is_sent_the_fingerprint(people):
    event = close()
    carry_out_one(Message.objects.get(kind="mail.journal_day").pk)

    (letter,) = mail.outbox
    assert letter.to == ["registrator@lindhaga.example"]
    assert event.facts["fingerprint"] in letter.body


def test_nothing_is_closed_before_the_installation_has_begun():
    assert close() is None
