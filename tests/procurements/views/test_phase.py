from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml.html import fromstring

from documents import files
from procurements.models import Case
from procurements.operations.case import pause_case
from procurements.operations.gate import Verdict
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import (
    add_task,
    attach_evidence,
    complete_task,
    plan_task,
    write_note,
)
from teams.models import User
from tests.builders import a_case, a_case_in_admission, at_start_of, passed_gate
from tests.people import People

pytestmark = pytest.mark.django_db
NAMES = ("Exempelföretaget Ask", "Exempelföretaget Björk", "Exempelföretaget Ceder")


@pytest.fixture
def secret(people: People, time_machine) -> Case:
    """In its second phase, which admits suppliers and is secret."""
    case = a_case_in_admission(
        by=people.per,
        authority=people.authority,
        roles={"need_owner": people.nora, "observer": people.lena},
    )
    time_machine.move_to(at_start_of(case), tick=False)
    admit_suppliers(
        case=case,
        suppliers=[TypedSupplier(name) for name in NAMES],
        by=people.per,
        at=at_start_of(case),
    )
    return case


def get(user, name: str, *args, query: str = ""):
    client = Client()
    client.force_login(user)
    return client.get(reverse(name, args=args) + query)


def phase_page(user, case: Case, key: str = "", query: str = "") -> str:
    key = key or case.current_phase.phase.key
    response = get(user, "case_phase", case.number, key, query=query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_phases_lead_to_the_one_being_worked_in(people, secret):
    response = get(people.per, "case_phases", secret.number)

    assert response["Location"].endswith("/phases/part-1/")


def test_a_draft_begins_with_its_first_phase(people):
    case = a_case(by=people.per, authority=people.authority, begun=False)

    response = get(people.per, "case_phases", case.number)

    assert response["Location"].endswith("/phases/part-0/")


def test_steps_stand_beside_the_words_of_the_handbook(people, case):
    html = phase_page(people.per, case)

    assert "<h1>" in html
    for words in ("Del 0", "Syfte 0", "Fråga 0?", "Steg 0.1", "Punkt 1 i 0.1", "Notering 0.1"):
        assert words in html
    assert "<strong>0.1</strong>" in html


def test_a_step_says_what_its_roles_are_there_for(people, case):
    people.per.language = "en"
    people.per.save()
    task = case.current_phase.tasks.first()

    for page in (
        phase_page(people.per, case),
        get(people.per, "task", case.number, task.pk).content.decode(),
    ):
        assert "Carried out by Owner-Of-Need (en)" in page


def test_steps_that_do_not_apply_are_left_out_and_named(people, case):
    html = phase_page(people.per, case)

    assert "1 steg är utelämnat" in html
    assert html.count("Steg 0.3") == 1


def test_exactly_one_step_is_open(people, case):
    _first, second = case.current_phase.tasks.all()

    assert phase_page(people.per, case).count("pair--open") == 1
    asked = phase_page(people.per, case, query=f"?step={second.pk}")
    assert f'class="pair pair--open" id="task-{second.pk}"' in asked
    assert asked.count("pair--open") == 1


def test_an_observer_reads_but_has_nothing_to_press(people, case):
    html = phase_page(people.lena, case)

    assert "Punkt 1 i 0.1" in html
    assert "Markera som klart" not in html
    assert "Besluta grind" not in html
    assert 'name="item"' not in html


def test_who_does_not_decide_at_the_gate_is_told_who_records_it(people, case):
    for_per = "It is for Per Palm to record it."
    nobody = "Nobody in the case can record it now"
    lang = "?lang=en"
    assert for_per in phase_page(people.lena, case, query=lang)
    assert for_per not in phase_page(people.per, case, query=lang)

    case.roles.filter(role="procurer").update(until_on=at_start_of(case).date())

    for user in (people.per, people.nora):
        html = phase_page(user, case, query=lang)
        assert nobody in html
        assert reverse("case_people", args=[case.number]) in html.split('id="gate"')[1]
        assert for_per not in html


def test_outside_the_case_its_phases_do_not_exist(people, case):
    for name, args in [("case_phases", []), ("case_phase", ["part-0"])]:
        assert get(people.olle, name, case.number, *args).status_code == 404


def test_a_phase_or_an_attempt_that_is_not_there_is_missing(people, case):
    assert get(people.per, "case_phase", case.number, "part-9").status_code == 404
    for attempt in ("2", "x", "99999999999999999999"):
        response = get(people.per, "case_phase", case.number, "part-0", query=f"?attempt={attempt}")
        assert response.status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(case):
    response = Client().get(reverse("case_phase", args=[case.number, "part-0"]))

    assert response.status_code == 302


def test_a_repeated_phase_shows_its_latest_attempt_and_leads_to_the_earlier(people, case):
    passed_gate(case, by=people.per, outcome="repeat")

    html = phase_page(people.per, case, "part-0")

    assert "Visa omgång 1" in html
    assert "?attempt=1" in html
    assert "Visa omgång 2" in phase_page(people.per, case, "part-0", query="?attempt=1")


def test_a_paused_case_cannot_be_decided_nor_worked_in(people, case):
    offered = ("Besluta grind", "Markera som klart")
    html = phase_page(people.per, case)
    assert all(words in html for words in offered)

    pause_case(case=case, reason="Sommar", by=people.per, at=at_start_of(case))

    html = phase_page(people.per, case)
    assert not any(words in html for words in offered)


def test_a_phase_that_waits_says_when_it_starts(people, case):
    passed_gate(case, by=people.per)

    html = phase_page(people.per, Case.objects.get(pk=case.pk), "part-1")

    assert "Fasen börjar" in html
    assert "Besluta grind" not in html


def test_inside_the_window_an_observer_sees_no_name_no_number_and_no_note(people, secret):
    at = at_start_of(secret)
    run = secret.current_phase
    task = run.tasks.first()
    write_note(case=secret, task=task, text="Ask är billigast", by=people.per, at=at)
    stored = files.keep(SimpleUploadedFile("Björk.txt", b"x"), organisation=secret.authority)
    attach_evidence(case=secret, task=task, file=stored, by=people.per, at=at)
    add_task(case=secret, case_phase=run, title="Ring Ceder", by=people.per, at=at)

    for user in (people.lena, people.nora):
        html = phase_page(user, secret)
        assert not any(word in html for word in (*NAMES, "billigast", "Björk.txt", "Ring Ceder"))
        assert "Leverantörer</dt>" not in html
    inside = phase_page(people.per, secret)
    assert all(word in inside for word in (*NAMES, "billigast", "Björk.txt", "Ring Ceder"))


def test_who_has_not_promised_secrecy_does_not_choose_who_sees_into_the_window(people, secret):
    secret.roles.create(
        user=people.olle, role="procurer", from_on=at_start_of(secret).date(), is_engagement=True
    )
    address = ("window_roles", secret.number, secret.current_phase.phase.key)

    assert get(people.per, *address).status_code == 200
    assert get(people.olle, *address).status_code == 403


def test_after_the_window_the_observer_sees_names_and_notes(people, secret, time_machine):
    task = secret.current_phase.tasks.first()
    write_note(
        case=secret, task=task, text="Ask är billigast", by=people.per, at=at_start_of(secret)
    )
    verdicts = {one.pk: Verdict(goes_on=True) for one in secret.participants.all()}
    passed_gate(secret, by=people.per, verdicts=verdicts)
    time_machine.shift(timedelta(minutes=1))

    html = phase_page(people.lena, secret, "part-1", query=f"?step={task.pk}")

    assert "billigast" in html
    assert "Leverantörer</dt>" in html


def test_what_one_has_written_oneself_is_seen_also_outside_the_round(people, secret):
    task = secret.current_phase.tasks.first()
    write_note(case=secret, task=task, text="Mina frågor", by=people.nora, at=at_start_of(secret))

    assert "Mina frågor" in phase_page(people.nora, secret, query=f"?step={task.pk}")
    assert "Mina frågor" not in phase_page(people.lena, secret, query=f"?step={task.pk}")


def busy(case: Case, people: People, *, times: int) -> None:
    at = at_start_of(case)
    run = case.current_phase
    for n in range(times):
        task = add_task(case=case, case_phase=run, title=f"Eget {n}", by=people.per, at=at)
        plan_task(case=case, task=task, assignee=people.nora, due_on=None, by=people.per, at=at)
    for n, task in enumerate(run.tasks.all()):
        write_note(case=case, task=task, text=f"Anteckning {n}", by=people.per, at=at)
        stored = files.keep(SimpleUploadedFile(f"fil{n}.txt", b"x"), organisation=case.authority)
        attach_evidence(case=case, task=task, file=stored, by=people.per, at=at)
        if n:
            complete_task(case=case, task=task, by=people.nora, at=at)


def queries(user, case: Case) -> int:
    key = case.current_phase.phase.key
    client = Client()
    client.force_login(user)
    address = reverse("case_phase", args=[case.number, key])
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_the_page_asks_at_most_twelve_questions_however_much_there_is(people, secret):
    busy(secret, people, times=1)
    few = queries(people.per, secret)
    busy(secret, people, times=8)

    assert queries(people.per, secret) == few
    assert few <= 12


def test_a_phase_that_waits_is_not_said_to_go_on_nor_its_gate_to_be_open(people, case):
    passed_gate(case, by=people.per, at=at_start_of(case))
    case = Case.objects.get(pk=case.pk)
    User.objects.filter(pk=people.per.pk).update(language="en")

    html = phase_page(people.per, case)

    assert "(waiting to start)" in html
    assert "(in progress)" not in html
    assert "The phase has not begun, so its gate cannot be decided." in html


def test_words_of_the_handbook_in_another_language_are_marked_and_ours_are_not(
    client: Client, people: People, case: Case
) -> None:
    case.edition.text_sets.filter(language="en").update(state="superseded")
    client.force_login(people.per)

    page = fromstring(client.get(case.current_phase.get_absolute_url(), {"lang": "en"}).content)

    spoken = "string(ancestor-or-self::*[@lang][1]/@lang)"
    for ours in page.xpath(
        "//details[contains(@class, 'guide__')]/summary | //section//h3[not(a)]"
    ):
        assert ours.xpath(spoken) == "en", ours.text_content()
    for theirs in page.find_class("guide__text"):
        assert theirs.xpath(spoken) == "sv"
    assert page.find_class("guide__text")
