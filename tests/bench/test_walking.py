import pytest
from django.test import Client

from bench.seeding import seed
from bench.walking import counted
from procurements.models import Case
from tests.matrix.test_matrix import LINES


@pytest.mark.django_db
def test_the_walk_opens_nearly_every_page_that_somebody_can_open():
    """On the seeded cases: one that is open, and one that has passed its gate."""
    per = seed(3)
    client = Client()
    client.force_login(per)
    found: dict[str, int] = {}
    for case in Case.objects.filter(number__in=[1001, 1002]):
        found |= dict(counted(client, case, per))

    pages = {
        line.name for line in LINES if line.method == "GET" and {"200", "200+"} & {*line.cells}
    }
    assert sorted(pages - found.keys()) == [
        "account_logout",
        "add_organisation",
        "case_interests",  # for who is in the case from outside
        "case_promise",  # the same
        "open_account",  # of somebody whose account is closed
    ]
    assert {name: count for name, count in found.items() if count > 12} == {}
