"""Start a case, run it, and end it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from documents.files import forget_unused
from handbook.models import Edition
from journal.record import record
from procurements import planning, saying
from procurements.days import roll_forward, start_of, swedish_day
from procurements.duties import tell_of_move
from procurements.legaltrack import faults_in
from procurements.models import (
    Case,
    CasePhase,
    CaseRole,
    Evidence,
    LegalAssessment,
    Numbering,
    Round,
)
from procurements.refusals import Refused, Stale
from procurements.states import CaseState, LegalTrack, PhaseState, Role
from teams.merging import Began, row_merged
from teams.models import Membership, Organisation, Team, User
from teams.operations.roles import held_open

# The same thing sent again by the same person within it is a second press, not a second thing.
AT_ONCE = timedelta(minutes=10)
# How long before the day on which it is recorded a case may have begun: from a need on paper to
# suppliers at work takes more than a year.
BEGUN_BEFORE_MOST = timedelta(days=3 * 366)


def check_began(day: date, *, field: str, at: datetime) -> None:
    """Raises Refused at the field for a first day longer ago than a case may have begun."""
    if day < swedish_day(at) - BEGUN_BEFORE_MOST:
        raise Refused({field: _("The first day is more than three years ago. Check the year.")})


def inside(authority: Organisation) -> Q:
    """The memberships in an authority, its whole, or one of its parts."""
    own = Q(organisation=authority.pk) | Q(organisation__parent=authority.pk)
    return own | Q(organisation=authority.parent_id) if authority.parent_id else own


def is_insider(user: User, authority: Organisation, *, on: date) -> bool:
    """Whether the person belongs to the authority, its whole, or one of its parts."""
    return Membership.objects.filter(inside(authority), user=user).on(on).exists()


def locked(case: Case) -> Case:
    """The case's row, locked for the operation: two at once get one after the other."""
    rows = Case.objects.select_for_update(of=("self",)).select_related("edition")
    # Few operations read what is long in an edition.
    rows = rows.defer(
        *(f"edition__{long}" for long in ("details", "assessment", "catalogue", "readiness", "law"))
    )
    row = rows.filter(pk=case.pk).first()
    if row is None:
        raise Refused(_("The case has been thrown away."))
    return row


def check_not_over(case: Case) -> None:
    """Raises Refused when the case is over."""
    if case.is_over:
        raise Refused(_("The case is over; what was done stands as it is."))


def said_of_taken_diary_number(
    number: str, authority: Organisation, *, by: User, on: date
) -> str | Promise:
    """What the person is told of a diary number that a case of the authority has: which case it is
    only who has a role in it, and that there is one only who belongs to the authority."""
    has_it = authority.cases.filter(diary_number=number).held_by(by, on=on).first()
    if has_it:
        return _("The case “%(title)s” already has this registration number.") % {
            "title": has_it.title
        }
    if is_insider(by, authority, on=on):
        return _("Another case of the authority already has this registration number.")
    return _(
        "This registration number cannot be entered. Ask the authority which number the case has,"
        " or leave it out for now."
    )


def _save_with_diary_number(
    case: Case, fields: Collection[str] | None = None, *, by: User, at: datetime
) -> None:
    """Save, unless another case of the authority has the diary number: also one that got it at
    this very moment, which only the database knows."""
    try:
        with transaction.atomic():
            case.save(update_fields=fields)
    except IntegrityError as taken:
        if "diary_number" not in str(taken):
            raise
        said = said_of_taken_diary_number(
            case.diary_number, case.authority, by=by, on=swedish_day(at)
        )
        raise Refused({"diary_number": said}) from taken


@transaction.atomic(durable=True)
def start_case(
    *,
    title: str,
    summary: str = "",
    authority: Organisation,
    team: Team | None = None,
    edition: Edition,
    context: str,
    planned_start_on: date,
    diary_number: str = "",
    role: str = Role.PROCURER,
    key: UUID | None = None,
    by: User,
    at: datetime,
) -> Case:
    """Write down a new case as a draft, with every phase of its edition planned in working days.

    Whoever starts it owns it and takes one working role beside. Steps that do not apply to the
    context are left out. Nobody else sees the case until it is begun or shared. Who starts one for
    an authority that they do not belong to comes from outside, as anybody else would: they see no
    suppliers before they have promised secrecy (`promise_secrecy`). The key is of the
    form: pressed twice, it gives the same case.
    """
    check_began(planned_start_on, field="planned_start_on", at=at)
    planned_start_on = roll_forward(planned_start_on)
    number = Numbering.next("case")
    if key and (started := Case.objects.filter(start_key=key).first()):
        if started.created_by_id == by.pk:
            return started
        key = None
    case = Case(
        number=number,
        title=title,
        summary=summary,
        authority=authority,
        team=team,
        edition=edition,
        context=context,
        planned_start_on=planned_start_on,
        diary_number=diary_number,
        created_by=by,
        created_at=at,
        start_key=key,
    )
    _save_with_diary_number(case, by=by, at=at)
    record(
        case,
        "case.started",
        by=by,
        at=at,
        facts={"edition": edition.pk, "context": context, "starts_on": planned_start_on},
        texts={"title": title},
    )
    today = swedish_day(at)
    is_engagement = not is_insider(by, authority, on=today)
    for own in dict.fromkeys([Role.OWNER, role]):
        give_role(case, user=by, role=own, from_on=today, is_engagement=is_engagement, by=by, at=at)
    phases = list(edition.phases.order_by("number").prefetch_related("steps"))
    plan = planning.plan([(p.length_days, p.decision_days) for p in phases], planned_start_on)
    for phase, days in zip(phases, plan, strict=True):
        run = CasePhase.objects.create(
            case=case,
            phase=phase,
            number=phase.number,
            planned_starts_on=days.starts_on,
            planned_ends_on=days.ends_on,
            planned_gate_on=days.gate_on,
            fee=phase.fee,
            planned_suppliers=phase.default_suppliers,
        )
        run.lay_out_tasks()
    return case


def give_role(
    case: Case,
    *,
    user: User,
    role: str,
    from_on: date,
    by: User,
    at: datetime,
    is_engagement: bool = False,
    undertaking_on: date | None = None,
    interests: str = "",
    until_on: date | None = None,
) -> CaseRole:
    """Add a role and its event. A shared step: call within an operation. Raises ClosedAccount."""
    held_open(user)
    held = CaseRole.objects.create(
        case=case,
        user=user,
        role=role,
        from_on=from_on,
        is_engagement=is_engagement,
        undertaking_on=undertaking_on,
        interests=interests,
        until_on=until_on,
    )
    facts = {"role": role, "user": user.pk, "from_on": from_on, "engagement": is_engagement}
    record(
        case,
        "role.taken" if user == by else "role.given",
        by=by,
        at=at,
        about=held,
        facts=facts | ({"until_on": until_on} if until_on else {}),
        texts={"person": user.name},
    )
    return held


@transaction.atomic(durable=True)
def begin_case(*, case: Case, on: date | None = None, by: User, at: datetime) -> Case:
    """Let the work begin: the first phase starts, on its planned day (today, where that has passed)
    unless another is given.

    Work may have begun on paper some years before (`BEGUN_BEFORE_MOST`); a day longer ago is
    refused.
    """
    case = locked(case)
    first = case.phases.select_related("phase").order_by("number", "attempt").first()
    if first is None:
        raise Refused(_("The edition has no phases."))
    case.move_to(CaseState.ACTIVE, by=by, at=at)
    start = on or max(first.planned_starts_on, swedish_day(at))
    check_began(start, field="on", at=at)
    place_anew(case, first, lambda plan, at: planning.moved(plan, at, start))
    first.refresh_from_db()
    # A day that is no working day has been rolled forward.
    case.started_on = start = first.planned_starts_on
    case.save(update_fields=["started_on"])
    first.begin(on=first.planned_starts_on, by=by, at=at)
    record(case, "case.begun", by=by, at=at, facts={"number": first.number, "on": start})
    return case


def place_anew(
    case: Case,
    run: CasePhase,
    lay: Callable[[planning.Plan, int], planning.Plan],
    *,
    keeps_set: bool = False,
) -> int:
    """Lay out the phases that are not closed anew: `lay` is given their plan and where in it the
    run stands. Returns how many got other days. With `keeps_set` the days that somebody has set in
    the run stay. A shared step: call within an operation."""
    runs = [one for one in case.phases.select_related("phase") if one.is_open]
    plan = [one.planned for one in runs]
    changed = [
        (one, days)
        for one, was, days in zip(runs, plan, lay(plan, runs.index(run)), strict=True)
        if days != was
    ]
    for one, days in changed:
        one.place(days, keeps_set=keeps_set and one == run)
    return len(changed)


@transaction.atomic(durable=True)
def move_phase(
    *,
    case: Case,
    case_phase: CasePhase,
    starts_on: date,
    was: str = "",
    by: User,
    at: datetime,
) -> CasePhase:
    """Plan a phase to start on another day; the later ones follow with their lengths kept.

    Refused when somebody has moved it since it was planned for the day that `was` (as text).

    Also moves the start of a phase that is decided to start but still waits. Refused once the
    phase has begun or the case is over, and when it would begin before the gate before it.
    When no day changes, nothing is written. Who decides its gate is told the old and the new day.
    """
    case = locked(case)
    run = case.phases.select_related("phase").get(pk=case_phase.pk)
    _check_move(case, run, starts_on, was, today=swedish_day(at))
    pending = [one for one in case.phases.all() if one.is_open]
    was_on = run.planned_gate_on
    if not place_anew(case, run, lambda plan, at: planning.moved(plan, at, starts_on)):
        return run
    run.refresh_from_db()
    if run.state != PhaseState.PLANNED:
        run.started_on = run.planned_starts_on
        run.save(update_fields=["started_on"])
        _move_round(case, run, by=by, at=at)
        if not case.phases.filter(state=PhaseState.CLOSED).exists():
            case.started_on = run.started_on
            case.save(update_fields=["started_on"])
    if case.state == CaseState.DRAFT and run == pending[0]:
        case.planned_start_on = run.planned_starts_on
        case.save(update_fields=["planned_start_on"])
    record(
        case,
        "case.planned",
        by=by,
        at=at,
        about=run,
        facts={"number": run.number, "starts_on": run.planned_starts_on},
    )
    if case.state == CaseState.ACTIVE and run.planned_gate_on != was_on:
        # One letter: the gates after it follow with their lengths kept.
        tell_of_move(run, was_on=was_on, by=by, at=at)
    return run


def may_move(run: CasePhase, *, on: date) -> bool:
    """Whether the start of the phase still lies ahead and can be moved."""
    return run.state == PhaseState.PLANNED or run.is_waiting(on=on)


def _check_move(case: Case, run: CasePhase, starts_on: date, was: str, *, today: date) -> None:
    check_not_over(case)
    check_was(run, starts_on, was)
    if starts_on < today:
        raise Refused({"starts_on": _("The phase cannot start on a day that has passed.")})
    if not may_move(run, on=today):
        raise Refused(_("The phase has already begun; its start cannot be moved."))
    check_gates_before(case, starts_on)


def check_was(run: CasePhase, starts_on: date, was: str) -> None:
    """Raises Refused when the first day is neither the one that the page showed nor the asked."""
    if was and was != run.starts_on.isoformat() and run.starts_on != roll_forward(starts_on):
        words = _("Somebody has moved the start to %(day)s meanwhile. Look at the plan again.")
        raise Refused({"starts_on": Stale(words % {"day": saying.day(run.starts_on)})})


def check_gates_before(case: Case, starts_on: date) -> None:
    """Raises PlanRefused for a start that is not after every gate that has been decided."""
    awaited = Q(
        state=PhaseState.CLOSED,
        decisions__took_effect_at=None,
        decisions__corrected_by=None,
        decisions__decided_on__gte=roll_forward(starts_on),
    )
    if case.phases.filter(Q(ended_on__gte=roll_forward(starts_on)) | awaited).exists():
        raise planning.too_early()


def _move_round(case: Case, run: CasePhase, *, by: User, at: datetime) -> None:
    """A secrecy window that is to open does so on the first day of its phase; that of an admission
    begun again is open already."""
    window = Round.objects.filter(case_phase=run).first()
    if window is None or run.admits_again:
        return
    was_on, window.opens_at = swedish_day(window.opens_at), start_of(run.starts_on)
    window.save(update_fields=["opens_at"])
    record(
        case,
        "round.moved",
        by=by,
        at=at,
        about=window,
        facts={"number": run.number, "was_on": was_on, "opens_on": run.starts_on},
    )


@transaction.atomic(durable=True)
def pause_case(*, case: Case, reason: str, by: User, at: datetime) -> Case:
    """Let the case rest, with the reason. Only days of the law are reminded of until it goes on."""
    case = locked(case)
    case.move_to(CaseState.PAUSED, by=by, at=at, reason=reason)
    return case


@transaction.atomic(durable=True)
def resume_case(*, case: Case, reason: str = "", by: User, at: datetime) -> Case:
    """Go on with a paused case where it was."""
    case = locked(case)
    if case.state != CaseState.PAUSED:
        raise Refused(_("The case is not paused."))
    case.move_to(CaseState.ACTIVE, by=by, at=at, reason=reason)
    return case


def _never_begun(case: Case, run: CasePhase) -> None:
    """What was to start on a day to come, and will not, has no first day."""
    if case.started_on == run.started_on:
        case.started_on = None
        case.save(update_fields=["started_on"])
    run.started_on = None
    run.save(update_fields=["started_on"])


@transaction.atomic(durable=True)
def stop_case(*, case: Case, reason: str, by: User, at: datetime) -> Case:
    """End the case outside a gate, with reasons. It stays readable and cannot be started again.

    The phase it is in ends with it, and so does the phase's secrecy window.
    """
    case = locked(case)
    run = case.current_phase
    if run is not None:
        if run.is_waiting(on=swedish_day(at)):
            _never_begun(case, run)
        run.close(on=swedish_day(at), by=by, at=at)
    case.ended_on = max(swedish_day(at), case.started_on or swedish_day(at))
    case.save(update_fields=["ended_on"])
    case.move_to(CaseState.STOPPED, by=by, at=at, reason=reason)
    return case


@transaction.atomic(durable=True)
def discard_case(*, case: Case, by: User, at: datetime) -> None:
    """Throw away a draft that nobody but its maker has seen. Its number is never used again."""
    case = locked(case)
    if case.state != CaseState.DRAFT or case.was_shown_to_others():
        raise Refused(_("The case has been shown to others and cannot be thrown away; stop it."))
    number, title = case.number, case.title
    evidence = Evidence.objects.filter(task__case_phase__case=case)
    attached = {one.file for one in evidence.select_related("file__organisation")}
    case.roles.all().delete()
    for run in case.phases.all():
        run.tasks.all().delete()
    papers = list(case.papers.select_related("document"))
    case.delete()
    for paper in papers:
        paper.document.throw_away()
    forget_unused(attached)
    record(
        f"procurements.case:{number}-discarded",
        "case.discarded",
        by=by,
        at=at,
        facts={"number": number},
        texts={"title": title},
    )


@transaction.atomic(durable=True)
def assess_legal_track(
    *,
    case: Case,
    track: str,
    proposed_track: str,
    answers: list[dict[str, str]],
    reasons: str,
    estimated_value: Decimal | None = None,
    started_from: int | None = None,
    by: User,
    at: datetime,
) -> LegalAssessment:
    """Keep the answers to the questions of LOU 1:5 and the track chosen, with reasons.

    Never overwritten: a new assessment follows the old one; the same again by the same person is
    one. Refused when somebody has saved another than the one that the writer began with
    (`started_from`, 0 for none), when the case is over, when the CPV code and the answer about it
    differ, and outside the act without its conditions.
    """
    case = locked(case)
    if case.is_over:
        raise Refused(_("The case is over; its legal track can no longer be changed."))
    given = {row["question"]: row["answer"] for row in answers}
    why = {row["question"]: row["reason"] for row in answers}
    if faults := faults_in(given, why, track=track):
        raise Refused(faults)
    assessed: dict[str, Any] = {
        "track": track,
        "proposed_track": proposed_track,
        "answers": answers,
        "estimated_value": estimated_value,
        "reasons": reasons,
        "by_id": by.pk,
    }
    last = LegalAssessment.objects.filter(case=case).order_by("pk").last()
    if last and all(getattr(last, name) == value for name, value in assessed.items()):
        return last
    if started_from is not None and started_from != (last.pk if last else 0):
        raise Stale(_("Someone else has saved an assessment meanwhile. Look at both and save."))
    assessment = LegalAssessment.objects.create(case=case, **assessed, at=at)
    case.legal_track = track
    case.save(update_fields=["legal_track"])
    record(
        case,
        "legal.assessed",
        by=by,
        at=at,
        about=assessment,
        facts={"track": str(LegalTrack(track).value), "proposed": proposed_track},
        texts={"reasons": reasons},
    )
    return assessment


@transaction.atomic(durable=True)
def change_case(
    *, case: Case, began: Began | None = None, by: User, at: datetime, **facts: object
) -> Case:
    """Correct title, summary, question, diary number, team or why the case rests or was stopped;
    history keeps what stood before.

    What was left alone on a page that showed what `began` holds stays as it is now. Raises
    Overtaken. The reason (`state_reason`) is refused when there is none of its own to correct.
    """
    case = locked(case)
    facts = row_merged(case, facts, began)
    changed = {name: new for name, new in facts.items() if getattr(case, name) != new}
    if not changed:
        return case
    if "state_reason" in changed and not case.has_own_reason:
        raise Refused(
            {
                "state_reason": _(
                    "The case is not paused any more, so there is no reason to correct. Empty the "
                    "field to save the rest."
                )
            }
        )
    texts = {f"before_{name}": str(getattr(case, name) or "") for name in changed}
    texts |= {f"now_{name}": str(new or "") for name, new in changed.items()}
    for name, new in changed.items():
        setattr(case, name, new)
    _save_with_diary_number(case, changed, by=by, at=at)
    record(
        case,
        "case.changed",
        by=by,
        at=at,
        facts={"fields": sorted(changed)},
        texts=texts,
    )
    return case
