from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from procurements.models import CasePhase, Participant, Task
from procurements.operations.case import stop_case
from procurements.states import Role
from tests.builders import a_case, an_edition
from tests.people import everybody
from tests.procurements.views.test_case import (
    NAMES,
    end_the_window,
    in_the_phase_that_admits,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return everybody()


def a_case_today(people, **facts):
    return a_case(by=people.per, authority=people.authority, at=timezone.now(), **facts)


def page_of(user, query=""):
    page = signed_in(user).get(f"/{query}")
    assert page.status_code == 200
    return page.content.decode()


def test_visitor_is_asked_to_sign_in(people):
    assert Client().get("/").status_code == 302


def test_first_time_says_what_to_do(people):
    html = page_of(people.per)

    assert "Du har inga ärenden än" in html
    assert "Beskriv ett behov" in html


def test_somebody_who_may_not_start_is_not_asked_to(people):
    html = page_of(people.nora)

    assert "Beskriv ett behov" not in html
    assert "/cases/new/" not in html


def test_own_cases_are_listed_and_nobody_elses(people):
    a_case_today(people, title="Trygg vecka")

    assert "Trygg vecka" in page_of(people.per)
    assert "Trygg vecka" not in page_of(people.anna)
    assert "Trygg vecka" not in page_of(people.olle)


def test_my_late_task_is_told_first(people):
    case = a_case_today(people)
    yesterday = timezone.localdate() - timedelta(days=1)
    CasePhase.objects.filter(case=case, number=0).update(started_on=yesterday - timedelta(days=9))
    Task.objects.filter(case_phase__case=case, step__key="step-0-1").update(
        assignee=people.per, due_on=yesterday
    )
    Task.objects.filter(case_phase__case=case, step__key="step-0-2").update(
        assignee=people.nora, due_on=yesterday
    )

    html = page_of(people.per)

    assert "En sak behöver dig den här veckan. En är försenad." in html
    assert "Steg 0.1" in html
    assert "Steg 0.2" not in html


def test_gate_of_the_week_needs_those_who_decide_and_waits_for_the_others(people):
    case = a_case_today(people, roles={Role.NEED_OWNER: people.nora})
    today = timezone.localdate()
    CasePhase.objects.filter(case=case, number=0).update(
        planned_starts_on=today, planned_ends_on=today, planned_gate_on=today
    )

    assert "Besluta grind 0" in page_of(people.per)
    other = page_of(people.nora)
    assert "Besluta grind 0" not in other
    assert "Beslut vid grind 0, Trygg första vecka hemma" in other


def test_draft_and_paused_cases_ask_nothing_of_me(people):
    case = a_case_today(people, begun=False)
    Task.objects.filter(case_phase__case=case).update(
        assignee=people.per, due_on=timezone.localdate()
    )

    assert "Inget behöver dig den här veckan." in page_of(people.per)


def test_observer_in_the_window_sees_no_number_in_the_row(people):
    case = in_the_phase_that_admits(people)

    html = page_of(people.nora)
    assert "Sekretess" in html
    assert "<b>3</b>" not in html
    assert html.count('class="mk n"') == 0

    end_the_window(case)
    assert "<b>3</b>" in page_of(people.nora)


def test_procurer_in_the_window_sees_how_many(people):
    in_the_phase_that_admits(people)

    html = page_of(people.per)

    assert "<b>3</b>" in html
    assert not any(name in html for name in NAMES)


def test_ended_cases_have_their_own_list(people):
    edition = an_edition()
    a_case_today(people, title="Pågår", edition=edition)
    ended = a_case_today(people, title="Slutade", edition=edition)
    stop_case(case=ended, reason="Skäl", by=people.per, at=timezone.now())

    html = page_of(people.per)
    assert "Avslutade (1)" in html
    assert "Slutade" not in html
    assert "Slutade" in page_of(people.per, "?show=ended")


def test_only_ended_cases_still_show_the_way_to_them(people):
    ended = a_case_today(people)
    stop_case(case=ended, reason="Skäl", by=people.per, at=timezone.now())

    assert "Avslutade (1)" in page_of(people.per)


@pytest.mark.parametrize("query", ["?page=2", "?page=99999"])
def test_page_that_does_not_exist_is_not_there(people, query):
    a_case_today(people)

    assert signed_in(people.per).get(f"/{query}").status_code == 404


@pytest.mark.parametrize("query", ["?page=x", "?page=-1", "?page=٣", "?page=%00", "?show=%00"])
def test_odd_addresses_are_no_fault(people, query):
    a_case_today(people)

    assert signed_in(people.per).get(f"/{query}").status_code == 200


def test_one_and_three_cases_take_the_same_queries_and_at_most_twelve(people):
    first = in_the_phase_that_admits(people)
    client = signed_in(people.per)

    def queries():
        client.get("/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/").status_code == 200
        return captured

    one = queries()
    for title in ("Andra", "Tredje"):
        case = a_case_today(people, title=title)
        run = case.current_phase
        Participant.objects.create(
            case=case, name="Bolag", admitted_in=run, added_by=people.per, added_at=timezone.now()
        )
        Task.objects.filter(case_phase=run).update(assignee=people.per, due_on=timezone.localdate())
    queries()
    three = queries()

    assert first.title in client.get("/").content.decode()
    assert len(three) == len(one), [query["sql"][:120] for query in three]
    assert len(three) <= 12, [query["sql"][:120] for query in three]


def test_signature_that_waits_for_me_is_told_within_twelve_queries(people):
    edition = an_edition(signatures=["chief", "buyer"])
    case = a_case_today(people, edition=edition, roles={Role.MANAGEMENT: people.nora})
    from tests.procurements.views.test_case import decide

    decide(case, people)
    for person in (people.per, people.nora):
        client = signed_in(person)
        client.get("/")
        with CaptureQueriesContext(connection) as captured:
            html = client.get("/").content.decode()

        assert "Skriv under beslutet vid grind 0" in html
        assert len(captured) <= 12, [query["sql"][:120] for query in captured]
