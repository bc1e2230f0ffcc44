"""The phase track of a case: from its rows, as far as a person may see, to plain geometry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from procurements import track
from procurements.models import Case, CasePhase, GateDecision, Participant
from procurements.states import GateOutcomeChoice, PhaseState

if TYPE_CHECKING:
    from handbook.words import Words
    from procurements.sight import Sight


def latest_runs(runs: Iterable[CasePhase]) -> list[CasePhase]:
    """One run for each phase: the latest attempt, in order."""
    latest: dict[int, CasePhase] = {}
    for run in runs:
        if run.number not in latest or run.attempt > latest[run.number].attempt:
            latest[run.number] = run
    return [latest[number] for number in sorted(latest)]


def state_of(run: CasePhase) -> track.State:
    if run.state == PhaseState.CLOSED:
        return "later" if run.was_never_begun else "done"
    return "now" if run.is_going else "later"


def taking_part(run: CasePhase, participants: Sequence[Participant]) -> list[Participant]:
    """Who takes part in a run: admitted in or before its phase, and not gone before it."""
    return [one for one in participants if one.takes_part_in(run)]


def track_phases(
    case: Case,
    words: Words,
    *,
    runs: Sequence[CasePhase],
    participants: Sequence[Participant] | None,
    decisions: dict[int, GateDecision],
    sight: Sight | None = None,
    goes_on: Mapping[int, Mapping[int, bool]] | None = None,
) -> list[track.TrackPhase]:
    """What the track is drawn from. No query: the rows come with their handbook phases.

    `participants` is None for a reader who may not know of suppliers; `decisions` holds by
    run the decision that stands; `goes_on` tells by run and supplier what a decision says that may
    still wait for signatures. A phase whose round is closed to the reader tells nothing.
    """
    phases = []
    # How many are left once no more can come in; no later phase has more, whatever was planned.
    remaining: int | None = None
    last = max((run.number for run in runs), default=0)
    for run in latest_runs(runs):
        state = state_of(run)
        told = participants is not None
        present = taking_part(run, participants or [])
        decision = decisions.get(run.pk)
        sees_round = sight is not None and sight.sees_round(run)
        # A decision that never took effect, as when the case was stopped, is no outcome.
        shows_outcome = decision is not None and (decision.is_in_effect or sees_round)
        # Where a case was stopped on the way no gate was passed, and none is to come.
        has_ended = run.state == PhaseState.CLOSED or case.is_over
        is_cut_off = has_ended and not (decision and decision.is_in_effect)
        # Nobody, where the reader is told of nobody.
        leaving = frozenset(
            one.pk
            for one in present
            if not (goes_on or {}).get(run.pk, {}).get(one.pk, one.left_in_id != run.pk)
        )
        no_more_come = state == "done" or (state == "now" and not run.phase.admits_suppliers)
        if present and no_more_come:
            remaining = len(present) - len(leaving)
        phases.append(
            track.TrackPhase(
                number=run.number,
                title=words(run.phase, "title"),
                state=state,
                url=run.get_absolute_url(),
                starts_on=run.starts_on,
                ends_on=run.ended_on or run.planned_ends_on,
                # One that waits for signatures is not the day of the gate yet.
                gate_on=decision.decided_on
                if decision and decision.is_in_effect
                else run.planned_gate_on,
                has_gate=not is_cut_off
                and (run.number != last or bool(decision and shows_outcome)),
                admits=run.phase.admits_suppliers,
                suppliers=tuple(track.Supplier(one.pk, one.name) for one in present)
                if told and state != "later"
                else (() if told or state == "later" else None),
                leaving=leaving,
                # What never comes to be expects nobody.
                expected=None if case.is_over and state == "later" else _expected(run, remaining),
                fee=run.fee,
                outcome=str(decision.get_outcome_display())
                if decision and shows_outcome and decision.outcome != GateOutcomeChoice.PROCEED
                else "",
            )
        )
    return phases


def _expected(run: CasePhase, remaining: int | None) -> int | None:
    if run.planned_suppliers is None or remaining is None:
        return run.planned_suppliers
    return min(run.planned_suppliers, remaining)


def printed_track(
    case: Case,
    run: CasePhase,
    words: Words,
    *,
    participants: Sequence[Participant],
    decisions: dict[int, GateDecision],
    verdicts: Mapping[int, tuple[bool, str]],
) -> track.Printed:
    """The track for a paper about one run, up to its gate; the paper itself follows its round."""
    runs = case.phases_in_order
    phases = track_phases(
        case,
        words,
        runs=runs,
        participants=participants,
        decisions=decisions,
        goes_on={run.pk: {pk: goes_on for pk, (goes_on, _reason) in verdicts.items()}},
    )
    focus = next(i for i, one in enumerate(latest_runs(runs)) if one.number == run.number)
    return track.printed(phases, focus)
