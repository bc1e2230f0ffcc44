"""The procurer chooses who sees into a secrecy window, and anew until it ends."""

from datetime import timedelta

import pytest

from journal.models import Event
from procurements.duties import current_duty
from procurements.models import Case, CaseRole
from procurements.models.phase import Round
from procurements.operations.case import move_phase
from procurements.operations.window import choose_window_roles
from procurements.refusals import Refused
from procurements.sight import Sight
from tests.builders import a_case, a_case_in_admission, at_start_of, let_be, passed_gate

pytestmark = pytest.mark.django_db
ROLES = {"lawyer": "nora", "assessor": "anna"}


def sees(case, person):
    case = Case.objects.get(pk=case.pk)
    return Sight.of(case, person, at=at_start_of(case)).sees_suppliers


@pytest.mark.slow
def test_a_role_that_is_left_out_sees_nothing_until_it_is_let_in_or_the_window_ends(people):
    roles = {role: getattr(people, who) for role, who in ROLES.items()}
    case = a_case_in_admission(people.per, people.authority, roles=roles)
    run, at = case.current_phase, at_start_of(case)
    said = {"case": case, "case_phase": run, "by": people.per, "at": at}
    assert sees(case, people.nora)

    for _ in range(2):
        window = choose_window_roles(roles=["assessor"], **said)

    assert window.roles == ["procurer", "assessor"]
    assert not sees(case, people.nora)
    assert sees(case, people.anna)
    assert sees(case, people.per)
    told = [e.sentence for e in Event.objects.of(case) if e.verb == "round.roles_chosen"]
    assert told == ["Valde vilka som ser in i sekretessfönstret i fas 1: Upphandlare, Bedömare"]

    choose_window_roles(roles=["assessor", "lawyer"], **said)
    assert sees(case, people.nora)

    choose_window_roles(roles=[], **said)
    assert not sees(case, people.anna)
    passed_gate(case, by=people.per)
    with pytest.raises(Refused):
        choose_window_roles(roles=["assessor"], **said)


@pytest.mark.slow
def test_between_two_attempts_at_an_admission_nothing_is_open_and_the_choice_stays(people):
    roles = {"lawyer": people.nora, "observer": people.lena, "assessor": people.anna}
    case = a_case_in_admission(people.per, people.authority, roles=roles)
    at = at_start_of(case)
    choose_window_roles(
        case=case, case_phase=case.current_phase, roles=["assessor"], by=people.per, at=at
    )
    case = passed_gate(case, by=people.per, outcome="repeat", at=at)
    again = case.current_phase
    assert again.is_waiting(on=at.date())

    def seeing(at):
        held = Case.objects.get(pk=case.pk)
        people_asked = (people.per, people.nora, people.lena, people.anna)
        return [Sight.of(held, one, at=at).sees_suppliers for one in people_asked]

    assert seeing(at) == [True, False, False, True]
    later = again.started_on + timedelta(days=7)
    move_phase(case=case, case_phase=again, starts_on=later, by=people.per, at=at)
    assert seeing(at) == [True, False, False, True]
    assert Round.objects.get(case_phase=again).roles == ["procurer", "assessor"]


def test_a_gate_is_the_duty_of_those_its_window_lets_in(people):
    leader = {"process_leader": people.lena}
    case = a_case_in_admission(people.per, people.authority, roles=leader)
    run, at = case.current_phase, at_start_of(case)

    def deciders():
        return {person.name for person in current_duty(run, at=at).people}

    assert deciders() == {"Per Palm", people.lena.name}
    choose_window_roles(case=case, case_phase=run, roles=["assessor"], by=people.per, at=at)
    run = Case.objects.get(pk=case.pk).current_phase
    assert deciders() == {"Per Palm"}
    # Where nobody is left who may look in, the day is told all the same.
    let_be(CaseRole.objects.filter(case=case, role="procurer"), "observer")
    assert deciders() == {people.lena.name}


def test_two_who_choose_at_once_both_get_what_they_chose(people):
    case = a_case_in_admission(people.per, people.authority)
    said = {"case": case, "case_phase": case.current_phase, "by": people.per}
    said["at"] = at_start_of(case)
    began = [*Round.objects.get().roles]
    others = [role for role in began if role != "procurer"]

    for left_out in ("lawyer", "assessor"):
        chosen = [role for role in others if role != left_out]
        choose_window_roles(roles=chosen, was=began, **said)

    assert Round.objects.get().roles == ["procurer", "process_leader"]
    choose_window_roles(roles=others, was=["procurer", "process_leader"], **said)
    assert set(Round.objects.get().roles) == set(began)


def test_a_phase_without_a_window_has_nothing_to_choose(people):
    case = a_case(by=people.per, authority=people.authority)
    said = {"case": case, "case_phase": case.current_phase, "by": people.per}

    with pytest.raises(Refused):
        choose_window_roles(roles=[], at=at_start_of(case), **said)
    assert not Round.objects.exists()


def test_nobody_else_can_be_let_in(people):
    case = a_case_in_admission(people.per, people.authority)
    said = {"case": case, "case_phase": case.current_phase, "by": people.per}

    with pytest.raises(ValueError, match="observer"):
        choose_window_roles(roles=["observer"], at=at_start_of(case), **said)
