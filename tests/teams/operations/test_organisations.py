from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from journal.models import Event, stream_of
from outbox.models import Message
from teams.merging import Overtaken
from teams.models import AccessibilityStatement, User
from teams.operations.accessibility import edit_statement, send_feedback
from teams.operations.organisations import (
    add_organisation,
    add_part,
    add_team,
    agree_to_team,
    edit_organisation,
    edit_team,
    take_back_agreement,
)
from teams.operations.profile import save_profile
from teams.refusals import NameTaken, Refused
from tests.builders_teams import a_role

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


def test_add_organisation_with_parts(people):
    made = add_organisation(
        details={"name": "Region Tall", "kind": "region"},
        parts=["Hälsonämnden"],
        by=people.anna,
        at=NOW,
    )

    assert [part.name for part in made.parts.all()] == ["Hälsonämnden"]


def test_names_lie_beside_the_chain_and_are_told(people):
    """A sole trader's organisation is called what its owner is."""
    made = add_organisation(
        details={"name": "Berit Berg Konsult", "kind": "company"}, by=people.anna, at=NOW
    )
    add_part(organisation=made, name="Butiken", by=people.anna, at=NOW)
    team = add_team(
        details={"name_sv": "Bergs team", "name_en": "", "intermediary": None},
        organisations=[people.municipality],
        by=people.anna,
        at=NOW,
    )

    events = Event.objects.filter(stream__in=[stream_of(made), stream_of(team)]).readable()
    names = ["Berit Berg Konsult", "Butiken", "Bergs team", "Lindhaga kommun"]
    assert [name for name in names if name in str([one.facts for one in events])] == []
    with translation.override("en"):
        told = " ".join(one.sentence for one in events)
    assert [name for name in names if name not in told] == []


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


def a_new_team(people, *, by):
    return add_team(
        details={"name_sv": "Nya teamet", "name_en": "", "intermediary": None},
        organisations=[people.municipality, people.science_park],
        by=by,
        at=NOW,
    )


def agreed(team):
    return {held.organisation.name: held.agreed_by for held in team.affiliations.all()}


def asked():
    letters = Message.objects.filter(kind="mail.team_asks")
    return list(letters.values_list("recipient", flat=True))


def test_an_organisation_is_asked_unless_its_own_administrator_lets_it_into_the_team(people):
    a_role(people.olle, people.science_park, "administrator", from_on=date(2024, 1, 8))
    team = a_new_team(people, by=people.anna)

    assert agreed(team) == {"Lindhaga kommun": people.anna, "Tallviken Science Park": None}
    assert asked() == [people.olle.email]


def test_an_organisation_that_is_let_in_later_is_asked_and_those_before_keep_their_answer(people):
    team = a_new_team(people, by=people.anna)
    members = [people.municipality, people.science_park, people.elsewhere]
    edit_team(team=team, details={}, organisations=members, by=people.anna, at=NOW)

    assert agreed(team)["Lindhaga kommun"] == people.anna
    assert agreed(team)["Granåkers kommun"] is None
    assert asked() == [people.olle.email]


def test_an_organisation_is_asked_once_a_day_however_often_it_is_let_in(people):
    team = a_new_team(people, by=people.anna)
    for _each in range(3):
        for members in ([people.municipality, people.elsewhere], [people.municipality]):
            edit_team(team=team, details={}, organisations=members, by=people.anna, at=NOW)

    assert asked() == [people.olle.email]


def test_an_organisation_agrees_to_a_team_and_takes_it_back(people):
    held = people.team.affiliations.get(organisation=people.municipality)
    for _twice in range(2):
        take_back_agreement(affiliation=held, by=people.anna, at=NOW)
    assert agreed(people.team)["Lindhaga kommun"] is None
    for _twice in range(2):
        agree_to_team(affiliation=held, by=people.anna, at=NOW)

    assert agreed(people.team)["Lindhaga kommun"] == people.anna
    with translation.override("en"):
        told = {event.sentence for event in Event.objects.of(people.team).readable()}
    assert told == {
        "Lindhaga kommun agreed that the team starts cases in its name.",
        "Lindhaga kommun took back that the team starts cases in its name; those begun go on.",
    }


@pytest.mark.parametrize("answer", [agree_to_team, take_back_agreement])
def test_an_organisation_taken_out_of_the_team_meanwhile_is_told_so(people, answer):
    held = people.team.affiliations.get(organisation=people.municipality)
    edit_team(
        team=people.team, details={}, organisations=[people.science_park], by=people.lena, at=NOW
    )

    with translation.override("en"), pytest.raises(Refused, match="taken out of the team"):
        answer(affiliation=held, by=people.anna, at=NOW)


def test_nobody_agrees_without_a_moment_nor_at_a_moment_nobody(people):
    for wrong in ({"agreed_by": None}, {"agreed_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            people.team.affiliations.update(**wrong)


def test_the_intermediary_of_a_team_is_one_of_its_organisations(people):
    team = a_new_team(people, by=people.anna)
    leads = {"details": {"intermediary": people.science_park}, "by": people.anna, "at": NOW}

    with pytest.raises(Refused) as refusal:
        edit_team(team=team, organisations=[people.municipality], **leads)
    assert list(refusal.value.error_dict) == ["intermediary"]

    # Somebody else takes it out of the team while it is made the intermediary.
    both = [people.municipality.pk, people.science_park.pk]
    edit_team(team=team, details={}, organisations=[people.municipality], by=people.anna, at=NOW)
    with pytest.raises(Overtaken):
        edit_team(team=team, organisations=[people.municipality, people.science_park],
                  began_members=both, **leads)  # fmt: skip
    team.refresh_from_db()
    assert team.intermediary is None


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


STATEMENT = {
    "service": "Upptakt",
    "compliance": "partial",
    "shortcomings": "Kartan",
    "burden": "",
    "excluded": "",
    "method": "Självskattning",
    "assessed_on": date(2026, 9, 1),
    "contact": "",
}


def test_edit_statement_keeps_the_earlier_text_in_the_history(people):
    edit_statement(organisation=people.municipality, details=STATEMENT, by=people.anna, at=NOW)

    edit_statement(
        organisation=people.municipality,
        details=STATEMENT | {"shortcomings": "Inget"},
        by=people.anna,
        at=NOW,
    )

    assert AccessibilityStatement.objects.get().shortcomings == "Inget"
    assert AccessibilityStatement.objects.get().updated_on == date(2026, 10, 5)
    last = Event.objects.of(people.municipality).readable().last()
    assert last.fields()["was_shortcomings"] == "Kartan"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"shortcomings": ""}, "shortcomings"),
        ({"shortcomings": "", "compliance": "none"}, "shortcomings"),
        ({"assessed_on": date(2026, 10, 6)}, "assessed_on"),
    ],
)
def test_a_statement_that_the_law_would_not_take_is_refused(people, wrong, field):
    """A list of what is not accessible and a day of assessment belong to it (law.md 8)."""
    with pytest.raises(Refused) as refusal:
        edit_statement(
            organisation=people.municipality, details=STATEMENT | wrong, by=people.anna, at=NOW
        )

    assert list(refusal.value.message_dict) == [field]
    whole = STATEMENT | {"shortcomings": "", "compliance": "full", "assessed_on": NOW.date()}
    assert edit_statement(organisation=people.municipality, details=whole, by=people.anna, at=NOW)


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
