"""A question written down once gives what the same query gives, whoever asks for what."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Count, QuerySet
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from config.written import TOO_LARGE, written
from procurements.models import Case, CaseRole
from tests.builders import a_case
from tests.people import everybody

pytestmark = pytest.mark.django_db


def roles(*, case_id: int, on: date) -> QuerySet[CaseRole]:
    held = CaseRole.objects.on(on).filter(case=case_id).select_related("user", "case__team")
    return held.annotate(others=Count("case__roles"))


ask = written(roles)


@pytest.fixture
def cases() -> list[Case]:
    people = everybody()
    return [
        a_case(by=people.per, authority=people.authority, roles={"lawyer": people.nora}),
        a_case(by=people.per, authority=people.authority, title="Ny väg till jobb"),
    ]


def told(held: list[CaseRole]) -> list[tuple[object, ...]]:
    return [(h, h.user.name, h.case.title, h.case.team, h.from_on, h.others) for h in held]  # type: ignore[attr-defined]


def test_it_tells_what_the_query_tells_of_each_case_and_day(cases: list[Case]) -> None:
    first = cases[0].roles.earliest("from_on").from_on
    seen = []
    for case in (*cases, cases[0]):
        for day in (first - timedelta(1), first, first + timedelta(4000)):
            rows = told(ask(case_id=case.pk, on=day))
            assert rows == told(list(roles(case_id=case.pk, on=day)))
            seen.append(len(rows))
    assert len(set(seen)) == 3


def test_it_asks_once_and_nothing_more_for_what_it_selects(cases: list[Case]) -> None:
    first = cases[0].roles.earliest("from_on").from_on
    with CaptureQueriesContext(connection) as queries:
        assert told(ask(case_id=cases[0].pk, on=first))
    assert len(queries) == 1


def test_each_thread_asks_with_its_own_connection(transactional_db: None) -> None:
    people = everybody()
    case = a_case(by=people.per, authority=people.authority)
    day = case.roles.earliest("from_on").from_on
    here = told(ask(case_id=case.pk, on=day))

    def there() -> list[tuple[object, ...]]:
        try:
            return told(ask(case_id=case.pk, on=day))
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        assert pool.submit(there).result() == here != []


@given(number=st.integers())
def test_any_whole_number_may_be_asked_for(number: int) -> None:
    assert ask(case_id=number, on=date(2026, 11, 28)) == []


def test_a_number_that_no_database_holds_is_of_no_row() -> None:
    assert ask(case_id=TOO_LARGE, on=date(2026, 11, 28)) == []


def test_a_fact_that_does_not_come_to_the_database_is_refused() -> None:
    @written
    def recent(*, case_id: int, on: date) -> QuerySet[CaseRole]:
        since = date.min if on.year < 2000 else on
        return CaseRole.objects.filter(case=case_id, from_on__gte=since).exclude(until_on=None)

    @written
    def forgotten(*, case_id: int, number: int) -> QuerySet[CaseRole]:
        return CaseRole.objects.filter(case=case_id)

    with pytest.raises(ValueError, match="number"):
        forgotten(case_id=1, number=2)
    with pytest.raises(ValueError, match="on"):
        recent(case_id=1, on=date(2026, 11, 28))
