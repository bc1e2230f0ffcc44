"""Whatever people do to a case in whatever order, some things never become true."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from documents import files
from journal.models import Event
from journal.verifying import faults
from procurements.days import is_working_day, start_of, swedish_day
from procurements.models import Case, CasePhase, GateDecision, Participant, Round, Task
from procurements.operations import case as cases
from procurements.operations import correcting, shaping, signing
from procurements.operations import gate as gates
from procurements.operations import task as tasks
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    take_away_suppliers,
    take_back_withdrawal,
    withdraw_supplier,
)
from procurements.states import CaseState, ParticipantState, PhaseState
from tests.builders import MONDAY, a_case, an_edition
from tests.people import everybody

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OUTCOMES = st.sampled_from([*["proceed"] * 5, "repeat", "repeat", "stop"])
GOING = (PhaseState.ACTIVE, PhaseState.DECIDED)
numbers = st.integers(min_value=0, max_value=9)


class Moves(RuleBasedStateMachine):
    """A case worked in by Per (procurer), Lena (process leader) and Nora (management)."""

    people = None

    @initialize(
        phases=st.integers(min_value=1, max_value=4),
        signatures=st.sampled_from([[], ["chief"], ["chief", "buyer"]]),
        begun=st.sampled_from([True, True, True, False]),
    )
    def started(self, phases, signatures, begun):
        self.at = MONDAY
        self.names = 0
        self.case = a_case(
            by=self.people.per,
            authority=self.people.authority,
            edition=an_edition(phases=phases, signatures=signatures),
            roles={"process_leader": self.people.lena, "management": self.people.nora},
            begun=begun,
        )
        self.copy = files.keep(
            SimpleUploadedFile("beslut.pdf", b"%PDF-1.7 x"), organisation=self.case.authority
        )

    def attempt(self, operation, **said):
        """An operation is done or refused in words; nothing else may come of it."""
        before = Event.objects.of(self.case).count()
        said = {"by": self.people.per} | said
        try:
            return operation(case=self.case, at=self.at, **said)
        except ValidationError:
            assert Event.objects.of(self.case).count() == before
            return None

    @property
    def current(self):
        return Case.objects.get(pk=self.case.pk).current_phase

    def pick(self, rows, n):
        found = list(rows)
        return found[n % len(found)] if found else None

    @property
    def state(self):
        return Case.objects.get(pk=self.case.pk).state

    @property
    def decisions(self):
        return GateDecision.objects.filter(case_phase__case=self.case)

    @property
    def left_by_their_gate(self):
        """Closed runs, but not the one in which the case was stopped outside a gate."""
        closed = list(CasePhase.objects.filter(case=self.case, state=PhaseState.CLOSED))
        decision = closed[-1].decisions.last() if closed else None
        if closed and self.state == CaseState.STOPPED and not (decision and decision.is_in_effect):
            closed.pop()
        return closed

    def stands(self, run):
        return GateDecision.standing(run.decisions.all())[run.pk]

    @rule(days=st.integers(min_value=1, max_value=20))
    def time_passes(self, days):
        self.at = start_of(swedish_day(self.at) + timedelta(days=days)) + timedelta(hours=9)

    @precondition(lambda self: self.current and self.current.is_waiting(on=swedish_day(self.at)))
    @rule()
    def the_phase_starts(self):
        self.at = start_of(self.current.started_on) + timedelta(hours=9)

    @precondition(lambda self: self.state == CaseState.DRAFT)
    @rule()
    def begin(self):
        self.attempt(cases.begin_case)

    @rule(n=numbers, done=st.booleans())
    def work(self, n, done):
        task = self.pick(Task.objects.filter(case_phase__case=self.case), n)
        item = task.step and task.step.items.first()
        if item:
            self.attempt(tasks.tick_items, task=task, ticked=[item.key], shown=[])
        operation = tasks.complete_task if done else tasks.reopen_task
        self.attempt(operation, task=task)

    @rule(n=numbers)
    def drop(self, n):
        task = self.pick(Task.objects.filter(case_phase__case=self.case), n)
        self.attempt(tasks.drop_task, task=task, reason="Behövs inte.")

    @precondition(lambda self: self.current and self.current.phase.admits_suppliers)
    @rule(count=st.integers(min_value=1, max_value=3))
    def admit(self, count):
        self.names += count
        suppliers = [TypedSupplier(f"Exempel {self.names - n}") for n in range(count)]
        self.attempt(admit_suppliers, suppliers=suppliers)

    @precondition(lambda self: self.case.participants.exists())
    @rule(n=numbers)
    def withdraw(self, n):
        one = self.pick(self.case.participants.all(), n)
        self.attempt(withdraw_supplier, participant=one, reason="Annat uppdrag.")

    @precondition(lambda self: self.case.participants.exists())
    @rule(n=numbers, more=st.sets(numbers, max_size=2))
    def take_away(self, n, more):
        everyone = list(self.case.participants.order_by("-pk"))
        chosen = {everyone[one % len(everyone)] for one in {n // 4, *more}}
        self.attempt(take_away_suppliers, suppliers=chosen, reason="Fel lista.")

    @precondition(lambda self: self.case.participants.filter(state="withdrawn").exists())
    @rule(n=numbers)
    def take_back(self, n):
        one = self.pick(self.case.participants.filter(state="withdrawn"), n)
        self.attempt(take_back_withdrawal, participant=one, reason="Fel firma.")

    @precondition(lambda self: self.current)
    @rule(
        outcome=OUTCOMES,
        leaving=st.sets(numbers),
        wait=st.sampled_from([None, None, None, -1, 0, 1, 3, 20]),
        ago=st.sampled_from([0, 0, 0, 0, -1, 1, 5]),
        despite=st.sampled_from(["Resten görs senare."] * 4 + [""]),
    )
    def decide(self, outcome, leaving, wait, ago, despite):
        decided_on = swedish_day(self.at) - timedelta(days=ago)
        self.attempt(
            gates.decide_gate,
            case_phase=self.current,
            outcome=outcome,
            reasons="Därför.",
            verdicts=self.verdicts(leaving),
            decided_by="Omsorgsnämnden",
            reference="§ 4",
            decided_on=decided_on,
            next_starts_on=None if wait is None else decided_on + timedelta(days=wait),
            despite=despite,
        )

    @precondition(lambda self: self.state == CaseState.ACTIVE)
    @rule(outcome=OUTCOMES, leaving=st.sets(numbers), signed=st.booleans())
    def pass_gate(self, outcome, leaving, signed):
        """As it is mostly done: on a day of the phase, with suppliers, and signed."""
        run = self.current
        if run.state == PhaseState.ACTIVE:
            self.at = max(self.at, start_of(run.started_on) + timedelta(hours=9))
            if run.phase.admits_suppliers:
                self.admit(3)
            self.decide(outcome, leaving, None, 0, "Resten görs senare.")
        for decision in self.decisions.filter(took_effect_at=None, corrected_by=None):
            for role in decision.signatures_needed if signed else []:
                self.attempt(
                    signing.file_signed_copy,
                    decision=decision,
                    role=role,
                    name="Ordföranden",
                    file=self.copy,
                )

    def verdicts(self, leaving):
        return {
            one.pk: gates.Verdict(one.pk % 10 not in leaving, "Saknar kapacitet.")
            for one in self.case.participants.all()
        }

    @precondition(lambda self: self.decisions.filter(took_effect_at=None).exists())
    @rule(n=numbers, who=st.sampled_from(["per", "nora"]), paper=st.booleans())
    def sign(self, n, who, paper):
        decision = self.pick(self.decisions.filter(took_effect_at=None).order_by("-pk"), n // 5)
        signed = {"decision": decision, "role": "buyer" if who == "per" else "chief"}
        if paper:
            self.attempt(signing.file_signed_copy, name="Ordföranden", file=self.copy, **signed)
        else:
            self.attempt(signing.sign_gate, by=getattr(self.people, who), **signed)

    @precondition(lambda self: self.decisions.exists())
    @rule(n=numbers, outcome=st.none() | OUTCOMES, leaving=st.sets(numbers), days=numbers)
    def correct(self, n, outcome, leaving, days):
        decision = self.pick(self.decisions.order_by("-pk"), n // 3)
        self.attempt(
            correcting.correct_gate,
            decision=decision,
            correction="Fel.",
            outcome=outcome or decision.outcome,
            reasons="Därför.",
            verdicts=self.verdicts(leaving),
            decided_by="Omsorgsnämnden",
            reference="§ 5",
            decided_on=decision.decided_on + timedelta(days=days // 7),
        )

    @rule()
    def pause(self):
        self.attempt(cases.pause_case, reason="Sommar.")

    @precondition(lambda self: self.state == CaseState.PAUSED)
    @rule()
    def resume(self):
        self.attempt(cases.resume_case)

    # Seldom: a stopped case does not move any more.
    @rule(really=st.integers(min_value=0, max_value=30))
    def stop(self, really):
        if really == 30:
            self.attempt(cases.stop_case, reason="Finns redan.")

    @rule(n=numbers, days=st.integers(min_value=-5, max_value=40))
    def move(self, n, days):
        run = self.pick(self.case.phases.all(), n)
        starts_on = swedish_day(self.at) + timedelta(days=days)
        self.attempt(cases.move_phase, case_phase=run, starts_on=starts_on)

    @rule(n=numbers, ends=st.integers(-5, 60), decided=st.integers(-2, 20), fee=st.integers(-1, 9))
    def shape(self, n, ends, decided, fee):
        run = self.pick(self.case.phases.all(), n)
        ends_on = swedish_day(self.at) + timedelta(days=ends)
        self.attempt(
            shaping.shape_phase,
            case_phase=run,
            planned_ends_on=ends_on,
            planned_gate_on=ends_on + timedelta(days=decided),
            fee=Decimal(fee) if fee >= 0 else None,
        )

    @invariant()
    def the_plan_runs_forward_over_working_days(self):
        pending = [run for run in self.case.phases.all() if run.is_open]
        for run in pending:
            assert is_working_day(run.planned_ends_on)
            assert run.planned_starts_on <= run.planned_ends_on <= run.planned_gate_on
        for before, after in pairwise(pending):
            assert before.planned_gate_on < after.planned_starts_on

    @invariant()
    def one_phase_goes_at_a_time(self):
        going = CasePhase.objects.filter(case=self.case, state__in=GOING).count()
        state = Case.objects.get(pk=self.case.pk).state
        if state in (CaseState.ACTIVE, CaseState.PAUSED):
            assert going == 1
        else:
            assert going <= (state == CaseState.STOPPED)

    @invariant()
    def a_closed_phase_has_a_decision_in_effect(self):
        for run in self.left_by_their_gate:
            stands = self.stands(run)
            assert stands.is_in_effect
            assert run.started_on <= run.ended_on
            assert run.ended_on == max(stands.decided_on, run.started_on)
            given = set(stands.signatures.values_list("role", flat=True))
            assert set(run.phase.signatures) == given

    @invariant()
    def an_undecided_phase_has_no_decision_in_effect(self):
        open_runs = CasePhase.objects.filter(case=self.case).exclude(state=PhaseState.CLOSED)
        decisions = GateDecision.objects.filter(case_phase__in=open_runs)
        assert not decisions.filter(took_effect_at__isnull=False).exists()
        for run in open_runs:
            assert run.decisions.exists() == (run.state == PhaseState.DECIDED)

    @invariant()
    def who_left_left_for_a_reason(self):
        for one in self.case.participants.exclude(state=ParticipantState.IN):
            assert one.left_reason
            assert one.left_in_id
        for one in self.case.participants.filter(state=ParticipantState.IN):
            assert (one.left_in_id, one.left_reason) == (None, "")

    @invariant()
    def nothing_is_told_of_who_was_entered_by_mistake(self):
        for one in Participant.everyone.filter(case=self.case, state=ParticipantState.MISTAKEN):
            assert one.left_in_id == one.admitted_in_id
            assert one.left_reason
            assert not one.outcomes.exists()

    @invariant()
    def who_was_left_behind_by_the_last_word_of_a_gate_is_not_in(self):
        for run in self.left_by_their_gate:
            for outcome in self.stands(run).outcomes.filter(goes_on=False):
                assert outcome.participant.state != ParticipantState.IN
                assert outcome.participant.left_reason

    @invariant()
    def what_waits_for_signatures_is_the_last_word_of_its_gate(self):
        waiting = GateDecision.waiting(self.decisions)
        for one in waiting.values():
            assert one.signatures_needed
            assert not GateDecision.objects.filter(corrects=one).exists()
            given = set(one.signatures.values_list("role", flat=True))
            assert given < set(one.signatures_needed)

    @invariant()
    def the_window_ends_with_its_phase(self):
        for window in Round.objects.filter(case_phase__case=self.case):
            run = window.case_phase
            assert (window.ends_at is not None) == (run.state == PhaseState.CLOSED)
            if run.admits_again:
                # Between two attempts at an admission it is never open.
                before = Round.objects.get(
                    case_phase__case=self.case,
                    case_phase__number=run.number,
                    case_phase__attempt=run.attempt - 1,
                )
                assert (window.opens_at, window.roles) == (before.ends_at, before.roles)
            elif run.started_on:
                assert window.opens_at == start_of(run.started_on)
            else:
                # The case was stopped before the phase began: its window never opened.
                assert window.opens_at == window.ends_at
        for run in CasePhase.objects.filter(case=self.case, state__in=GOING):
            assert run.needs_round == hasattr(run, "round")

    @invariant()
    def the_plan_is_in_order(self):
        runs = list(CasePhase.objects.filter(case=self.case).order_by("number", "attempt"))
        planned = [run for run in runs if run.state == PhaseState.PLANNED]
        for before, after in pairwise(planned):
            assert before.planned_gate_on < after.planned_starts_on
        for before, after in pairwise(runs):
            if before.state == PhaseState.CLOSED and after.started_on:
                assert before.ended_on < after.started_on

    def teardown(self):
        if self.people and hasattr(self, "case"):
            assert list(faults()) == []


def test_whatever_is_done_some_things_never_become_true():
    Moves.people = everybody()

    run_state_machine_as_test(
        Moves, settings=settings(max_examples=30, stateful_step_count=30, deadline=None)
    )
