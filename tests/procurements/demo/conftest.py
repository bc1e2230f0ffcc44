"""The handbook and the whole demo, each made once for a module; tests take back what they do."""

from collections.abc import Iterator
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command

from handbook.models import Edition
from tests.handbook.shelves import loaded
from tests.matrix.world import undone
from tests.procurements.demo.builders import ORDINARY, moment


@pytest.fixture(scope="module")
def edition(django_db_setup: None, django_db_blocker) -> Iterator[Edition]:
    """The shipped method."""
    with django_db_blocker.unblock(), undone():
        yield loaded()


@pytest.fixture(scope="module")
def demo(edition: Edition, django_db_blocker) -> Iterator[str]:
    """The whole demo, loaded by its command on an ordinary day; what the command said."""
    with django_db_blocker.unblock(), undone():
        yield said("load_demo")


def said(command: str, *, day: date = ORDINARY) -> str:
    """What a command of the demo says on a day."""
    told = StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(settings, "IS_DEMO", True)
        with time_machine.travel(moment(day), tick=False):
            call_command(command, stdout=told)
    return told.getvalue()
