"""What papers are told of numbers: a sole trader's is masked wherever it comes from."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from documents import files
from documents.saying import day_in_words
from procurements.facts import Facts
from procurements.models import Case, CasePhase, Deadline, Participant
from procurements.operations.case import change_case, move_phase, stop_case
from procurements.operations.deadline import (
    announce_deadline,
    change_deadline,
    count_deadline,
    keep_deadline,
    set_deadline,
)
from procurements.operations.gate import Verdict
from procurements.operations.paper import Place, order_history, order_paper
from procurements.operations.signing import file_signed_copy, sign_gate
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    correct_supplier,
    withdraw_supplier,
)
from tests.builders import (
    MONDAY,
    a_case,
    a_case_in_admission,
    an_edition,
    at_start_of,
    passed_gate,
)
from tests.handbook.shelves import loaded
from tests.people import People
from tests.procurements.operations.test_gate import decide

pytestmark = pytest.mark.django_db

PERSONAL, MASKED, COMPANY = "121212-1212", "121212-••••", "556160-2722"
TRADER, LTD = TypedSupplier("Ask", number=PERSONAL), TypedSupplier("Björk AB", number=COMPANY)


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


def test_a_paper_calls_our_own_number_no_registration_number(case):
    names = {"case.reference", "case.reference_name"}

    def numbered() -> dict[str, str]:
        about = Facts(
            case, case.current_phase, case.edition.words("en"), language="en", on=MONDAY.date()
        )
        return about.collect(names)["case"]

    own = numbered()
    case.diary_number = "VON 2026/1"

    assert own == {"reference": f"U-{case.number}", "reference_name": "Case number"}
    assert numbered() == {"reference": "VON 2026/1", "reference_name": "Registration number"}


def test_a_paper_about_all_suppliers_is_told_masked_numbers(case):
    suppliers = told(case, "suppliers[].name", "suppliers[].number")["suppliers"]

    assert [(one["name"], one["number"]) for one in suppliers] == [
        ("Ask", MASKED),
        ("Björk AB", COMPANY),
    ]


def test_what_came_of_a_supplier_in_a_later_run_is_not_told_of_an_earlier(case, people):
    """Who reads of the first run may stand outside the window of the second."""
    first = case.current_phase
    case = passed_gate(
        case,
        by=people.per,
        outcome="repeat",
        verdicts={one.pk: Verdict(True) for one in case.participants.all()},
    )
    said = {"by": people.per, "at": at_start_of(case)}
    leaving = case.participants.first()
    withdraw_supplier(case=case, participant=leaving, reason="Konkurs, hemligt.", **said)

    names = {"suppliers[].name", "suppliers[].state", "suppliers[].reasons"}
    words = case.edition.words("sv")
    of_first = Facts(case, first, words, language="sv", on=MONDAY.date()).collect(names)
    assert [(one["name"], one["reasons"]) for one in of_first["suppliers"]] == [
        ("Ask", ""),
        ("Björk AB", ""),
    ]
    assert {one["state"] for one in of_first["suppliers"]} == {"in"}
    assert ("withdrawn", "Konkurs, hemligt.") in [
        (one["state"], one["reasons"]) for one in told(case, *names)["suppliers"]
    ]
    letter = Facts(
        case, first, words, participant=leaving, language="sv", on=MONDAY.date()
    ).collect({"supplier.name", "supplier.reasons"})
    assert letter["supplier"] == {"name": "Ask", "reasons": ""}


@pytest.mark.parametrize(
    ("language", "called"), [("sv", "Del 1 (omgång 2)"), ("en", "Del 1 (en) (round 2)")]
)
def test_the_phase_of_a_second_round_is_told_from_that_of_the_first(case, people, language, called):
    first = case.current_phase
    again = passed_gate(case, by=people.per, outcome="repeat").current_phase

    def title(run: CasePhase) -> str:
        words = case.edition.words(language)
        about = Facts(case, run, words, language=language, on=MONDAY.date())
        return about.collect({"phase.title"})["phase"]["title"]

    assert (title(first), title(again)) == (called.rpartition(" (")[0], called)


def test_a_supplier_that_came_anew_is_counted_once_and_stands_in_its_own_run(case, people):
    said = {"by": people.per, "at": at_start_of(case)}
    withdraw_supplier(
        case=case, participant=case.participants.first(), reason="Saknar tid.", **said
    )
    before = told(case, "suppliers[].name", "suppliers[].state")["suppliers"]
    case = passed_gate(case, by=people.per, outcome="repeat")
    said["at"] = at_start_of(case)
    admit_suppliers(case=case, suppliers=[TRADER], **said)

    assert told(case, "totals.started", "totals.remaining")["totals"] == {
        "started": 2,
        "remaining": 2,
    }
    now = told(case, "suppliers[].name", "suppliers[].state")["suppliers"]
    assert [(one["name"], one["state"]) for one in before] == [
        ("Ask", "withdrawn"),
        ("Björk AB", "in"),
    ]
    assert [(one["name"], one["state"]) for one in now] == [("Ask", "in"), ("Björk AB", "in")]


@pytest.mark.parametrize("of_the_whole", [True, False])
def test_the_number_of_an_authority_that_is_a_person_is_masked(people, of_the_whole):
    place = people.municipality if of_the_whole else people.authority
    place.number = PERSONAL
    place.save()
    case = a_case(by=people.per, authority=people.authority)

    assert told(case, "organisation.number") == {"organisation": {"number": MASKED}}


def test_an_address_on_several_lines_stands_in_a_sentence(case: Case) -> None:
    case.authority.address = "Skaragatan 8,\n\n531 88 Lidköping\n"

    assert told(case, "organisation.address") == {
        "organisation": {"address": "Skaragatan 8, 531 88 Lidköping"}
    }


@pytest.mark.slow
def test_everything_a_paper_can_be_told_holds_no_sole_traders_number(case):
    case.edition.catalogue = loaded().catalogue
    fields, lists = case.edition.catalogue["fields"], case.edition.catalogue["lists"]
    names = [field["name"] for field in fields] + [f"{row['name']}[]" for row in lists]

    everything = str(told(case, *names, participant=case.participants.first()))

    assert MASKED in everything
    assert COMPANY in everything
    assert PERSONAL not in everything


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_contract_keeps_the_number_of_the_first_paper_that_was_ordered_with_it(people):
    case = a_case(by=people.per, authority=people.authority, edition=loaded())
    template, run = case.edition.templates.get(serves="order"), case.current_phase
    ask, bjork = (
        Participant.objects.create(
            case=case, added_by=people.per, added_at=MONDAY, admitted_in=run, **typed._asdict()
        )
        for typed in (TRADER, LTD)
    )

    def ordered(one: Participant, *, draft: bool) -> str:
        paper = order_paper(
            case=case, place=Place(run, template, one), language="sv", fill={}, passages={},
            draft=draft, by=people.per, at=MONDAY,
        )  # fmt: skip
        newest = paper.document.revisions.newest_first().first()
        return newest.data["contract"]["number"]

    # The number of one that was entered by mistake is given to nobody else.
    run_of_it = {"left_in": run, "left_on": MONDAY.date(), "left_reason": "Fel lista."}
    mistaken = Participant.objects.create(
        case=case, added_by=people.per, added_at=MONDAY, admitted_in=run, name="Fel AB"
    )
    Participant.objects.filter(pk=mistaken.pk).update(state="mistaken", **run_of_it)
    dahl = Participant.objects.create(
        case=case, added_by=people.per, added_at=MONDAY, admitted_in=run, name="Dahl AB"
    )
    assert told(case, "contract.number", participant=dahl)["contract"]["number"].endswith("-04")
    first = ordered(ask, draft=False)
    trial = ordered(bjork, draft=True)
    change_case(case=case, diary_number="OMN 2026/17", by=people.per, at=MONDAY)
    case = Case.objects.get(pk=case.pk)

    assert (first, trial) == (f"U-{case.number}-01", f"U-{case.number}-02")
    assert (
        ordered(ask, draft=False)
        == told(case, "contract.number", participant=ask)["contract"]["number"]
        == first
    )
    assert ordered(bjork, draft=False) == "OMN 2026/17-02"


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


def on_track(case: Case, track: str) -> Case:
    Case.objects.filter(pk=case.pk).update(legal_track=track)
    return Case.objects.get(pk=case.pk)


def counted(case: Case, people: People, period: str, event_on: date, **facts: Any) -> Deadline:
    return count_deadline(
        case=case, case_phase=case.current_phase, period=period, event_on=event_on,
        by=people.per, at=at_start_of(case), **facts,
    )  # fmt: skip


def test_a_paper_tells_only_days_that_others_have_been_told_of(case, people):
    case, at = on_track(case, "advertised_19"), at_start_of(case)
    day = at.date() + timedelta(days=7)
    shared: dict[str, Any] = {"case": case, "by": people.per, "at": at}
    run = case.current_phase
    told_of = set_deadline(case_phase=run, title="Visning", due_on=day, **shared)
    set_deadline(case_phase=run, title="Fråga juristen om Ask", due_on=day, **shared)
    announce_deadline(deadline=told_of, **shared)

    with translation.override("sv"):
        days = told(case, "deadlines[].title", "deadlines[].rule", "deadlines[].legal")

    assert days == {
        "deadlines": [
            {
                "title": "Visning",
                "date": day_in_words(day),
                "rule": "satt av teamet",
                "legal": False,
            }
        ]
    }


def test_a_paper_tells_a_day_moved_since_only_when_others_have_been_told_again(case, people):
    case, at = on_track(case, "advertised_19"), at_start_of(case)
    day = at.date() + timedelta(days=7)
    shared: dict[str, Any] = {"case": case, "by": people.per}
    deadline = set_deadline(
        case_phase=case.current_phase, title="Visning", due_on=day, at=at, **shared
    )
    announce_deadline(deadline=deadline, at=at, **shared)
    later = at + timedelta(days=2)
    change_deadline(
        deadline=deadline,
        responsible=None,
        due_on=day + timedelta(days=7),
        reasons="Mer tid.",
        at=later,
        **shared,
    )
    assert told(case, "deadlines[].title") == {"deadlines": []}

    announce_deadline(deadline=deadline, at=later, **shared)
    (shown,) = told(case, "deadlines[].title")["deadlines"]
    assert shown["date"] == day_in_words(day + timedelta(days=7))


def test_the_days_of_the_call_are_those_that_are_counted_from_it(case, people):
    case = on_track(case, "advertised_19")
    sent = at_start_of(case).date()
    closes = sent + timedelta(days=30)
    counted(case, people, "tenders_below", sent, due_on=closes, reasons="Fyra veckor räcker.")
    counted(case, people, "more_information_below", closes)

    call = told(case, "call.opened_at", "call.closes_at", "call.answers_until")["call"]

    with translation.override("sv"):
        assert call == {
            "opened_at": day_in_words(sent),
            "closes_at": day_in_words(closes),
            "answers_until": day_in_words(closes - timedelta(days=6)),
        }


def test_the_last_day_for_applications_is_not_that_for_tenders(case, people):
    """LOU 11:3: who is to tender is chosen first; tenders have a day of their own."""
    case = on_track(case, "lou_above")
    sent = at_start_of(case).date()
    counted(case, people, "applications", sent)
    assert told(case, "call.opened_at", "call.closes_at")["call"]["closes_at"] == ""

    tenders = counted(case, people, "tenders_selected", sent + timedelta(days=40))
    call = told(case, "call.opened_at", "call.closes_at")["call"]
    with translation.override("sv"):
        assert call == {
            "opened_at": day_in_words(sent),
            "closes_at": day_in_words(tenders.due_on),
        }
    # What was counted on another track is told no more.
    case = on_track(case, "pcp_outside_lou")
    assert told(case, "call.opened_at", "call.closes_at")["call"] == {
        "opened_at": "",
        "closes_at": "",
    }


@pytest.mark.parametrize(
    ("track", "kind"),
    [
        ("undecided", ""),
        ("advertised_19", "statutory"),
        ("lou_above", "statutory"),
        ("pcp_outside_lou", "none"),
        ("direct_award_19a", "none"),
    ],
)
def test_whether_a_standstill_applies_is_told_by_the_track(case, track, kind):
    case = on_track(case, track)

    # LOU 20:1: after an award, on a track with a standstill.
    assert told(case, "standstill.kind") == {"standstill": {"kind": kind}}


def test_the_standstill_is_told_with_its_days_once_the_notice_has_been_sent(case, people):
    case = on_track(case, "lou_above")
    counted(case, people, "standstill_electronic", date(2026, 12, 14))

    standstill = told(case, "standstill.days", "standstill.last_day", "standstill.contract_from")[
        "standstill"
    ]

    # LOU 20:1 and 20:18 (law.md 13, example 3).
    with translation.override("sv"):
        assert standstill == {
            "days": 10,
            "last_day": day_in_words(date(2026, 12, 28)),
            "contract_from": day_in_words(date(2026, 12, 29)),
        }


def test_of_several_standstills_the_latest_to_keep_is_told(case, people):
    """Who was told by letter waits fifteen days, and a new notice starts anew (LOU 20:1)."""
    case = on_track(case, "lou_above")
    first = counted(case, people, "standstill_electronic", date(2026, 12, 14))
    counted(case, people, "standstill_other", date(2026, 12, 14))

    def last_day():
        return told(case, "standstill.last_day")["standstill"]["last_day"]

    with translation.override("sv"):
        assert last_day() == day_in_words(date(2026, 12, 29))
        again = counted(case, people, "standstill_electronic", date(2026, 12, 21))
        assert last_day() == day_in_words(again.due_on - timedelta(days=1))
    # One that is kept says nothing beside one that is still to keep.
    keep_deadline(case=case, deadline=again, by=people.per, at=first.set_at)
    with translation.override("sv"):
        assert last_day() == day_in_words(date(2026, 12, 29))


def test_a_standstill_made_longer_is_told_as_long_as_it_is(case, people):
    """A longer time stated in the notice binds (LOU 20:1)."""
    case = on_track(case, "lou_above")
    counted(
        case, people, "standstill_electronic", date(2026, 12, 14),
        due_on=date(2027, 1, 9), reasons="Helgerna.",
    )  # fmt: skip

    standstill = told(case, "standstill.days", "standstill.last_day")["standstill"]
    with translation.override("sv"):
        assert standstill == {"days": 25, "last_day": day_in_words(date(2027, 1, 8))}


def test_a_voluntary_notice_before_a_direct_award_makes_its_contract_wait(case, people):
    """Ten days from its publication (LOU 20:3): no standstill "does not apply" then."""
    case = on_track(case, "direct_award_19a")
    counted(case, people, "standstill_prior_notice", date(2026, 12, 14))

    standstill = told(case, "standstill.kind", "standstill.last_day")["standstill"]
    with translation.override("sv"):
        assert standstill == {
            "kind": "statutory",
            "last_day": day_in_words(date(2026, 12, 28)),
        }


def test_a_standstill_counted_on_an_earlier_track_is_not_told(case, people):
    case = on_track(case, "lou_above")
    counted(case, people, "standstill_electronic", date(2026, 12, 14))
    case = on_track(case, "pcp_outside_lou")

    assert told(case, "standstill.kind", "standstill.last_day") == {
        "standstill": {"kind": "none", "last_day": ""}
    }


def test_a_paper_about_the_case_names_the_supplier_when_one_is_left(case, people):
    names = told(case, "supplier.name")["supplier"]
    first = case.participants.first()
    withdraw_supplier(
        case=case, participant=first, reason="Hinner inte.", by=people.per, at=at_start_of(case)
    )

    assert names == {"name": ""}
    assert told(case, "supplier.name")["supplier"] == {"name": "Björk AB"}


def test_a_decision_that_the_case_ended_before_is_told_only_by_its_own_paper(people):
    case = a_case(
        by=people.per, authority=people.authority, edition=an_edition(signatures=["chief"])
    )
    decide(case, people.per, decided_by="Omsorgsnämnden")

    def decided_by(is_decision: bool) -> str:
        now = Case.objects.get(pk=case.pk)
        run, words = now.phases_in_order[0], now.edition.words("sv")
        about = Facts(now, run, words, language="sv", on=MONDAY.date(), is_decision=is_decision)
        return str(about.collect({"gate.decided_by"})["gate"]["decided_by"])

    assert decided_by(False) == "Omsorgsnämnden"
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=MONDAY)
    assert "Omsorgsnämnden" not in decided_by(False)
    assert decided_by(True) == "Omsorgsnämnden"


def test_a_paper_tells_the_day_that_a_filed_copy_says(people):
    edition = an_edition(signatures=["chief"])
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    decision = decide(case, people.per)
    copy = files.keep(SimpleUploadedFile("b.pdf", b"%PDF-1.7 x"), organisation=case.authority)
    file_signed_copy(
        case=case, decision=decision, role="chief", name="Lisbet Lund", file=copy,
        signed_on=MONDAY.date(), by=people.per, at=MONDAY + timedelta(days=30),
    )  # fmt: skip

    now = Case.objects.get(pk=case.pk)
    about = Facts(
        now, now.phases_in_order[0], now.edition.words("sv"), language="sv", on=MONDAY.date(),
        is_decision=True,
    )  # fmt: skip
    (signature,) = about.collect({"signatures"})["signatures"]
    assert (signature["name"], signature["on"].replace("\xa0", " ")) == (
        "Lisbet Lund",
        "5 oktober 2026",
    )


def test_who_has_signed_is_told_by_the_decision_alone_until_all_have(people):
    edition = an_edition(signatures=["buyer", "chief"])
    case = a_case(
        by=people.per, authority=people.authority, edition=edition,
        roles={"management": people.anna},
    )  # fmt: skip
    decision = decide(case, people.per)

    def signed(is_decision: bool) -> list[str]:
        now = Case.objects.get(pk=case.pk)
        run, words = now.phases_in_order[0], now.edition.words("sv")
        about = Facts(now, run, words, language="sv", on=MONDAY.date(), is_decision=is_decision)
        return [one["name"] for one in about.collect({"signatures"})["signatures"]]

    sign_gate(case=case, decision=decision, role="buyer", by=people.per, at=MONDAY)
    assert (signed(False), signed(True)) == (["", ""], ["Per Palm", ""])
    sign_gate(case=case, decision=decision, role="chief", by=people.anna, at=MONDAY)
    assert signed(False) == ["Per Palm", "Anna Alm"]


def test_who_withdrew_while_the_decision_waited_does_not_go_on_in_any_other_paper(people):
    case = a_case_in_admission(
        people.per, people.authority, edition=an_edition(signatures=["chief"], signed_phases=[1])
    )
    at = at_start_of(case)
    ask, bjork = admit_suppliers(case=case, suppliers=[TRADER, LTD], by=people.per, at=at)
    passed_gate(case, by=people.per, verdicts={one.pk: Verdict(True) for one in (ask, bjork)})
    withdraw_supplier(case=case, participant=ask, reason="Saknar tid.", by=people.per, at=at)

    def said(is_decision: bool) -> dict[str, str]:
        now = Case.objects.get(pk=case.pk)
        run, words = now.phases_in_order[1], now.edition.words("sv")
        about = Facts(now, run, words, language="sv", on=MONDAY.date(), is_decision=is_decision)
        return {one["name"]: one["state_name"] for one in about.collect({"suppliers"})["suppliers"]}

    assert said(False) == {ask.name: "har dragit sig ur", bjork.name: "går vidare"}
    assert said(True) == {ask.name: "går vidare", bjork.name: "går vidare"}


def test_papers_tell_when_the_next_phase_did_start_and_a_decision_the_day_it_set(people):
    case = a_case(by=people.per, authority=people.authority)
    decided = decide(case, people.per, next_starts_on=date(2026, 10, 19)).case_phase
    following = Case.objects.get(pk=case.pk).current_phase
    assert decided.planned_ends_on > MONDAY.date()
    move_phase(
        case=case,
        case_phase=following,
        starts_on=date(2026, 10, 26),
        by=people.per,
        at=MONDAY,
    )
    case = Case.objects.get(pk=case.pk)

    def start(is_decision: bool) -> str:
        run = case.phases_in_order[0]
        words = case.edition.words("sv")
        about = Facts(case, run, words, language="sv", on=MONDAY.date(), is_decision=is_decision)
        names = {"gate.next_starts_on", "phase.ends_on"}
        told = about.collect(names)
        # Its gate was decided long before the day that was planned.
        assert told["phase"]["ends_on"] == day_in_words(MONDAY.date())
        return str(told["gate"]["next_starts_on"])

    assert start(False) == day_in_words(date(2026, 10, 26))
    assert start(True) == day_in_words(date(2026, 10, 19))


@pytest.mark.parametrize("is_at_gate", [True, False])
def test_nobody_goes_on_when_the_case_stops(case, people, is_at_gate):
    at, (ask, bjork) = at_start_of(case), case.participants.order_by("pk")
    withdraw_supplier(case=case, participant=ask, reason="Saknar tid.", by=people.per, at=at)
    standing = "suppliers[].state_name"
    run = Case.objects.get(pk=case.pk).current_phase

    def states() -> list[tuple[str, str]]:
        now = Case.objects.get(pk=case.pk)
        about = Facts(now, now.phases.get(pk=run.pk), now.edition.words("sv"), language="sv",
                      on=MONDAY.date())  # fmt: skip
        return [(one["name"], one["state_name"]) for one in about.collect({standing})["suppliers"]]

    assert states() == [(ask.name, "har dragit sig ur"), (bjork.name, "deltar")]

    if is_at_gate:
        passed_gate(case, by=people.per, outcome="stop")
    else:
        stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at)

    assert states() == [(ask.name, "har dragit sig ur"), (bjork.name, "går inte vidare")]
