from typing import Any

import pytest

from procurements.models import Case, Task
from tests.builders import MONDAY, a_case
from tests.people import People


@pytest.fixture
def case(people: People) -> Case:
    """In its first phase."""
    return a_case(by=people.per, authority=people.authority)


@pytest.fixture
def case_with_nothing_due(people: People, time_machine: Any) -> Case:
    """On its first day, with no day but those that a test sets and the gates; Nora is need owner,
    Lena observes."""
    time_machine.move_to(MONDAY, tick=False)
    roles = {"need_owner": people.nora, "observer": people.lena}
    case = a_case(by=people.per, authority=people.authority, roles=roles)
    Task.objects.update(due_on=None)
    return case
