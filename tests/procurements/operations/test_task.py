from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import files
from documents.models import StoredFile
from journal.models import Event
from procurements.models import Task, TaskNote
from procurements.operations.case import begin_case, pause_case, stop_case
from procurements.operations.gate import decide_gate
from procurements.operations.task import (
    add_task,
    attach_evidence,
    complete_task,
    correct_note,
    drop_task,
    plan_task,
    remove_evidence,
    reopen_task,
    tick_items,
    write_note,
)
from procurements.refusals import Refused
from procurements.states import TaskState
from tests.builders import MONDAY, a_case

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def case(people):
    return a_case(by=people.per, authority=people.authority, roles={"need_owner": people.nora})


@pytest.fixture
def task(case):
    return Task.objects.get(case_phase=case.current_phase, position=1)


@pytest.fixture
def optional(case):
    return Task.objects.get(case_phase=case.current_phase, position=2)


def verbs(case):
    return list(
        Event.objects.of(case)
        .filter(at__gt=MONDAY)
        .order_by("number")
        .values_list("verb", flat=True)
    )


def test_plan_task_says_who_and_when(case, task, people):
    planned = plan_task(
        case=case,
        task=task,
        assignee=people.nora,
        due_on=date(2026, 10, 9),
        by=people.per,
        at=MONDAY + DAY,
    )

    assert (planned.assignee, planned.due_on) == (people.nora, date(2026, 10, 9))
    assert verbs(case) == ["task.planned"]


def test_plan_task_twice_is_one_event(case, task, people):
    for _ in range(2):
        plan_task(
            case=case, task=task, assignee=people.nora, due_on=None, by=people.per, at=MONDAY + DAY
        )

    assert verbs(case) == ["task.planned"]


def test_a_task_is_not_given_to_someone_outside_the_case(case, task, people):
    with pytest.raises(Refused) as refusal:
        plan_task(
            case=case, task=task, assignee=people.olle, due_on=None, by=people.per, at=MONDAY + DAY
        )

    assert list(refusal.value.message_dict) == ["assignee"]
    assert verbs(case) == []


def test_ticks_are_added_and_taken_away(case, task, people):
    first, second = [item.key for item in task.step.items.order_by("position")]
    tick_items(
        case=case, task=task, ticked=[first, second], shown=[], by=people.per, at=MONDAY + DAY
    )
    tick_items(
        case=case, task=task, ticked=[second], shown=[first, second], by=people.per, at=MONDAY + DAY
    )

    assert [tick.item.key for tick in task.ticks.all()] == [second]
    assert verbs(case) == ["task.ticked", "task.ticked", "task.unticked"]


def test_two_who_tick_at_once_keep_each_others_ticks(case, task, people):
    first, second = [item.key for item in task.step.items.order_by("position")]

    tick_items(case=case, task=task, ticked=[first], shown=[], by=people.per, at=MONDAY + DAY)
    tick_items(case=case, task=task, ticked=[second], shown=[], by=people.nora, at=MONDAY + DAY)

    assert {tick.item.key for tick in task.ticks.all()} == {first, second}


def test_ticking_again_and_items_of_other_steps_change_nothing(case, task, optional, people):
    first = task.step.items.get(position=1).key
    other = optional.step.items.get(position=1).key

    for _ in range(2):
        tick_items(
            case=case,
            task=task,
            ticked=[first, other, "x"],
            shown=[],
            by=people.per,
            at=MONDAY + DAY,
        )

    assert [tick.item.key for tick in task.ticks.all()] == [first]
    assert verbs(case) == ["task.ticked"]


def test_done_and_undone(case, task, people):
    done = complete_task(case=case, task=task, by=people.per, at=MONDAY + DAY)
    complete_task(case=case, task=task, by=people.nora, at=MONDAY + DAY)

    assert (done.state, done.done_by, done.done_at) == ("done", people.per, MONDAY + DAY)
    undone = reopen_task(case=case, task=task, by=people.per, at=MONDAY + DAY)
    reopen_task(case=case, task=task, by=people.per, at=MONDAY + DAY)
    assert (undone.state, undone.done_by, undone.done_at) == ("open", None, None)
    assert verbs(case) == ["task.moved", "task.moved"]


def test_a_step_not_required_is_dropped_with_its_reason(case, optional, people):
    dropped = drop_task(
        case=case, task=optional, reason="Gjordes förra året.", by=people.per, at=MONDAY + DAY
    )
    # Another who drops it too has a reason of their own; the same again is one.
    for _ in range(2):
        drop_task(case=case, task=optional, reason="Igen.", by=people.per, at=MONDAY + DAY)

    assert dropped.state == TaskState.DROPPED
    assert [note.text for note in optional.notes.all()] == ["Gjordes förra året.", "Igen."]


def test_what_two_people_write_or_attach_is_not_once_though_it_be_the_same(case, optional, people):
    """Whom a secrecy window leaves out would learn what others have written within it."""
    stored = files.keep(
        SimpleUploadedFile("samtal.txt", b"Tolv samtal"), organisation=case.authority
    )
    for person in (people.per, people.nora):
        said = {"case": case, "task": optional, "by": person, "at": MONDAY + DAY}
        attach_evidence(file=stored, **said)
        drop_task(reason="Gjordes förra året.", **said)

    assert [row.by for row in optional.notes.all()] == [people.per, people.nora]
    assert [row.by for row in optional.evidence.order_by("pk")] == [people.per, people.nora]


def test_a_required_step_is_not_dropped(case, task, people):
    with pytest.raises(Refused, match="kräver"):
        drop_task(case=case, task=task, reason="Hinner inte.", by=people.per, at=MONDAY + DAY)

    assert task.notes.count() == 0


def test_what_was_done_before_it_was_recorded_has_its_own_day(case, task, people):
    later = MONDAY + 30 * DAY
    said = {"case": case, "task": task, "by": people.per, "at": later}
    for wrong in (MONDAY.date() - DAY, later.date() + DAY):
        with pytest.raises(Refused) as refused:
            complete_task(**said, done_on=wrong)
        assert set(refused.value.message_dict) == {"done_on"}
    done_on = MONDAY.date() + 2 * DAY
    done = complete_task(**said, done_on=done_on)

    assert (done.done_day, done.done_at) == (done_on, later)
    event = Event.objects.of(case).readable().get(verb="task.moved")
    assert event.facts["done_on"] == str(done_on)
    # The same again is harmless; another day is kept nowhere until it is undone.
    complete_task(**said, done_on=done_on)
    with pytest.raises(Refused):
        complete_task(**said, done_on=done_on + DAY)
    assert reopen_task(**said).done_day is None
    assert complete_task(**said).done_day == later.date()


def test_a_done_task_is_not_dropped_nor_a_dropped_one_done(case, optional, people):
    complete_task(case=case, task=optional, by=people.per, at=MONDAY + DAY)
    with pytest.raises(Refused):
        drop_task(case=case, task=optional, reason="x", by=people.per, at=MONDAY + DAY)
    reopen_task(case=case, task=optional, by=people.per, at=MONDAY + DAY)
    drop_task(case=case, task=optional, reason="x", by=people.per, at=MONDAY + DAY)

    with pytest.raises(Refused):
        complete_task(case=case, task=optional, by=people.per, at=MONDAY + DAY)


def test_the_same_note_sent_twice_is_one(case, task, people):
    for _ in range(2):
        write_note(case=case, task=task, text="Tolv samtal.", by=people.nora, at=MONDAY + DAY)

    assert task.notes.count() == 1
    assert verbs(case) == ["note.written"]


def test_a_corrected_note_keeps_the_earlier_text_in_the_history(case, task, people):
    note = write_note(case=case, task=task, text="Tio samtal.", by=people.nora, at=MONDAY + DAY)

    correct_note(case=case, note=note, text="Tolv samtal.", by=people.nora, at=MONDAY + DAY)

    assert TaskNote.objects.get().text == "Tolv samtal."
    event = Event.objects.of(case).last()
    assert {text.name: text.text for text in event.texts.all()}["before"] == "Tio samtal."


def test_nobody_corrects_what_another_wrote(case, task, people):
    note = write_note(case=case, task=task, text="Tio samtal.", by=people.nora, at=MONDAY + DAY)

    with pytest.raises(Refused):
        correct_note(case=case, note=note, text="Noll.", by=people.per, at=MONDAY + DAY)

    assert TaskNote.objects.get().text == "Tio samtal."


def test_a_note_changed_in_another_window_is_not_written_over(case, task, people):
    note = write_note(case=case, task=task, text="Ett", by=people.nora, at=MONDAY + DAY)
    correct_note(case=case, note=note, text="Två", was="Ett", by=people.nora, at=MONDAY + DAY)

    with pytest.raises(Refused):
        correct_note(case=case, note=note, text="Tre", was="Ett", by=people.nora, at=MONDAY + DAY)

    assert TaskNote.objects.get().text == "Två"


def test_a_file_is_attached_once_and_removed_once(case, task, people):
    stored = files.keep(
        SimpleUploadedFile("samtal.txt", b"Tolv samtal"), organisation=case.authority
    )
    rows = {
        attach_evidence(case=case, task=task, file=stored, by=people.per, at=MONDAY + DAY).pk
        for _ in range(2)
    }
    evidence = task.evidence.get()
    for _ in range(2):
        removed = remove_evidence(case=case, evidence=evidence, by=people.per, at=MONDAY + 2 * DAY)

    assert rows == {evidence.pk}
    assert removed.removed_at == MONDAY + 2 * DAY
    assert verbs(case) == ["evidence.attached", "evidence.removed"]


def test_a_file_that_was_forgotten_meanwhile_is_asked_for_once_more(case, task, people):
    stored = files.keep(SimpleUploadedFile("samtal.txt", b"Tolv"), organisation=case.authority)
    files.forget_unused([StoredFile.objects.get(pk=stored.pk)])

    with pytest.raises(files.RefusedFile):
        attach_evidence(case=case, task=task, file=stored, by=people.per, at=MONDAY)

    assert not task.evidence.exists()


def test_an_own_task_comes_after_the_steps_and_only_once(case, people):
    run = case.current_phase
    for _ in range(2):
        own = add_task(
            case=case, case_phase=run, title="Boka rummet", by=people.per, at=MONDAY + DAY
        )

    assert own.position == 4
    assert run.tasks.filter(step__isnull=True).count() == 1


def test_nothing_changes_while_the_case_is_paused(case, task, people):
    pause_case(case=case, reason="Sommar", by=people.per, at=MONDAY + DAY)

    with pytest.raises(Refused, match="pausat"):
        complete_task(case=case, task=task, by=people.per, at=MONDAY + DAY)


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_no_task_is_added_and_no_note_corrected_in_a_case_that_rests_or_is_over(
    case, task, people, end
):
    note = write_note(case=case, task=task, text="Ring Nora", by=people.per, at=MONDAY)
    run = case.current_phase
    end(case=case, reason="Sommar.", by=people.per, at=MONDAY)
    words = {"by": people.per, "at": MONDAY}

    with pytest.raises(Refused):
        add_task(case=case, case_phase=run, title="Boka rummet", **words)
    with pytest.raises(Refused):
        correct_note(case=case, note=note, text="Ring Lena", **words)

    assert not run.tasks.filter(step=None).exists()
    assert TaskNote.objects.get().text == "Ring Nora"


def test_a_task_of_the_teams_own_is_not_given_to_someone_outside_the_case(case, people):
    with pytest.raises(Refused) as refusal:
        add_task(case=case, case_phase=case.current_phase, title="Boka rummet",
                 assignee=people.olle, by=people.per, at=MONDAY)  # fmt: skip

    assert list(refusal.value.error_dict) == ["assignee"]


def test_nothing_changes_in_a_phase_that_its_gate_has_closed(case, task, people):
    decide_gate(
        case=case,
        case_phase=case.current_phase,
        outcome="proceed",
        reasons="Ja.",
        despite="Ändå.",
        verdicts={},
        decided_by="Nämnden",
        reference="§ 4",
        decided_on=MONDAY.date(),
        by=people.per,
        at=MONDAY + DAY,
    )

    with pytest.raises(Refused, match="stängd"):
        complete_task(case=case, task=task, by=people.per, at=MONDAY + DAY)


def test_a_task_of_another_case_is_not_found(case, people):
    other = a_case(by=people.olle, authority=people.elsewhere, begun=False)
    other = begin_case(case=other, by=people.olle, at=MONDAY)
    foreign = Task.objects.filter(case_phase__case=other).first()

    with pytest.raises(Task.DoesNotExist):
        complete_task(case=case, task=foreign, by=people.per, at=MONDAY + DAY)


def test_what_is_written_in_a_secret_round_is_told_only_inside_it(case, task, people):
    decide_gate(
        case=case,
        case_phase=case.current_phase,
        outcome="proceed",
        reasons="Ja.",
        despite="Ändå.",
        verdicts={},
        decided_by="Nämnden",
        reference="§ 4",
        decided_on=MONDAY.date(),
        by=people.per,
        at=MONDAY,
    )
    case = type(case).objects.get(pk=case.pk)
    run = case.current_phase
    secret = Task.objects.get(case_phase=run, position=1)
    write_note(case=case, task=secret, text="Sju anbud.", by=people.per, at=MONDAY + DAY)
    add_task(case=case, case_phase=run, title="Ring Nattljus", by=people.per, at=MONDAY + DAY)
    complete_task(case=case, task=secret, by=people.per, at=MONDAY + DAY)

    told = dict(Event.objects.of(case).filter(at=MONDAY + DAY).values_list("verb", "secrecy"))
    assert told == {
        "note.written": run.round.circle,
        "task.added": run.round.circle,
        "task.moved": "",
    }


def test_the_same_note_a_week_later_is_another_note(case, people):
    task = case.current_phase.tasks.first()
    for at in (MONDAY, MONDAY + timedelta(minutes=1), MONDAY + timedelta(days=7)):
        write_note(case=case, task=task, text="Ringde, inget svar.", by=people.per, at=at)

    assert task.notes.count() == 2


def test_a_task_called_the_same_for_somebody_else_is_another_task(case, people):
    for assignee in (None, None, people.per):
        add_task(
            case=case, case_phase=case.current_phase, title="Boka möte", assignee=assignee,
            by=people.per, at=MONDAY,
        )  # fmt: skip

    own = case.current_phase.tasks.filter(step=None)
    assert [task.assignee for task in own] == [None, people.per]
