"""Plan the tasks of a phase, do them, and write down what came of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from documents import files
from documents.models import StoredFile
from handbook.models import ChecklistItem
from handbook.words import Words
from journal.record import record
from procurements import saying
from procurements.days import swedish_day
from procurements.duties import tell_of_move
from procurements.models import Case, CasePhase, CaseRole, Evidence, Task, TaskItem, TaskNote
from procurements.operations.case import AT_ONCE, check_not_over, locked
from procurements.refusals import Refused, Stale
from procurements.sight import circle_of_work
from procurements.states import CaseState, PhaseState, TaskState
from teams.merging import Began, row_merged
from teams.models import User


def title_of(task: Task) -> str:
    """The task's own title, or the step's in the language that the edition was written in."""
    if task.step is None:
        return task.title
    edition = task.step.edition
    return edition.words(edition.source_language)(task.step, "title") or task.step.key


@transaction.atomic(durable=True)
def add_task(
    *,
    case: Case,
    case_phase: CasePhase,
    title: str,
    assignee: User | None = None,
    due_on: date | None = None,
    by: User,
    at: datetime,
) -> Task:
    """Add a task of the team's own to a phase, after the steps. The same twice is once."""
    case = locked(case)
    run = case.phases.select_related("phase").get(pk=case_phase.pk)
    check_is_worked_in(case, run)
    check_in_case(case, assignee, at)
    same = run.tasks.filter(step__isnull=True, title=title, state=TaskState.OPEN)
    if found := same.filter(assignee=assignee, due_on=due_on).first():
        return found
    last = run.tasks.aggregate(last=models.Max("position"))["last"] or 0
    steps = run.phase.steps.aggregate(last=models.Max("number"))["last"] or 0
    task = Task.objects.create(
        case_phase=run,
        title=title,
        position=max(last, steps) + 1,
        assignee=assignee,
        due_on=due_on,
        due_set_at=at if due_on else None,
    )
    record(
        case,
        "task.added",
        by=by,
        at=at,
        about=task,
        facts={"phase": run.number, "due_on": due_on, "assignee": assignee and assignee.pk},
        texts={"title": title},
        secrecy=circle_of_work(run),
    )
    return task


@transaction.atomic(durable=True)
def plan_task(
    *,
    case: Case,
    task: Task,
    assignee: User | None,
    due_on: date | None,
    title: str = "",
    began: Began | None = None,
    by: User,
    at: datetime,
) -> Task:
    """Say who does a task, and by which day. Refused for someone without a role in the case.

    With `title` a task of the team's own is called something else; a step keeps the handbook's.
    What was left alone on a page that showed what `began` holds stays as it is now. Raises
    Overtaken.
    """
    case, task = _to_work_on(case, task)
    chosen = {"title": title or task.title, "assignee": assignee, "due_on": due_on}
    title, assignee, due_on = row_merged(task, chosen, began).values()
    if title and not task.step_id and title != task.title:
        _rename(case, task, title, by=by, at=at)
    if (task.assignee_id, task.due_on) == (assignee.pk if assignee else None, due_on):
        return task
    if task.assignee_id != (assignee.pk if assignee else None):
        check_in_case(case, assignee, at)
    texts = {"title": title_of(task)}
    if assignee:
        texts["person"] = assignee.name
    record(
        case,
        "task.planned",
        by=by,
        at=at,
        about=task,
        facts={
            "assignee": assignee and assignee.pk,
            "was_assignee": task.assignee_id,
            "due_on": due_on,
            "was_due_on": task.due_on,
        },
        texts=texts,
        secrecy=_circle_of(task),
    )
    was_on = task.due_on
    task.assignee, task.due_on = assignee, due_on
    if due_on != was_on:
        task.due_set_at = at
        task.moves += 1
    task.save(update_fields=["assignee", "due_on", "due_set_at", "moves"])
    if was_on and due_on and due_on != was_on:
        tell_of_move(task, was_on=was_on, by=by, at=at)
    return task


def _rename(case: Case, task: Task, title: str, *, by: User, at: datetime) -> None:
    record(
        case,
        "task.renamed",
        by=by,
        at=at,
        about=task,
        texts={"before": task.title, "title": title},
        secrecy=_circle_of(task),
    )
    task.title = title
    task.save(update_fields=["title"])


@transaction.atomic(durable=True)
def tick_items(
    *,
    case: Case,
    task: Task,
    ticked: Collection[str],
    shown: Collection[str],
    by: User,
    at: datetime,
) -> Task:
    """Tick and untick items of a step's checklist.

    `shown` are the items that stood as ticked when the person began: only what differs from
    them changes, so two people who tick at once keep each other's ticks.
    """
    case, task = _to_work_on(case, task)
    items = {item.key: item for item in _items_of(task)}
    given = set(task.ticks.values_list("item__key", flat=True))
    wanted, before = set(ticked) & items.keys(), set(shown)
    words = _words_of(task)
    for key, item in items.items():
        is_new = key in wanted and key not in before and key not in given
        is_gone = key in before and key not in wanted and key in given
        if is_new:
            TaskItem.objects.create(task=task, item=item, by=by, at=at)
        elif is_gone:
            task.ticks.filter(item=item).delete()
        if is_new or is_gone:
            record(
                case,
                "task.ticked" if is_new else "task.unticked",
                by=by,
                at=at,
                about=task,
                facts={"item": key},
                texts={"title": title_of(task), "text": words(item, "text") if words else key},
            )
    return task


@transaction.atomic(durable=True)
def complete_task(
    *, case: Case, task: Task, done_on: date | None = None, by: User, at: datetime
) -> Task:
    """Call a task done, on a day before today where that is told (`done_on`). Done already is left
    as it is. Refused for a day ahead, for one before the phase began, and for another day than
    that on which it is done already."""
    case, task = _to_work_on(case, task)
    today = swedish_day(at)
    if task.state == TaskState.DONE:
        if done_on not in (None, task.done_day):
            raise Refused(_("The task is done. Undo that first."))
        return task
    if task.state == TaskState.DROPPED:
        raise Refused(_("The task is dropped. Take it up again first."))
    if done_on and done_on > today:
        raise Refused({"done_on": _("The day when it was done cannot lie ahead.")})
    if done_on and done_on < min(task.case_phase.starts_on, today):
        words = _("It cannot have been done before the phase began, on %(day)s.")
        raise Refused({"done_on": words % {"day": saying.day(task.case_phase.starts_on)}})
    task.move_to(
        TaskState.DONE,
        title=title_of(task),
        done_on=done_on if done_on != today else None,
        secrecy=_circle_of(task),
        case=case,
        by=by,
        at=at,
    )
    return task


@transaction.atomic(durable=True)
def reopen_task(*, case: Case, task: Task, by: User, at: datetime) -> Task:
    """Take up a task that was done or dropped. One still to be done is left as it is."""
    case, task = _to_work_on(case, task)
    if task.state == TaskState.OPEN:
        return task
    task.move_to(
        TaskState.OPEN, title=title_of(task), secrecy=_circle_of(task), case=case, by=by, at=at
    )
    return task


@transaction.atomic(durable=True)
def drop_task(*, case: Case, task: Task, reason: str, by: User, at: datetime) -> Task:
    """Leave out a task that is not required; the reason is kept as a note, a second one too
    (and that of a second person, though it be the same).

    Refused for a required step: the gate may be decided without it, with a reason of its own.
    """
    case, task = _to_work_on(case, task)
    if task.state == TaskState.DROPPED:
        if not task.notes.filter(text=reason, by=by).exists():
            _add_note(case, task, reason, by=by, at=at)
        return task
    if task.is_required:
        raise Refused(_("The handbook requires this step, so it cannot be dropped."))
    if task.state == TaskState.DONE:
        raise Refused(_("The task is done. Undo that first."))
    _add_note(case, task, reason, by=by, at=at)
    task.move_to(
        TaskState.DROPPED, title=title_of(task), secrecy=_circle_of(task), case=case, by=by, at=at
    )
    return task


@transaction.atomic(durable=True)
def write_note(*, case: Case, task: Task, text: str, by: User, at: datetime) -> TaskNote:
    """Write down something about a task. The same text again at once is one note."""
    case, task = _to_work_on(case, task)
    last = task.notes.filter(by=by).last()
    if last and last.text == text and at - last.at < AT_ONCE:
        return last
    return _add_note(case, task, text, by=by, at=at)


@transaction.atomic(durable=True)
def correct_note(
    *, case: Case, note: TaskNote, text: str, was: str | None = None, by: User, at: datetime
) -> TaskNote:
    """Put right what one has written; the earlier text stays in the history.

    Refused for anybody else's note, and when it has changed since the person began (`was`).
    """
    case = locked(case)
    note = TaskNote.objects.select_related("task__step__edition", "task__case_phase__phase").get(
        pk=note.pk, task__case_phase__case=case
    )
    check_is_open(case)
    if note.by_id != by.pk:
        raise Refused(_("Only the person who wrote a note can correct it."))
    if note.text == text:
        return note
    if was is not None and was != note.text:
        raise Stale(_("You have changed this note in another window. Look at both texts."))
    record(
        case,
        "note.corrected",
        by=by,
        at=at,
        about=note,
        texts={"title": title_of(note.task), "before": note.text, "text": text},
        secrecy=circle_of_work(note.task.case_phase),
    )
    note.text, note.corrected_at = text, at
    note.save(update_fields=["text", "corrected_at"])
    return note


@transaction.atomic(durable=True)
def attach_evidence(
    *, case: Case, task: Task, file: StoredFile, by: User, at: datetime
) -> Evidence:
    """Attach a file that shows what was done. The same file again by the same person is the same
    row; of what others attached, whom a secrecy window leaves out is to notice nothing."""
    case, task = _to_work_on(case, task)
    same = task.evidence.filter(file=file, by=by, removed_at__isnull=True).first()
    if same:
        return same
    evidence = Evidence.objects.create(
        task=task, file=files.held(file), name=file.name, by=by, at=at
    )
    _record_file("evidence.attached", case, evidence, by=by, at=at)
    return evidence


@transaction.atomic(durable=True)
def remove_evidence(*, case: Case, evidence: Evidence, by: User, at: datetime) -> Evidence:
    """Take a file away from its task. The row stays, with the moment; the history tells who."""
    case, task = _to_work_on(case, evidence.task)
    evidence = Evidence.objects.select_related("file").get(pk=evidence.pk, task=task)
    if evidence.removed_at:
        return evidence
    evidence.removed_at = at
    evidence.save(update_fields=["removed_at"])
    _record_file("evidence.removed", case, evidence, by=by, at=at)
    return evidence


def _to_work_on(case: Case, task: Task) -> tuple[Case, Task]:
    case = locked(case)
    task = Task.objects.select_related("case_phase__phase", "step__edition").get(
        pk=task.pk, case_phase__case=case
    )
    check_is_worked_in(case, task.case_phase)
    return case, task


def check_is_open(case: Case) -> None:
    """Refused while the case is paused, and when it is over."""
    if case.state == CaseState.PAUSED:
        raise Refused(_("The case is paused. Resume it before you go on working."))
    check_not_over(case)


def check_is_worked_in(case: Case, run: CasePhase) -> None:
    """Refused as `check_is_open` does, and when the phase is closed by its gate."""
    check_is_open(case)
    if run.state == PhaseState.CLOSED:
        raise Refused(_("The phase is closed by its gate; what was done stands as it is."))


def check_in_case(case: Case, user: User | None, at: datetime, *, field: str = "assignee") -> None:
    """Refused, at the field, for somebody without a role in the case on the day."""
    if user and not CaseRole.objects.on(swedish_day(at)).filter(case=case, user=user).exists():
        raise Refused({field: _("Only someone with a role in the case can be given a task.")})


def _items_of(task: Task) -> list[ChecklistItem]:
    return list(task.step.items.order_by("position")) if task.step else []


def _words_of(task: Task) -> Words | None:
    edition = task.step.edition if task.step else None
    return edition.words(edition.source_language) if edition else None


def _circle_of(task: Task) -> str:
    """A step's title is the handbook's and open; what the team calls its own task is not."""
    return "" if task.step_id else circle_of_work(task.case_phase)


def _add_note(case: Case, task: Task, text: str, *, by: User, at: datetime) -> TaskNote:
    note = TaskNote.objects.create(task=task, text=text, by=by, at=at)
    record(
        case,
        "note.written",
        by=by,
        at=at,
        about=note,
        texts={"title": title_of(task), "text": text},
        secrecy=circle_of_work(task.case_phase),
    )
    return note


def _record_file(verb: str, case: Case, evidence: Evidence, *, by: User, at: datetime) -> None:
    record(
        case,
        verb,
        by=by,
        at=at,
        about=evidence,
        facts={"sha256": evidence.file.sha256, "size": evidence.file.size},
        texts={"title": title_of(evidence.task), "name": evidence.name},
        secrecy=circle_of_work(evidence.task.case_phase),
    )
