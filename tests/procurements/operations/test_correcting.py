"""Correct a decision at a gate: before it is in effect, and after, signed anew or at once."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import translation

from handbook.models import DocumentTemplate
from journal.models import Event
from procurements.facts import Facts
from procurements.models import Case, CasePhase, GateDecision
from procurements.operations.case import change_case, move_phase, pause_case, stop_case
from procurements.operations.correcting import correct_gate
from procurements.operations.paper import Place, order_paper
from procurements.operations.signing import sign_gate
from procurements.operations.supplier import take_back_withdrawal, withdraw_supplier
from procurements.operations.task import complete_task
from procurements.planning import PlanRefused
from procurements.refusals import AlreadyDecided, Refused
from procurements.states import ParticipantState
from tests.builders import MONDAY, a_case, an_edition, at_start_of
from tests.procurements.operations.test_gate import (
    NAMES,
    TUESDAY,
    admitted,
    decide,
    runs,
    states,
    verdicts_of,
)

pytestmark = pytest.mark.django_db
SIGNED_BY = ["chief", "buyer"]


@pytest.fixture
def signed_case(people):
    """Its gates are signed by chief (Nora, management) and buyer (Per, procurer)."""
    return a_case(
        by=people.per,
        authority=people.authority,
        roles={"management": people.nora},
        edition=an_edition(signatures=SIGNED_BY),
    )


def sign_all(decision, people, *, at):
    for user, role in [(people.per, "buyer"), (people.nora, "chief")]:
        sign_gate(case=decision.case_phase.case, decision=decision, role=role, by=user, at=at)
    decision.refresh_from_db()


def correct(case, decision, by, *, at=MONDAY, **changed):
    said = {
        "correction": "Fel paragraf.",
        "outcome": decision.outcome,
        "reasons": decision.reasons,
        "verdicts": {},
        "decided_by": decision.decided_by,
        "reference": decision.reference,
        "decided_on": decision.decided_on,
    }
    return correct_gate(case=case, decision=decision, by=by, at=at, **(said | changed))


def test_a_correction_follows_the_decision_and_leaves_it_as_it_was(case, people):
    decision = decide(case, people.per)

    right = correct(case, decision, people.per, reference="protokoll § 5")

    decision.refresh_from_db()
    assert decision.reference == "protokoll § 4"
    assert (right.number, right.corrects, right.reference) == (2, decision, "protokoll § 5")
    assert right.is_in_effect
    assert right.next_starts_on == decision.next_starts_on


def test_why_it_was_decided_all_the_same_is_corrected_and_not_what_was_missing(case, people):
    decision = decide(case, people.per, despite="Ada Strand är sjuk.")

    right = correct(case, decision, people.per, despite="Behovsägaren är sjuk.")
    after = correct(case, right, people.per)

    decision.refresh_from_db()
    assert decision.despite == "Ada Strand är sjuk."
    assert [one.despite for one in (right, after)] == ["Behovsägaren är sjuk."] * 2
    assert right.hindrances == after.hindrances == decision.hindrances != []


def test_who_corrects_a_decision_without_missing_steps_gives_no_reason_for_them(case, people):
    for task in case.current_phase.tasks.filter(is_required=True):
        complete_task(case=case, task=task, by=people.per, at=MONDAY)
    decision = decide(case, people.per)

    right = correct(case, decision, people.per, despite="Ändå.")

    assert (right.hindrances, right.despite) == ([], "")


def test_the_history_tells_what_a_correcting_decision_says_and_whose_it_is(case, people):
    decision = decide(case, people.per)
    on = decision.decided_on - timedelta(days=1)
    CasePhase.objects.filter(pk=decision.case_phase_id).update(started_on=on)
    correct(case, decision, people.per, correction="Fel dag", decided_by="Omsorgsnämnden",
            decided_on=on, reasons="Samma skäl.")  # fmt: skip

    event = Event.objects.of(case).readable().get(verb="gate.corrected")
    kept = event.fields()
    assert (kept["decided_on"], kept["reasons"]) == (on.isoformat(), "Samma skäl.")
    with translation.override("en"):
        assert event.sentence == (
            f"Recorded a correction of the decision at gate {decision.case_phase.number}: Fel dag. "
            "The decision says: Proceed. Decided by Omsorgsnämnden. Decided on: 4 October 2026"
        )


def test_a_decision_is_corrected_once(case, people):
    decision = decide(case, people.per)
    correct(case, decision, people.per)

    with pytest.raises(AlreadyDecided, match="redan rättat"):
        correct(case, decision, people.per)


def test_the_outcome_stands_once_it_is_in_effect(case, people):
    decision = decide(case, people.per)

    with pytest.raises(Refused) as refusal:
        correct(case, decision, people.per, outcome="stop")

    assert list(refusal.value.message_dict) == ["outcome"]


def test_a_correction_in_effect_is_not_later_than_what_it_started(case, people):
    decision = decide(case, people.per)

    with pytest.raises(Refused) as refusal:
        correct(case, decision, people.per, at=MONDAY + timedelta(days=5), decided_on=TUESDAY)

    assert list(refusal.value.message_dict) == ["decided_on"]


@pytest.mark.parametrize("day", [MONDAY + timedelta(days=1), MONDAY - timedelta(days=1)])
@pytest.mark.parametrize("is_signed", [False, True])
def test_a_correction_is_dated_in_its_phase_and_not_ahead(
    case, signed_case, people, day, is_signed
):
    case = signed_case if is_signed else case
    decision = decide(case, people.per)

    with pytest.raises(Refused) as refusal:
        correct(case, decision, people.per, decided_on=day.date())

    assert list(refusal.value.message_dict) == ["decided_on"]
    assert not GateDecision.objects.exclude(pk=decision.pk).exists()


def test_a_decision_that_waits_is_not_corrected_into_a_call_without_a_track(people):
    edition = an_edition(signatures=SIGNED_BY)
    case = a_case(
        by=people.per, authority=people.authority, edition=edition, legal_track="undecided"
    )
    decision = decide(case, people.per, outcome="repeat")

    with pytest.raises(Refused):
        correct(case, decision, people.per, outcome="proceed")

    assert not GateDecision.objects.exclude(pk=decision.pk).exists()


def test_a_decision_that_waits_is_not_corrected_while_the_case_rests(signed_case, people):
    decision = decide(signed_case, people.per)
    pause_case(case=signed_case, reason="Sommar.", by=people.per, at=MONDAY)

    with pytest.raises(Refused, match="pausat"):
        correct(signed_case, decision, people.per)

    assert not GateDecision.objects.exclude(pk=decision.pk).exists()


def test_a_correction_that_waits_is_not_later_than_what_the_decision_started(signed_case, people):
    decision = decide(signed_case, people.per)
    sign_all(decision, people, at=MONDAY)

    with pytest.raises(Refused) as refusal:
        correct(signed_case, decision, people.per, at=MONDAY + timedelta(days=5),
                decided_on=TUESDAY)  # fmt: skip

    assert list(refusal.value.message_dict) == ["decided_on"]


def test_before_it_is_in_effect_everything_is_corrected_and_signed_anew(signed_case, people):
    decision = decide(signed_case, people.per)
    sign_gate(case=signed_case, decision=decision, role="buyer", by=people.per, at=MONDAY)

    right = correct(signed_case, decision, people.per, outcome="repeat")

    assert (right.outcome, right.signatures.count(), right.is_in_effect) == ("repeat", 0, False)
    with pytest.raises(Refused, match="rättat"):
        sign_gate(case=signed_case, decision=decision, role="chief", by=people.nora, at=MONDAY)
    sign_all(right, people, at=MONDAY)
    assert runs(signed_case)[:2] == [(0, 1, "closed"), (0, 2, "active")]


def test_a_correction_brings_a_supplier_back_and_lets_another_leave(people):
    case, at = admitted(people)
    decision = decide(case, people.per, at=at, verdicts=verdicts_of(case, NAMES[1]))

    correct(case, decision, people.per, at=at, verdicts=verdicts_of(case, NAMES[2]))

    assert states(case) == {NAMES[0]: "in", NAMES[1]: "in", NAMES[2]: "discarded"}
    back = case.participants.get(name=NAMES[1])
    assert (back.left_in, back.left_on, back.left_reason) == (None, None, "")


def test_an_earlier_gate_corrected_leaves_who_left_at_a_later_one(people):
    case, at = admitted(people)
    first = decide(case, people.per, at=at, verdicts=verdicts_of(case))
    case = Case.objects.get(pk=case.pk)
    later = at_start_of(case)
    decide(case, people.per, at=later, verdicts=verdicts_of(case, NAMES[0]))

    correct(case, first, people.per, at=later, reference="§ 6")
    assert states(case)[NAMES[0]] == ParticipantState.DISCARDED
    again = GateDecision.objects.get(corrects=first)
    with pytest.raises(Refused, match="Grinden efter"):
        correct(case, again, people.per, at=later, verdicts=verdicts_of(case, NAMES[1]))

    assert states(case) == {NAMES[0]: "discarded", NAMES[1]: "in", NAMES[2]: "in"}


def test_a_supplier_that_withdrew_later_is_neither_brought_back_nor_put_out_by_a_correction(people):
    case, at = admitted(people)
    first = decide(case, people.per, at=at, verdicts=verdicts_of(case, NAMES[1]))
    case.refresh_from_db()
    gone = case.participants.get(name=NAMES[0])
    said = {"case": case, "participant": gone, "by": people.per}
    begun = at_start_of(case)
    withdraw_supplier(**said, reason="Saknar tid.", at=begun)
    wrong = correct(case, first, people.per, at=at, verdicts=verdicts_of(case, NAMES[0], NAMES[1]))

    # By the decision that stands it does not go on, whether it withdrew or not.
    with pytest.raises(Refused, match="rättats"):
        take_back_withdrawal(**said, reason="Fel firma.", at=begun)
    correct(case, wrong, people.per, at=at, verdicts=verdicts_of(case, NAMES[1]))

    gone.refresh_from_db()
    assert (gone.state, gone.left_reason) == ("withdrawn", "Saknar tid.")
    take_back_withdrawal(**said, reason="Fel firma.", at=begun)
    assert states(case)[NAMES[0]] == "in"


def test_the_chain_of_a_whole_gate_verifies(people, capsys):
    case, at = admitted(people)
    decision = decide(case, people.per, at=at, verdicts=verdicts_of(case, NAMES[1]))
    correct(case, decision, people.per, at=at, verdicts=verdicts_of(case))

    call_command("verify_journal")


def test_the_case_ends_on_the_day_its_last_decision_was_corrected_to(people):
    case = a_case(by=people.per, authority=people.authority, edition=an_edition(phases=1))
    at = MONDAY + timedelta(days=3)
    decision = decide(case, people.per, at=at)

    correct(case, decision, people.per, at=at, decided_on=MONDAY.date() + timedelta(days=1))

    case.refresh_from_db()
    assert case.ended_on == CasePhase.objects.get(case=case).ended_on == TUESDAY


def test_a_decision_signed_late_is_corrected_past_the_day_once_meant(signed_case, people):
    decision = decide(signed_case, people.per, next_starts_on=TUESDAY)
    late = MONDAY + timedelta(days=9)
    sign_all(decision, people, at=late)

    right = correct(
        signed_case, decision, people.per, at=late, decided_on=TUESDAY + timedelta(days=1)
    )
    sign_all(right, people, at=late)

    begun = Case.objects.get(pk=signed_case.pk).current_phase
    assert right.next_starts_on == begun.started_on == late.date()


@pytest.fixture
def passed(people):
    """A case past the gate of its admission, which asks for signatures and let one of three
    suppliers leave; the decision; and the moment."""
    edition = an_edition(phases=4, signatures=SIGNED_BY, signed_phases=[1])
    case, at = admitted(people, edition=edition, roles={"management": people.nora})
    decision = decide(case, people.per, at=at, verdicts=verdicts_of(case, NAMES[1]))
    sign_all(decision, people, at=at)
    return case, decision, at


def stands_in(case):
    decisions = GateDecision.objects.filter(case_phase__case=case, case_phase__number=1)
    (found,) = GateDecision.standing(decisions).values()
    return found


def test_the_decision_stands_until_its_correction_is_signed(passed, people):
    case, decision, at = passed
    right = correct(case, decision, people.per, at=at, verdicts=verdicts_of(case, NAMES[2]))

    before = {NAMES[0]: "in", NAMES[1]: "discarded", NAMES[2]: "in"}
    assert (right.signatures_needed, right.is_in_effect) == (SIGNED_BY, False)
    told = Event.objects.of(case).readable().get(verb="gate.corrected").sentence
    assert told.startswith(
        f"Registrerade en rättelse av beslutet vid grind {right.case_phase.number}: "
    )
    sign_gate(case=case, decision=right, role="buyer", by=people.per, at=at)
    assert (states(case), stands_in(case)) == (before, decision)
    sign_gate(case=case, decision=right, role="chief", by=people.nora, at=at)

    assert states(case) == {NAMES[0]: "in", NAMES[1]: "in", NAMES[2]: "discarded"}
    assert stands_in(case) == right
    kinds = list(Event.objects.of(case).values_list("verb", flat=True))
    assert kinds.count("gate.correction_took_effect") == 1
    call_command("verify_journal")


def test_only_the_paper_that_is_signed_tells_of_a_correction_that_waits(passed, people):
    case, decision, at = passed
    correct(
        case, decision, people.per, at=at, reference="§ 9", verdicts=verdicts_of(case, NAMES[2])
    )
    run, words = decision.case_phase, case.edition.words("sv")

    def told(*, is_decision: bool):
        about = Facts(case, run, words, is_decision=is_decision, language="sv", on=at.date())
        facts = about.collect({"gate.reference", "suppliers[].state", "signatures[].name"})
        states = {row["name"]: row["state"] for row in facts["suppliers"]}
        return facts["gate"]["reference"], states, [row["name"] for row in facts["signatures"]]

    stands = {NAMES[0]: "in", NAMES[1]: "discarded", NAMES[2]: "in"}
    signed = sorted([people.per.name, people.nora.name])
    reference, known, names = told(is_decision=False)
    assert (reference, known, sorted(names)) == (decision.reference, stands, signed)
    corrected = {NAMES[0]: "in", NAMES[1]: "in", NAMES[2]: "discarded"}
    assert told(is_decision=True) == ("§ 9", corrected, ["", ""])


def test_a_correction_that_waits_is_corrected_by_the_next(passed, people):
    case, decision, at = passed
    wrong = correct(case, decision, people.per, at=at, verdicts=verdicts_of(case, NAMES[2]))
    sign_gate(case=case, decision=wrong, role="buyer", by=people.per, at=at)

    with pytest.raises(Refused) as refusal:
        correct(case, wrong, people.per, at=at, outcome="repeat")
    assert list(refusal.value.message_dict) == ["outcome"]
    right = correct(case, wrong, people.per, at=at, verdicts=verdicts_of(case, *NAMES))
    with pytest.raises(Refused, match="rättat"):
        sign_gate(case=case, decision=wrong, role="chief", by=people.nora, at=at)
    assert states(case)[NAMES[0]] == "in"
    sign_all(right, people, at=at)

    assert set(states(case).values()) == {"discarded"}


def test_who_takes_part_is_settled_before_the_next_gate_is_decided(passed, people):
    case, decision, at = passed
    right = correct(case, decision, people.per, at=at, verdicts=verdicts_of(case, NAMES[2]))
    later = at_start_of(Case.objects.get(pk=case.pk))

    with pytest.raises(Refused, match="grind 1 rättas"):
        decide(case, people.per, at=later, verdicts=verdicts_of(case))
    same = correct(case, right, people.per, at=at, verdicts=verdicts_of(case, NAMES[1]))
    decide(case, people.per, at=later, verdicts=verdicts_of(case))
    sign_all(same, people, at=later)

    assert states(case) == {NAMES[0]: "in", NAMES[1]: "discarded", NAMES[2]: "in"}


def test_the_correction_in_a_case_that_is_over_can_be_signed(passed, people):
    case, decision, at = passed
    right = correct(case, decision, people.per, at=at, reference="§ 7")
    stop_case(case=case, reason="Finns redan.", by=people.per, at=at)

    sign_all(right, people, at=at)

    assert right.is_in_effect


def test_a_supplier_leaves_on_the_day_of_the_decision(people):
    case, at = admitted(people)
    late, after = at + timedelta(days=3), at.date() + timedelta(days=1)
    leaves = verdicts_of(case, NAMES[1])
    decision = decide(case, people.per, at=late, decided_on=after, verdicts=leaves)
    left = case.participants.get(name=NAMES[1])
    assert left.left_on == after

    correct(case, decision, people.per, at=late, decided_on=at.date(), verdicts=leaves)

    left.refresh_from_db()
    assert left.left_on == at.date()


def test_a_decision_is_not_corrected_to_the_day_the_next_phase_did_start(people):
    case = a_case(by=people.per, authority=people.authority)
    decision = decide(case, people.per, next_starts_on=date(2026, 10, 19))
    following = Case.objects.get(pk=case.pk).current_phase
    move_phase(case=case, case_phase=following, starts_on=TUESDAY, by=people.per, at=MONDAY)

    with pytest.raises(Refused, match="Nästa fas började"):
        correct(
            case, decision, people.per, at=MONDAY + timedelta(days=9), decided_on=date(2026, 10, 13)
        )


def test_a_correction_leaves_the_day_on_which_a_case_was_stopped(passed, people):
    case, decision, at = passed
    later = at + timedelta(days=30)
    right = correct(case, decision, people.per, at=at, reference="§ 7")
    stop_case(case=case, reason="Finns redan.", by=people.per, at=later)

    sign_all(right, people, at=later)

    assert Case.objects.get(pk=case.pk).ended_on == later.date()


def test_a_case_stopped_at_a_gate_tells_the_reasons_as_they_were_corrected(case, people):
    decision = decide(case, people.per, outcome="stop", reasons="Finns redna.")

    correct(case, decision, people.per, reasons="Finns redan.")

    assert Case.objects.get(pk=case.pk).state_reason == "Finns redan."


def test_the_grounds_of_a_round_are_not_told_to_all_when_they_are_corrected(people):
    case, at = admitted(people)
    decision = decide(case, people.per, at=at, outcome="stop", verdicts=verdicts_of(case, *NAMES))

    correct(case, decision, people.per, at=at, reasons=f"{NAMES[0]} kan inte.")

    assert Case.objects.get(pk=case.pk).state_reason == ""


def test_the_reasons_of_a_stop_at_a_gate_are_corrected_only_by_a_decision(case, people):
    decide(case, people.per, outcome="stop", reasons="Finns redan.")

    with pytest.raises(Refused, match="state_reason"):
        change_case(case=case, state_reason="Annat.", by=people.per, at=MONDAY)


def test_a_waiting_phase_is_not_moved_to_the_day_of_a_correction_that_waits(passed, people):
    case, decision, at = passed
    following = Case.objects.get(pk=case.pk).current_phase
    far = following.started_on + timedelta(days=28)
    move_phase(case=case, case_phase=following, starts_on=far, by=people.per, at=at)
    late = at + timedelta(days=7)
    right = correct(case, decision, people.per, at=late, decided_on=late.date())

    with pytest.raises(PlanRefused):
        move_phase(case=case, case_phase=following, starts_on=late.date(), by=people.per, at=late)
    sign_all(right, people, at=late)

    assert right.is_in_effect


def test_the_paper_to_be_signed_draws_what_its_decision_says(passed, people):
    case, decision, at = passed
    order = {"language": "sv", "fill": {}, "passages": {}, "draft": True, "by": people.per}
    template = DocumentTemplate.objects.get(edition=case.edition, serves="phase_decision")
    place = Place(decision.case_phase, template)

    def drawn():
        paper = order_paper(case=Case.objects.get(pk=case.pk), place=place, at=at, **order)
        frame = paper.document.revisions.first().frame
        words = [column["words"] for column in frame["track_columns"] if column["is_focus"]]
        return frame["funnel"]["to"], words[0]

    before = drawn()
    correct(case, decision, people.per, at=at, verdicts=verdicts_of(case, *NAMES[1:]))
    after = drawn()

    assert (before[0], after[0]) == (2, 1)
    assert before[1] != after[1]
    assert "1" in after[1]
