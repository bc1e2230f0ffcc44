from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import files
from documents.models import StoredFile
from documents.saying import day_in_words
from journal.models import Event
from procurements import days
from procurements.models import Case, CasePhase, GateDecision
from procurements.operations.case import move_phase, pause_case, stop_case
from procurements.operations.gate import Verdict, decide_gate, hindrances_of
from procurements.operations.signing import file_signed_copy, sign_gate
from procurements.operations.supplier import TypedSupplier, admit_suppliers, withdraw_supplier
from procurements.operations.task import complete_task
from procurements.refusals import AlreadyDecided, Refused
from procurements.states import CaseState, PhaseState
from tests.builders import MONDAY, a_case, a_case_in_admission, an_edition, at_start_of

pytestmark = pytest.mark.django_db
NAMES = ("Exempelföretaget Ask", "Exempelföretaget Björk", "Exempelföretaget Ceder")
TUESDAY = date(2026, 10, 6)


@pytest.fixture
def case(people):
    return a_case(by=people.per, authority=people.authority, roles={"management": people.nora})


def decide(case, by, *, at=MONDAY, **changed):
    said = {
        "case_phase": Case.objects.get(pk=case.pk).current_phase,
        "outcome": "proceed",
        "reasons": "Behovet är verkligt.",
        "verdicts": {},
        "decided_by": "Omsorgsnämnden",
        "reference": "protokoll § 4",
        "decided_on": at.date(),
        "despite": "Resten görs senare.",
    }
    return decide_gate(case=case, by=by, at=at, **(said | changed))


def admitted(people, **facts):
    case = a_case_in_admission(by=people.per, authority=people.authority, **facts)
    at = at_start_of(case)
    admit_suppliers(
        case=case, suppliers=[TypedSupplier(name) for name in NAMES], by=people.per, at=at
    )
    return Case.objects.get(pk=case.pk), at


def verdicts_of(case, *leaving):
    return {
        one.pk: Verdict(one.name not in leaving, "Saknar kapacitet." if one.name in leaving else "")
        for one in case.participants.all()
    }


def states(case):
    return {one.name: one.state for one in case.participants.all()}


def runs(case):
    return [(run.number, run.attempt, run.state) for run in CasePhase.objects.filter(case=case)]


def test_proceed_closes_the_phase_and_starts_the_next_on_the_next_working_day(case, people):
    decision = decide(case, people.per)

    assert decision.is_in_effect
    assert decision.next_starts_on == TUESDAY
    assert runs(case) == [(0, 1, "closed"), (1, 1, "active"), (2, 1, "planned")]
    assert Case.objects.get(pk=case.pk).current_phase.started_on == TUESDAY


def test_the_chosen_start_is_moved_to_a_working_day_and_the_plan_follows(case, people):
    before = CasePhase.objects.get(case=case, number=2).planned_starts_on

    decision = decide(case, people.per, next_starts_on=date(2026, 10, 17))

    assert decision.next_starts_on == date(2026, 10, 19)
    assert CasePhase.objects.get(case=case, number=1).started_on == date(2026, 10, 19)
    assert CasePhase.objects.get(case=case, number=2).planned_starts_on != before


def test_repeat_makes_a_new_run_with_its_own_tasks(case, people):
    decide(case, people.per, outcome="repeat")

    assert runs(case) == [
        (0, 1, "closed"),
        (0, 2, "active"),
        (1, 1, "planned"),
        (2, 1, "planned"),
    ]
    assert CasePhase.objects.get(case=case, attempt=2).tasks.count() == 2


def test_stop_ends_the_case_with_the_grounds(case, people):
    decision = decide(case, people.per, outcome="stop", reasons="Finns redan.")

    stopped = Case.objects.get(pk=case.pk)
    assert (stopped.state, stopped.state_reason) == (CaseState.STOPPED, "Finns redan.")
    assert decision.next_starts_on is None
    assert stopped.current_phase is None


def test_the_last_gate_completes_the_case_and_starts_nothing(people):
    case = a_case(by=people.per, authority=people.authority, edition=an_edition(phases=1))

    decision = decide(case, people.per, next_starts_on=date(2026, 10, 19))

    assert decision.next_starts_on is None
    assert Case.objects.get(pk=case.pk).state == CaseState.COMPLETED


def test_required_steps_not_done_need_a_reason(case, people):
    with pytest.raises(Refused) as refusal:
        decide(case, people.per, despite="")

    assert list(refusal.value.message_dict) == ["despite"]
    assert GateDecision.objects.count() == 0


def test_without_hindrances_no_reason_is_kept(case, people):
    run = case.current_phase
    for task in run.tasks.filter(is_required=True):
        complete_task(case=case, task=task, by=people.per, at=MONDAY)

    decision = decide(case, people.per, despite="Behövs inte.")

    assert hindrances_of(run) == []
    assert (decision.hindrances, decision.despite) == ([], "")


def test_hindrances_are_frozen_in_the_decision(case, people):
    decision = decide(case, people.per)

    assert (decision.hindrances, decision.despite) == (["step-0-1"], "Resten görs senare.")


def test_the_second_decision_is_refused_in_words(case, people):
    run = case.current_phase
    decide(case, people.per)

    with pytest.raises(AlreadyDecided, match="Någon har redan registrerat"):
        decide(case, people.per, case_phase=run)

    assert GateDecision.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("decided_on", {"decided_on": TUESDAY}),
        ("decided_on", {"decided_on": date(2026, 10, 2)}),
        ("next_starts_on", {"next_starts_on": MONDAY.date()}),
    ],
)
def test_days_that_cannot_be_are_refused_at_their_field(case, people, field, changed):
    with pytest.raises(Refused) as refusal:
        decide(case, people.per, **changed)

    assert list(refusal.value.message_dict) == [field]


def test_who_gives_a_day_before_the_phase_is_told_when_it_started(case, people):
    started = day_in_words(case.current_phase.started_on)

    with pytest.raises(Refused) as refusal:
        decide(case, people.per, decided_on=date(2026, 10, 2))

    assert started in refusal.value.messages[0]


def test_a_paused_case_is_not_decided(case, people):
    pause_case(case=case, reason="Sommar", by=people.per, at=MONDAY)

    with pytest.raises(Refused, match="pausat"):
        decide(case, people.per)


def test_a_phase_that_waits_for_its_day_is_not_decided(case, people):
    decide(case, people.per, next_starts_on=date(2026, 10, 19))

    with pytest.raises(Refused, match="har inte börjat"):
        decide(case, people.per, at=MONDAY + timedelta(days=2))


def test_a_phase_of_another_case_is_not_decided(case, people):
    other = a_case(by=people.olle, authority=people.elsewhere)

    with pytest.raises(CasePhase.DoesNotExist):
        decide(case, people.per, case_phase=other.current_phase)


def test_the_track_is_chosen_before_a_phase_that_calls_is_left(people):
    case, at = admitted(people)
    Case.objects.filter(pk=case.pk).update(legal_track="undecided")

    with pytest.raises(Refused, match="rättsligt spår"):
        decide(case, people.per, at=at, verdicts=verdicts_of(case))


def test_the_track_is_chosen_before_a_phase_that_calls_begins(people):
    case = a_case(by=people.per, authority=people.authority, legal_track="undecided")

    with pytest.raises(Refused, match="rättsligt spår"):
        decide(case, people.per)
    assert not GateDecision.objects.exists()
    # Whoever looks into the need once more, or ends here, needs none.
    decide(case, people.per, outcome="repeat")


def test_suppliers_go_on_or_leave_with_their_reason(people):
    case, at = admitted(people)
    window = case.current_phase.round

    decide(case, people.per, at=at, verdicts=verdicts_of(case, NAMES[1]))

    assert states(case) == {NAMES[0]: "in", NAMES[1]: "discarded", NAMES[2]: "in"}
    left = case.participants.get(name=NAMES[1])
    assert (left.left_in.number, left.left_reason) == (1, "Saknar kapacitet.")
    window.refresh_from_db()
    assert window.ends_at == at


def test_each_supplier_that_leaves_needs_a_reason(people):
    case, at = admitted(people)
    first = case.participants.get(name=NAMES[0])

    with pytest.raises(Refused) as refusal:
        decide(case, people.per, at=at, verdicts=verdicts_of(case) | {first.pk: Verdict(False)})

    assert list(refusal.value.message_dict) == [f"reason_{first.pk}"]
    assert set(states(case).values()) == {"in"}


def test_every_supplier_is_spoken_of_but_not_who_withdrew(people):
    case, at = admitted(people)
    withdraw_supplier(
        case=case,
        participant=case.participants.get(name=NAMES[2]),
        reason="Annat uppdrag",
        by=people.per,
        at=at,
    )
    with pytest.raises(Refused):
        decide(case, people.per, at=at, verdicts={})

    decision = decide(case, people.per, at=at, verdicts=verdicts_of(case))

    assert {row.participant.name for row in decision.outcomes.all()} == set(NAMES[:2])


def test_a_decision_in_a_secret_round_is_told_only_inside_it(people):
    edition = an_edition(signatures=["chief"], signed_phases=[1])
    case, at = admitted(people, edition=edition)
    window = case.current_phase.round

    decide(case, people.per, at=at, verdicts=verdicts_of(case, NAMES[0]))

    secret = Event.objects.of(case).filter(at=at, verb__in=["gate.decided", "phase.moved"])
    assert {event.secrecy for event in secret} == {window.circle}


# Signatures


@pytest.fixture
def signed_case(people):
    """Its gates are signed by chief (Nora, management) and buyer (Per, procurer)."""
    return a_case(
        by=people.per,
        authority=people.authority,
        roles={"management": people.nora, "observer": people.lena},
        edition=an_edition(signatures=["chief", "buyer"]),
    )


def test_a_decision_waits_for_its_last_signature(signed_case, people):
    case = signed_case
    decision = decide(case, people.per)
    assert not decision.is_in_effect
    assert runs(case)[0] == (0, 1, PhaseState.DECIDED)

    sign_gate(case=case, decision=decision, role="buyer", by=people.per, at=MONDAY)
    assert runs(case)[0] == (0, 1, PhaseState.DECIDED)
    sign_gate(
        case=case, decision=decision, role="chief", by=people.nora, at=MONDAY + timedelta(days=3)
    )

    decision.refresh_from_db()
    assert decision.took_effect_at == MONDAY + timedelta(days=3)
    # Signed on the Thursday: the next phase cannot have started on the Tuesday.
    assert Case.objects.get(pk=case.pk).current_phase.started_on == date(2026, 10, 8)


@pytest.mark.parametrize("corrected", [False, True])
def test_a_phase_moved_while_the_decision_waits_starts_on_its_new_day(
    signed_case, people, corrected
):
    from tests.procurements.operations.test_correcting import correct

    decision = decide(signed_case, people.per)
    following = CasePhase.objects.get(case=signed_case, number=1)
    far = following.planned_starts_on + timedelta(days=28)
    move_phase(case=signed_case, case_phase=following, starts_on=far, by=people.per, at=MONDAY)
    if corrected:
        decision = correct(signed_case, decision, people.per)
    for user, role in [(people.per, "buyer"), (people.nora, "chief")]:
        sign_gate(case=signed_case, decision=decision, role=role, by=user, at=MONDAY)

    assert Case.objects.get(pk=signed_case.pk).current_phase.started_on == far


def test_a_moved_phase_starts_the_day_after_the_decision_at_the_earliest(signed_case, people):
    late = MONDAY + timedelta(days=63)
    decision = decide(signed_case, people.per, at=late)
    following = CasePhase.objects.get(case=signed_case, number=1)
    move_phase(
        case=signed_case, case_phase=following, starts_on=late.date(), by=people.per, at=late
    )
    for user, role in [(people.per, "buyer"), (people.nora, "chief")]:
        sign_gate(case=signed_case, decision=decision, role=role, by=user, at=late)

    begun = Case.objects.get(pk=signed_case.pk).current_phase
    assert begun.started_on == days.next_working_day(late.date())


def test_what_rests_or_has_ended_is_not_moved_by_a_last_signature(signed_case, people):
    decision = decide(signed_case, people.per)
    sign_gate(case=signed_case, decision=decision, role="buyer", by=people.per, at=MONDAY)

    for end in (pause_case, stop_case):
        end(case=signed_case, reason="Budgeten.", by=people.per, at=MONDAY)
        with pytest.raises(Refused):
            sign_gate(case=signed_case, decision=decision, role="chief", by=people.nora, at=MONDAY)

    decision.refresh_from_db()
    assert not decision.is_in_effect
    # The stop has ended the phase; the next one never starts.
    assert runs(signed_case)[:2] == [(0, 1, PhaseState.CLOSED), (1, 1, PhaseState.PLANNED)]


def test_a_supplier_withdraws_while_the_decision_waits_and_has_left_when_it_takes_effect(people):
    case, at = admitted(
        people,
        roles={"management": people.nora},
        edition=an_edition(signatures=["chief"], signed_phases=[1]),
    )
    decision = decide(case, people.per, at=at, verdicts=verdicts_of(case, NAMES[1]))
    for one in case.participants.filter(name__in=NAMES[:2]):
        withdraw_supplier(case=case, participant=one, reason="Hinner inte.", by=people.per, at=at)

    sign_gate(case=case, decision=decision, role="chief", by=people.nora, at=at)

    assert states(case) == {NAMES[0]: "withdrawn", NAMES[1]: "withdrawn", NAMES[2]: "in"}
    assert {one.left_reason for one in case.participants.all()} == {"Hinner inte.", ""}
    assert not Event.objects.of(case).filter(verb="supplier.discarded").exists()


def test_the_last_signature_asks_for_the_track_too(signed_case, people):
    decision = decide(signed_case, people.per)
    Case.objects.update(legal_track="undecided")

    with pytest.raises(Refused, match="rättsligt spår"):
        sign_gate(case=signed_case, decision=decision, role="chief", by=people.nora, at=MONDAY)
    assert not decision.signatures.exists()


def test_nobody_signs_for_a_role_that_is_not_theirs(signed_case, people):
    decision = decide(signed_case, people.per)

    for user, role in [(people.per, "chief"), (people.lena, "buyer"), (people.olle, "chief")]:
        with pytest.raises(Refused):
            sign_gate(case=signed_case, decision=decision, role=role, by=user, at=MONDAY)

    assert decision.signatures.count() == 0


@pytest.mark.parametrize(
    "promised", [{}, {"undertaking_on": MONDAY.date()}, {"interests": "Inga."}]
)
def test_who_has_not_promised_secrecy_and_declared_interests_signs_nothing(
    signed_case, people, promised
):
    decision = decide(signed_case, people.per)
    theirs = signed_case.roles.filter(user=people.nora)
    theirs.update(is_engagement=True, **promised)
    sign = {"case": signed_case, "decision": decision, "role": "chief", "at": MONDAY}

    with pytest.raises(Refused):
        sign_gate(**sign, by=people.nora)
    theirs.update(undertaking_on=MONDAY.date(), interests="Inga.")
    assert sign_gate(**sign, by=people.nora).name == people.nora.name


def test_a_role_the_decision_does_not_ask_for_is_refused(signed_case, people):
    decision = decide(signed_case, people.per)

    with pytest.raises(Refused, match="kräver inte"):
        sign_gate(case=signed_case, decision=decision, role="pope", by=people.per, at=MONDAY)


def test_a_signature_is_given_once(signed_case, people):
    decision = decide(signed_case, people.per)
    sign_gate(case=signed_case, decision=decision, role="buyer", by=people.per, at=MONDAY)

    with pytest.raises(Refused, match="finns redan"):
        sign_gate(case=signed_case, decision=decision, role="buyer", by=people.per, at=MONDAY)

    assert decision.signatures.count() == 1


def test_one_person_does_not_sign_for_two_roles(people):
    case = a_case(
        by=people.per,
        authority=people.authority,
        roles={"management": people.per},
        edition=an_edition(signatures=["chief", "buyer"]),
    )
    decision = decide(case, people.per)
    sign_gate(case=case, decision=decision, role="buyer", by=people.per, at=MONDAY)

    with pytest.raises(Refused, match="någon annans"):
        sign_gate(case=case, decision=decision, role="chief", by=people.per, at=MONDAY)


def test_the_signed_copy_stands_for_a_signature(signed_case, people):
    decision = decide(signed_case, people.per)
    copy = files.keep(
        SimpleUploadedFile("beslut.pdf", b"%PDF-1.7 x"), organisation=signed_case.authority
    )

    for role in ("chief", "buyer"):
        file_signed_copy(
            case=signed_case,
            decision=decision,
            role=role,
            name="Ordföranden",
            file=copy,
            by=people.per,
            at=MONDAY,
        )

    decision.refresh_from_db()
    assert decision.is_in_effect


def test_a_signed_copy_that_was_forgotten_meanwhile_is_asked_for_once_more(signed_case, people):
    decision = decide(signed_case, people.per)
    copy = files.keep(SimpleUploadedFile("a.pdf", b"%PDF-1.7"), organisation=signed_case.authority)
    files.forget_unused([StoredFile.objects.get(pk=copy.pk)])

    with pytest.raises(files.RefusedFile):
        file_signed_copy(
            case=signed_case, decision=decision, role="chief", name="Ordföranden", file=copy,
            by=people.per, at=MONDAY,
        )  # fmt: skip

    assert not decision.signatures.exists()


def signed_on_paper(decision, people, *days_of_signing, at):
    """The signatures it asks for, one each day, on copies that are filed later."""
    case = decision.case_phase.case
    copy = files.keep(SimpleUploadedFile("beslut.pdf", b"%PDF-1.7 x"), organisation=case.authority)
    for role, day in zip(decision.signatures_needed, days_of_signing, strict=True):
        file_signed_copy(
            case=case,
            decision=decision,
            role=role,
            name="Ordföranden",
            file=copy,
            signed_on=day,
            by=people.per,
            at=at,
        )
    decision.refresh_from_db()


@pytest.mark.parametrize(
    ("signed", "starts_on"),
    [((6, 7), date(2026, 10, 12)), ((6, 14), date(2026, 10, 14)), ((6, None), date(2026, 11, 4))],
)
def test_what_was_signed_on_paper_was_signed_on_the_day_that_the_copy_says(
    signed_case, people, signed, starts_on
):
    """It was decided on a Monday in October that the next phase starts a week later; the copies
    are filed a month after that. Without a day of its own a copy is signed when it is filed."""
    decision = decide(signed_case, people.per, next_starts_on=date(2026, 10, 12))
    filed_at = MONDAY + timedelta(days=30)
    days_of_signing = [day and date(2026, 10, day) for day in signed]
    signed_on_paper(decision, people, *days_of_signing, at=filed_at)

    following = CasePhase.objects.get(case=signed_case, number=1)
    assert following.started_on == starts_on
    assert decision.took_effect_at == filed_at
    events = Event.objects.filter(verb="gate.signed").order_by("pk")
    assert [event.facts.get("signed_on") for event in events] == [
        day and str(day) for day in days_of_signing
    ]


@pytest.mark.parametrize("day", [date(2026, 10, 4), date(2026, 11, 5)])
def test_a_copy_is_not_signed_before_it_was_decided_nor_on_a_day_ahead(signed_case, people, day):
    decision = decide(signed_case, people.per)

    with pytest.raises(Refused) as refused:
        signed_on_paper(decision, people, day, day, at=MONDAY + timedelta(days=30))
    assert "signed_on" in refused.value.message_dict
    assert not decision.signatures.exists()


def waits_between(runs):
    return [
        days.working_days_between(one.planned_gate_on, two.planned_starts_on)
        for one, two in pairwise(runs)
    ]


@pytest.mark.parametrize("outcome", ["proceed", "repeat"])
def test_a_wait_that_was_chosen_between_phases_outlives_a_gate(people, outcome):
    case = a_case(by=people.per, authority=people.authority, edition=an_edition(phases=4))
    last = CasePhase.objects.get(case=case, number=3)
    far = last.planned_starts_on + timedelta(days=280)
    move_phase(case=case, case_phase=last, starts_on=far, by=people.per, at=MONDAY)
    planned = CasePhase.objects.filter(case=case, state=PhaseState.PLANNED)
    waits = waits_between(planned.order_by("number"))
    assert waits[-1] > 100

    decide(case, people.per, outcome=outcome)

    runs = list(CasePhase.objects.filter(case=case).order_by("number", "attempt"))
    assert waits_between(runs[1:]) == ([1, *waits] if outcome == "repeat" else waits)
