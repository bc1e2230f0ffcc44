import pytest

from procurements.models import Case, CasePhase
from procurements.operations.case import stop_case
from procurements.operations.gate import Verdict, decide_gate
from procurements.operations.supplier import TypedSupplier, admit_suppliers, withdraw_supplier
from procurements.sight import Sight
from procurements.tracking import latest_runs, taking_part, track_phases
from procurements.views.tabs import facts_of
from tests.builders import a_case_in_admission, an_edition, at_start_of, passed_gate
from tests.people import everybody

pytestmark = pytest.mark.django_db


def test_no_later_phase_has_more_suppliers_than_are_left():
    people = everybody()
    case = a_case_in_admission(
        by=people.per, authority=people.authority, edition=an_edition(phases=4)
    )
    at = at_start_of(case)
    names = [TypedSupplier("Ask"), TypedSupplier("Björk")]
    ask, bjork = admit_suppliers(case=case, suppliers=names, by=people.per, at=at)

    def expected():
        now = Case.objects.get(pk=case.pk)
        phases = track_phases(
            now,
            now.edition.words(),
            runs=now.phases_in_order,
            participants=list(now.participants.select_related("admitted_in", "left_in")),
            decisions={},
        )
        return [phase.expected for phase in phases]

    # More can still come in while the phase that admits them goes on.
    assert expected() == [None, None, 3, 3]
    both = {one.pk: Verdict(True, "Går.") for one in (ask, bjork)}
    passed_gate(case, by=people.per, verdicts=both)
    assert expected() == [None, None, 2, 2]


def test_a_case_that_was_stopped_has_no_gates_fees_and_suppliers_to_come():
    people = everybody()
    case = a_case_in_admission(by=people.per, authority=people.authority)
    at = at_start_of(case)
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at)
    now = Case.objects.get(pk=case.pk)
    first = CasePhase.objects.get(case=case, number=0)

    phases = track_phases(
        now,
        now.edition.words(),
        runs=now.phases_in_order,
        participants=[],
        decisions={first.pk: first.decisions.get()},
    )

    assert [phase.has_gate for phase in phases] == [True, False, False]
    assert now.phases.get(number=2).planned_suppliers
    assert phases[2].expected is None
    assert facts_of(now, Sight.of(now, people.per, at=at)).fees == 0


def test_who_left_in_a_run_is_not_in_the_repeated_one():
    people = everybody()
    case = a_case_in_admission(by=people.per, authority=people.authority)
    at = at_start_of(case)
    ask, _bjork = admit_suppliers(
        case=case,
        suppliers=[TypedSupplier("Ask"), TypedSupplier("Björk")],
        by=people.per,
        at=at,
    )
    withdraw_supplier(case=case, participant=ask, reason="Saknar tid.", by=people.per, at=at)
    decide_gate(
        case=case,
        case_phase=case.current_phase,
        outcome="repeat",
        reasons="För få.",
        verdicts={},
        decided_by="Nämnden",
        reference="§ 1",
        decided_on=case.current_phase.started_on,
        despite="Görs om.",
        by=people.per,
        at=at,
    )

    first, again = CasePhase.objects.filter(case=case, number=1).order_by("attempt")
    everyone = list(Case.objects.get().participants.select_related("admitted_in", "left_in"))
    assert {p.name for p in taking_part(first, everyone)} == {"Ask", "Björk"}
    assert {p.name for p in taking_part(again, everyone)} == {"Björk"}
    assert latest_runs([first, again]) == [again]
