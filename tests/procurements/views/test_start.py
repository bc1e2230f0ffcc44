import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from procurements import days
from procurements.models import Case
from procurements.operations.case import (
    change_case,
    give_role,
    said_of_taken_diary_number,
)
from procurements.refusals import Refused
from procurements.states import CaseState, Role
from teams.operations.organisations import take_back_agreement
from tests.builders import MONDAY, a_case, an_edition
from tests.builders_teams import a_part, a_role
from tests.people import signed_in

pytestmark = pytest.mark.django_db
URL = "/cases/new/"
KEY = "7f0c1c0e-5a2f-4f0e-9d07-0a2f6a9d2b11"


@pytest.fixture
def edition():
    return an_edition()


def filled(people, edition, **more):
    return {
        "key": KEY,
        "title": "Trygg första vecka hemma",
        "summary": "",
        "authority": people.authority.pk,
        "team": people.team.pk,
        "edition": edition.pk,
        "context": "service",
        "role": Role.PROCURER,
        "planned_start_on": days.next_working_day(timezone.localdate()).isoformat(),
        "diary_number": "ON 2026-7",
    } | more


def test_form_offers_only_where_the_person_may_start(people, edition):
    html = signed_in(people.per).get(URL).content.decode()

    assert "Omsorgsnämnden" in html
    assert "Granåkers kommun" not in html
    assert "Inte den officiella handboken" in html


def test_lead_of_a_team_starts_for_its_organisations_and_their_parts(people, edition):
    html = signed_in(people.lena).get(URL).content.decode()

    assert "Omsorgsnämnden" in html
    assert "Tallviken Science Park" in html


def test_lead_starts_nothing_for_an_organisation_that_has_not_agreed(people, edition):
    held = people.team.affiliations.get(organisation=people.municipality)
    take_back_agreement(affiliation=held, by=people.anna, at=timezone.now())

    html = signed_in(people.lena).get(URL).text
    assert "Omsorgsnämnden" not in html
    assert "Lindhaga kommun" in html
    sent = signed_in(people.lena).post(URL, filled(people, edition, confirmed="yes"))
    assert sent.status_code == 422
    assert Case.objects.count() == 0
    own = signed_in(people.per).get(URL).text
    assert "Omsorgsnämnden" in own


def test_member_may_not_start(people, edition):
    assert signed_in(people.nora).get(URL).status_code == 403
    assert signed_in(people.nora).post(URL, filled(people, edition)).status_code == 403


def test_plan_is_shown_before_anything_is_saved(people, edition):
    html = signed_in(people.per).post(URL, filled(people, edition)).content.decode()

    assert "Så planeras ärendet" in html
    assert "3 steg gäller inte sammanhanget Tjänst och är inte med" in html
    assert "0.3 Steg 0.3" in html
    assert Case.objects.count() == 0


@pytest.mark.parametrize(("role", "word"), [("procurer", "Upphandlare"), ("need_owner", "Behovs")])
def test_the_role_that_was_chosen_is_shown_before_anything_is_saved(people, edition, role, word):
    html = signed_in(people.per).post(URL, filled(people, edition) | {"role": role}).text

    chosen = html.partition('id="given-h"')[2]
    assert f"<dd>{word}" in chosen


def test_confirmed_case_is_a_draft_of_the_person(people, edition):
    page = signed_in(people.per).post(URL, filled(people, edition, confirmed="yes"))

    case = Case.objects.get()
    assert page.url == case.get_absolute_url()
    assert case.state == CaseState.DRAFT
    assert case.roles_of(people.per) == {Role.OWNER, Role.PROCURER}
    assert case.team == people.team


def test_second_press_finds_the_same_case(people, edition):
    client = signed_in(people.per)

    first = client.post(URL, filled(people, edition, confirmed="yes"))
    second = client.post(URL, filled(people, edition, confirmed="yes"))

    assert second.url == first.url
    assert Case.objects.count() == 1


def test_going_back_keeps_what_was_typed(people, edition):
    asked = filled(people, edition, change="yes", title="Titel & mer")

    html = signed_in(people.per).post(URL, asked).content.decode()

    assert "Titel &amp; mer" in html
    assert "ON 2026-7" in html
    assert Case.objects.count() == 0


def test_searching_without_script_keeps_what_was_typed(people, edition):
    for number in range(9):
        a_part(people.municipality, f"Nämnd {number}")
    asked = filled(people, edition, look="yes", find="nämnd 7", title="Kvar")
    client = signed_in(people.anna)

    html = client.post(URL, asked).content.decode()

    assert "Nämnd 7" in html
    assert "Nämnd 6" not in html
    # What was chosen before stays among the choices.
    assert "Omsorgsnämnden" in html
    assert 'value="Kvar"' in html


def test_search_answers_with_the_choices_alone(people, edition):
    html = signed_in(people.anna).get(f"{URL}authorities/?find=omsorg").content.decode()

    assert "Omsorgsnämnden" in html
    assert "<html" not in html
    missing = signed_in(people.anna).get(f"{URL}authorities/?find=xyz").content.decode()
    assert "Ingen myndighet heter ”xyz”" in missing


def test_an_authority_is_found_by_its_number_however_it_is_written(people, edition):
    people.municipality.number = "212000-1850"
    people.municipality.save()

    html = signed_in(people.anna).get(f"{URL}authorities/?find=Org.nr+2120001850").text

    assert "Omsorgsnämnden" in html


def test_number_of_a_sole_trader_is_masked(people, edition):
    people.company.number = "121212-1212"
    people.company.save()

    html = signed_in(people.sam).get(URL).content.decode()

    assert "121212-••••" in html
    assert "121212-1212" not in html


def test_authority_of_somebody_else_is_refused(people, edition):
    asked = filled(people, edition, authority=people.elsewhere.pk, confirmed="yes")

    page = signed_in(people.per).post(URL, asked)

    assert page.status_code == 422
    assert "Välj en av myndigheterna i listan." in page.content.decode()
    assert Case.objects.count() == 0


def test_ended_editor_may_not_start(people, edition):
    people.per.memberships.update(until_on=timezone.localdate())

    assert signed_in(people.per).get(URL).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 121},
        {"title": "a\x00b"},
        {"context": "moon"},
        {"edition": "999"},
        {"authority": "\x00"},
        {"planned_start_on": "2026-02-30"},
        {"role": "observer"},
        {"team": "x"},
        {"key": "no key"},
    ],
)
def test_wrong_input_is_told_and_changes_nothing(people, edition, wrong):
    page = signed_in(people.per).post(URL, filled(people, edition, confirmed="yes") | wrong)

    assert page.status_code == 422
    assert Case.objects.count() == 0


def test_taken_diary_number_is_told_at_the_field(people, edition):
    client = signed_in(people.per)
    client.post(URL, filled(people, edition, confirmed="yes"))
    other_key = KEY.replace("7f", "8f")

    page = client.post(URL, filled(people, edition, key=other_key))

    assert page.status_code == 422
    assert f"Ärendet ”{Case.objects.get().title}” har redan det diarienumret." in page.text
    # Who belongs to the authority, without a role in the case, is told that there is one.
    said = said_of_taken_diary_number(
        "ON 2026-7", people.authority, by=people.nora, on=MONDAY.date()
    )
    assert str(said) == "Ett annat ärende hos myndigheten har redan det diarienumret."


def test_a_diary_number_of_another_organisation_is_not_told_of(people, edition):
    first = a_case(
        by=people.per, authority=people.authority, edition=edition, diary_number="ON 2026-7"
    )
    client, told = signed_in(people.lena), "har redan det diarienumret"

    page = client.post(URL, filled(people, edition))
    assert page.status_code == 422
    assert told not in page.text
    assert 'id="id_diary_number_error"' in page.text
    own = a_case(by=people.lena, authority=people.authority, edition=edition)
    with pytest.raises(Refused) as refusal:
        change_case(case=own, diary_number="ON 2026-7", by=people.lena, at=MONDAY)
    assert told not in str(refusal.value)

    with transaction.atomic():
        give_role(
            first, user=people.lena, role=Role.OBSERVER, from_on=MONDAY.date(), by=people.per,
            at=MONDAY,
        )  # fmt: skip
    with pytest.raises(Refused) as refusal:
        change_case(case=own, diary_number="ON 2026-7", by=people.lena, at=MONDAY)
    assert told in str(refusal.value)


def test_without_an_authority_the_page_says_whom_to_ask(people, edition):
    a_role(people.olle, people.team, "member")
    people.olle.memberships.filter(organisation__isnull=False).update(until_on=timezone.localdate())

    assert signed_in(people.olle).get(reverse("case_new")).status_code == 403
