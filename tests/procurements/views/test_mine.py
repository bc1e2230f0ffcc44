from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from documents.models import Document, Revision
from handbook.models import DocumentTemplate, Edition, Handbook
from handbook.operations.suggestion import suggest
from procurements.models import Case, CasePhase, CaseRole, GateDecision, Participant, Round, Task
from procurements.operations.case import give_role, pause_case, stop_case
from procurements.operations.correcting import correct_gate
from procurements.operations.deadline import count_deadline, keep_deadline, set_deadline
from procurements.operations.gate import decide_gate
from procurements.operations.paper import Place, order_paper
from procurements.operations.signing import sign_gate
from procurements.operations.task import add_task
from procurements.states import PhaseState, Role
from procurements.weekpaper import week_of
from teams.models import User
from tests.builders import a_case, a_case_today, an_edition, let_be
from tests.people import signed_in
from tests.procurements.views.test_case import (
    NAMES,
    decide,
    end_the_window,
    in_the_phase_that_admits,
)
from tests.test_leaks import TOKENS

# A case begins on a working day, and its first phase with it.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


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


def test_who_has_had_a_role_or_is_to_have_one_is_told_when(people):
    case = a_case_today(people, title="Trygg vecka")
    today = timezone.localdate()
    given = {"case": case, "user": people.nora, "role": Role.COACH}
    ended, begins = "Your last role in a case ended on", "You have a role in a case from"

    def page():
        return signed_in(people.nora).get("/", {"lang": "en"}).text

    # One that was regretted before it began has never been.
    regretted = today - timedelta(days=2)
    CaseRole.objects.create(**given, from_on=regretted, until_on=regretted)
    assert "You have no cases yet" in page()
    assert ended not in page()

    CaseRole.objects.create(**given, from_on=today - timedelta(days=9), until_on=today)
    assert "You have no cases now" in page()
    assert ended in page()
    # Of the case itself nothing is told without a role in it.
    assert "Trygg vecka" not in page()

    CaseRole.objects.create(**given, from_on=today + timedelta(days=7))
    assert begins in page()
    assert ended not in page()


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
    case = a_case_today(people, roles={"need_owner": people.nora})
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


def test_a_step_that_nobody_is_named_for_is_in_the_week_of_who_leads(people):
    case = a_case_today(people, roles={"need_owner": people.nora, "coach": people.lena})
    Task.objects.filter(case_phase__case=case).update(due_on=None)
    Task.objects.filter(case_phase__case=case, step__key="step-0-1").update(
        due_on=timezone.localdate()
    )
    assert "Steg 0.1" in page_of(people.per).split("caselist")[0]
    assert "Steg 0.1" not in page_of(people.nora).split("caselist")[0]

    CaseRole.objects.create(
        case=case, user=people.anna, role=Role.PROCESS_LEADER, from_on=timezone.localdate()
    )
    assert "Steg 0.1" not in page_of(people.per).split("caselist")[0]
    assert "Steg 0.1" in page_of(people.anna).split("caselist")[0]

    Task.objects.filter(step__key="step-0-1").update(assignee=people.lena)
    assert "Steg 0.1" not in page_of(people.anna).split("caselist")[0]

    CaseRole.objects.filter(user=people.lena).update(until_on=timezone.localdate())
    assert "Steg 0.1" in page_of(people.anna).split("caselist")[0]


def test_a_task_of_the_teams_own_that_nobody_is_named_for_is_theirs_who_lead_and_may_read_it(
    people,
):
    case = a_case_today(people)
    Task.objects.filter(case_phase__case=case).update(due_on=None)
    today = timezone.localdate()
    role = {"case": case, "user": people.lena, "role": Role.PROCESS_LEADER, "from_on": today}
    leads = CaseRole.objects.create(**role, is_engagement=True)
    named = {"case": case, "case_phase": case.current_phase, "title": "Ring kommunen"}
    add_task(**named, due_on=today, by=people.per, at=timezone.now())

    # She has not promised secrecy yet, and reads nothing that the team wrote.
    assert told_of("Ring kommunen", people.per, people.lena) == ({"Per Palm"},) * 3
    CaseRole.objects.filter(pk=leads.pk).update(undertaking_on=today, interests="Inga")
    assert told_of("Ring kommunen", people.per, people.lena) == ({"Lena Leander"},) * 3


def told_of(title, *people):
    """To whom the page, the portfolio and the letter of the week tell a task of the team's own, the
    only thing of the week."""
    pages, portfolio, letters = set(), set(), set()
    for person in people:
        client = signed_in(person)
        days = client.get("/").context["week"].days
        if title in [thing.title for day in days for thing in day.things]:
            pages.add(person.name)
        if title in [thing.title for thing in client.get("/portfolio/").context["needs"]]:
            portfolio.add(person.name)
        if week_of(person, at=timezone.now()).lines:
            letters.add(person.name)
    return pages, portfolio, letters


def test_a_task_of_the_teams_own_in_a_window_is_theirs_who_lead_and_are_let_in(people):
    case = in_the_phase_that_admits(people)
    today = timezone.localdate()
    let_be(CaseRole.objects.filter(user=people.nora), Role.LAWYER)
    CaseRole.objects.create(case=case, user=people.lena, role=Role.PROCESS_LEADER, from_on=today)
    run = case.current_phase
    run.tasks.update(due_on=None)
    named = {"case": case, "case_phase": run, "title": "Ring kommunen"}
    add_task(**named, due_on=today, by=people.per, at=timezone.now())
    everybody = (people.per, people.lena, people.nora)
    assert told_of("Ring kommunen", *everybody) == ({"Lena Leander"},) * 3

    Round.objects.update(roles=["procurer", "lawyer"])
    assert told_of("Ring kommunen", *everybody) == ({"Per Palm"},) * 3

    # Who is inside and does not lead is told whom it waits for, not who is left out.
    Task.objects.filter(title="Ring kommunen").update(due_on=today - timedelta(days=1))
    (waits,) = [
        thing
        for thing in signed_in(people.nora).get("/portfolio/").context["waits"]
        if thing.title == "Ring kommunen"
    ]
    assert waits.who == "Per Palm"


def test_a_task_of_the_teams_own_inside_a_secrecy_window_is_told_to_those_inside(people):
    case = in_the_phase_that_admits(people)
    for user in (people.olle, people.lena):
        CaseRole.objects.create(
            case=case,
            user=user,
            role=Role.PROCESS_LEADER,
            from_on=timezone.localdate(),
            # Olle comes from outside, without having promised secrecy.
            is_engagement=user == people.olle,
        )
    add_task(
        case=case,
        case_phase=case.current_phase,
        title="Ring Ask AB",
        due_on=timezone.localdate(),
        by=people.per,
        at=timezone.now(),
    )

    assert "Ring Ask AB" in page_of(people.lena)
    assert "Ring Ask AB" not in page_of(people.olle)


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


def test_a_gate_whose_window_leaves_me_out_is_not_mine_to_decide(people):
    case = in_the_phase_that_admits(people)
    let_be(CaseRole.objects.filter(user=people.nora), Role.PROCESS_LEADER)
    today = timezone.localdate()
    CasePhase.objects.filter(case=case, number=1).update(
        planned_starts_on=today, planned_ends_on=today, planned_gate_on=today
    )
    assert "Besluta grind 1" in page_of(people.nora)

    Round.objects.update(roles=["procurer"])

    html = page_of(people.nora)
    assert "Besluta grind 1" not in html
    assert "Beslut vid grind 1, Trygg första vecka hemma" in html


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


def test_observer_in_the_window_is_not_told_that_a_task_of_the_team_is_late(people):
    case = in_the_phase_that_admits(people)
    yesterday = timezone.localdate() - timedelta(days=1)
    Task.objects.filter(case_phase__case=case).update(due_on=None)
    Task.objects.create(
        case_phase=case.current_phase, title=f"Ring {NAMES[0]}", position=9, due_on=yesterday
    )

    assert "1 försenad" not in page_of(people.nora)
    Task.objects.filter(position=9).update(assignee=people.nora)
    assert "1 försenad" in page_of(people.nora)


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


def an_order(case, serves, *, by, participant=None, title=""):
    """A paper that is ordered and not yet made."""
    template = DocumentTemplate.objects.get(edition=case.edition, serves=serves)
    paper = order_paper(
        case=case,
        place=Place(case.current_phase, template, participant),
        language="sv",
        fill={"words": "Ord"},
        passages={},
        draft=False,
        by=by,
        at=timezone.now(),
    )
    Document.objects.filter(pk=paper.document_id).update(title=title)
    return paper


def being_made(person):
    """The papers that the first page shows, asked of the page and of its context."""
    page = signed_in(person).get("/")
    html = page.content.decode()
    titles = [row["title"] for row in page.context["rendered"]]
    assert all(title in html for title in titles)
    return set(titles)


@pytest.fixture
def ordered(people):
    """Papers of a case in its secrecy window: an open and a secret one and one to a supplier
    ordered by Lena, another by Per. Nora observes."""
    case = in_the_phase_that_admits(people)
    with transaction.atomic():
        give_role(
            case,
            user=people.lena,
            role=Role.PROCESS_LEADER,
            from_on=timezone.localdate(),
            by=people.per,
            at=timezone.now(),
        )
    ask, bjork = case.participants.all()[:2]
    an_order(case, "need_description", by=people.lena, title="Öppet papper")
    an_order(case, "phase_decision", by=people.lena, title="Hemligt papper")
    an_order(case, "order", by=people.lena, participant=ask, title="Lenas order")
    an_order(case, "order", by=people.per, participant=bjork, title="Pers order")
    return case


def test_papers_ordered_by_me_are_shown_while_they_are_made(people, ordered):
    assert {"Lenas order", "Hemligt papper"} < being_made(people.lena)
    assert "Pers order" in being_made(people.per)


def test_papers_of_the_same_moment_stand_in_the_order_they_were_ordered(people, ordered):
    Revision.objects.update(ordered_at=timezone.now())

    page = signed_in(people.lena).get("/")

    titles = [row["title"] for row in page.context["rendered"]]
    assert titles == ["Lenas order", "Hemligt papper", "Öppet papper"]


def test_secret_papers_of_others_are_not_shown(people, ordered):
    for person in (people.per, people.nora):
        assert "Hemligt papper" not in being_made(person)


def test_papers_to_a_supplier_are_shown_to_who_ordered_them_alone(people, ordered):
    assert being_made(people.nora) == {"Öppet papper"}
    assert being_made(people.per) == {"Öppet papper", "Pers order"}
    assert not any(name in page_of(people.nora) for name in NAMES)


def test_papers_of_cases_that_are_not_mine_are_not_shown(people, ordered):
    a_case(by=people.olle, authority=people.elsewhere, at=timezone.now())

    assert being_made(people.olle) == set()


def test_my_paper_is_no_longer_shown_when_my_role_has_ended(people, ordered):
    CaseRole.objects.filter(case=ordered, user=people.lena).update(until_on=timezone.localdate())
    a_case(by=people.lena, authority=people.science_park, at=timezone.now())

    assert being_made(people.lena) == set()


def test_a_paper_that_failed_is_no_longer_shown(people, ordered):
    Revision.objects.filter(document__title="Öppet papper").update(
        state="failed", error_code="crashed"
    )

    assert being_made(people.nora) == set()


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
    decide(case, people)
    for person in (people.per, people.nora):
        client = signed_in(person)
        client.get("/")
        with CaptureQueriesContext(connection) as captured:
            html = client.get("/").content.decode()

        assert "Skriv under beslutet vid grind 0" in html
        assert len(captured) <= 12, [query["sql"][:120] for query in captured]


def test_what_waits_for_signatures_says_whose(people):
    edition = an_edition(signatures=["chief", "buyer"])
    roles = {Role.MANAGEMENT: people.nora, Role.OBSERVER: people.lena}
    case = decide(a_case_today(people, edition=edition, roles=roles), people)
    decision = GateDecision.objects.get()

    def whose():
        return [row["who"] for row in signed_in(people.lena).get("/").context["waiting"]]

    words = case.edition.words("sv")
    chief, buyer = (words(f"role:{key}", "title") for key in ("chief", "buyer"))
    assert whose() == [f"{chief}, {buyer}"]
    sign_gate(case=case, decision=decision, role="buyer", by=people.per, at=timezone.now())
    assert whose() == [chief]


def test_it_says_that_what_waits_for_others_are_decisions(people):
    a_case_today(people)
    User.objects.filter(pk=people.per.pk).update(language="en")

    assert "No decision waits for anybody else." in page_of(people.per)


def test_a_newer_edition_of_the_handbook_is_told_of(people):
    case = a_case_today(people)
    assert "Nytt i handboken" not in page_of(people.per)

    Edition.objects.filter(pk=case.edition_id).update(state="superseded")

    assert "Nytt i handboken" in page_of(people.per)


def test_in_a_demo_an_empty_page_leads_to_the_case_of_somebody_who_has_one(people, settings):
    a_case_today(people)
    assert "Vill du se hur det kan bli?" not in page_of(people.olle)

    User.objects.filter(pk__in=[people.olle.pk, people.per.pk]).update(is_demo=True)
    settings.IS_DEMO = True

    page = page_of(people.olle)
    assert "Öppna det som Per Palm" in page
    assert "Saknas din organisation?" not in page
    client = signed_in(people.olle)
    client.post(reverse("demo_sign_in"), {"person": people.per.pk})
    assert "Trygg första vecka hemma" in client.get("/").content.decode()


def test_an_empty_page_leads_to_the_first_phase_of_the_handbook(people):
    edition = an_edition()
    first = edition.phases.order_by("number").first()

    page = page_of(people.olle)

    address = [edition.handbook.key, edition.version, first.key]
    assert reverse("handbook_phase_own_language", args=address) in page


def a_deadline(case, people, title="Svara nämnden", **facts):
    now = timezone.now()
    return set_deadline(
        case=case,
        case_phase=case.current_phase,
        title=title,
        due_on=timezone.localdate(now),
        by=people.per,
        at=now,
        **facts,
    )


def test_deadlines_of_mine_and_of_nobody_stand_in_the_week_of_those_they_concern(people):
    case = a_case_today(
        people,
        roles={"need_owner": people.nora, "observer": people.lena, "procurer": people.anna},
    )
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    a_deadline(case, people, responsible=people.nora)
    a_deadline(case, people, title="Boka salen")
    count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="standstill_prior_notice",
        event_on=timezone.localdate() - timedelta(days=8),
        by=people.per,
        at=timezone.now(),
    )

    assert "Svara nämnden" in page_of(people.nora)
    assert "Boka salen" not in page_of(people.nora)
    shown = page_of(people.anna)
    assert "Svara nämnden" not in shown
    assert "Boka salen" in shown
    assert "Avtalsspärr efter annons om frivillig förhandsinsyn" in shown
    assert "Boka salen" not in page_of(people.lena)


def test_a_deadline_of_somebody_whose_role_has_ended_is_in_the_week_of_those_who_decide(people):
    case = a_case_today(
        people, roles={"need_owner": people.nora, "observer": people.lena, "procurer": people.anna}
    )
    a_deadline(case, people, responsible=people.nora)
    assert "Svara nämnden" not in page_of(people.anna)

    CaseRole.objects.filter(user=people.nora).update(until_on=timezone.localdate())

    assert "Svara nämnden" in page_of(people.anna)
    assert "Svara nämnden" not in page_of(people.lena)


def test_a_deadline_that_is_kept_or_of_a_case_that_rests_is_not_in_the_week(people):
    case = a_case_today(people, roles={"need_owner": people.nora})
    kept = a_deadline(case, people, responsible=people.nora)
    keep_deadline(case=case, deadline=kept, by=people.nora, at=timezone.now())
    assert "Svara nämnden" not in page_of(people.nora)

    a_deadline(case, people, title="Boka salen", responsible=people.nora)
    pause_case(case=case, reason="Sommar.", by=people.per, at=timezone.now())
    assert "Boka salen" not in page_of(people.nora)


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_a_day_of_the_law_is_in_the_week_also_when_the_case_rests_or_is_over(people, end):
    case = a_case_today(people, roles={"need_owner": people.nora, "procurer": people.anna})
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="standstill_prior_notice",
        event_on=timezone.localdate() - timedelta(days=8),
        by=people.per,
        at=timezone.now(),
    )
    end(case=case, reason="Sommar.", by=people.per, at=timezone.now())

    assert "Avtalsspärr efter annons om frivillig förhandsinsyn" in page_of(people.anna)
    assert "Avtalsspärr efter annons" not in page_of(people.nora)


def test_a_deadline_of_nobody_is_the_owners_where_nobody_else_is_to_decide(people):
    case = a_case_today(people, roles={"need_owner": people.nora})
    a_deadline(case, people)
    # Per started the case, and owns it; procurer he is no longer.
    CaseRole.objects.filter(user=people.per, role=Role.PROCURER).update(
        until_on=timezone.localdate()
    )
    assert "Svara nämnden" in page_of(people.per)

    with transaction.atomic():
        give_role(
            case,
            user=people.anna,
            role=Role.PROCURER,
            from_on=timezone.localdate(),
            by=people.per,
            at=timezone.now(),
        )
    assert "Svara nämnden" not in page_of(people.per)
    assert "Svara nämnden" in page_of(people.anna)


def test_a_gate_is_the_owners_to_see_to_where_nobody_else_is_to_decide(people):
    case = a_case_today(people, roles={"need_owner": people.nora})
    today = timezone.localdate()
    case.phases.filter(number=0).update(
        planned_starts_on=today, planned_ends_on=today, planned_gate_on=today
    )
    CaseRole.objects.filter(user=people.per, role=Role.PROCURER).update(until_on=today)
    mine, for_others = page_of(people.per).split('id="waiting-h"')
    assert "Besluta grind 0" in mine
    assert "Beslut vid grind 0" not in for_others
    assert "Besluta grind 0" in signed_in(people.per).get("/portfolio/").text

    # Who comes from outside decides nothing before promising secrecy.
    role = {"case": case, "user": people.lena, "role": Role.PROCESS_LEADER, "from_on": today}
    leads = CaseRole.objects.create(**role, is_engagement=True)
    assert "Besluta grind 0" in page_of(people.per)

    CaseRole.objects.filter(pk=leads.pk).update(undertaking_on=today, interests="Inga")
    mine, for_others = page_of(people.per).split('id="waiting-h"')
    assert "Besluta grind 0" not in mine
    assert "Beslut vid grind 0" in for_others
    assert "Besluta grind 0" in page_of(people.lena)


def test_a_gate_waits_for_nobody_else_where_who_decides_has_still_to_promise_secrecy(people):
    case = a_case(
        by=people.lena, authority=people.authority, at=timezone.now(), role=Role.PROCESS_LEADER
    )
    today = timezone.localdate()
    case.phases.filter(number=0).update(
        planned_starts_on=today, planned_ends_on=today, planned_gate_on=today
    )

    def pages():
        mine, for_others = page_of(people.lena).split('id="waiting-h"')
        needs = signed_in(people.lena).get("/portfolio/").context["needs"]
        told = {line.title for line in week_of(people.lena, at=timezone.now()).lines}
        gate = "Besluta grind 0"
        assert (gate in mine) == (gate in {one.title for one in needs}) == (gate in told)
        return gate in mine, "Beslut vid grind 0" in for_others

    assert pages() == (True, False)
    role = {"case": case, "user": people.per, "from_on": today}
    CaseRole.objects.create(**role, role=Role.PROCURER)
    assert pages() == (False, True)


def test_a_deadline_inside_a_secrecy_window_is_told_to_those_inside(people):
    case = in_the_phase_that_admits(people)
    with transaction.atomic():
        for user in (people.olle, people.lena):
            give_role(
                case,
                user=user,
                role=Role.PROCESS_LEADER,
                from_on=timezone.localdate(),
                by=people.per,
                at=timezone.now(),
            )
    # From outside, without having promised secrecy.
    CaseRole.objects.filter(user=people.olle).update(is_engagement=True)
    a_deadline(case, people, title="Svar till Ask AB")

    assert "Ask AB" in page_of(people.lena)
    assert "Ask AB" not in page_of(people.olle)


def test_a_decision_that_waits_for_signatures_takes_no_late_task_off_the_page(people):
    edition = an_edition(signatures=["chief", "buyer"], signed_phases=[1])
    case = in_the_phase_that_admits(people, edition=edition)
    run = case.current_phase
    Task.objects.filter(case_phase=run, step__number=2).update(
        assignee=people.nora, due_on=timezone.localdate()
    )
    Task.objects.filter(case_phase=run, step__number=1).update(due_on=None)
    CasePhase.objects.filter(pk=run.pk).update(
        planned_ends_on=run.started_on, planned_gate_on=run.started_on
    )
    # Lena leads the case without having promised secrecy: to her it is still to be decided, by
    # somebody else.
    CaseRole.objects.create(
        case=case,
        user=people.lena,
        role=Role.PROCESS_LEADER,
        from_on=timezone.localdate(),
        is_engagement=True,
    )
    before = [without_tokens(page_of(one)) for one in (people.nora, people.lena)]
    assert "Steg 1.2" in before[0]
    assert "Beslut vid grind 1" in before[1]

    decide(Case.objects.get(pk=case.pk), people)

    assert CasePhase.objects.get(pk=run.pk).state == PhaseState.DECIDED
    assert [without_tokens(page_of(one)) for one in (people.nora, people.lena)] == before


def without_tokens(html):
    return TOKENS.sub("", html)


def test_a_correction_that_waits_is_not_told_outside_a_window_opened_since(people):
    edition = an_edition(signatures=["chief"], signed_phases=[1])
    roles = {Role.OBSERVER: people.nora, Role.MANAGEMENT: people.lena}
    case = a_case_today(people, roles=roles, edition=edition)
    case = decide(case, people)
    run = case.current_phase
    CasePhase.objects.filter(pk=run.pk).update(started_on=timezone.localdate() - timedelta(days=2))
    Round.objects.update(opens_at=timezone.now())
    said = {"case": case, "by": people.per, "at": timezone.now()}
    decided = correctly_said(run) | {"outcome": "repeat"}
    run = CasePhase.objects.get(pk=run.pk)
    decision = decide_gate(case_phase=run, despite="Resten görs senare.", **decided, **said)
    sign_gate(decision=decision, role="chief", **said | {"by": people.lena})
    again = Case.objects.get(pk=case.pk).current_phase
    CasePhase.objects.filter(pk=again.pk).update(started_on=timezone.localdate())
    Round.objects.filter(case_phase=again).update(opens_at=timezone.now())
    before = [without_tokens(page_of(people.nora, query)) for query in ("", "?show=ended")]

    correct_gate(decision=decision, correction="Fel.", **decided, **said)

    assert [without_tokens(page_of(people.nora, q)) for q in ("", "?show=ended")] == before
    assert "Underskrifter på grind 1" in page_of(people.per, "?show=ended")


def correctly_said(run):
    return {
        "reasons": "Vi gör om.",
        "verdicts": {},
        "decided_by": "Nämnden",
        "reference": "§ 1",
        "decided_on": timezone.localdate() - timedelta(days=1),
    }


@pytest.mark.parametrize("has_a_case", [False, True])
def test_who_edits_a_handbook_is_led_to_the_suggestions_that_wait(people, has_a_case):
    edition = an_edition(key="method-of-ours")
    Handbook.objects.update(owner=people.municipality)
    if has_a_case:
        roles = {Role.OBSERVER: people.anna, Role.NEED_OWNER: people.nora}
        a_case_today(people, edition=edition, roles=roles)
    about = {
        "edition": edition,
        "part": "",
        "language": "sv",
        "reason": "Den är lång.",
        "at": timezone.now(),
    }
    for text in ("Gör den kortare.", "Gör den längre."):
        suggest(text=text, by=people.nora, **about)
    url = reverse("handbook_suggestions", args=["method-of-ours"])
    client = signed_in(people.anna)

    # Anna administers the municipality.
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        page = client.get("/")
    assert page.context["suggested"] == {"n": 2, "url": url}
    assert f'href="{url}"' in page.content.decode()
    assert len(captured) <= 12, [query["sql"][:120] for query in captured]
    assert signed_in(people.nora).get("/").context["suggested"] is None

    another = an_edition(key="another")
    Handbook.objects.update(owner=people.municipality)
    suggest(text="Rätta.", by=people.nora, **about | {"edition": another})

    told = client.get("/").context["suggested"]
    assert told == {"n": 3, "url": reverse("my_suggestions")}


def test_the_week_counts_all_that_needs_me_however_much_it_is(people):
    """As many as the letter of the week tells, the day of today among them."""
    case = a_case_today(people)
    Task.objects.filter(case_phase__case=case).update(due_on=None)
    today, run = timezone.localdate(), case.current_phase
    CasePhase.objects.filter(pk=run.pk).update(started_on=today - timedelta(days=9))
    late = [today - timedelta(days=1 + n % 5) for n in range(70)]
    Task.objects.bulk_create(
        Task(case_phase=run, title=f"Ring {n}", position=n, due_on=day, assignee=people.per)
        for n, day in enumerate([*late, today])
    )

    page = signed_in(people.per).get("/")

    week = page.context["week"]
    assert (week.needed, week.late) == (71, 70)
    assert len(week_of(people.per, at=timezone.now()).lines) == 71
    assert all(f"Ring {n}<" in page.text for n in range(71))
    assert page.text.index("Ring 70<") > page.text.index("<details")
