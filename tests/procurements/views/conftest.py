from datetime import timedelta

import pytest

from procurements.models import Case
from tests.builders import a_case, at_start_of
from tests.people import People


@pytest.fixture
def case(people: People, time_machine) -> Case:
    """In its first phase; Nora is need owner, Lena observes."""
    case = a_case(
        by=people.per,
        authority=people.authority,
        roles={"need_owner": people.nora, "observer": people.lena},
    )
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
    return case
