import threading
from datetime import UTC, datetime

import pytest
from django.db import connections

from journal.models import Event
from teams.models import Installation, Membership, Organisation, User
from teams.operations.installation import begin_installation
from teams.refusals import AlreadyBegun
from tests.builders_teams import PASSWORD

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


def begin(email="anna@lindhaga.example", name="Lindhaga kommun"):
    return begin_installation(
        name="Anna Alm",
        email=email,
        password=PASSWORD,
        organisation={"name": name, "kind": "municipality"},
        parts=["Omsorgsnämnden", "Tekniska nämnden"],
        at=NOW,
    )


@pytest.mark.django_db
def test_begin_installation_makes_person_organisation_and_parts():
    anna = begin()

    held = Membership.objects.get()
    assert (held.user, held.organisation.name, held.role) == (
        anna,
        "Lindhaga kommun",
        "administrator",
    )
    assert anna.check_password(PASSWORD)
    assert [part.name for part in held.organisation.parts.all()] == [
        "Omsorgsnämnden",
        "Tekniska nämnden",
    ]
    assert [event.verb for event in Event.objects.of(held.organisation)] == [
        "installation.begun",
        "organisation.part_added",
        "organisation.part_added",
    ]


@pytest.mark.django_db
def test_begin_installation_twice_is_refused():
    begin()

    with pytest.raises(AlreadyBegun):
        begin("olle@granaker.example", "Granåkers kommun")

    assert User.objects.people().count() == 1
    assert Organisation.objects.tops().count() == 1


@pytest.mark.django_db
def test_the_database_keeps_one_beginning(django_user_model):
    anna = begin()

    with pytest.raises(Exception, match=r"(?i)constraint"):
        Installation.objects.create(
            id=2, organisation=Organisation.objects.tops().get(), begun_by=anna, begun_at=NOW
        )


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_at_once_get_one_administrator():
    together, outcomes = threading.Barrier(2), []

    def one(number):
        together.wait()
        try:
            begin(f"person{number}@lindhaga.example", f"Kommun {number}")
            outcomes.append("begun")
        except AlreadyBegun:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["begun", "refused"]
    assert User.objects.people().count() == 1
    assert Organisation.objects.count() == 3
