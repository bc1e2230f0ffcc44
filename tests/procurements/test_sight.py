from datetime import timedelta

import pytest
from django.test import Client

from handbook.models import DocumentTemplate
from journal.models import Event
from procurements.models import Case, GateDecision
from procurements.operations.deadline import set_deadline
from procurements.operations.insight import write_insight
from procurements.operations.paper import Place, order_history, order_paper
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import add_task, write_note
from procurements.sight import Sight
from procurements.views.paper import may_see
from tests.builders import (
    MONDAY,
    a_case,
    a_case_in_admission,
    an_edition,
    at_start_of,
    passed_gate,
)

pytestmark = pytest.mark.django_db


def told(case, person, at):
    """What the history says to a person at a moment, in words."""
    case = Case.objects.get(pk=case.pk)
    closed = Sight.of(case, person, at=at).closed_circles
    return " ".join(e.sentence for e in Event.objects.of(case).open_to(closed).readable())


def naming(name, person, pages):
    """Those of the pages on which the person reads the name."""
    client = Client()
    client.force_login(person)
    return [page for page in pages if name in client.get(page).content.decode()]


def test_names_of_a_repeated_admission_are_secret_again_also_in_history(people):
    case = a_case_in_admission(people.per, people.authority, roles={"observer": people.nora})
    at = at_start_of(case)
    admit_suppliers(case=case, suppliers=[TypedSupplier("Ask AB")], by=people.per, at=at)
    case = passed_gate(case, by=people.per, outcome="repeat")
    again = at_start_of(case)

    assert case.current_phase.attempt == 2
    assert not Sight.of(case, people.nora, at=again).sees_suppliers
    assert "Ask AB" not in told(case, people.nora, again)
    assert "Ask AB" in told(case, people.per, again)


def test_what_is_written_before_a_window_opens_is_not_told_to_who_has_no_role(people):
    case = a_case(by=people.per, authority=people.authority)
    case = passed_gate(case, by=people.per)
    task = case.current_phase.tasks.first()
    write_note(case=case, task=task, text="Ask AB hörde av sig.", by=people.per, at=MONDAY)

    assert "Ask AB" not in told(case, people.anna, MONDAY + timedelta(hours=1))
    assert "Ask AB" in told(case, people.per, MONDAY + timedelta(hours=1))


def test_what_was_written_in_an_admission_that_is_repeated_is_secret_again_on_every_page(
    people, time_machine
):
    time_machine.move_to(MONDAY, tick=True)
    case = a_case_in_admission(people.per, people.authority, roles={"observer": people.nora})
    at = at_start_of(case)
    admit_suppliers(case=case, suppliers=[TypedSupplier("Ask AB")], by=people.per, at=at)
    run = case.current_phase
    task = run.tasks.first()
    write_note(case=case, task=task, text="Ask AB lovar mycket.", by=people.per, at=at)
    own = add_task(case=case, case_phase=run, title="Ring Ask AB", by=people.per, at=at)
    deadline = set_deadline(
        case=case,
        case_phase=run,
        title="Svar till Ask AB",
        due_on=at.date() + timedelta(days=40),
        by=people.per,
        at=at,
    )
    write_insight(
        case=case, title="Ask AB frågar", text="Ask AB undrar.", source="question",
        audience="team", by=people.per, at=at,
    )  # fmt: skip
    case = passed_gate(case, by=people.per, outcome="repeat", reasons="Bara Ask AB svarade.")
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=True)
    assert case.current_phase.attempt == 2
    decision = GateDecision.objects.get(case_phase=run)
    place = f"/cases/{case.number}"
    pages = [
        f"{place}/phases/{run.phase.key}/?attempt=1&step={task.pk}",
        f"{place}/tasks/{task.pk}/",
        f"{place}/deadlines/",
        f"{place}/diary/",
        f"{place}/gates/{decision.pk}/",
        f"{place}/",
        "/portfolio/",
        "/",
    ]

    assert naming("Ask AB", people.nora, pages) == []
    seen = naming("Ask AB", people.per, pages)
    assert set(pages[:5]) < set(seen)
    client = Client()
    client.force_login(people.nora)
    assert client.get(f"{place}/tasks/{own.pk}/").status_code == 404
    assert client.get(f"{place}/deadlines/{deadline.pk}/").status_code == 404


@pytest.mark.parametrize("written_during", [0, 1])
def test_what_is_written_for_a_window_to_come_is_closed_to_who_is_outside_one_that_is_open(
    people, time_machine, written_during
):
    time_machine.move_to(MONDAY, tick=True)
    case = a_case(
        by=people.per,
        authority=people.authority,
        roles={"observer": people.nora},
        edition=an_edition(papers=["rfi_synthesis"]),
    )
    if written_during:
        case = passed_gate(case, by=people.per)
    at = at_start_of(case)
    run = case.phases_in_order[2]
    task = run.tasks.first()
    write_note(case=case, task=task, text="Ask AB lovar mycket.", by=people.per, at=at)
    own = add_task(case=case, case_phase=run, title="Startmöte med Ask AB", by=people.per, at=at)
    template = DocumentTemplate.objects.get(edition=case.edition, serves="rfi_synthesis")
    ordered = order_paper(
        case=case, place=Place(run, template), language="sv", fill={"words": "Ask AB"},
        passages={}, draft=False, by=people.per, at=at,
    )  # fmt: skip
    late = max(run.planned_starts_on, at.date())
    set_deadline(
        case=case, case_phase=run, title="Svar till Ask AB", due_on=late, by=people.per, at=at
    )
    if not written_during:
        assert "Ask AB" in told(case, people.nora, at)
        case = passed_gate(case, by=people.per)
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=True)
    place = f"/cases/{case.number}"
    pages = [
        f"{place}/phases/{run.phase.key}/?step={task.pk}",
        f"{place}/tasks/{task.pk}/",
        f"{place}/deadlines/",
        f"{place}/history/",
        "/portfolio/",
        f"{place}/",
        "/",
    ]
    paper = f"{place}/papers/{ordered.pk}/"

    assert naming("Ask AB", people.nora, pages) == []
    seen = naming("Ask AB", people.per, pages)
    assert set(pages[:4]) <= set(seen)
    client = Client()
    client.force_login(people.nora)
    assert client.get(f"{place}/tasks/{own.pk}/").status_code == 404
    assert client.get(paper).status_code == 404
    assert paper not in client.get(f"{place}/papers/").text
    client.force_login(people.per)
    assert client.get(paper).status_code == 200
    assert paper in client.get(f"{place}/papers/").text

    # Its own window opens and does not name her either; when it ends, it is told.
    case = passed_gate(case, by=people.per)
    at = at_start_of(case) + timedelta(hours=1)
    time_machine.move_to(at, tick=True)
    assert naming("Ask AB", people.nora, pages) == []
    passed_gate(case, by=people.per, at=at)
    time_machine.move_to(at + timedelta(hours=1), tick=True)
    assert f"{place}/history/" in naming("Ask AB", people.nora, pages)


def test_the_teams_diary_and_the_grounds_of_a_round_are_not_for_who_has_no_role(people):
    case = a_case_in_admission(people.per, people.authority)
    at = at_start_of(case)
    for title, audience in (("Ask AB frågar", "team"), ("Alla får veta", "suppliers")):
        write_insight(
            case=case, title=title, text="Så.", source="question", audience=audience,
            by=people.per, at=at,
        )  # fmt: skip
    case = passed_gate(case, by=people.per, outcome="stop", reasons="Bara Ask AB svarade.")
    decision = GateDecision.objects.latest("pk")
    client = Client()
    client.force_login(people.anna)

    diary = client.get(f"/cases/{case.number}/diary/").content.decode()
    pages = [f"/cases/{case.number}/{page}" for page in ("", "history/", f"gates/{decision.pk}/")]
    told = "".join(client.get(page).content.decode() for page in pages)

    assert "Alla får veta" in diary
    assert "Ask AB" not in diary + told
    client.force_login(people.per)
    assert "Bara Ask AB svarade." in client.get(pages[2]).content.decode()


def test_the_teams_diary_of_a_window_that_lasts_is_for_those_whom_it_names(people, time_machine):
    roles = {"observer": people.nora, "need_owner": people.lena}
    case = a_case_in_admission(people.per, people.authority, roles=roles)
    case = passed_gate(case, by=people.per)
    at = at_start_of(case)
    time_machine.move_to(at + timedelta(minutes=1), tick=True)
    for title, audience, by in (
        ("Ask AB bedöms", "team", people.per),
        ("Alla får veta", "suppliers", people.per),
        ("Lenas egen", "team", people.lena),
    ):
        write_insight(
            case=case, title=title, text="Så.", source="question", audience=audience, by=by, at=at
        )
    place = f"/cases/{case.number}"

    def read(person):
        client = Client()
        client.force_login(person)
        pages = [f"{place}/diary/", f"{place}/", f"{place}/history/", f"{place}/need/"]
        return "".join(client.get(page).content.decode() for page in pages)

    assert Sight.of(Case.objects.get(pk=case.pk), people.nora, at=at).sees_suppliers
    observer, owner = read(people.nora), read(people.lena)
    assert ("Alla får veta" in observer, "Ask AB" in observer) == (True, False)
    assert 'tabs__n num">3<' not in observer
    assert "Alla 3" not in observer
    assert "Alla 3" in read(people.per)
    assert ("Lenas egen" in owner, "Ask AB" in owner) == (True, False)
    assert all(title in read(people.per) for title in ("Ask AB bedöms", "Lenas egen"))
    assert 'tabs__n num">3<' in read(people.per)

    passed_gate(case, by=people.per, outcome="stop", at=at + timedelta(hours=1))
    time_machine.move_to(at + timedelta(hours=2), tick=True)
    assert "Ask AB bedöms" in read(people.nora)


def test_a_decision_that_waits_for_signatures_is_not_told_to_who_has_no_role(people):
    case = a_case(
        by=people.per, authority=people.authority, edition=an_edition(signatures=["chief", "buyer"])
    )
    passed_gate(case, by=people.per, outcome="stop")

    assert "Nora Nord, förvaltningschef" not in told(case, people.anna, MONDAY)
    assert "Nora Nord, förvaltningschef" in told(case, people.per, MONDAY)


def test_the_overview_names_no_history_that_its_reader_may_not_open(people, time_machine):
    time_machine.move_to(MONDAY, tick=True)
    case = a_case_in_admission(people.per, people.authority, roles={"observer": people.nora})
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=True)
    paper = order_history(
        case=case, closed_circles=set(), language="sv", by=people.per, at=at_start_of(case)
    )
    address = f"/cases/{case.number}/papers/{paper.pk}/"

    for person, answer in ((people.per, 200), (people.nora, 404)):
        client = Client()
        client.force_login(person)
        assert client.get(address).status_code == answer
        overview = client.get(f"/cases/{case.number}/").content.decode()
        assert (address in overview) == (answer == 200)


def test_a_paper_written_ahead_is_closed_to_who_is_outside_the_window_of_an_assessment(people):
    case = a_case_in_admission(
        people.per,
        people.authority,
        roles={"observer": people.nora},
        edition=an_edition(phases=4, papers=["rfi_synthesis"]),
    )
    case = passed_gate(case, by=people.per)
    at = at_start_of(case) + timedelta(hours=1)
    template = DocumentTemplate.objects.get(edition=case.edition, serves="rfi_synthesis")
    paper = order_paper(
        case=case, place=Place(case.phases_in_order[3], template), language="sv",
        fill={"words": "Ask AB"}, passages={}, draft=False, by=people.per, at=at,
    )  # fmt: skip
    told_of = Event.objects.of(case).get(verb="document.ordered")

    nora, per = (Sight.of(case, each, at=at) for each in (people.nora, people.per))
    assert nora.sees_suppliers
    assert (may_see(paper, nora), may_see(paper, per)) == (False, True)
    assert told_of.secrecy in nora.closed_circles
    assert told_of.secrecy not in per.closed_circles
