"""The plan of a phase: how long it takes, when its gate is, for how many, and at what fee."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from journal.models import Event
from journal.sentences import tell
from outbox.models import Message
from outbox.work import carry_out_one
from procurements import days
from procurements.forms.case import ShapePhaseForm
from procurements.models import Case, CasePhase, Task
from procurements.operations.case import begin_case, give_role, stop_case
from procurements.operations.gate import decide_gate
from procurements.operations.shaping import shape_phase
from procurements.refusals import Refused
from procurements.states import GateOutcomeChoice
from teams.merging import Overtaken
from tests.builders import MONDAY, a_case, a_case_in_admission, at_start_of, passed_gate

pytestmark = pytest.mark.django_db


def plans(case):
    return [run.planned for run in Case.objects.get(pk=case.pk).phases_in_order]


def shaped(case, number, at=MONDAY, **facts):
    run = case.phases.filter(number=number).latest("attempt")
    return shape_phase(case=case, case_phase=run, by=case.created_by, at=at, **facts)


def test_a_longer_phase_takes_the_later_ones_along_and_its_steps_stay(case):
    first, second, third = plans(case)
    due = set(Task.objects.filter(case_phase__number=0).values_list("due_on", flat=True))
    ends_on, gate_on = (days.add_working_days(day, 5) for day in first[1:])

    shaped(case, 0, planned_ends_on=ends_on, planned_gate_on=gate_on)

    now = plans(case)
    assert now[0] == (first.starts_on, ends_on, gate_on)
    assert now[1:] == [
        tuple(days.add_working_days(day, 5) for day in phase) for phase in (second, third)
    ]
    assert due == set(Task.objects.filter(case_phase__number=0).values_list("due_on", flat=True))


def test_a_day_off_is_rolled_forward(case):
    friday = next(
        d for d in (plans(case)[0].ends_on + timedelta(n) for n in range(7)) if d.weekday() == 4
    )

    run = shaped(
        case,
        0,
        planned_ends_on=friday + timedelta(days=1),
        planned_gate_on=friday + timedelta(days=2),
    )

    monday = days.next_working_day(friday)
    assert (run.planned_ends_on, run.planned_gate_on) == (monday, monday)


def test_a_phase_keeps_its_own_length_when_it_begins(case, people):
    _first, second, _third = plans(case)
    shaped(case, 1, planned_ends_on=days.add_working_days(second.ends_on, 3),
           planned_gate_on=days.add_working_days(second.gate_on, 4))  # fmt: skip
    run = case.phases.get(number=1)
    lengths = run.lengths

    passed_gate(case, by=people.per)

    run.refresh_from_db()
    assert lengths == (13, 3)
    assert run.planned_starts_on == run.started_on is not None
    assert run.lengths == lengths
    later = case.phases.get(number=2)
    assert later.planned_starts_on == days.next_working_day(run.planned_gate_on)


def test_a_draft_that_begins_another_day_keeps_the_lengths(people):
    case = a_case(by=people.per, authority=people.authority, begun=False)
    first = plans(case)[0]
    shaped(case, 0, planned_ends_on=days.add_working_days(first.ends_on, 2),
           planned_gate_on=days.add_working_days(first.gate_on, 2))  # fmt: skip

    begin_case(case=case, on=MONDAY.date() + timedelta(days=14), by=people.per, at=MONDAY)

    assert case.phases.get(number=0).lengths == (12, 2)


def test_a_repeated_phase_takes_as_long_as_it_was_planned_to(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    at = at_start_of(case)
    run = case.current_phase
    shaped(case, 1, at, planned_ends_on=days.add_working_days(run.planned_ends_on, 6),
           planned_gate_on=days.add_working_days(run.planned_gate_on, 6))  # fmt: skip

    decide_gate(
        case=case,
        case_phase=CasePhase.objects.get(pk=run.pk),
        outcome=GateOutcomeChoice.REPEAT,
        reasons="För få.",
        verdicts={},
        decided_by="Nämnden",
        reference="§ 1",
        decided_on=run.started_on,
        despite="Görs om.",
        by=people.per,
        at=at,
    )

    again = case.phases.get(number=1, attempt=2)
    assert again.lengths == (16, 2)


def test_numbers_and_fees_are_the_cases_own_and_told_in_its_history(case):
    shaped(case, 2, planned_suppliers=5, fee=Decimal("30000.50"))

    run = case.phases.get(number=2)
    assert (run.planned_suppliers, run.fee) == (5, Decimal("30000.50"))
    event = Event.objects.about(run).get(verb="phase.shaped")
    assert tell(event.verb, event.facts) == (
        "Ändrade planen för fas 2. Leverantörer, förut: 3, nu: 5. "
        "Ersättning per leverantör, förut: 25\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}kr, "
        "nu: 30\N{NO-BREAK SPACE}000,50\N{NO-BREAK SPACE}kr."
    )
    # The days of the phase were left alone.
    assert not any("_on" in name for name in event.facts)


def test_a_fee_given_to_a_phase_without_one_and_taken_away_is_told_in_its_history(case):
    run = case.phases.get(number=0)
    assert run.fee is None

    shaped(case, 0, fee=Decimal(300_000))
    shaped(case, 0, fee=None)

    given, taken = Event.objects.about(run).filter(verb="phase.shaped").order_by("number")
    amount = "300\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}kr"
    assert given.sentence.endswith(f"Ersättning per leverantör, förut: –, nu: {amount}.")
    assert taken.sentence.endswith(f"Ersättning per leverantör, förut: {amount}, nu: –.")


def test_nothing_changed_is_nothing_written(case):
    run = case.phases.get(number=2)

    shaped(case, 2, planned_ends_on=run.planned_ends_on, planned_gate_on=run.planned_gate_on,
           planned_suppliers=run.planned_suppliers, fee=run.fee)  # fmt: skip

    assert not Event.objects.filter(verb="phase.shaped").exists()


@pytest.mark.parametrize(
    ("ends", "gate", "field"),
    [
        (-20, None, "planned_ends_on"),  # before its first day
        (None, -2, "planned_gate_on"),  # before its last day
        (3, None, "planned_gate_on"),  # the last day comes after the gate
    ],
)
def test_days_out_of_order_are_refused_at_the_field(case, ends, gate, field):
    planned = plans(case)[1]
    wanted = {
        "planned_ends_on": days.add_working_days(planned.ends_on, ends or 0),
        "planned_gate_on": days.add_working_days(planned.gate_on, gate or 0)
        if gate != -2
        else planned.ends_on - timedelta(days=1),
    }
    with pytest.raises(Refused) as refused:
        shaped(case, 1, **wanted)

    assert set(refused.value.error_dict) == {field}
    assert plans(case)[1] == planned


def test_a_day_that_has_passed_is_refused_and_one_that_was_set_before_may_stay(case):
    planned = plans(case)[0]
    today = days.add_working_days(planned.gate_on, 3)
    late = days.start_of(today) + timedelta(hours=9)
    passed = days.add_working_days(planned.gate_on, 1)

    with pytest.raises(Refused) as refused:
        shaped(case, 0, late, planned_ends_on=planned.ends_on, planned_gate_on=passed)
    assert set(refused.value.error_dict) == {"planned_gate_on"}

    run = shaped(case, 0, late, planned_ends_on=planned.ends_on, planned_gate_on=today)
    assert run.planned == (planned.starts_on, planned.ends_on, today)


def test_what_has_ended_stands_as_it_is(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    at = at_start_of(case)
    with pytest.raises(Refused):
        shaped(case, 0, at, planned_suppliers=9)

    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at)
    with pytest.raises(Refused):
        shaped(case, 2, at, planned_suppliers=9)
    assert set(case.phases.values_list("planned_suppliers", flat=True)) == {None, 3}


def test_two_who_change_different_things_both_get_their_way(case):
    run = case.phases.get(number=2)
    began = {"planned_suppliers": run.planned_suppliers, "fee": run.fee}
    shaped(case, 2, began=began, planned_suppliers=7, fee=run.fee)

    shaped(case, 2, began=began, planned_suppliers=run.planned_suppliers, fee=Decimal(40000))

    run.refresh_from_db()
    assert (run.planned_suppliers, run.fee) == (7, Decimal(40000))
    with pytest.raises(Overtaken):
        shaped(case, 2, began=began, planned_suppliers=4, fee=run.fee)


def test_who_decides_the_gate_is_told_of_its_new_day(case, people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    give_role(case, user=people.lena, role="process_leader", from_on=MONDAY.date(),
              by=people.per, at=MONDAY)  # fmt: skip
    gate_on = days.add_working_days(plans(case)[0].gate_on, 5)

    shaped(case, 0, planned_gate_on=gate_on)
    for pk in Message.objects.filter(done_at=None).values_list("pk", flat=True):
        carry_out_one(pk)

    told = [letter for letter in mail.outbox if "Besluta grind 0" in letter.subject]
    assert [letter.to for letter in told] == [[people.lena.email]]


def test_too_large_a_number_is_refused_by_the_form_and_no_negative_fee_is_kept(case):
    run = CasePhase.objects.select_related("phase").get(case=case, number=2)
    for typed in ({"fee": "-1"}, {"planned_suppliers": "0"}, {"planned_suppliers": "100000"}):
        form = ShapePhaseForm(typed, case=case, run=run)
        assert set(typed) <= set(form.errors)
    with pytest.raises(ValidationError):
        form.fields["fee"].clean("1e30")
