from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation

from handbook.models import DocumentTemplate
from journal.models import Event
from procurements.models import Case, GateDecision, Participant, PhaseDocument
from procurements.operations.case import pause_case, stop_case
from procurements.operations.correcting import correct_gate
from procurements.operations.gate import Verdict
from procurements.operations.paper import Place, save_paper
from procurements.operations.signing import sign_gate
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    correct_supplier,
    correct_withdrawal,
    take_away_suppliers,
    take_back_withdrawal,
    withdraw_supplier,
)
from procurements.refusals import Refused
from procurements.views.tabs import with_counts
from tests.builders import a_case, a_case_in_admission, an_edition, at_start_of, passed_gate
from tests.people import People

pytestmark = pytest.mark.django_db

ASK = TypedSupplier("Exempelföretaget Ask", number="556160-2722")
BJORK = TypedSupplier("Exempelföretaget Björk", country="NO")


@pytest.fixture
def case(people: People) -> Case:
    return a_case_in_admission(by=people.per, authority=people.authority)


def admit(case: Case, people: People, *suppliers: TypedSupplier):
    return admit_suppliers(case=case, suppliers=suppliers, by=people.per, at=at_start_of(case))


def test_admitted_suppliers_take_part_in_the_admitting_phase(case, people):
    ask, bjork = admit(case, people, ASK, BJORK)

    assert [ask.state, bjork.state] == ["in", "in"]
    assert ask.admitted_in == case.current_phase


def test_the_event_of_an_admission_lies_within_the_round(case, people):
    admit(case, people, ASK)

    event = Event.objects.of(case).get(verb="supplier.admitted")
    assert event.secrecy == case.current_phase.round.circle


def test_one_double_refuses_the_whole_list(case, people):
    admit(case, people, ASK)

    with pytest.raises(Refused):
        admit(case, people, BJORK, TypedSupplier("exempelföretaget ASK"))

    assert case.participants.count() == 1


def test_the_same_number_twice_is_refused(case, people):
    admit(case, people, ASK)

    with pytest.raises(Refused):
        admit(case, people, TypedSupplier("Annat namn", number=ASK.number))


def test_a_phase_that_does_not_admit_refuses(people):
    case = a_case(by=people.per, authority=people.authority)

    with pytest.raises(Refused):
        admit(case, people, ASK)


def test_after_the_gate_nobody_enters(case, people):
    admit(case, people, ASK)
    ask = case.participants.get()
    passed_gate(case, by=people.per, verdicts={ask.pk: Verdict(goes_on=True)})

    with pytest.raises(Refused):
        admit(Case.objects.get(pk=case.pk), people, BJORK)


def test_a_waiting_phase_admits_nobody(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    run = case.current_phase

    with pytest.raises(Refused):
        admit_suppliers(
            case=case,
            suppliers=[ASK],
            by=people.per,
            at=at_start_of(case).replace(year=run.started_on.year - 1),
        )


def test_a_correction_keeps_what_stood_before_in_the_history(case, people):
    (ask,) = admit(case, people, ASK)

    correct_supplier(
        case=case,
        participant=ask,
        typed=ASK._replace(name="Ask AB"),
        by=people.per,
        at=at_start_of(case),
    )

    event = Event.objects.of(case).readable().get(verb="supplier.corrected")
    assert event.fields()["before_name"] == ASK.name
    assert case.participants.get().name == "Ask AB"


@pytest.mark.parametrize(
    "typed", [BJORK._replace(number="556160-2722"), BJORK._replace(number="556056-6258")]
)
def test_a_number_is_corrected_to_one_that_is_swedish_and_nobody_elses(case, people, typed):
    _ask, bjork = admit(case, people, ASK, BJORK)
    country = "SE" if typed.number == ASK.number else "NO"

    with pytest.raises(Refused) as refusal:
        correct_supplier(case=case, participant=bjork, typed=typed._replace(country=country),
                         by=people.per, at=at_start_of(case))  # fmt: skip

    assert list(refusal.value.error_dict) == ["number"]
    assert Participant.objects.get(pk=bjork.pk).number == ""


def test_nobody_withdraws_from_a_case_that_is_over(case, people):
    (ask,) = admit(case, people, ASK)
    stop_case(case=case, reason="Finns redan.", by=people.per, at=at_start_of(case))

    with pytest.raises(Refused, match="avslutat"):
        withdraw_supplier(case=case, participant=ask, reason="Hinner inte.", by=people.per,
                          at=at_start_of(case))  # fmt: skip

    assert Participant.objects.get(pk=ask.pk).left_reason == ""


def test_a_withdrawal_has_its_reason_and_is_harmless_twice(case, people):
    (ask,) = admit(case, people, ASK)
    for _ in range(2):
        withdraw_supplier(
            case=case, participant=ask, reason="Saknar tid.", by=people.per, at=at_start_of(case)
        )

    ask.refresh_from_db()
    assert (ask.state, ask.left_reason, ask.left_in) == (
        "withdrawn",
        "Saknar tid.",
        case.current_phase,
    )
    assert Event.objects.of(case).filter(verb="supplier.withdrawn").count() == 1
    with pytest.raises(Refused, match="redan"):
        withdraw_supplier(
            case=case, participant=ask, reason="Såld.", by=people.per, at=at_start_of(case)
        )


@pytest.fixture
def gone(case, people) -> Participant:
    (ask,) = admit(case, people, ASK)
    return withdraw_supplier(
        case=case, participant=ask, reason="Saknar tid.", by=people.per, at=at_start_of(case)
    )


def correct_reason(case, participant, reason, *, by, was=None):
    return correct_withdrawal(
        case=case, participant=participant, reason=reason, was=was, by=by, at=at_start_of(case)
    )


def corrections(case):
    return Event.objects.of(case).filter(verb="supplier.withdrawal_corrected").readable()


def test_a_withdrawal_that_is_recorded_afterwards_has_its_own_day(case, people):
    ask, _bjork = admit(case, people, ASK, BJORK)
    came = at_start_of(case)
    later = came + timedelta(days=20)
    said = {"case": case, "participant": ask, "reason": "Saknar tid.", "by": people.per}
    for wrong in (came.date() - timedelta(days=1), later.date() + timedelta(days=1)):
        with pytest.raises(Refused) as refused:
            withdraw_supplier(**said, left_on=wrong, at=later)
        assert set(refused.value.message_dict) == {"left_on"}
    day = came.date() + timedelta(days=4)
    withdraw_supplier(**said, left_on=day, at=later)

    ask.refresh_from_db()
    assert ask.left_on == day
    event = Event.objects.of(case).readable().get(verb="supplier.withdrawn")
    assert event.facts["left_on"] == str(day)
    # The same again is harmless, another day would be kept nowhere.
    withdraw_supplier(**said, left_on=day, at=later)
    with pytest.raises(Refused):
        withdraw_supplier(**said, left_on=later.date(), at=later)


def test_who_withdrew_between_the_gate_and_the_next_phase_takes_no_part_in_it(case, people):
    ask, bjork = admit(case, people, ASK, BJORK)
    decided = at_start_of(case) + timedelta(days=1)
    case = passed_gate(
        case,
        by=people.per,
        at=decided,
        verdicts={one.pk: Verdict(True) for one in (ask, bjork)},
        next_starts_on=decided.date() + timedelta(weeks=2),
    )
    run = case.current_phase
    at = at_start_of(case) + timedelta(days=3)
    said = {"case": case, "reason": "Saknar tid.", "by": people.per, "at": at}
    with pytest.raises(Refused):
        withdraw_supplier(participant=ask, left_on=decided.date() - timedelta(days=1), **said)
    withdraw_supplier(participant=ask, left_on=decided.date() + timedelta(days=2), **said)
    withdraw_supplier(participant=bjork, left_on=run.started_on, **said)

    rows = Participant.objects.select_related("admitted_in", "left_in").order_by("pk")
    assert [one.takes_part_in(run) for one in rows] == [False, True]


def test_the_reason_of_a_withdrawal_is_corrected_and_the_earlier_stays_in_history(
    case, people, gone
):
    correct_reason(case, gone, "Saknar folk.", was="Saknar tid.", by=people.per)

    gone.refresh_from_db()
    event = corrections(case).get()
    told = event.fields()
    assert (gone.state, gone.left_reason) == ("withdrawn", "Saknar folk.")
    assert (told["before"], told["reason"]) == ("Saknar tid.", "Saknar folk.")
    assert all(text in event.sentence for text in (ASK.name, "Saknar tid.", "Saknar folk."))


def test_the_same_reason_again_changes_nothing(case, people, gone):
    correct_reason(case, gone, "Saknar tid.", was="Något äldre.", by=people.per)

    assert corrections(case).count() == 0


def test_a_reason_that_someone_else_has_corrected_is_refused(case, people, gone):
    correct_reason(case, gone, "Saknar folk.", was="Saknar tid.", by=people.lena)

    with pytest.raises(Refused) as refused:
        correct_reason(case, gone, "Saknar pengar.", was="Saknar tid.", by=people.per)

    gone.refresh_from_db()
    assert refused.value.code == "stale"
    assert gone.left_reason == "Saknar folk."
    assert corrections(case).count() == 1


def take_back(case, participant, *, by, reason="Fel firma."):
    return take_back_withdrawal(
        case=case, participant=participant, reason=reason, by=by, at=at_start_of(case)
    )


def test_a_withdrawal_recorded_by_mistake_is_taken_back_and_history_keeps_both(case, people, gone):
    for _twice in range(2):
        take_back(case, gone, by=people.lena)

    gone.refresh_from_db()
    events = Event.objects.of(case).readable()
    told = events.get(verb="supplier.withdrawal_taken_back").sentence
    assert (gone.state, gone.left_in, gone.left_reason) == ("in", None, "")
    assert all(text in told for text in (ASK.name, "Saknar tid.", "Fel firma."))
    assert events.filter(verb="supplier.withdrawn").count() == 1
    # Another reason would be kept nowhere.
    with pytest.raises(Refused, match="deltar"):
        take_back(case, gone, by=people.per, reason="Ett annat skäl.")
    # And it can withdraw after all.
    withdraw_supplier(
        case=case, participant=gone, reason="Såld.", by=people.per, at=at_start_of(case)
    )
    gone.refresh_from_db()
    assert (gone.state, gone.left_reason) == ("withdrawn", "Såld.")


def test_after_the_gate_a_withdrawal_stands(case, people, gone):
    (bjork,) = admit(case, people, BJORK)
    passed_gate(case, by=people.per, verdicts={bjork.pk: Verdict(True)})

    with pytest.raises(Refused, match="utan leverantören"):
        take_back(case, gone, by=people.per)

    gone.refresh_from_db()
    assert gone.state == "withdrawn"


def test_in_a_case_that_is_over_a_withdrawal_stands(case, people, gone):
    stop_case(case=case, reason="Medlen drogs in.", by=people.per, at=at_start_of(case))

    with pytest.raises(Refused, match="Ärendet är avslutat"):
        take_back(case, gone, by=people.per)


def test_while_a_decision_waits_for_signatures_a_withdrawal_stands(people):
    edition = an_edition(signatures=["chief"], signed_phases=[1])
    case = a_case_in_admission(people.per, people.authority, edition=edition)
    ask, bjork = admit(case, people, ASK, BJORK)
    said = {"case": case, "by": people.per, "at": at_start_of(case)}
    withdraw_supplier(participant=ask, reason="Saknar tid.", **said)
    passed_gate(case, by=people.per, verdicts={bjork.pk: Verdict(True)})

    with pytest.raises(Refused, match="utan leverantören"):
        take_back(case, ask, by=people.per)


@pytest.mark.parametrize("signed", [False, True])
def test_a_withdrawal_after_the_decision_is_taken_back_until_it_takes_effect(people, signed):
    case = a_case_in_admission(
        people.per,
        people.authority,
        roles={"management": people.nora},
        edition=an_edition(signatures=["chief"], signed_phases=[1]),
    )
    ask, bjork = admit(case, people, ASK, BJORK)
    said = {"case": case, "at": at_start_of(case)}
    goes_on = {one.pk: Verdict(True) for one in (ask, bjork)}
    passed_gate(case, by=people.per, verdicts=goes_on)
    withdraw_supplier(participant=ask, reason="Saknar tid.", by=people.per, **said)
    page = f"{case.get_absolute_url()}suppliers/"
    client = Client()
    client.force_login(people.per)

    if signed:
        decision = GateDecision.objects.get(case_phase__case=case, case_phase__number=1)
        sign_gate(decision=decision, role="chief", by=people.nora, **said)
        with pytest.raises(Refused, match="kan inte komma tillbaka"):
            take_back_withdrawal(participant=ask, reason="Fel firma.", by=people.per, **said)
        assert "Låt leverantören delta igen" not in client.get(page).text
        assert (
            "Har dragit sig ur sedan dess."
            in client.get(reverse("gate", args=[case.number, decision.pk])).text
        )
        return
    assert "Låt leverantören delta igen" in client.get(page).text
    take_back_withdrawal(participant=ask, reason="Fel firma.", by=people.per, **said)
    ask.refresh_from_db()
    assert (ask.state, ask.left_in) == ("in", None)


def repeated(case, people, **decided) -> Case:
    """The case in another attempt at the phase that admits."""
    return passed_gate(case, by=people.per, outcome="repeat", **decided)


def test_a_supplier_that_withdrew_tenders_anew_when_the_admission_is_repeated(case, people, gone):
    case = repeated(case, people)

    (anew,) = admit(case, people, ASK)

    gone.refresh_from_db()
    assert (anew.state, anew.admitted_in) == ("in", case.current_phase)
    assert (gone.state, gone.left_reason, gone.left_in.attempt) == ("withdrawn", "Saknar tid.", 1)
    told = [event.verb for event in Event.objects.of(case) if event.verb.startswith("supplier.")]
    assert told == ["supplier.admitted", "supplier.withdrawn", "supplier.admitted"]
    first, second = gone.admitted_in, anew.admitted_in
    assert [gone.takes_part_in(run) for run in (first, second)] == [True, False]
    assert [anew.takes_part_in(run) for run in (first, second)] == [False, True]
    with pytest.raises(Refused, match="redan i ärendet"):
        admit(case, people, ASK)


@pytest.fixture
def wait(case, people) -> tuple[Case, Participant]:
    """The gate says repeat, from some weeks on; the same day Ask takes its first tender back."""
    (ask,) = admit(case, people, ASK)
    said = {"by": people.per, "at": at_start_of(case)}
    case = passed_gate(
        case, outcome="repeat", next_starts_on=said["at"].date() + timedelta(weeks=3), **said
    )
    withdraw_supplier(case=case, participant=ask, reason="Saknar tid.", **said)
    return case, case.participants.select_related("admitted_in", "left_in").get()


def test_a_supplier_that_withdraws_in_the_wait_for_another_round_tenders_anew_in_it(people, wait):
    case, gone = wait

    (anew,) = admit(case, people, ASK)

    first, second = case.phases.filter(number=1).order_by("attempt")
    assert (gone.left_in, gone.left_on < second.started_on) == (second, True)
    assert [gone.takes_part_in(run) for run in (first, second)] == [True, False]
    assert [gone.withdrew_before(run) for run in (first, second)] == [False, True]
    assert [anew.takes_part_in(run) for run in (first, second)] == [False, True]
    # It is there already; the row that withdrew is put right, but does not come back beside it.
    with pytest.raises(Refused, match="redan i ärendet"):
        admit(case, people, ASK)
    correct_supplier(
        case=case,
        participant=gone,
        typed=ASK._replace(contact_name="Vera"),
        by=people.per,
        at=at_start_of(case),
    )
    with translation.override("en"), pytest.raises(Refused, match="come into the case anew"):
        take_back(case, gone, by=people.per)


def test_a_withdrawal_in_the_wait_is_taken_back_before_and_after_the_phase_begins(people, wait):
    case, gone = wait
    second = case.current_phase
    for at in (at_start_of(case) - timedelta(weeks=2), at_start_of(case)):
        take_back_withdrawal(
            case=case, participant=gone, reason=f"Fel firma, {at}.", by=people.per, at=at
        )
        gone.refresh_from_db()
        assert gone.takes_part_in(second)
        withdraw_supplier(case=case, participant=gone, reason="Igen.", by=people.per, at=at)

    # It withdrew on the first day of the phase at last.
    gone.refresh_from_db()
    assert gone.takes_part_in(second)
    assert not gone.withdrew_before(second)


def test_who_withdrew_before_a_phase_that_never_began_takes_no_part_in_it(people, wait):
    case, gone = wait
    stop_case(
        case=case,
        reason="Medlen drogs in.",
        by=people.per,
        at=at_start_of(case) - timedelta(weeks=1),
    )

    gone = case.participants.select_related("admitted_in", "left_in").get()
    never = gone.left_in
    assert (never.started_on, gone.takes_part_in(never)) == (None, False)
    assert gone.withdrew_before(never)


def test_in_the_run_it_withdrew_in_a_supplier_is_not_entered_again(case, people, gone):
    for again in (ASK, ASK._replace(name="Ask igen")):
        with pytest.raises(Refused):
            admit(case, people, again)


def test_the_row_that_withdrew_is_put_right_to_what_it_is_called_now(case, people, gone):
    case = repeated(case, people)
    (anew,) = admit(case, people, ASK._replace(name="Ask och Embla"))

    right = TypedSupplier.of(gone)._replace(name="Ask och Embla")
    correct_supplier(case=case, participant=gone, typed=right, by=people.per, at=at_start_of(case))

    gone.refresh_from_db()
    assert gone.name == anew.name == "Ask och Embla"
    # Both rows are one supplier.
    assert with_counts(Case.objects.all()).get(pk=case.pk).every_supplier_count == 1
    admit(case, people, ASK._replace(name="Björk", number=""))
    with pytest.raises(Refused):
        correct_supplier(
            case=case,
            participant=anew,
            typed=TypedSupplier.of(anew)._replace(name="Björk"),
            by=people.per,
            at=at_start_of(case),
        )


def test_a_supplier_that_withdraws_twice_may_come_a_third_time(case, people, gone):
    case = repeated(case, people)
    (anew,) = admit(case, people, ASK)
    withdraw_supplier(
        case=case, participant=anew, reason="Igen.", by=people.per, at=at_start_of(case)
    )
    with pytest.raises(Refused):
        admit(case, people, ASK)
    case = repeated(case, people)

    admit(case, people, ASK)

    assert [one.state for one in case.participants.all()] == ["withdrawn", "withdrawn", "in"]


def test_a_supplier_that_stays_is_not_entered_again_when_the_admission_is_repeated(case, people):
    admit(case, people, ASK)
    case = repeated(case, people)

    for again in (ASK, ASK._replace(name="Ask igen")):
        with pytest.raises(Refused):
            admit(case, people, again)


@pytest.mark.parametrize("withdraws", [False, True])
def test_who_does_not_go_on_by_a_gate_is_not_let_in_by_a_later_admission(people, withdraws):
    edition = an_edition(signatures=["chief"], signed_phases=[1], admitting_phases=[1, 2])
    case = a_case_in_admission(
        people.per, people.authority, roles={"management": people.nora}, edition=edition
    )
    ask, bjork = admit(case, people, ASK, BJORK)
    said = {"case": case, "at": at_start_of(case)}
    verdicts = {ask.pk: Verdict(False, "Saknar kapacitet."), bjork.pk: Verdict(True)}
    passed_gate(case, by=people.per, verdicts=verdicts)
    if withdraws:
        for one in (ask, bjork):
            withdraw_supplier(participant=one, reason="Saknar tid.", by=people.per, **said)
    decision = GateDecision.objects.get(case_phase__case=case, case_phase__number=1)
    sign_gate(decision=decision, role="chief", by=people.nora, **said)
    case = Case.objects.get(pk=case.pk)

    for again in (ASK, ASK._replace(name="Ask igen")):
        with pytest.raises(Refused):
            admit(case, people, again)
    if withdraws:
        # What the gate said of it lets it go on.
        admit(case, people, BJORK)


def test_a_name_is_corrected_to_that_of_a_supplier_that_withdrew_before(case, people, gone):
    case = repeated(case, people)
    (anew,) = admit(case, people, TypedSupplier("Ask"))
    said = {"case": case, "by": people.per, "at": at_start_of(case)}

    correct_supplier(participant=anew, typed=ASK, **said)
    correct_supplier(participant=gone, typed=ASK._replace(contact_name="Vera"), **said)

    gone.refresh_from_db()
    assert gone.contact_name == "Vera"
    assert [(one.name, one.number) for one in case.participants.all()] == 2 * [
        (ASK.name, ASK.number)
    ]


def test_while_a_decision_in_effect_is_corrected_a_withdrawal_stands(people):
    case = a_case_in_admission(
        people.per,
        people.authority,
        roles={"management": people.nora},
        edition=an_edition(signatures=["chief"], signed_phases=[1]),
    )
    (gone,) = admit(case, people, ASK)
    said = {"case": case, "at": at_start_of(case)}
    withdraw_supplier(participant=gone, reason="Saknar tid.", by=people.per, **said)
    case = repeated(case, people)
    decision = GateDecision.objects.get(case_phase__case=case, case_phase__number=1)
    sign_gate(decision=decision, role="chief", by=people.nora, **said)
    admit(Case.objects.get(pk=case.pk), people, ASK)
    facts = {name: getattr(decision, name) for name in ("outcome", "decided_by", "decided_on")}
    right = correct_gate(
        decision=decision,
        correction="Fel protokoll.",
        reasons="Samma skäl.",
        verdicts={},
        reference="Protokoll 2",
        by=people.per,
        **said,
        **facts,
    )

    assert not right.is_in_effect
    with pytest.raises(Refused, match="kan inte komma tillbaka"):
        take_back(case, gone, by=people.per)


def test_a_discarded_supplier_is_not_brought_back_as_withdrawn(case, people):
    ask, bjork = admit(case, people, ASK, BJORK)
    verdicts = {ask.pk: Verdict(False, "Saknar kapacitet."), bjork.pk: Verdict(True)}
    passed_gate(case, by=people.per, verdicts=verdicts)

    with pytest.raises(Refused, match="inte dragit sig"):
        take_back(case, ask, by=people.per)


def test_only_a_withdrawal_has_a_reason_to_correct_here(case, people):
    ask, bjork = admit(case, people, ASK, BJORK)
    passed_gate(
        case,
        by=people.per,
        verdicts={ask.pk: Verdict(True), bjork.pk: Verdict(False, "Saknar kapacitet.")},
    )

    for one in (ask, bjork):
        with pytest.raises(Refused):
            correct_reason(case, one, "Ångrar oss.", by=people.per)
    bjork.refresh_from_db()
    assert bjork.left_reason == "Saknar kapacitet."


def test_a_corrected_withdrawal_is_told_to_those_whom_the_withdrawal_was_told(case, people, gone):
    withdrawn = Event.objects.of(case).get(verb="supplier.withdrawn")
    case = passed_gate(case, by=people.per)

    correct_reason(case, gone, "Saknar folk.", by=people.per)

    assert withdrawn.secrecy == case.phases_in_order[1].round.circle
    assert corrections(case).get().secrecy == withdrawn.secrecy


def test_a_supplier_that_was_discarded_cannot_withdraw(case, people):
    (ask,) = admit(case, people, ASK)
    passed_gate(case, by=people.per, verdicts={ask.pk: Verdict(False, "Saknar kapacitet.")})

    with pytest.raises(ValidationError):
        withdraw_supplier(
            case=case,
            participant=ask,
            reason="Ångrar oss.",
            by=people.per,
            at=at_start_of(Case.objects.get(pk=case.pk)),
        )


def test_a_stopped_case_ends_its_phase_and_its_secrecy(case, people):
    admit(case, people, ASK)

    stop_case(case=case, reason="Behovet är löst.", by=people.per, at=at_start_of(case))

    run = Case.objects.get(pk=case.pk).phases_in_order[1]
    assert run.state == "closed"
    assert run.round.ends_at == at_start_of(case)
    assert Event.objects.of(case).filter(verb="round.ended").count() == 1


def take_away(case, *suppliers, by, reason="Fel lista.", at=None):
    return take_away_suppliers(
        case=case, suppliers=suppliers, reason=reason, by=by, at=at or at_start_of(case)
    )


def taken_away(case):
    return Event.objects.of(case).filter(verb="supplier.taken_away").readable()


def test_suppliers_entered_by_mistake_are_told_of_by_the_history_alone(case, people):
    ask, bjork, dahl = admit(case, people, ASK, BJORK, TypedSupplier("Dahl AB"))

    take_away(case, ask, bjork, by=people.lena)

    assert list(case.participants.all()) == [dahl]
    assert not Participant.objects.filter(name=ASK.name).exists()
    kept = Participant.everyone.get(pk=ask.pk)
    run = case.current_phase
    assert (kept.state, kept.left_in, kept.left_reason) == ("mistaken", run, "Fel lista.")
    entered = Event.objects.of(case).about(ask).get(verb="supplier.admitted")
    events = list(taken_away(case))
    assert [event.fields()["name"] for event in events] == [ASK.name, BJORK.name]
    assert {(event.by, event.secrecy) for event in events} == {(people.lena, run.round.circle)}
    assert all(words in events[0].sentence for words in (ASK.name, "Fel lista."))
    assert entered.by == people.per


def test_the_same_suppliers_taken_away_again_is_harmless_and_another_reason_refused(case, people):
    ask, bjork = admit(case, people, ASK, BJORK)
    take_away(case, ask, by=people.per)

    assert len(take_away(case, ask, bjork, by=people.per)) == 2
    assert taken_away(case).count() == 2
    with pytest.raises(Refused):
        take_away(case, ask, by=people.per, reason="Ett annat ärende.")
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at_start_of(case))
    take_away(case, ask, by=people.per)
    assert taken_away(case).count() == 2


def test_a_supplier_entered_by_mistake_can_be_entered_anew(case, people):
    (ask,) = admit(case, people, ASK)
    take_away(case, ask, by=people.per)

    (again,) = admit(case, people, ASK)
    take_away(case, again, by=people.per)
    admit(case, people, ASK)

    assert case.participants.get().number == ASK.number
    assert Participant.everyone.filter(case=case).count() == 3


def test_what_was_called_a_withdrawal_may_have_been_a_mistake(case, people, gone):
    take_away(case, gone, by=people.per)

    assert not case.participants.exists()
    verbs = Event.objects.of(case).about(gone).order_by("number").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["supplier.withdrawn", "supplier.taken_away"]


def decided(case, people, **said):
    verdicts = {one.pk: Verdict(goes_on=True) for one in case.participants.all()}
    passed_gate(case, by=people.per, verdicts=verdicts, **said)


def decided_to_be_signed(case, people):
    edition = an_edition(signatures=["chief"], signed_phases=[1])
    other = a_case_in_admission(by=people.per, authority=people.authority, edition=edition)
    admit(other, people, ASK)
    decided(other, people)
    return other


def written_to(case, people):
    template = DocumentTemplate.objects.filter(edition=case.edition).first()
    place = Place(case.current_phase, template, case.participants.get(name=ASK.name))
    save_paper(
        case=case, place=place, language="sv", fill={}, passages={},
        by=people.per, at=at_start_of(case),
    )  # fmt: skip


def paused(case, people):
    pause_case(case=case, reason="Sommar.", by=people.per, at=at_start_of(case))


def stopped(case, people):
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at_start_of(case))


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (decided, "only while the phase that it was entered in"),
        (repeated, "only while the phase that it was entered in"),
        (decided_to_be_signed, "The gate of the phase has been decided"),
        (written_to, "Papers have been written to Exempelföretaget Ask"),
        (paused, "The case is paused"),
        (stopped, "The case is over"),
    ],
)
def test_what_something_depends_on_is_not_taken_away(case, people, then, words):
    at = at_start_of(case)
    admit(case, people, BJORK, ASK)
    case = then(case, people) or case
    everyone = list(case.participants.all())

    with translation.override("en"), pytest.raises(Refused, match=words):
        take_away(case, *everyone, by=people.per, at=at)

    assert list(case.participants.all()) == everyone
    assert not taken_away(case).exists()


def test_what_came_in_before_the_admission_was_repeated_stays(case, people):
    (ask,) = admit(case, people, ASK)
    case = passed_gate(case, by=people.per, outcome="repeat")
    (bjork,) = admit(case, people, BJORK)

    with pytest.raises(Refused):
        take_away(case, bjork, ask, by=people.per)
    take_away(case, bjork, by=people.per)

    assert list(case.participants.all()) == [ask]


def test_nothing_is_done_to_a_supplier_that_was_taken_away_meanwhile(case, people):
    (ask,) = admit(case, people, ASK)
    take_away(case, ask, by=people.per)
    at, by = at_start_of(case), people.lena
    template = DocumentTemplate.objects.filter(edition=case.edition).first()

    for late in (
        lambda: correct_supplier(case=case, participant=ask, typed=BJORK, by=by, at=at),
        lambda: withdraw_supplier(case=case, participant=ask, reason="Nej.", by=by, at=at),
        lambda: take_back(case, ask, by=by),
        lambda: correct_reason(case, ask, "Nej.", by=by),
        lambda: save_paper(
            case=case, place=Place(case.current_phase, template, ask), language="sv", fill={},
            passages={}, by=by, at=at,
        ),
    ):  # fmt: skip
        with translation.override("en"), pytest.raises(Refused, match="was entered by mistake"):
            late()
    assert not PhaseDocument.objects.filter(participant=ask).exists()


def test_a_gate_says_nothing_of_a_supplier_entered_by_mistake(case, people):
    ask, bjork = admit(case, people, ASK, BJORK)
    take_away(case, ask, by=people.per)

    decided(case, people)

    outcomes = GateDecision.objects.get(case_phase=case.current_phase).outcomes
    assert list(outcomes.values_list("participant", flat=True)) == [bjork.pk]
    counted = with_counts(Case.objects.all()).get(pk=case.pk)
    assert (counted.supplier_count, counted.every_supplier_count) == (1, 1)
