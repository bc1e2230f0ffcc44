from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from documents import files
from procurements.models import Case, CaseRole, Task
from procurements.operations.task import add_task, attach_evidence, complete_task, write_note
from tests.builders import a_case, a_case_in_admission, at_start_of, passed_gate
from tests.forms import fields_of
from tests.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(case) -> Task:
    return case.current_phase.tasks.get(position=1)


@pytest.fixture
def optional(case) -> Task:
    return case.current_phase.tasks.get(position=2)


def address(name: str, task: Task, *args) -> str:
    return reverse(name, args=[task.case_phase.case.number, task.pk, *args])


def look(user, task: Task) -> str:
    response = signed_in(user).get(address("task", task))
    assert response.status_code == 200
    return response.content.decode()


def post(user, name: str, task: Task, *args, **fields):
    return signed_in(user).post(address(name, task, *args), fields)


def test_the_task_page_has_checklist_guidance_person_and_day(people, task):
    html = look(people.per, task)

    for words in ("Steg 0.1", "Punkt 1 i 0.1", "<strong>0.1</strong>", "Vem och när"):
        assert words in html


def test_a_task_is_given_to_a_person_with_a_day(people, task):
    response = post(people.per, "task_plan", task, assignee=people.nora.pk, due_on="2026-10-09")

    task.refresh_from_db()
    assert response.status_code == 303
    assert (task.assignee, task.due_on.isoformat()) == (people.nora, "2026-10-09")


def test_who_is_named_for_a_task_does_it_whatever_their_role(people, task):
    """Lena observes. She is named for the step, not for who does it and when."""
    Task.objects.filter(pk=task.pk).update(assignee=people.lena)
    item = task.step.items.first()
    ticks = item.key if item else ""

    html = look(people.lena, task)
    offered = ["task_done", "task_checklist", "task_note", "task_attach"]
    assert [name for name in offered if address(name, task) not in html] == []
    assert address("task_plan", task) not in html
    answers = [
        post(people.lena, "task_checklist", task, item=ticks),
        post(people.lena, "task_note", task, text="Ringt alla."),
        post(people.lena, "task_attach", task, upload=SimpleUploadedFile("a.txt", b"svar")),
        post(people.lena, "task_done", task),
        post(people.lena, "task_reopen", task),
    ]

    assert {answer.status_code for answer in answers} == {303}
    task.refresh_from_db()
    assert [note.by for note in task.notes.all()] == [people.lena]
    mine, note = task.evidence.get(), task.notes.get()
    assert address("task_file_remove", task, mine.pk) in look(people.lena, task)
    assert address("task_note_correct", task, note.pk) in look(people.lena, task)
    answer = post(people.lena, "task_note_correct", task, note.pk, text="Alla har svarat.")
    assert answer.status_code in (302, 303)
    assert post(people.lena, "task_file_remove", task, mine.pk).status_code == 303


def test_who_is_named_for_a_task_moves_and_removes_nothing_of_others(people, task):
    Task.objects.filter(pk=task.pk).update(assignee=people.lena)
    file = files.keep(SimpleUploadedFile("b.txt", b"av Per"), organisation=people.authority)
    theirs = attach_evidence(
        case=task.case_phase.case, task=task, file=file, by=people.per, at=timezone.now()
    )

    assert address("task_file_remove", task, theirs.pk) not in look(people.lena, task)
    assert post(people.lena, "task_file_remove", task, theirs.pk).status_code == 403
    assert post(people.lena, "task_plan", task, assignee="", due_on="").status_code == 403
    assert post(people.lena, "task_drop", task, reason="Nej").status_code == 403


def test_who_is_named_for_no_task_marks_none_and_neither_does_who_has_left(people, case, task):
    assert address("task_done", task) not in look(people.lena, task)
    assert post(people.lena, "task_done", task).status_code == 403

    Task.objects.filter(pk=task.pk).update(assignee=people.lena)
    CaseRole.objects.filter(case=case, user=people.lena).update(until_on=timezone.localdate())
    assert post(people.lena, "task_done", task).status_code == 404


def test_a_phase_and_a_case_offer_its_press_to_who_is_named_for_a_step(people, case, task):
    pages = [task.case_phase.get_absolute_url(), case.get_absolute_url()]

    def offered() -> list[bool]:
        client, post_to = signed_in(people.lena), address("task_checklist", task)
        return [post_to in client.get(page).text for page in pages]

    assert offered() == [False, False]
    Task.objects.filter(pk=task.pk).update(assignee=people.lena)
    assert offered() == [True, True]


def test_a_task_of_somebody_who_has_left_says_so_and_who_is_reminded_of_it(people, case, task):
    left = "Lena Leander has no role in the case any more."
    Task.objects.filter(pk=task.pk).update(assignee=people.lena)
    days = reverse("case_deadlines", args=[case.number])
    phase = task.case_phase.get_absolute_url()
    assert left not in in_english(people.per, task)
    for address in (days, phase):
        assert "no longer in the case" not in english(people.per, address)

    case.roles.filter(user=people.lena).update(until_on=timezone.localdate())

    assert f"{left} Until somebody else is named, Per Palm will" in in_english(people.nora, task)
    # A process leader who has not promised secrecy reads the handbook's steps alone.
    role = {"case": case, "user": people.olle, "role": "process_leader"}
    CaseRole.objects.create(**role, from_on=timezone.localdate(), is_engagement=True)
    assert "named, Olle Ottosson will" in in_english(people.nora, task)
    own = {"case": case, "case_phase": task.case_phase, "by": people.per, "at": timezone.now()}
    called = add_task(**own, title="Ring kommunen")
    Task.objects.filter(pk=called.pk).update(assignee=people.lena)
    assert "named, Per Palm will" in in_english(people.nora, called)
    called.delete()
    for address in (days, phase):
        assert english(people.per, address).count("no longer in the case") == 1
    complete_task(case=case, task=task, by=people.per, at=timezone.now())
    assert left not in in_english(people.per, task)
    assert "no longer in the case" not in english(people.per, phase)


def english(user, address: str) -> str:
    return signed_in(user).get(address, {"lang": "en"}).text


def in_english(user, task: Task) -> str:
    return english(user, address("task", task))


def test_of_two_who_plan_a_task_one_gives_it_a_person_and_one_a_day(people, task):
    day = timezone.localdate() + timedelta(days=30)
    html = look(people.per, task)
    # Of a hidden field without a value a browser sends that it is empty.
    begun = {"initial-assignee": "", "initial-due_on": ""} | {
        name: value
        for name, value in fields_of(html, address("task_plan", task)).items()
        if name != "csrfmiddlewaretoken"
    }
    assert 'name="initial-assignee"' in html

    post(people.per, "task_plan", task, **begun | {"assignee": people.nora.pk})
    post(people.per, "task_plan", task, **begun | {"due_on": day.isoformat()})

    task.refresh_from_db()
    assert (task.assignee, task.due_on) == (people.nora, day)


def test_a_task_of_ones_own_is_called_something_else(people, case, task):
    run = task.case_phase
    own = add_task(
        case=case, case_phase=run, title="Ring Nattlugs", by=people.per, at=timezone.now()
    )
    shown = look(people.per, own)
    assert 'value="Ring Nattlugs"' in shown
    assert "Teamets egen uppgift." in shown
    assert "I handboken" not in shown
    assert "I handboken" in look(people.per, task)

    empty = post(people.per, "task_plan", own, title=" ")
    assert empty.status_code == 422
    assert 'id="plan_title_error"' in empty.content.decode()

    assert post(people.per, "task_plan", own, title="Ring Nattljus").status_code == 303
    own.refresh_from_db()
    assert own.title == "Ring Nattljus"
    told = signed_in(people.per).get(reverse("case_history", args=[case.number])).content.decode()
    assert "Bytte namn på uppgiften ”Ring Nattlugs” till ”Ring Nattljus”" in told


def test_a_step_is_called_what_the_handbook_says(people, task):
    assert 'name="title"' not in look(people.per, task)

    assert post(people.per, "task_plan", task, title="Något annat").status_code == 303
    task.refresh_from_db()
    assert task.title == ""


def test_who_has_a_task_need_no_longer_be_in_the_case(people, case, task):
    Task.objects.filter(pk=task.pk).update(assignee=people.sam)

    response = post(people.per, "task_plan", task, assignee=people.sam.pk, due_on="2026-10-09")

    task.refresh_from_db()
    assert response.status_code == 303
    assert task.due_on.isoformat() == "2026-10-09"


@pytest.mark.parametrize("assignee", ["999999", "x", "-1", "9" * 40])
def test_a_stranger_is_refused_at_the_field(people, task, assignee):
    response = post(people.per, "task_plan", task, assignee=assignee, due_on="2026-10-09")

    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="plan_assignee_error"' in html
    assert 'value="2026-10-09"' in html


def test_a_day_that_is_none_is_refused_and_kept(people, task):
    response = post(people.per, "task_plan", task, due_on="i morgon")

    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="plan_due_on_error"' in html
    assert 'value="i morgon"' in html


def test_ticks_are_saved_by_the_button(people, task):
    response = post(people.per, "task_checklist", task, item="step-0-1.1", page="phase")

    assert (response.status_code, task.ticks.count()) == (303, 1)
    assert response["Location"].endswith(f"#task-{task.pk}")


def test_ticks_are_saved_by_themselves_and_give_the_checklist_back(people, task):
    client = signed_in(people.per)
    response = client.post(
        address("task_checklist", task), {"item": "step-0-1.1"}, headers={"HX-Request": "true"}
    )
    # It is told where it was ticked, not once more on the next page.
    assert "Checklistan är sparad" not in client.get("/").content.decode()

    html = response.content.decode()
    assert response.status_code == 200
    assert html.strip().startswith("<form")
    assert "1 av 2" in html
    assert "Sparat" in html
    assert 'name="shown" value="step-0-1.1"' in html


def test_a_step_done_on_an_earlier_day_is_told_with_that_day(people, task, time_machine):
    done_on = timezone.localdate() + timedelta(days=1)
    time_machine.move_to(timezone.now() + timedelta(days=30), tick=False)
    ahead = (timezone.localdate() + timedelta(days=1)).isoformat()
    refused = post(people.per, "task_done", task, done_on=ahead)
    assert (refused.status_code, 'id="done_done_on_error"' in refused.content.decode()) == (
        422,
        True,
    )

    assert 'id="done_done_on"' in look(people.per, task)
    # Pressed without a day it is not done today unseen.
    assert post(people.per, "task_done", task, done_on="").status_code == 422
    assert post(people.per, "task_done", task, done_on=done_on.isoformat()).status_code == 303
    page = look(people.per, task)
    assert f'datetime="{done_on}"' in page
    assert 'id="done_done_on"' not in page
    # Somebody else called it done meanwhile, on another day.
    again = post(people.per, "task_done", task, done_on=(done_on + timedelta(days=1)).isoformat())
    assert (again.status_code, "errors" in again.content.decode()) == (422, True)


def test_done_twice_and_undone_twice_does_no_harm(people, task):
    for _ in range(2):
        assert post(people.per, "task_done", task).status_code == 303
    task.refresh_from_db()
    assert task.state == "done"

    for _ in range(2):
        assert post(people.per, "task_reopen", task).status_code == 303
    task.refresh_from_db()
    assert task.state == "open"


def test_a_required_step_has_no_way_to_be_left_out(people, task, optional):
    assert "Utelämna steget" not in look(people.per, task)
    assert "Utelämna steget" in look(people.per, optional)

    response = post(people.per, "task_drop", task, reason="Hinner inte")

    html = response.content.decode()
    assert response.status_code == 422
    assert "Handboken kräver steget" in html


def test_a_step_is_left_out_with_its_reason(people, optional):
    assert post(people.per, "task_drop", optional, reason="").status_code == 422

    post(people.per, "task_drop", optional, reason="Gjordes förra året.")

    html = look(people.per, optional)
    assert "Utelämnat" in html
    assert "Gjordes förra året." in html


def test_notes_are_written_and_corrected_by_who_wrote_them(people, case, task):
    post(people.nora, "task_note", task, text="Tio samtal.")
    note = task.notes.get()

    assert post(people.per, "task_note_correct", task, note.pk, text="Noll").status_code == 403
    page = signed_in(people.nora).get(address("task_note_correct", task, note.pk))
    assert "Tio samtal." in page.content.decode()
    response = post(
        people.nora, "task_note_correct", task, note.pk, text="Tolv samtal.", was="Tio samtal."
    )

    assert response.status_code == 303
    assert "Tolv samtal." in look(people.per, task)
    history = signed_in(people.per).get(reverse("case_history", args=[case.number]))
    assert "Tio samtal." in history.content.decode()


def test_a_note_is_corrected_also_when_its_phase_is_closed(people, case, task):
    post(people.nora, "task_note", task, text="Tio samtal.")
    url = address("task_note_correct", task, task.notes.get().pk)
    passed_gate(case, by=people.per)

    assert url in look(people.nora, task)
    assert url not in look(people.per, task)
    post(
        people.nora, "task_note_correct", task, task.notes.get().pk, text="Tolv.", was="Tio samtal."
    )
    assert task.notes.get().text == "Tolv."
    # When the case is over what was written stands.
    Case.objects.filter(pk=case.pk).update(state="completed", ended_on=timezone.localdate())
    assert url not in look(people.nora, task)


def test_a_note_that_was_changed_elsewhere_keeps_what_is_typed(people, task):
    post(people.nora, "task_note", task, text="Ett")
    note = task.notes.get()

    response = post(people.nora, "task_note_correct", task, note.pk, text="Tre", was="Två")

    page = response.content.decode()
    assert response.status_code == 422
    assert "Tre</textarea>" in page
    assert "<del>Ett</del>" in page
    url = address("task_note_correct", task, note.pk)
    assert signed_in(people.nora).post(url, fields_of(page, url)).status_code == 303
    assert task.notes.get().text == "Tre"


def test_a_file_is_attached_read_and_removed(people, task):
    upload = SimpleUploadedFile("samtal.txt", b"Tolv samtal")
    assert post(people.per, "task_attach", task, upload=upload).status_code == 303
    file = task.evidence.get()

    got = signed_in(people.lena).get(address("task_file", task, file.pk))
    assert b"".join(got.streaming_content) == b"Tolv samtal"
    assert signed_in(people.olle).get(address("task_file", task, file.pk)).status_code == 404
    for _ in range(2):
        assert post(people.per, "task_file_remove", task, file.pk).status_code == 303
    assert signed_in(people.per).get(address("task_file", task, file.pk)).status_code == 404
    assert "samtal.txt" not in look(people.per, task)
    assert task.evidence.get().removed_at is not None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("fil.exe", b"MZ"),
        ("bild.png", b"not a picture"),
        ("tom.txt", b""),
        ("anbud_\u202efdp.exe", b"x"),
    ],
)
def test_what_is_no_file_of_ours_is_refused_at_the_field(people, task, name, content):
    response = post(people.per, "task_attach", task, upload=SimpleUploadedFile(name, content))

    assert response.status_code == 422
    assert 'id="file_upload_error"' in response.content.decode()
    assert task.evidence.count() == 0


def test_a_file_too_large_is_refused_at_the_field(people, task, settings):
    settings.UPLOAD_MAX_BYTES = 10

    response = post(
        people.per, "task_attach", task, upload=SimpleUploadedFile("a.txt", b"01234567890")
    )

    assert response.status_code == 422
    assert "för stor" in response.content.decode()


def test_the_page_says_how_large_a_file_may_be_here(people, case, task, settings):
    settings.UPLOAD_MAX_BYTES = 3 * 1024 * 1024

    page = signed_in(people.per).get(reverse("task", args=[case.number, task.pk]))

    assert "3,0\xa0MB." in page.content.decode()


def test_a_task_of_ones_own_is_added_to_the_phase(people, case):
    url = reverse("own_task_new", args=[case.number, "part-0"])
    fields = {"title": "Boka rummet", "assignee": people.per.pk, "due_on": ""}
    assert signed_in(people.per).get(url).status_code == 200

    response = signed_in(people.per).post(url, fields)

    own = Task.objects.get(title="Boka rummet")
    assert response["Location"].endswith(f"#task-{own.pk}")
    page = signed_in(people.per).get(case.current_phase.get_absolute_url())
    assert "Boka rummet" in page.content.decode()


ACTIONS = {
    "task_plan": {"due_on": "2026-10-09"},
    "task_checklist": {"item": "step-0-1.1"},
    "task_done": {},
    "task_reopen": {},
    "task_drop": {"reason": "x"},
    "task_note": {"text": "x"},
    "task_attach": {},
}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_observer_works_with_nothing_and_an_outsider_finds_nothing(people, task, name):
    assert post(people.lena, name, task, **ACTIONS[name]).status_code == 403
    assert post(people.olle, name, task, **ACTIONS[name]).status_code == 404


@pytest.mark.parametrize("name", ACTIONS)
def test_what_is_posted_to_leads_back_to_its_page(people, task, name):
    response = signed_in(people.per).get(address(name, task))

    assert response["Location"] == address("task", task)


@pytest.mark.parametrize("number", [0, 999_999, 10**30])
def test_a_task_that_is_not_there_is_missing(people, case, number):
    response = signed_in(people.per).get(f"/cases/{case.number}/tasks/{number}/")

    assert response.status_code == 404


def test_a_task_of_another_case_is_missing(people, task):
    other = a_case(by=people.per, authority=people.authority, title="Ett annat")

    response = signed_in(people.per).get(reverse("task", args=[other.number, task.pk]))

    assert response.status_code == 404


def test_a_closed_phase_is_read_only(people, case, task):
    passed_gate(case, by=people.per)

    assert "Markera som klart" not in look(people.per, task)
    response = post(people.per, "task_done", task)
    assert response.status_code == 422
    errors = response.content.decode().partition("data-errors")[2]
    assert "Fasen är stängd" in errors.partition("</div>")[0]


def test_a_step_that_was_not_done_when_its_phase_closed_is_not_still_to_do(people, case, optional):
    to_do, closed = "To do", "The phase is closed by its gate"

    def said() -> tuple[bool, bool, bool]:
        html = signed_in(people.per).get(address("task", optional), {"lang": "en"}).text
        return to_do in html, "Not done" in html, closed in html

    assert said() == (True, False, False)

    passed_gate(case, by=people.per)

    assert said() == (False, True, True)


def test_own_tasks_notes_and_files_are_hidden_outside_the_round(people, time_machine):
    case = a_case_in_admission(
        by=people.per, authority=people.authority, roles={"observer": people.lena}
    )
    at = at_start_of(case)
    time_machine.move_to(at, tick=False)
    run = case.current_phase
    own = add_task(case=case, case_phase=run, title="Ring Nattljus", by=people.per, at=at)
    step = run.tasks.get(position=1)
    write_note(case=case, task=step, text="Sju anbud", by=people.per, at=at)
    stored = files.keep(SimpleUploadedFile("anbud.txt", b"x"), organisation=case.authority)
    file = attach_evidence(case=case, task=step, file=stored, by=people.per, at=at)

    client = signed_in(people.lena)
    assert client.get(address("task", own)).status_code == 404
    assert client.get(address("task_file", step, file.pk)).status_code == 404
    html = look(people.lena, step)
    assert "Sju anbud" not in html
    assert "anbud.txt" not in html
    assert "hemliga tills grindbeslutet gäller" in html


def test_the_page_asks_at_most_twelve_questions(people, case, task):
    client = signed_in(people.per)
    at = at_start_of(case)
    counts = []
    for n in range(4):
        write_note(case=case, task=task, text=f"Not {n}", by=people.per, at=at)
        stored = files.keep(SimpleUploadedFile(f"{n}.txt", b"x"), organisation=case.authority)
        attach_evidence(case=case, task=task, file=stored, by=people.per, at=at)
        client.get(address("task", task))
        with CaptureQueriesContext(connection) as seen:
            client.get(address("task", task))
        counts.append(len(seen))
    complete_task(case=case, task=task, by=people.per, at=at)

    assert len(set(counts)) == 1
    assert counts[0] <= 12
