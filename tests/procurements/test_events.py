"""How corrections read: what stood before and what stands now."""

from datetime import date

import pytest
from django.utils import translation

from journal.models import Event
from journal.record import record
from procurements.models import Case
from procurements.operations.case import begin_case, change_case
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    correct_supplier,
    correct_withdrawal,
    withdraw_supplier,
)
from procurements.sight import Sight
from tests.builders import MONDAY, a_case, a_case_in_admission, at_start_of, passed_gate

pytestmark = pytest.mark.django_db

TRADER = TypedSupplier("Ask", number="121212-1212", contact_email="ask@ask.example")


@pytest.fixture
def case(people) -> Case:
    return a_case_in_admission(people.per, people.authority, roles={"observer": people.nora})


def corrected(case, people, typed=TRADER, **changed):
    at = at_start_of(case)
    (one,) = admit_suppliers(case=case, suppliers=[typed], by=people.per, at=at)
    correct_supplier(
        case=case, participant=one, typed=typed._replace(**changed), by=people.per, at=at
    )
    return one


def last(case) -> str:
    with translation.override("en"):
        return str(Event.objects.of(case).readable().last().sentence)


def test_a_corrected_supplier_is_told_with_before_and_now(case, people):
    corrected(case, people, name="Ask AB")

    assert last(case) == "Corrected the supplier Ask. Name, before: “Ask”, now: “Ask AB”."


def test_many_corrected_fields_are_a_sentence_each(case, people):
    corrected(
        case, people, name="Ask AB", country="NO", number="", contact_name="Vera", contact_email=""
    )

    assert last(case) == (
        "Corrected the supplier Ask. "
        "Name, before: “Ask”, now: “Ask AB”. "
        "Country, before: Sweden, now: Norway. "
        "Organisation number, before: 121212-••••, now: nothing. "
        "Contact person, before: nothing, now: “Vera”. "
        "E-mail of the contact person, before: “ask@ask.example”, now: nothing."
    )


def test_a_company_number_is_told_whole_and_a_sole_traders_is_masked(case, people):
    corrected(case, people, TRADER._replace(number="556160-2722"), number="121212-1212")

    assert last(case).endswith("Organisation number, before: 556160-2722, now: 121212-••••.")


def test_changed_facts_of_a_case_are_told_with_before_and_now(people):
    case = a_case(by=people.per, authority=people.authority, summary="Kort.")

    change_case(
        case=case, summary="", diary_number="2026/1", team=people.team, by=people.per, at=MONDAY
    )

    assert last(case) == (
        "Changed the facts of the case. "
        "The case in one sentence, before: “Kort.”, now: nothing. "
        "Registration number, before: nothing, now: “2026/1”. "
        f"Team, before: nothing, now: “{people.team}”."
    )


def test_an_event_of_long_ago_tells_what_stood_before(case, people):
    record(
        case,
        "supplier.corrected",
        by=people.per,
        at=MONDAY,
        facts={"fields": ["number"]},
        texts={"name": "Ask", "before_number": "121212-1212"},
    )

    assert last(case) == "Corrected the supplier Ask. Organisation number, before: 121212-••••."


def test_an_erased_text_is_said_to_be_erased(case, people):
    corrected(case, people, number="556160-2722")
    event = Event.objects.of(case).last()
    event.texts.filter(name="before_number").delete()

    assert last(case).endswith("Organisation number, before: (erased), now: 556160-2722.")


def test_corrections_of_suppliers_are_not_told_outside_the_window(case, people):
    at = at_start_of(case)
    one = corrected(case, people, name="Ask AB")
    withdraw_supplier(case=case, participant=one, reason="Saknar tid.", by=people.per, at=at)
    correct_withdrawal(case=case, participant=one, reason="Saknar folk.", by=people.per, at=at)
    case = Case.objects.get(pk=case.pk)

    def told(person):
        closed = Sight.of(case, person, at=at).closed_circles
        return " ".join(e.sentence for e in Event.objects.of(case).open_to(closed).readable())

    for word in ("Ask", "Saknar", "121212"):
        assert word not in told(people.nora)
    assert "Ask AB" in told(people.per)
    assert "Saknar folk." in told(people.per)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("sign_in", "Signed the decision at gate 3 as Procurer"),
        ("copy", "Nora Nord signed the decision at gate 3 as Procurer"),
    ],
)
def test_who_signed_is_named_beside_who_filed_a_copy_only(case, people, method, words):
    record(
        case,
        "gate.signed",
        by=people.per,
        at=MONDAY,
        facts={"number": 3, "role": "buyer", "method": method},
        texts={"name": "Nora Nord", "role_title": "Procurer"},
    )

    assert last(case) == words


def test_a_note_that_ends_with_a_full_stop_is_told_with_one(case, people):
    record(
        case,
        "note.corrected",
        by=people.per,
        at=MONDAY,
        texts={"title": "Boka", "before": "Örjan.", "text": "Åsa."},
    )

    assert last(case) == "Corrected a note on “Boka”. Before: “Örjan.”. Now: “Åsa.”."


def test_history_tells_the_days_of_what_was_recorded_long_after(people):
    case = a_case(
        by=people.per, authority=people.authority, planned_start_on=date(2026, 3, 2), begun=False
    )
    begin_case(case=case, on=date(2026, 3, 2), by=people.per, at=MONDAY)
    passed_gate(
        case, by=people.per, at=MONDAY, decided_on=date(2026, 4, 1), next_starts_on=date(2026, 4, 7)
    )

    with translation.override("en"):
        told = [event.sentence for event in Event.objects.of(case).readable().order_by("pk")]
    for said in (
        "Phase 0 went from “Planned” to “In progress”. First day: 2 March 2026",
        "Decided by Nora Nord, förvaltningschef. Decided on: 1 April 2026",
        "Phase 1 went from “Planned” to “In progress”. First day: 7 April 2026",
    ):
        assert [one for one in told if one.endswith(said)], told
