import io
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, models, transaction

from journal import guards
from journal.models import Event, EventText
from journal.record import record
from teams.models import User
from tests.journal.guarded import refused

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    lena = User.objects.create(email="lena@lindhaga.example", name="Lena Exempel")
    with transaction.atomic():
        return record(
            "a:1", "document.ordered", by=lena, at=AT, facts={"number": 1}, texts={"title": "Order"}
        )


def test_an_event_is_neither_changed_nor_removed(event):
    EventText.objects.all().delete()

    assert refused(lambda: Event.objects.update(verb="x"))
    assert refused(event.delete)
    assert refused(lambda: Event.objects.filter(pk=event.pk)._raw_delete("default"))


def test_events_are_not_removed_at_one_stroke(event):
    """By what each database has for it: a row in the place of another, a table that is emptied."""
    table, columns = (
        Event._meta.db_table,
        ", ".join(field.column for field in Event._meta.concrete_fields if field.column != "verb"),
    )
    replace = f"REPLACE INTO {table} ({columns}, verb) SELECT {columns}, 'x' FROM {table}"
    statement = replace if connection.vendor == "sqlite" else f"TRUNCATE {table} CASCADE"

    connection.check_constraints()
    with connection.cursor() as cursor:
        assert refused(lambda: cursor.execute(statement))

    assert Event.objects.get().verb == "document.ordered"


def test_a_text_is_not_rewritten_but_may_be_erased(event):
    assert refused(lambda: EventText.objects.update(text="x"))

    assert EventText.objects.all().delete()[0] == 1


def test_a_lifted_guard_comes_back(event):
    with guards.lifted():
        Event.objects.update(secrecy="round:1")

    assert refused(lambda: Event.objects.update(secrecy=""))
    assert guards.missing() == []


def test_a_failure_while_lifted_brings_rows_and_guards_back(event):
    def fail_half_way():
        with guards.lifted():
            Event.objects.update(secrecy="round:1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    assert Event.objects.get().secrecy == ""
    assert guards.missing() == []


def test_the_check_names_a_missing_guard(event):
    assert guards.check_guards(databases=["default"]) == []

    guards.take_down()

    found = {error.msg.split()[2] for error in guards.check_guards(databases=["default"])}
    assert "guard_journal_event_update" in found


def test_the_check_names_a_guard_that_lets_everything_pass(event):
    table, name = "journal_event", "guard_journal_event_update"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(
                f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN 0 BEGIN SELECT 1; END"
            )
        else:
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
                "AS $$ BEGIN RETURN NEW; END $$"
            )

    assert [one.name for one in guards.missing()] == [name]


def test_the_check_names_a_guard_that_is_switched_off(event):
    """What SQLite cannot do: there it is taken away."""
    table, name = "journal_event", "guard_journal_event_delete"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {name}")
        else:
            connection.check_constraints()
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")

    assert [one.name for one in guards.missing()] == [name]


def test_the_check_names_a_guard_that_is_not_asked(event):
    """What it says is what was written, but it is put up for another column alone."""
    name = "guard_journal_event_update"
    read = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = %s",
        "postgresql": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s",
    }[connection.vendor]
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(read, [name])
        (written,) = cursor.fetchone()
        on_table = "" if connection.vendor == "sqlite" else " ON journal_event"
        cursor.execute(f"DROP TRIGGER {name}{on_table}")
        cursor.execute(written.replace("BEFORE UPDATE ON", "BEFORE UPDATE OF id ON"))

    assert Event.objects.update(verb="x") == 1
    assert [one.name for one in guards.missing()] == [name]


def test_the_hint_of_the_check_helps(event):
    guards.take_down()

    with pytest.raises(SystemCheckError, match="migrate --skip-checks"):
        call_command("check", tags=["database"], databases=["default"])
    call_command("migrate", skip_checks=True, verbosity=0)

    call_command("check", tags=["database"], databases=["default"], stdout=io.StringIO())


def test_a_condition_may_look_at_another_table(monkeypatch):
    monkeypatch.setattr(guards, "_guards", {})
    guards.guard(
        "teams_user",
        "OLD.name = 'Fast' AND NOT EXISTS (SELECT 1 FROM journal_event WHERE by_id = OLD.id)",
        acts=(guards.UPDATE,),
    )
    guards.put_up()
    fast = User.objects.create(email="fast@lindhaga.example", name="Fast")
    User.objects.create(email="lena@lindhaga.example", name="Lena Exempel")

    assert refused(lambda: User.objects.filter(pk=fast.pk).update(language="en"))
    assert User.objects.filter(name="Lena Exempel").update(language="en") == 1

    guards.take_down()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_altering_a_guarded_table_and_migrating_brings_the_guards_back(event):
    field = models.CharField(max_length=90)
    field.set_attributes_from_name("verb")
    before = Event._meta.get_field("verb")
    with connection.schema_editor() as editor:
        editor.alter_field(Event, before, field)
    with connection.schema_editor() as editor:
        editor.alter_field(Event, field, before)

    call_command("migrate", verbosity=0)

    assert guards.missing() == []
    assert refused(lambda: Event.objects.update(verb="x"))
