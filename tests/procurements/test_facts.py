"""What papers are told of numbers: a sole trader's is masked wherever it comes from."""

from typing import Any

import pytest

from procurements.facts import Facts
from procurements.models import Case, Participant
from procurements.operations.paper import Place, order_history, order_paper
from procurements.operations.supplier import TypedSupplier, admit_suppliers, correct_supplier
from tests.builders import MONDAY, a_case, a_case_in_admission, at_start_of
from tests.handbook.shelves import loaded
from tests.people import People, everybody

pytestmark = pytest.mark.django_db

PERSONAL, MASKED, COMPANY = "121212-1212", "121212-••••", "556160-2722"
TRADER, LTD = TypedSupplier("Ask", number=PERSONAL), TypedSupplier("Björk AB", number=COMPANY)


@pytest.fixture
def people() -> People:
    return everybody()


@pytest.fixture
def case(people) -> Case:
    case = a_case_in_admission(people.per, people.authority)
    admit_suppliers(case=case, suppliers=[TRADER, LTD], by=people.per, at=at_start_of(case))
    return case


def told(case: Case, *names: str, participant: Any = None) -> dict[str, Any]:
    words = case.edition.words("sv")
    about = Facts(
        case,
        case.current_phase,
        words,
        participant=participant,
        language="sv",
        on=MONDAY.date(),
    )
    return about.collect(set(names))


def test_a_paper_to_a_sole_trader_is_told_a_masked_number(case):
    numbers = [
        told(case, "supplier.number", participant=one)["supplier"]["number"]
        for one in case.participants.all()
    ]

    assert numbers == [MASKED, COMPANY]


def test_a_paper_about_all_suppliers_is_told_masked_numbers(case):
    suppliers = told(case, "suppliers[].name", "suppliers[].number")["suppliers"]

    assert [(one["name"], one["number"]) for one in suppliers] == [
        ("Ask", MASKED),
        ("Björk AB", COMPANY),
    ]


@pytest.mark.parametrize("of_the_whole", [True, False])
def test_the_number_of_an_authority_that_is_a_person_is_masked(people, of_the_whole):
    place = people.municipality if of_the_whole else people.authority
    place.number = PERSONAL
    place.save()
    case = a_case(by=people.per, authority=people.authority)

    assert told(case, "organisation.number") == {"organisation": {"number": MASKED}}


def test_everything_a_paper_can_be_told_holds_no_sole_traders_number(case):
    case.edition.catalogue = loaded().catalogue
    fields, lists = case.edition.catalogue["fields"], case.edition.catalogue["lists"]
    names = [field["name"] for field in fields] + [f"{row['name']}[]" for row in lists]

    everything = str(told(case, *names, participant=case.participants.first()))

    assert MASKED in everything
    assert COMPANY in everything
    assert PERSONAL not in everything


def test_the_data_frozen_with_a_paper_holds_no_sole_traders_number(people):
    case = a_case(by=people.per, authority=people.authority, edition=loaded())
    run = case.current_phase
    one = Participant.objects.create(
        case=case, added_by=people.per, added_at=MONDAY, admitted_in=run, **TRADER._asdict()
    )

    paper = order_paper(
        case=case,
        place=Place(run, case.edition.templates.get(serves="feedback_letter"), one),
        language="sv",
        fill={},
        passages={},
        draft=False,
        by=people.per,
        at=MONDAY,
    )

    frozen = paper.document.revisions.get()
    assert frozen.data["supplier"]["number"] == MASKED
    assert PERSONAL not in str(frozen.data) + str(frozen.frame)


def test_the_history_on_paper_masks_what_was_corrected(case, people):
    one = case.participants.first()
    correct_supplier(
        case=case,
        participant=one,
        typed=TRADER._replace(number=""),
        by=people.per,
        at=at_start_of(case),
    )

    paper = order_history(
        case=case, closed_circles=set(), language="sv", by=people.per, at=at_start_of(case)
    )

    frozen = str(paper.document.revisions.get().data)
    assert MASKED in frozen
    assert PERSONAL not in frozen
