from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from procurements.models import Case
from tests.browser.fixtures import sign_in
from tests.builders import a_case_in_admission, at_start_of
from tests.people import People


@pytest.fixture
def admission(
    page: Page, transactional_db: None, people: People, monday: datetime, time_machine: Any
) -> Case:
    """A case when the phase that admits suppliers begins; Per, who runs it, has signed in."""
    case = a_case_in_admission(by=people.per, authority=people.authority, at=monday)
    time_machine.move_to(at_start_of(case), tick=True)
    sign_in(page, people.per)
    return case
