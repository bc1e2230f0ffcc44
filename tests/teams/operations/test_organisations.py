from datetime import UTC, date, datetime

import pytest

from journal.models import Event
from outbox.models import Message
from teams.models import AccessibilityStatement, User
from teams.operations.accessibility import edit_statement, send_feedback
from teams.operations.organisations import (
    add_organisation,
    add_part,
    add_team,
    edit_organisation,
    edit_team,
)
from teams.operations.profile import save_profile
from teams.refusals import NameTaken

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


def test_add_organisation_with_parts(people):
    made = add_organisation(
        details={"name": "Region Tall", "kind": "region"},
        parts=["Hälsonämnden"],
        by=people.anna,
        at=NOW,
    )

    assert [part.name for part in made.parts.all()] == ["Hälsonämnden"]


def test_a_taken_name_is_refused_at_its_field(people):
    for act in (
        lambda: add_organisation(
            details={"name": "Lindhaga kommun", "kind": "region"}, by=people.anna, at=NOW
        ),
        lambda: add_part(
            organisation=people.municipality, name="Omsorgsnämnden", by=people.anna, at=NOW
        ),
        lambda: edit_organisation(
            organisation=people.elsewhere,
            details={"name": "Lindhaga kommun"},
            by=people.olle,
            at=NOW,
        ),
    ):
        with pytest.raises(NameTaken) as refused:
            act()
        assert set(refused.value.message_dict) == {"name"}


def test_editing_tells_what_changed_and_what_stood_there(people):
    edit_organisation(
        organisation=people.municipality,
        details={"name": "Lindhaga stad", "address": ""},
        by=people.anna,
        at=NOW,
    )

    event = Event.objects.of(people.municipality).readable().get()
    assert event.facts == {"changed": ["name"]}
    assert event.fields()["was_name"] == "Lindhaga kommun"
    assert "%(" not in event.sentence


def test_saving_without_a_change_leaves_no_event(people):
    edit_organisation(
        organisation=people.municipality,
        details={"name": people.municipality.name},
        by=people.anna,
        at=NOW,
    )

    assert not Event.objects.of(people.municipality).exists()


def test_who_adds_a_team_leads_it(people):
    team = add_team(
        details={"name_sv": "Nya teamet", "name_en": "", "intermediary": None},
        organisations=[people.municipality],
        by=people.anna,
        at=NOW,
    )

    assert people.anna.has_perm("teams.manage_team", team)
    assert list(team.organisations.all()) == [people.municipality]


def test_edit_team_tells_when_only_its_organisations_changed(people):
    edit_team(
        team=people.team,
        details={},
        organisations=[people.science_park],
        by=people.lena,
        at=NOW,
    )

    assert Event.objects.of(people.team).readable().get().sentence


def test_a_team_speaks_the_readers_language(people):
    from django.utils import translation

    people.team.name_en = "The Tallviken team"
    with translation.override("en"):
        assert people.team.name == "The Tallviken team"
    with translation.override("sv"):
        assert people.team.name == "Tallvikens team"


def test_save_profile_is_told_in_the_persons_own_history(people):
    save_profile(details={"language": "en", "name": "Per Palm"}, by=people.per, at=NOW)

    people.per.refresh_from_db()
    assert people.per.language == "en"
    assert Event.objects.of(people.per).get().facts == {"changed": ["language"]}


def test_edit_statement_keeps_the_earlier_text_in_the_history(people):
    details = {
        "service": "Upptakt",
        "compliance": "partial",
        "shortcomings": "Kartan",
        "burden": "",
        "excluded": "",
        "method": "Självskattning",
        "assessed_on": date(2026, 9, 1),
        "contact": "",
    }
    edit_statement(organisation=people.municipality, details=details, by=people.anna, at=NOW)

    edit_statement(
        organisation=people.municipality,
        details=details | {"shortcomings": "Inget"},
        by=people.anna,
        at=NOW,
    )

    assert AccessibilityStatement.objects.get().shortcomings == "Inget"
    assert AccessibilityStatement.objects.get().updated_on == date(2026, 10, 5)
    last = Event.objects.of(people.municipality).readable().last()
    assert last.fields()["was_shortcomings"] == "Kartan"


def test_feedback_is_promised_to_the_organisation(people):
    send_feedback(
        organisation=people.municipality,
        text="Knappen syns inte",
        by=User.objects.system(),
        at=NOW,
    )

    assert Message.objects.get(kind="mail.feedback")
    event = Event.objects.of(people.municipality).get()
    assert (event.by.is_system, event.texts.count()) == (True, 0)
