"""Bring suppliers into a case by hand, correct what was typed, take away what was entered by
mistake, let suppliers withdraw."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from journal.models import Event
from journal.record import record
from procurements import saying
from procurements.days import swedish_day
from procurements.models import (
    Case,
    CasePhase,
    GateDecision,
    GateOutcome,
    Participant,
    PhaseDocument,
)
from procurements.operations.case import check_not_over, locked
from procurements.operations.effect import in_effect
from procurements.operations.paper import title_of
from procurements.refusals import Refused, Stale
from procurements.sight import circle_of
from procurements.states import CaseState, ParticipantState, PhaseState
from teams.merging import Began, facts_merged
from teams.models import User

# Also those that somebody has only begun to write.
HAS_PAPERS = Exists(PhaseDocument.objects.filter(participant=OuterRef("pk")))
NOT_IN_ITS_PHASE = _(
    "A supplier can be taken away only while the phase that it was entered in goes on. Let it"
    " withdraw, and write in the reason that it was entered by mistake."
)


class TypedSupplier(NamedTuple):
    """What was typed about one supplier, cleaned. The number is "" or in its one form."""

    name: str
    country: str = "SE"
    number: str = ""
    contact_name: str = ""
    contact_email: str = ""

    @classmethod
    def of(cls, participant: Participant) -> TypedSupplier:
        return cls(*(getattr(participant, name) for name in cls._fields))


class Taken:
    """The names and numbers of suppliers, which nobody else may have. A name is the same however
    its letters are written, large or small."""

    def __init__(self, suppliers: Iterable[Participant]) -> None:
        self.names: set[str] = set()
        self.numbers: set[str] = set()
        for one in suppliers:
            self.add(one.name, one.number)

    def add(self, name: str, number: str) -> None:
        self.names |= {name.casefold()} - {""}
        self.numbers |= {number} - {""}

    def has_name(self, name: str) -> bool:
        return name.casefold() in self.names

    def has_number(self, number: str) -> bool:
        return number in self.numbers


@transaction.atomic(durable=True)
def admit_suppliers(
    *,
    case: Case,
    suppliers: Sequence[TypedSupplier],
    is_demo: bool = False,
    by: User,
    at: datetime,
) -> list[Participant]:
    """Enter suppliers in the phase that admits them, all or none of them.

    Refused in a phase that does not admit suppliers, before it has begun and after its gate, and
    for a name or number that the case already has. Who withdrew in an earlier run may come anew.
    """
    case = locked(case)
    run = admitting_run(case, at)
    if run is None:
        raise _why_nobody_comes_in(case)
    circle = circle_of(run)
    taken = Taken(keeping_their_names(case, run))
    admitted = []
    for typed in suppliers:
        if taken.has_name(typed.name):
            raise Refused({"name": _("%(name)s is already in the case.") % {"name": typed.name}})
        if taken.has_number(typed.number):
            raise Refused(
                {
                    "number": _("Another supplier in the case has the number of %(name)s.")
                    % {"name": typed.name}
                }
            )
        taken.add(typed.name, typed.number)
        participant = Participant.objects.create(
            case=case,
            admitted_in=run,
            added_by=by,
            added_at=at,
            is_demo=is_demo,
            **typed._asdict(),
        )
        record(
            case,
            "supplier.admitted",
            by=by,
            at=at,
            about=participant,
            facts={"phase": run.number},
            texts={"name": participant.name},
            secrecy=circle,
        )
        admitted.append(participant)
    return admitted


def keeping_their_names(case: Case, run: CasePhase | None) -> list[Participant]:
    """The suppliers whose name and number nobody else who comes in during a run may have: all but
    those that withdrew before it began, unless a gate has left them out since (decision 27)."""
    everyone = list(case.participants.select_related("left_in", "admitted_in"))
    may_come_anew = {one.pk for one in everyone if run and one.withdrew_before(run)}
    if may_come_anew:
        may_come_anew -= _left_out(case)
    return [one for one in everyone if one.pk not in may_come_anew]


def came_anew(participant: Participant, everyone: Iterable[Participant]) -> bool:
    """Whether its name or number is that of another row that has not withdrawn (decision 27)."""
    others = Taken(
        one
        for one in everyone
        if one.pk != participant.pk and one.state != ParticipantState.WITHDRAWN
    )
    return others.has_name(participant.name) or others.has_number(participant.number)


def _left_out(case: Case) -> set[int]:
    """Of whom a gate says, as last corrected, that they do not go on; whether they withdrew while
    it waited for signatures or not."""
    signed = GateDecision.objects.filter(case_phase__case=case, took_effect_at__isnull=False)
    standing = GateDecision.standing(signed).values()
    outcomes = GateOutcome.objects.filter(decision__in=standing, goes_on=False)
    return set(outcomes.values_list("participant", flat=True))


def admitting_run(case: Case, at: datetime) -> CasePhase | None:
    """The run that suppliers come into now: it admits them and goes on, and nothing has been
    decided at its gate."""
    run = case.current_phase
    if case.state != CaseState.ACTIVE or run is None or run.state != PhaseState.ACTIVE:
        return None
    is_waiting = run.is_waiting(on=swedish_day(at))
    return run if run.phase.admits_suppliers and not is_waiting else None


def _why_nobody_comes_in(case: Case) -> Refused:
    run = case.current_phase
    if run is not None and run.state == PhaseState.DECIDED and run.phase.admits_suppliers:
        return Refused(_("The gate of the phase has been decided; no more suppliers can enter."))
    return Refused(_("Suppliers are entered while a phase that admits them is going on."))


@transaction.atomic(durable=True)
def correct_supplier(
    *,
    case: Case,
    participant: Participant,
    typed: TypedSupplier,
    began: Began | None = None,
    by: User,
    at: datetime,
) -> Participant:
    """Correct what was typed about a supplier. What stood before stays in the history, and in the
    papers that have been ordered; the lists call its papers by its name as it is now.

    What was left alone on a page that showed what `began` holds stays as it is now. Raises
    Overtaken.
    """
    case = locked(case)
    participant = case.participants.still_there(participant)
    before = TypedSupplier.of(participant)._asdict()
    typed = TypedSupplier(**facts_merged(before, typed._asdict(), began))
    if typed.number and typed.country != "SE":
        # Of two who changed one each at the same moment.
        raise Refused({"number": _("Only a Swedish supplier has a Swedish number.")})
    changed = {name: new for name, new in typed._asdict().items() if new != before[name]}
    if not changed:
        return participant
    there = keeping_their_names(case, participant.admitted_in)
    # Who came in after it had withdrawn may well be the same supplier.
    others = Taken(
        one
        for one in there
        if one.pk != participant.pk and not participant.withdrew_before(one.admitted_in)
    )
    if "name" in changed and others.has_name(typed.name):
        raise Refused({"name": _("%(name)s is already in the case.") % {"name": typed.name}})
    if "number" in changed and others.has_number(typed.number):
        raise Refused({"number": _("Another supplier in the case has that number.")})
    for name, new in changed.items():
        setattr(participant, name, new)
    participant.save(update_fields=list(changed))
    if "name" in changed:
        _rename_papers(case, participant)
    record(
        case,
        "supplier.corrected",
        by=by,
        at=at,
        about=participant,
        facts={"fields": sorted(changed)},
        texts={"name": before["name"]}
        | {f"before_{field}": before[field] for field in changed}
        | {f"now_{field}": new for field, new in changed.items()},
        secrecy=circle_of(participant.admitted_in),
    )
    return participant


def _rename_papers(case: Case, participant: Participant) -> None:
    for paper in participant.papers.select_related("document", "template"):
        if paper.template:
            words = case.edition.words(paper.document.language)
            paper.document.title = title_of(paper.template, participant, words)
            paper.document.save(update_fields=["title"])


def run_of_mistakes(case: Case, at: datetime) -> CasePhase:
    """The run whose suppliers can be taken away if they were entered by mistake. Raises Refused
    with what can be done instead."""
    if run := admitting_run(case, at):
        return run
    check_not_over(case)
    if case.state == CaseState.PAUSED:
        raise Refused(_("The case is paused. Resume it before you take away suppliers."))
    last = case.current_phase
    if last is not None and last.phase.admits_suppliers and last.state == PhaseState.DECIDED:
        raise Refused(
            _(
                "The gate of the phase has been decided. Let the supplier withdraw, and write in"
                " the reason that it was entered by mistake."
            )
        )
    raise Refused(NOT_IN_ITS_PHASE)


def may_be_mistakes(run: CasePhase) -> QuerySet[Participant]:
    """The suppliers that came in during a run, with whether papers keep them in the case."""
    return Participant.objects.filter(admitted_in=run).annotate(has_papers=HAS_PAPERS)


@transaction.atomic(durable=True)
def take_away_suppliers(
    *, case: Case, suppliers: Collection[Participant], reason: str, by: User, at: datetime
) -> list[Participant]:
    """Suppliers were entered by mistake, all of them or none: from now on only the history tells of
    them (decision 31). Who is to take part after all is entered anew.

    Refused once anything depends on them: when the phase they came in no longer goes on, its gate
    has been decided, signed or not, or a paper is about one of them. The same again is harmless;
    with another reason it is refused, since that would be kept nowhere.
    """
    case = locked(case)
    rows = Participant.everyone.filter(case=case, pk__in=[one.pk for one in suppliers])
    chosen: list[Participant] = list(rows)
    left = [one for one in chosen if one.state != ParticipantState.MISTAKEN]
    for one in chosen:
        if one not in left and one.left_reason != reason:
            raise Refused(
                _("Somebody has already taken away %(name)s. Take away the others.")
                % {"name": one.name}
            )
    if not left:
        return chosen
    run = run_of_mistakes(case, at)
    circle = circle_of(run)
    with_papers = set(rows.filter(HAS_PAPERS))
    for one in left:
        if one.admitted_in_id != run.pk:
            raise Refused(NOT_IN_ITS_PHASE)
        if one in with_papers:
            raise Refused(
                _(
                    "Papers have been written to %(name)s. Let it withdraw, and write in the"
                    " reason that it was entered by mistake."
                )
                % {"name": one.name}
            )
        one.move_to(ParticipantState.MISTAKEN, phase=run, reason=reason, on=swedish_day(at))
        record(
            case,
            "supplier.taken_away",
            by=by,
            at=at,
            about=one,
            facts={"phase": run.number},
            texts={"name": one.name, "reason": reason},
            secrecy=circle,
        )
    return chosen


@transaction.atomic(durable=True)
def withdraw_supplier(
    *,
    case: Case,
    participant: Participant,
    reason: str,
    left_on: date | None = None,
    by: User,
    at: datetime,
) -> Participant:
    """Record that a supplier leaves of its own free will, with the reason and the day (`left_on`;
    else today). The same again is harmless; another reason or day is refused, since it would be
    kept nowhere. Also while a decision at the gate waits for signatures: what it says of the
    supplier then changes nothing for it. Refused for a day ahead, and for one before the supplier
    came into the phase that the case is in."""
    case = locked(case)
    participant = case.participants.still_there(participant)
    if participant.state == ParticipantState.WITHDRAWN:
        if reason != participant.left_reason or left_on not in (None, participant.left_on):
            raise Refused(
                _("Somebody has already recorded that it withdrew. The reason can be corrected.")
            )
        return participant
    run = case.current_phase
    if run is None or case.is_over:
        raise Refused(_("The case is over; nobody can withdraw from it."))
    left_on = left_on or swedish_day(at)
    _check_left_on(case, run, participant, left_on, today=swedish_day(at))
    participant.move_to(ParticipantState.WITHDRAWN, phase=run, reason=reason, on=left_on)
    record(
        case,
        "supplier.withdrawn",
        by=by,
        at=at,
        about=participant,
        facts={"phase": run.number, "left_on": left_on},
        texts={"name": participant.name, "reason": reason},
        secrecy=circle_of(run),
    )
    return participant


def _check_left_on(
    case: Case, run: CasePhase, participant: Participant, left_on: date, *, today: date
) -> None:
    """Raises Refused for a day that cannot be that of a withdrawal in a run: it may lie before the
    run began, when it came into it by the gate before."""
    if left_on > today:
        raise Refused({"left_on": _("The day of the withdrawal cannot lie ahead.")})
    since = run.starts_on
    if participant.admitted_in_id != run.pk:
        ended = [one.ended_on for one in case.phases_in_order if one.ended_on]
        since = min(since, ended[-1])
    # What is recorded before the first day of a phase that waits happened by then.
    if left_on < min(since, today):
        words = _("The supplier came into the phase on %(day)s. It cannot have withdrawn before.")
        raise Refused({"left_on": words % {"day": saying.day(since)}})


@transaction.atomic(durable=True)
def correct_withdrawal(
    *,
    case: Case,
    participant: Participant,
    reason: str,
    was: str | None = None,
    by: User,
    at: datetime,
) -> Participant:
    """Correct why a supplier withdrew; the earlier text stays in the history.

    Refused for a supplier that has not withdrawn, and when someone else has corrected the text
    since the person began (`was`). The same text again changes nothing.
    """
    case = locked(case)
    participant = case.participants.still_there(participant)
    run, before = participant.left_in, participant.left_reason
    if participant.state != ParticipantState.WITHDRAWN or run is None:
        raise Refused(_("The supplier has not withdrawn."))
    if reason == before:
        return participant
    if was is not None and was != before:
        raise Stale(_("Someone else has corrected the reason. Look at both texts and save."))
    participant.left_reason = reason
    participant.save(update_fields=["left_reason"])
    record(
        case,
        "supplier.withdrawal_corrected",
        by=by,
        at=at,
        about=participant,
        facts={"phase": run.number},
        texts={"name": participant.name, "before": before, "reason": reason},
        secrecy=circle_of(run),
    )
    return participant


@transaction.atomic(durable=True)
def take_back_withdrawal(
    *, case: Case, participant: Participant, reason: str, by: User, at: datetime
) -> Participant:
    """A withdrawal was recorded by mistake: the supplier takes part again, and history keeps both.

    Refused once the gate of the phase it left in has been decided, since others were assessed
    without it, when an earlier gate has been corrected so that it does not go on, and when it has
    come in anew; not while a decision waits for signatures that was made before it left. The same
    again is harmless.
    """
    case = locked(case)
    participant = case.participants.still_there(participant)
    run, before = participant.left_in, participant.left_reason
    verb = "supplier.withdrawal_taken_back"
    if participant.state == ParticipantState.IN:
        last = Event.objects.of(case).about(participant).filter(verb=verb).last()
        if last is None or last.fields()["reason"] != reason:
            raise Refused(_("The supplier takes part."))
        return participant
    if participant.state != ParticipantState.WITHDRAWN or run is None:
        raise Refused(_("The supplier has not withdrawn."))
    check_not_over(case)
    if participant.pk in _left_out(case):
        raise Refused(_("A gate before has been corrected so that the supplier does not go on."))
    decided = run.decisions.order_by("number").last()
    spoken_of = decided.spoken_of if decided else None
    if spoken_of is not None and participant.pk not in spoken_of:
        raise Refused(
            _("The gate of the phase has been decided without the supplier; it cannot come back.")
        )
    if in_effect(run):
        raise Refused(_("The decision at the gate is in effect; the supplier cannot come back."))
    if came_anew(participant, case.participants.all()):
        raise Refused(_("The supplier has come into the case anew, so its withdrawal stands."))
    participant.move_to(ParticipantState.IN, phase=run, reason="", on=swedish_day(at))
    record(
        case,
        verb,
        by=by,
        at=at,
        about=participant,
        facts={"phase": run.number},
        texts={"name": participant.name, "before": before, "reason": reason},
        secrecy=circle_of(run),
    )
    return participant
