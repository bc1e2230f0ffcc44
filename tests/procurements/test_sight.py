from datetime import timedelta

import pytest

from journal.models import Event
from procurements.models import Case
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import write_note
from procurements.sight import Sight
from tests.builders import MONDAY, a_case, a_case_in_admission, at_start_of, passed_gate
from tests.people import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return everybody()


def told(case, person, at):
    """What the history says to a person at a moment, in words."""
    case = Case.objects.get(pk=case.pk)
    closed = Sight.of(case, person, at=at).closed_circles
    return " ".join(e.sentence for e in Event.objects.of(case).open_to(closed).readable())


def test_names_of_a_repeated_admission_are_secret_again_also_in_history(people):
    case = a_case_in_admission(people.per, people.authority, roles={"observer": people.nora})
    at = at_start_of(case)
    admit_suppliers(case=case, suppliers=[TypedSupplier("Ask AB")], by=people.per, at=at)
    case = passed_gate(case, by=people.per, outcome="repeat")
    again = at_start_of(case)

    assert case.current_phase.attempt == 2
    assert not Sight.of(case, people.nora, at=again).sees_suppliers
    assert "Ask AB" not in told(case, people.nora, again)
    assert "Ask AB" in told(case, people.per, again)


def test_what_is_written_before_a_window_opens_is_not_told_to_who_has_no_role(people):
    case = a_case(by=people.per, authority=people.authority)
    case = passed_gate(case, by=people.per)
    task = case.current_phase.tasks.first()
    write_note(case=case, task=task, text="Ask AB hörde av sig.", by=people.per, at=MONDAY)

    assert "Ask AB" not in told(case, people.anna, MONDAY + timedelta(hours=1))
    assert "Ask AB" in told(case, people.per, MONDAY + timedelta(hours=1))
