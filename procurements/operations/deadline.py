"""Set a day to keep, count one by the law, move it for a reason, and keep or withdraw it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.models import Event
from journal.record import record
from procurements import saying
from procurements.days import swedish_day
from procurements.duties import tell_of_move
from procurements.models import Case, CasePhase, Deadline
from procurements.models.deadline import given
from procurements.operations.case import locked
from procurements.operations.task import check_in_case, check_is_open, check_is_worked_in
from procurements.periods import AT_LEAST, AT_MOST, Counted, period_on
from procurements.refusals import Refused, Stale
from procurements.sight import circle_of_work
from procurements.states import DeadlineState
from teams.merging import Began, row_merged
from teams.models import User


@transaction.atomic(durable=True)
def set_deadline(
    *,
    case: Case,
    case_phase: CasePhase,
    title: str,
    due_on: date,
    responsible: User | None = None,
    by: User,
    at: datetime,
) -> Deadline:
    """Set a day of the team's own, in a phase that its gate has not closed. The same title on the
    same day in the phase is one deadline, where the same person keeps it."""
    case, run = _to_plan(case, case_phase)
    check_is_worked_in(case, run)
    check_in_case(case, responsible, at, field="responsible")
    _check_lies_ahead(due_on, at)
    same = run.deadlines.filter(title=title, due_on=due_on, state=DeadlineState.OPEN)
    if found := same.filter(responsible=responsible).first():
        return found
    deadline = Deadline(case_phase=run, title=title, due_on=due_on)
    return _set(deadline, responsible, by=by, at=at)


@transaction.atomic(durable=True)
def count_deadline(
    *,
    case: Case,
    case_phase: CasePhase,
    period: str,
    event_on: date,
    due_on: date | None = None,
    reasons: str = "",
    responsible: User | None = None,
    by: User,
    at: datetime,
) -> Deadline:
    """Set the day that a period of the law gives from the day of its event.

    Without `due_on` it is the day counted. Another day is refused where it breaks the period; a
    period for which the act gives no number asks for the day and for reasons. A phase may have
    several of a period (each contract, each notice has its own), but of the same event one.

    The law runs on whatever becomes of the case: its days are set, moved and kept also in one that
    rests or is over, and in a phase that is closed. A day counted may have passed.
    """
    case, run = _to_plan(case, case_phase)
    check_in_case(case, responsible, at, field="responsible")
    counted = counted_for(case, period, event_on)
    if same := _of_the_same_event(run, period, event_on).first():
        if due_on in (None, same.due_on):
            return same
        raise Refused(
            {"period": gettext_lazy("The phase has this deadline already. Move it instead.")}
        )
    deadline = Deadline(
        case_phase=run,
        period=period,
        event_on=event_on,
        counted_on=counted.on,
        due_on=day_within(counted, due_on, reasons),
        reasons=reasons,
    )
    _check_is_chosen_ahead(deadline, at)
    return _set(deadline, responsible, by=by, at=at)


@transaction.atomic(durable=True)
def change_deadline(
    *,
    case: Case,
    deadline: Deadline,
    responsible: User | None,
    due_on: date | None = None,
    event_on: date | None = None,
    title: str = "",
    reasons: str = "",
    was: date | None = None,
    began: Began | None = None,
    by: User,
    at: datetime,
) -> Deadline:
    """Say who keeps a day, call it something else, or move it.

    One counted by the law is moved by the day of its event, or by a day of its own within the
    period, and counted anew only then. A day that others have been told of is moved only with
    reasons. Refused when somebody else has moved it since the person began (`was` is the day then).
    Its event, who keeps it and what it is called stay as they are now when they were left alone on
    a page that showed what `began` holds. Raises Overtaken.
    """
    case, deadline = _to_change(case, deadline)
    chosen = {
        "title": title or deadline.title,
        "responsible": responsible,
        "event_on": event_on or deadline.event_on,
    }
    title, responsible, event_on = row_merged(deadline, chosen, began).values()
    before = _as_it_is(deadline)
    if deadline.responsible_id != (responsible.pk if responsible else None):
        check_in_case(case, responsible, at, field="responsible")
    facts = {
        "period": deadline.period,
        "was_due_on": deadline.due_on,
        "was_event_on": deadline.event_on,
        "was_responsible": deadline.responsible_id,
    }
    texts = {"before": deadline.title, "reason": reasons}
    _set_day(case, deadline, event_on, due_on, reasons)
    if not deadline.period:
        deadline.title = title or deadline.title
    deadline.responsible = responsible
    is_moved = before[0] != deadline.due_on
    if before == _as_it_is(deadline):
        return deadline
    if is_moved:
        if was is not None and was != before[0]:
            words = {"day": saying.day(before[0])}
            told = _("Somebody has moved the day to %(day)s meanwhile.") % words
            raise Refused({"due_on": Stale(told)})
        _check_is_chosen_ahead(deadline, at)
        if deadline.announced_at and not reasons:
            raise Refused(
                {"reasons": gettext_lazy("The day has been announced. Say why it is moved.")}
            )
        deadline.set_at = at
        deadline.moves += 1
    deadline.save()
    if responsible:
        texts["person"] = responsible.name
    record(
        case,
        "deadline.changed",
        by=by,
        at=at,
        about=deadline,
        facts=facts
        | {
            "due_on": deadline.due_on,
            "event_on": deadline.event_on,
            "responsible": deadline.responsible_id,
        },
        texts=given(texts | {"title": deadline.title}),
        secrecy=circle_of_work(deadline.case_phase),
    )
    if is_moved:
        tell_of_move(deadline, was_on=before[0], by=by, at=at)
    return deadline


def _set_day(
    case: Case, deadline: Deadline, event_on: date | None, due_on: date | None, reasons: str
) -> None:
    """Give it the day and the reasons; the law counts anew only where the day or its event is
    another."""
    was = deadline.due_on
    own_day = was if was != deadline.counted_on else None
    if not deadline.period:
        deadline.due_on = due_on or was
    elif event_on != deadline.event_on or due_on not in (own_day, was):
        assert event_on is not None
        counted = counted_for(case, deadline.period, event_on)
        same = _of_the_same_event(deadline.case_phase, deadline.period, event_on)
        if same.exclude(pk=deadline.pk).exists():
            words = {"day": saying.day(event_on)}
            told = _("The phase has this deadline already, counted from %(day)s.") % words
            raise Refused({"event_on": told})
        deadline.event_on, deadline.counted_on = event_on, counted.on
        deadline.due_on = day_within(counted, due_on, reasons or deadline.reasons)
    # Moved to the law's own day, it needs no reason for another.
    if reasons or (deadline.due_on != was and deadline.due_on == deadline.counted_on):
        deadline.reasons = reasons


def _as_it_is(deadline: Deadline) -> tuple[Any, ...]:
    return (
        deadline.due_on,
        deadline.event_on,
        deadline.title,
        deadline.responsible_id,
        deadline.reasons,
    )


@transaction.atomic(durable=True)
def announce_deadline(
    *, case: Case, deadline: Deadline, was: date | None = None, by: User, at: datetime
) -> Deadline:
    """Note that others have been told of the day. From then on it never moves without reasons, and
    once moved it is another that others are to be told of.

    Refused when it is another day than the one that was read (`was`).
    """
    case, deadline = _to_change(case, deadline)
    if deadline.is_announced:
        return deadline
    if was is not None and was != deadline.due_on:
        words = {"day": saying.day(deadline.due_on)}
        raise Refused(
            _("Somebody has moved the day to %(day)s meanwhile. Which day were others told of?")
            % words
        )
    deadline.announced_at = at
    deadline.save(update_fields=["announced_at"])
    record(
        case,
        "deadline.announced",
        by=by,
        at=at,
        about=deadline,
        facts={"period": deadline.period, "due_on": deadline.due_on},
        texts=given({"title": deadline.title}),
        secrecy=circle_of_work(deadline.case_phase),
    )
    return deadline


@transaction.atomic(durable=True)
def keep_deadline(*, case: Case, deadline: Deadline, by: User, at: datetime) -> Deadline:
    """Say that the day is kept: what was to be done by it is done. Kept already is left so."""
    case, deadline = _of_case(case, deadline)
    if deadline.state == DeadlineState.DONE:
        return deadline
    deadline.move_to(DeadlineState.DONE, by=by, at=at, secrecy=circle_of_work(deadline.case_phase))
    return deadline


@transaction.atomic(durable=True)
def reopen_deadline(*, case: Case, deadline: Deadline, by: User, at: datetime) -> Deadline:
    """Take back that the day was kept. One still to be kept is left as it is."""
    case, deadline = _of_case(case, deadline)
    if deadline.state == DeadlineState.OPEN:
        return deadline
    same = _of_the_same_event(deadline.case_phase, deadline.period, deadline.event_on)
    if deadline.period and same.exists():
        raise Refused(_("The phase has a new deadline of this kind."))
    deadline.move_to(DeadlineState.OPEN, by=by, at=at, secrecy=circle_of_work(deadline.case_phase))
    return deadline


@transaction.atomic(durable=True)
def withdraw_deadline(
    *, case: Case, deadline: Deadline, reason: str, by: User, at: datetime
) -> Deadline:
    """Take a day away, with the reason: it never needs to be kept any more. The same again is
    harmless; another reason is refused, since it would be kept nowhere."""
    case, deadline = _of_case(case, deadline)
    if deadline.state == DeadlineState.WITHDRAWN:
        moves = Event.objects.of(case).about(deadline).filter(verb="deadline.moved")
        if (last := moves.last()) and last.fields().get("reason") != reason:
            raise Refused(_("Somebody has already withdrawn it. Their reason is in the history."))
        return deadline
    deadline.move_to(
        DeadlineState.WITHDRAWN,
        by=by,
        at=at,
        secrecy=circle_of_work(deadline.case_phase),
        reason=reason,
    )
    return deadline


def _of_the_same_event(
    run: CasePhase, period: str, event_on: date | None
) -> models.QuerySet[Deadline]:
    return Deadline.objects.filter(
        case_phase=run, period=period, event_on=event_on, state=DeadlineState.OPEN
    )


def counted_for(case: Case, period: str, event_on: date) -> Counted:
    """What a period gives on the legal track of the case; refused where it does not hold."""
    rule = period_on(period, event_on)
    if rule is None or case.legal_track not in rule.tracks:
        raise Refused(
            {"period": gettext_lazy("The time limit does not apply on the legal track that day.")}
        )
    return rule.from_day(event_on)


def day_within(counted: Counted, wanted: date | None, reasons: str) -> date:
    """The day to keep: the one counted, or another that the period allows, with reasons."""
    if counted.on is None:
        if wanted is None:
            raise Refused(
                {"due_on": gettext_lazy("The act gives no number: give the day yourself.")}
            )
        if not reasons:
            raise Refused({"reasons": gettext_lazy("Say why the time you give is reasonable.")})
        return wanted
    if wanted is None or wanted == counted.on:
        return counted.on
    words = {"day": saying.day(counted.on)}
    if counted.period.kind != AT_MOST and wanted < counted.on:
        raise Refused({"due_on": _("The law allows no day before %(day)s.") % words})
    if counted.period.kind != AT_LEAST and wanted > counted.on:
        raise Refused({"due_on": _("The law allows no day after %(day)s.") % words})
    return wanted


def _set(deadline: Deadline, responsible: User | None, *, by: User, at: datetime) -> Deadline:
    deadline.responsible, deadline.set_at = responsible, at
    deadline.save(force_insert=True)
    record(
        deadline.case_phase.case,
        "deadline.set",
        by=by,
        at=at,
        about=deadline,
        facts={
            "phase": deadline.case_phase.number,
            "period": deadline.period,
            "event_on": deadline.event_on,
            "counted_on": deadline.counted_on,
            "due_on": deadline.due_on,
            "responsible": deadline.responsible_id,
        },
        texts=given({"title": deadline.title, "reason": deadline.reasons}),
        secrecy=circle_of_work(deadline.case_phase),
    )
    return deadline


def _to_plan(case: Case, case_phase: CasePhase) -> tuple[Case, CasePhase]:
    case = locked(case)
    run = case.phases.select_related("phase").get(pk=case_phase.pk)
    run.case = case
    return case, run


def _of_case(case: Case, deadline: Deadline) -> tuple[Case, Deadline]:
    case = locked(case)
    deadline = Deadline.objects.select_related("case_phase").get(
        pk=deadline.pk, case_phase__case=case
    )
    deadline.case_phase.case = case
    if not deadline.period:
        check_is_open(case)
    return case, deadline


def _to_change(case: Case, deadline: Deadline) -> tuple[Case, Deadline]:
    case, deadline = _of_case(case, deadline)
    if not deadline.is_open:
        raise Refused(_("The deadline is no longer to be kept."))
    return case, deadline


def _check_is_chosen_ahead(deadline: Deadline, at: datetime) -> None:
    """A day that somebody chose lies ahead; the law's own is what it is."""
    if deadline.due_on != deadline.counted_on:
        _check_lies_ahead(deadline.due_on, at)


def _check_lies_ahead(due_on: date, at: datetime) -> None:
    if due_on < swedish_day(at):
        words = {"day": saying.day(due_on)}
        raise Refused({"due_on": _("%(day)s has passed. Give a later day.") % words})
