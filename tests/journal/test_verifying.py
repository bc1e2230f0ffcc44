from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from journal import guards
from journal.models import Event, EventText
from journal.record import record
from journal.verifying import faults
from teams.models import User

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream():
    lena = User.objects.create(email="lena@lindhaga.example", name="Lena Exempel")
    for stream in ("a:1", "b:2"):
        for number in range(4):
            record(
                stream,
                "document.ordered",
                by=lena,
                at=AT,
                facts={"number": number},
                texts={"title": "Order"},
            )
    return Event.objects.of("a:1")


def found():
    return [(fault.stream, fault.number) for fault in faults()]


def test_an_untouched_journal_verifies(stream, capsys):
    call_command("verify_journal")

    assert capsys.readouterr().out == ("2 streams, 8 events, 0 erased texts: every link holds.\n")


def test_a_changed_event_is_found(stream):
    with guards.lifted():
        stream.filter(number=2).update(facts={"number": 7})

    assert found() == [("a:1", 2)]


def test_a_changed_event_with_a_new_hash_breaks_the_next_link(stream):
    event = stream.get(number=2)
    event.facts = {"number": 7}
    with guards.lifted():
        stream.filter(number=2).update(facts=event.facts, hash=event.computed_hash())

    assert found() == [("a:1", 3)]


def test_a_removed_event_is_found(stream):
    with guards.lifted():
        EventText.objects.filter(event__in=stream.filter(number=2)).delete()
        stream.filter(number=2).delete()

    assert found() == [("a:1", 3)]


def test_a_changed_text_is_found(stream):
    with guards.lifted():
        EventText.objects.filter(event=stream.get(number=3)).update(text="Annat")

    assert found() == [("a:1", 3)]


def test_an_added_text_is_found(stream):
    EventText.objects.create(event=stream.get(number=3), name="x", salt="", text="Annat")

    assert found() == [("a:1", 3)]


def test_an_erased_text_does_not_break_the_chain(stream, capsys):
    EventText.objects.filter(event=stream.get(number=3)).delete()

    call_command("verify_journal")

    assert "1 erased texts: every link holds" in capsys.readouterr().out


def test_the_command_names_the_link_and_ends_with_one(stream, capsys):
    with guards.lifted():
        stream.filter(number=2).update(verb="document.ready")

    with pytest.raises(CommandError) as refusal:
        call_command("verify_journal")

    assert refusal.value.returncode == 1
    assert "BROKEN a:1 #2: its content is not what was recorded" in capsys.readouterr().err
