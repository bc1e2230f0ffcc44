from contextlib import ExitStack

import pytest
from django.utils import timezone

from procurements.operations.people import offer_role
from procurements.states import Role
from teams.models import User
from tests.builders import a_case, an_edition
from tests.builders_teams import a_person, a_role
from tests.people import everybody
from tests.procurements.test_gate_race import process, tell

pytestmark = [pytest.mark.slow, pytest.mark.servers]

TIMES = 5


@pytest.fixture
def people(process_environment):
    return everybody()


@pytest.fixture
def both(process_environment, people):
    with ExitStack() as running:
        two = [
            running.enter_context(process(process_environment, name, "tests.procurements.closing"))
            for name in ("first", "second")
        ]
        yield two
        for one in two:
            one.stdin.close()
    assert [one.returncode for one in two] == [0, 0]


def at_once(both, *pairs):
    """What came of it, sorted, when in each pair the first closes the account of the second, or
    gives them a role in a case."""
    for one, (by, person, *case) in zip(both, pairs, strict=True):
        tell(one, " ".join([by.email, person.email, *(str(each.pk) for each in case)]))
    assert [one.stdout.readline() for one in both] == ["ready\n", "ready\n"]
    for one in both:
        tell(one, "go")
    return sorted(one.stdout.readline().strip() for one in both)


def two(people, number):
    """Two more administrators of the municipality, beside Anna."""
    pair = [a_person(f"{name}{number} Berg") for name in ("Ada", "Bo")]
    for person in pair:
        a_role(person, people.municipality, "administrator")
    return pair


def still_there(*pair):
    return User.objects.filter(pk__in=[one.pk for one in pair], is_active=True)


def test_of_two_administrators_who_close_each_other_at_once_one_stays(people, both):
    for number in range(TIMES):
        ada, bo = two(people, number)

        # Anna would look after the place either way: whose account is closed closes nobody's.
        assert at_once(both, (ada, bo), (bo, ada)) == ["Refused", "closed"]
        assert still_there(ada, bo).count() == 1


def test_of_the_last_two_administrators_who_leave_at_once_one_stays(people, both):
    ada, bo = two(people, 0)
    people.anna.memberships.update(until_on=timezone.localdate())

    assert at_once(both, (ada, ada), (bo, bo)) == ["LastOne", "closed"]
    assert still_there(ada, bo).count() == 1


def test_of_two_owners_who_leave_at_once_one_stays(people, both):
    edition = an_edition()
    for number in range(TIMES):
        ada, bo = two(people, number)
        at = timezone.now()
        case = a_case(by=ada, authority=people.authority, edition=edition, at=at)
        offer_role(case=case, user=bo, role=Role.OWNER, by=ada, at=at)

        assert at_once(both, (ada, ada), (bo, bo)) == ["LastOne", "closed"]
        owner = case.roles.not_ended(timezone.localdate()).get(role=Role.OWNER)
        assert still_there(ada, bo).get() == owner.user


def test_no_role_is_left_with_an_account_that_is_closed_as_it_is_given(people, both):
    edition = an_edition()
    for number in range(TIMES):
        case = a_case(by=people.per, authority=people.authority, edition=edition, at=timezone.now())
        cleo = a_person(f"Cleo{number} Dal")
        a_role(cleo, people.authority, "member")
        answers = at_once(both, (people.anna, cleo), (people.per, cleo, case))

        # Given first, the role ends with the others, or the closing has not seen it and is refused.
        is_open, held = still_there(cleo).exists(), cleo.case_roles.filter(until_on=None).exists()
        assert (is_open, held) == (answers == ["Refused", "given"],) * 2
        assert answers in (
            ["ClosedAccount", "closed"],
            ["Refused", "given"],
            ["closed", "given"],
        )
