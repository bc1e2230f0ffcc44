from datetime import timedelta

import pytest
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from handbook.models import DocumentTemplate
from procurements.models import Case, GateDecision
from procurements.operations.case import pause_case, stop_case
from procurements.operations.gate import Verdict
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    correct_supplier,
    correct_withdrawal,
    take_away_suppliers,
    withdraw_supplier,
)
from procurements.operations.window import choose_window_roles
from teams.models import User
from tests.builders import a_case, a_case_in_admission, an_edition, at_start_of, passed_gate
from tests.forms import fields_of
from tests.people import People, signed_in
from tests.test_leaks import TOKENS

pytestmark = pytest.mark.django_db

PERSONAL = "121212-1212"
NAMES = ("Exempelföretaget Ask", "Exempelföretaget Björk", "Exempelföretaget Ceder")


@pytest.fixture
def case(people: People, time_machine) -> Case:
    """In the secret phase, with three suppliers; Nora is need owner, Lena observes."""
    case = a_case_in_admission(
        by=people.per,
        authority=people.authority,
        roles={"need_owner": people.nora, "observer": people.lena},
    )
    admit_suppliers(
        case=case,
        suppliers=[TypedSupplier(name, contact_email="x@ask.example") for name in NAMES],
        by=people.per,
        at=at_start_of(case),
    )
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
    return case


def page(user, name: str, case: Case, *args) -> str:
    response = signed_in(user).get(reverse(name, args=[case.number, *args]))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", ["supplier_correct", "supplier_withdraw"])
def test_the_title_of_a_page_about_one_supplier_names_it(people, case, name):
    for one in case.participants.all():
        title = (
            page(people.per, name, case, one.pk).partition("<title>")[2].partition("</title>")[0]
        )
        assert one.name in title


PAGES = ("case_suppliers", "case_history", "case_diary", "case_need", "case_papers")


@pytest.mark.parametrize("name", PAGES)
def test_inside_the_window_an_observer_sees_no_name_and_no_number(people, case, name):
    html = page(people.lena, name, case)

    assert not any(supplier in html for supplier in NAMES)
    assert 'tabs__n num">3<' not in html


@pytest.mark.parametrize("name", PAGES)
def test_outside_the_case_its_pages_do_not_exist(people, case, name):
    response = signed_in(people.olle).get(reverse(name, args=[case.number]))

    assert response.status_code == 404


def test_the_procurer_sees_them_all(people, case):
    html = page(people.per, "case_suppliers", case)

    assert all(supplier in html for supplier in NAMES)


def test_after_the_gate_the_observer_sees_who_goes_on(people, case, time_machine):
    verdicts = {p.pk: Verdict(goes_on=True) for p in case.participants.all()}
    case = passed_gate(case, by=people.per, verdicts=verdicts)
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)

    html = page(people.lena, "case_suppliers", case)

    assert all(supplier in html for supplier in NAMES)


def test_an_observer_may_not_enter_suppliers(people, case):
    response = signed_in(people.lena).get(reverse("supplier_new", args=[case.number]))

    assert response.status_code == 403


def test_a_wrong_number_is_refused_at_the_field_and_keeps_what_was_typed(people, case):
    response = signed_in(people.per).post(
        reverse("supplier_new", args=[case.number]),
        {"name": "Exempelföretaget Dahl", "country": "SE", "number": "212000-1851"},
    )

    assert response.status_code == 422
    assert "number" in response.context["form"].errors
    assert "Exempelföretaget Dahl" in response.content.decode()
    assert case.participants.count() == 3


def test_a_pasted_list_is_shown_before_it_is_saved(people, case):
    client = signed_in(people.per)
    url = reverse("suppliers_paste", args=[case.number])
    pasted = "Namn\tLand\tOrgnr\nDahl\tSverige\t556160-2722\nEk\tNorge\t"

    looked = client.post(url, {"pasted": pasted, "act": "look"})

    assert [row.name for row in looked.context["rows"]] == ["Dahl", "Ek"]
    assert case.participants.count() == 3
    client.post(url, {"pasted": pasted, "act": "save"})
    assert list(case.participants.values_list("name", "country"))[3:] == [
        ("Dahl", "SE"),
        ("Ek", "NO"),
    ]


def test_columns_of_a_list_that_are_not_kept_are_named_before_it_is_saved(people, case):
    url = reverse("suppliers_paste", args=[case.number])
    pasted = "Namn\tTelefon\tLand\tOrt\nDahl\t054-10 20 30\tSverige\tKil\nEk\t\tNorge\t"

    page = signed_in(people.per).post(url, {"pasted": pasted, "act": "look"}).text

    assert "Telefon, Ort." in page
    whole = pasted.replace("054-10 20 30", "").replace("Kil", "")
    assert "Telefon," not in signed_in(people.per).post(url, {"pasted": whole, "act": "look"}).text


def test_a_list_from_a_file_is_looked_at_before_it_is_saved(people, case):
    client = signed_in(people.per)
    url = reverse("suppliers_paste", args=[case.number])
    upload = SimpleUploadedFile("lista.csv", "Namn;Land\nÅkers vård;Sverige\n".encode("cp1252"))

    looked = client.post(url, {"pasted": "", "file": upload, "act": "save"})

    assert looked.status_code == 200
    assert [row.name for row in looked.context["rows"]] == ["Åkers vård"]
    assert case.participants.count() == 3
    client.post(url, {"pasted": looked.context["form"]["pasted"].value(), "act": "save"})
    assert case.participants.count() == 4


def toast(response) -> str:
    (message,) = response.context["messages"]
    return str(message)


def test_what_was_done_to_suppliers_is_said(people, case):
    User.objects.filter(pk=people.per.pk).update(language="en")
    client, number = signed_in(people.per), case.number
    paste, new = reverse("suppliers_paste", args=[number]), reverse("supplier_new", args=[number])
    withdraw = reverse("supplier_withdraw", args=[number, case.participants.first().pk])

    many = client.post(paste, {"pasted": "Dahl\nEk", "act": "save"}, follow=True)
    one = client.post(new, {"name": "Fors", "country": "SE"}, follow=True)
    gone = client.post(withdraw, {"reason": "Saknar tid."}, follow=True)

    assert toast(many) == "2 suppliers are entered"
    assert toast(one) == "One supplier is entered"
    assert toast(gone) == "The supplier has withdrawn"


def test_the_phase_that_is_to_admit_suppliers_is_named(people):
    case = a_case(by=people.per, authority=people.authority)
    admits = next(run for run in case.phases_in_order if run.phase.admits_suppliers)

    html = page(people.per, "case_suppliers", case)

    assert case.edition.words()(admits.phase, "title") in html.partition('id="in-h"')[2]


def test_one_wrong_row_saves_nothing(people, case):
    pasted = "Dahl;SE;212000-1851\nEk;NO;"
    response = signed_in(people.per).post(
        reverse("suppliers_paste", args=[case.number]), {"pasted": pasted, "act": "save"}
    )

    assert response.status_code == 422
    assert case.participants.count() == 3


def a_trader(case, people, name="Exempelföretaget Frö"):
    (one,) = admit_suppliers(
        case=case,
        suppliers=[TypedSupplier(name, number=PERSONAL)],
        by=people.per,
        at=at_start_of(case),
    )
    return one


@pytest.mark.parametrize("name", ["case_suppliers", "case_history", "case_papers", "case"])
def test_a_sole_traders_number_is_on_no_page_of_the_case(people, case, name):
    one = a_trader(case, people)
    correct_supplier(
        case=case,
        participant=one,
        typed=TypedSupplier(one.name, number="556160-2722"),
        by=people.per,
        at=at_start_of(case),
    )
    other = a_trader(case, people, "Exempelföretaget Gran")

    html = page(people.per, name, case)

    assert PERSONAL not in html
    if name in ("case_suppliers", "case_history"):
        assert other.name in html
        assert "121212-••••" in html


def test_a_sole_traders_number_is_not_written_out_to_be_corrected(people, case):
    one = a_trader(case, people)
    client, url = signed_in(people.per), reverse("supplier_correct", args=[case.number, one.pk])

    html = client.get(url).content.decode()
    client.post(url, {"name": "Frö", "country": "SE", "number": ""})

    one.refresh_from_db()
    assert "121212-••••" in html
    assert PERSONAL not in html
    assert (one.name, one.number) == ("Frö", PERSONAL)
    client.post(url, {"name": "Frö", "country": "SE", "number": "", "remove_number": "on"})
    one.refresh_from_db()
    assert one.number == ""


def test_a_sole_traders_number_is_masked_in_the_table_of_a_pasted_list(people, case):
    response = signed_in(people.per).post(
        reverse("suppliers_paste", args=[case.number]),
        {"pasted": f"Frö;SE;{PERSONAL}", "act": "look"},
    )

    table = response.content.decode().split("<tbody>")[1].split("</tbody>")[0]
    assert "121212-••••" in table
    assert PERSONAL not in table


def test_a_double_number_is_told_at_its_row_and_not_saved(people, case):
    a_trader(case, people)
    client, url = signed_in(people.per), reverse("suppliers_paste", args=[case.number])
    pasted = {"pasted": f"Dahl;SE;\nEk;SE;{PERSONAL}"}

    looked = client.post(url, pasted | {"act": "look"})
    saved = client.post(url, pasted | {"act": "save"})

    assert [len(row.faults) for row in looked.context["rows"]] == [0, 1]
    assert 'value="save"' not in looked.content.decode()
    assert saved.status_code == 422
    assert case.participants.count() == 4


def test_what_is_wrong_with_a_pasted_row_is_told_once_by_its_column(people, case):
    User.objects.filter(pk=people.per.pk).update(language="en")
    rows = f";SE;\nEk;Svergie;556160-2722\nAlm;SE;;;alm(at)ek\n{NAMES[0]};SE;"
    url = reverse("suppliers_paste", args=[case.number])

    looked = signed_in(people.per).post(url, {"pasted": rows, "act": "look"})

    assert [row.faults for row in looked.context["rows"]] == [
        ["Name: This field is required."],
        ["Country: “Svergie” is none of the countries to choose."],
        ["E-mail of the contact person: Enter a valid email address."],
        ["Is already in the case or higher up in the list."],
    ]


def test_one_that_is_twice_in_a_pasted_list_is_told_of_once(people, case):
    url = reverse("suppliers_paste", args=[case.number])

    looked = signed_in(people.per).post(
        url, {"pasted": "Ek;SE;556160-2722\nEk;SE;556160-2722", "act": "look"}
    )

    assert [len(row.faults) for row in looked.context["rows"]] == [0, 1]


def test_an_observer_in_the_window_cannot_ask_the_preview_for_numbers(people, case):
    a_trader(case, people)

    response = signed_in(people.lena).post(
        reverse("suppliers_paste", args=[case.number]),
        {"pasted": f"Ek;SE;{PERSONAL}", "act": "look"},
    )

    assert response.status_code == 403


def test_two_who_correct_a_supplier_at_once_both_keep_what_they_wrote(people, case):
    one, (per, nora) = case.participants.first(), (signed_in(people.per) for _ in range(2))
    url = reverse("supplier_correct", args=[case.number, one.pk])
    begun = fields_of(per.get(url).content.decode(), url)

    per.post(url, begun | {"contact_name": ["Disa Dahl"]})
    done = nora.post(url, begun | {"number": ["556160-2722"]})

    one.refresh_from_db()
    assert done.status_code == 302
    assert (one.contact_name, one.number) == ("Disa Dahl", "556160-2722")
    assert (one.name, one.contact_email) == (NAMES[0], "x@ask.example")


def test_a_number_is_held_against_the_country_it_was_typed_with(people, case):
    client, one = signed_in(people.per), case.participants.first()
    url = reverse("supplier_correct", args=[case.number, one.pk])
    begun = fields_of(client.get(url).content.decode(), url)

    client.post(url, begun | {"country": ["NO"]})
    refused = client.post(url, begun | {"number": ["556160-2722"]})

    one.refresh_from_db()
    assert (refused.status_code, one.country, one.number) == (422, "NO", "")
    # Who typed the number is shown the country as it is now, and chooses.
    shown = refused.content.decode()
    assert "Bara en svensk leverantör" in shown
    typed = fields_of(shown, url)
    assert (typed["country"], typed["number"]) == (["NO"], ["556160-2722"])
    client.post(url, typed | {"country": ["SE"]})
    one.refresh_from_db()
    assert (one.country, one.number) == ("SE", "556160-2722")


@pytest.fixture
def gone(people, case):
    one = case.participants.first()
    return withdraw_supplier(
        case=case, participant=one, reason="Saknar tid.", by=people.per, at=at_start_of(case)
    )


def test_only_a_withdrawal_is_linked_to_its_correction(people, case, gone):
    url = reverse("supplier_withdraw_correct", args=[case.number, gone.pk])
    verdicts = {one.pk: Verdict(False, "För dyr.") for one in case.participants.filter(state="in")}
    passed_gate(case, by=people.per, verdicts=verdicts, outcome="stop")

    html = page(people.per, "case_suppliers", case)

    assert html.count("/withdraw/correct/") == html.count(url) == 1
    assert "/withdraw/correct/" not in page(people.lena, "case_suppliers", case)


def test_why_a_supplier_left_in_a_later_round_is_kept_within_it(people, time_machine):
    case = a_case_in_admission(people.per, people.authority, roles={"process_leader": people.nora})
    said = {"case": case, "by": people.per, "at": at_start_of(case)}
    admit_suppliers(suppliers=[TypedSupplier(name) for name in NAMES], **said)
    all_go_on = {one.pk: Verdict(True) for one in case.participants.all()}
    case = passed_gate(case, by=people.per, verdicts=all_go_on)
    said = {"case": case, "by": people.per, "at": at_start_of(case)}
    choose_window_roles(case_phase=case.current_phase, roles=[], **said)
    one = withdraw_supplier(participant=case.participants.first(), reason="Saknar tid.", **said)
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
    correct = reverse("supplier_withdraw_correct", args=[case.number, one.pk])

    told = page(people.nora, "case_suppliers", case)
    assert one.name in told
    assert "Saknar tid." not in told
    assert correct not in told
    assert signed_in(people.nora).get(correct).status_code == 403
    assert "Saknar tid." in page(people.per, "case_suppliers", case)

    passed_gate(case, by=people.per, outcome="stop")
    time_machine.shift(timedelta(minutes=1))
    told = page(people.nora, "case_suppliers", case)
    assert "Saknar tid." in told
    assert correct in told


def test_who_is_outside_the_window_that_lasts_does_not_learn_that_its_gate_is_decided(
    people, time_machine
):
    case = a_case_in_admission(
        people.per,
        people.authority,
        roles={"process_leader": people.nora},
        edition=an_edition(signatures=["chief"], signed_phases=[2]),
    )
    said = {"case": case, "by": people.per, "at": at_start_of(case)}
    admit_suppliers(suppliers=[TypedSupplier(name) for name in NAMES], **said)
    all_go_on = {one.pk: Verdict(True) for one in case.participants.all()}
    case = passed_gate(case, by=people.per, verdicts=all_go_on)
    earlier = GateDecision.objects.latest("pk")
    said = {"case": case, "by": people.per, "at": at_start_of(case)}
    choose_window_roles(case_phase=case.current_phase, roles=[], **said)
    first, second = case.participants.all()[:2]
    withdraw_supplier(participant=second, reason="Saknar tid.", **said)
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
    withdraw = reverse("supplier_withdraw", args=[case.number, first.pk])
    correct = reverse("gate_correct", args=[case.number, earlier.pk])
    new = {
        "correction": "Fel paragraf.",
        "outcome": "proceed",
        "reasons": earlier.reasons,
        "decided_by": earlier.decided_by,
        "reference": "protokoll § 5",
        "decided_on": earlier.decided_on.isoformat(),
        "despite": earlier.despite,
    }
    going = {f"go_{one.pk}": "on" for one in case.participants.all()}
    fewer = new | going | {f"go_{first.pk}": "", f"reason_{first.pk}": "För få personer."}

    def answers() -> list[object]:
        client = signed_in(people.nora)
        asked = [client.post(withdraw, {"reason": "Hinner inte."}), client.post(correct, fewer)]
        listed = TOKENS.sub("", page(people.nora, "case_suppliers", case))
        said = TOKENS.sub("", asked[1].content.decode())
        return [*(one.status_code for one in asked), listed, said]

    before = answers()
    assert before[:2] == [403, 422]
    assert withdraw not in str(before[2])
    assert signed_in(people.nora).get(mistaken_url(case)).status_code == 403
    assert signed_in(people.per).get(mistaken_url(case)).status_code == 200
    # What was typed is kept.
    assert "ändras bara av dem som ser in i fasen" in str(before[3])
    assert "För få personer." in str(before[3])
    assert withdraw in page(people.per, "case_suppliers", case)
    later = at_start_of(case) + timedelta(hours=1)
    passed_gate(case, by=people.per, verdicts=all_go_on, at=later)
    assert answers() == before
    assert signed_in(people.per).post(correct, fewer).status_code == 422
    # What is only put in other words tells nothing.
    assert signed_in(people.nora).post(correct, new | going).status_code == 303
    assert signed_in(people.per).post(withdraw, {"reason": "Hinner inte."}).status_code == 302


def test_the_reason_of_a_withdrawal_is_corrected(people, case, gone):
    client = signed_in(people.per)
    url = reverse("supplier_withdraw_correct", args=[case.number, gone.pk])

    shown = client.get(url).context["form"]
    done = client.post(url, {"reason": "Saknar folk.", "was": shown["was"].value()})

    gone.refresh_from_db()
    assert shown["reason"].value() == "Saknar tid."
    assert done.status_code == 302
    assert gone.left_reason == "Saknar folk."


def test_a_stale_correction_shows_what_is_saved_beside_and_may_be_sent_again(people, case, gone):
    client = signed_in(people.per)
    url = reverse("supplier_withdraw_correct", args=[case.number, gone.pk])
    correct_withdrawal(
        case=case, participant=gone, reason="Saknar folk.", by=people.nora, at=at_start_of(case)
    )

    stale = client.post(url, {"reason": "Saknar pengar.", "was": "Saknar tid."})

    form = stale.context["form"]
    assert stale.status_code == 422
    assert form.has_error(NON_FIELD_ERRORS, "stale")
    assert "Saknar <del>folk</del>" in stale.content.decode()
    assert form["reason"].value() == "Saknar pengar."
    client.post(url, {"reason": "Saknar pengar.", "was": form["was"].value()})
    gone.refresh_from_db()
    assert gone.left_reason == "Saknar pengar."


def test_an_empty_reason_is_refused_and_shows_nothing_beside(people, case, gone):
    refused = signed_in(people.per).post(
        reverse("supplier_withdraw_correct", args=[case.number, gone.pk]),
        {"reason": "", "was": "Saknar tid."},
    )

    assert refused.status_code == 422
    assert refused.context["conflict"] == []
    gone.refresh_from_db()
    assert gone.left_reason == "Saknar tid."


def in_english(client: Client, reader, case: Case) -> str:
    """The suppliers of the case as somebody reads them who has chosen English."""
    User.objects.filter(pk=reader.pk).update(language="en")
    return client.get(reverse("case_suppliers", args=[case.number])).text


def test_who_withdraws_before_the_next_phase_begins_is_nowhere_in_it(people, case, time_machine):
    ask, bjork, ceder = case.participants.all()
    at, client = at_start_of(case), signed_in(people.per)
    case = passed_gate(
        case,
        by=people.per,
        at=at,
        verdicts={
            ask.pk: Verdict(True),
            bjork.pk: Verdict(True),
            ceder.pk: Verdict(False, "Saknar kapacitet."),
        },
        next_starts_on=at.date() + timedelta(weeks=3),
    )
    run = case.current_phase
    template = DocumentTemplate.objects.get(edition=case.edition, serves="order")
    prepare = reverse("paper_prepare", args=[case.number, run.phase.key, template.key])
    of_ask = {"supplier": ask.pk}
    client.post(prepare, of_ask | {"language": "sv", "fill_words": "Ord", "act": "order"})
    paper = reverse("paper", args=[case.number, case.papers.get().pk])
    assert prepare in client.get(paper).text
    withdraw = reverse("supplier_withdraw", args=[case.number, ask.pk])
    client.post(withdraw, {"reason": "Saknar tid."})
    time_machine.move_to(at_start_of(case), tick=False)
    client = signed_in(people.per)

    phase = client.get(run.get_absolute_url())
    overview = client.get(case.get_absolute_url()).text
    (mine,) = client.get("/").context["rows"]
    (lead,) = client.get(reverse("portfolio")).context["rows"]
    assert phase.context["supplier_count"] == 1
    assert '<b class="num">1</b> × <span class="num">25\xa0000\xa0kr</span>' in overview
    assert (mine.before, mine.now, lead.suppliers) == (3, 1, 1)
    # Both went on through the gate all the same.
    assert client.get(case.phases.get(number=1).get_absolute_url()).context["supplier_count"] == 3
    offered = client.get(prepare).text
    assert [name in offered for name in NAMES] == [False, True, False]
    # What was ordered of it in the wait is kept, and nothing more is written there.
    assert client.get(prepare, of_ask).status_code == 404
    assert prepare not in client.get(paper).text
    assert "before phase 2, " in in_english(client, people.per, case)
    # Taken back it takes part.
    undo = reverse("supplier_withdraw_undo", args=[case.number, ask.pk])
    client.post(undo, {"reason": "Fel firma."})
    assert client.get(run.get_absolute_url()).context["supplier_count"] == 2
    assert prepare in client.get(paper).text


def test_who_withdrew_before_another_round_and_came_anew_is_not_taken_back(
    people, case, time_machine
):
    at, client = at_start_of(case), signed_in(people.per)
    case = passed_gate(
        case,
        by=people.per,
        at=at,
        outcome="repeat",
        next_starts_on=at.date() + timedelta(weeks=3),
    )
    ask = case.participants.first()
    client.post(reverse("supplier_withdraw", args=[case.number, ask.pk]), {"reason": "Saknar tid."})
    time_machine.move_to(at_start_of(case), tick=False)
    client = signed_in(people.per)
    undo = reverse("supplier_withdraw_undo", args=[case.number, ask.pk])
    listed = reverse("case_suppliers", args=[case.number])
    before = in_english(client, people.per, case)

    client.post(reverse("supplier_new", args=[case.number]), {"name": ask.name, "country": "SE"})

    assert "before round 2 of phase 1, " in before
    assert [undo in shown for shown in (before, client.get(listed).text)] == [True, False]
    assert case.participants.filter(name=ask.name).count() == 2
    assert client.post(undo, {"reason": "Fel firma."}).status_code == 422


def test_history_is_filtered_by_kind(people, case):
    client = signed_in(people.per)
    url = reverse("case_history", args=[case.number])

    verbs = {event.verb for event in client.get(url, {"kind": "suppliers"}).context["events"]}

    assert verbs == {"supplier.admitted"}


def test_history_says_that_its_paper_is_not_filtered(people, case):
    User.objects.filter(pk=people.per.pk).update(language="en")
    client = signed_in(people.per)
    url, words = reverse("case_history", args=[case.number]), "The PDF holds every kind of event."

    assert words in client.get(url, {"kind": "suppliers"}).text
    assert words not in client.get(url).text


@pytest.mark.parametrize("name", [*PAGES, "suppliers_mistaken"])
def test_pages_ask_the_database_at_most_twelve_times(
    people, case, name, django_assert_max_num_queries
):
    client = signed_in(people.per)
    url = reverse(name, args=[case.number])
    client.get(url)

    with django_assert_max_num_queries(12):
        client.get(url)


def test_the_page_of_a_case_that_rests_or_is_over_offers_nothing_that_is_refused(people, case):
    ask = case.participants.first()
    new = reverse("supplier_new", args=[case.number])
    assert new in page(people.per, "case_suppliers", case)

    pause_case(case=case, reason="Sommar.", by=people.per, at=at_start_of(case))

    shown = page(people.per, "case_suppliers", case)
    assert reverse("supplier_withdraw", args=[case.number, ask.pk]) in shown
    assert new not in shown
    assert mistaken_url(case) not in shown
    assert mistaken_url(case) not in page(people.per, "supplier_withdraw", case, ask.pk)

    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at_start_of(case))

    shown = page(people.per, "case_suppliers", case)
    assert reverse("supplier_correct", args=[case.number, ask.pk]) in shown
    assert reverse("supplier_withdraw", args=[case.number, ask.pk]) not in shown


def mistaken_url(case: Case, ticked: object = None) -> str:
    url = reverse("suppliers_mistaken", args=[case.number])
    return url if ticked is None else f"{url}?supplier={ticked}"


def pages_of(case: Case) -> list[str]:
    """What tells of suppliers, and what is chosen of them."""
    run = case.current_phase
    places = [
        reverse("paper_prepare", args=[case.number, run.phase.key, template.key])
        for template in run.phase.templates.all()
    ]
    named = ("suppliers", "phases", "plan", "papers", "people", "diary", "need", "deadlines")
    of_case = [f"{case.get_absolute_url()}{name}/" for name in named]
    return ["/", reverse("portfolio"), case.get_absolute_url(), *of_case, *places]


def test_no_page_but_the_history_tells_of_a_supplier_entered_by_mistake(people, case):
    client, at = signed_in(people.per), at_start_of(case)

    def read() -> dict[str, str]:
        return {url: TOKENS.sub("", client.get(url, follow=True).text) for url in pages_of(case)}

    before = read()
    typed = [TypedSupplier("Felaktiga AB", number="556016-0680", contact_email="fel@fel.example")]
    said = {"case": case, "by": people.per, "at": at}
    wrong = admit_suppliers(suppliers=typed, **said)
    assert sum("Felaktiga" in text for text in read().values()) > 3
    take_away_suppliers(suppliers=wrong, reason="Fel lista.", **said)

    assert read() == before
    told = page(people.per, "case_history", case)
    assert told.count("Felaktiga AB") == 2
    assert "Fel lista." in told
    # Of all of it the window keeps Lena out.
    assert (
        "Fel" not in TOKENS.sub("", page(people.lena, "case_history", case)).partition("<main")[2]
    )
    one = wrong[0].pk
    for name in ("supplier_correct", "supplier_withdraw", "supplier_withdraw_undo"):
        assert client.get(reverse(name, args=[case.number, one])).status_code == 404
    template = case.edition.templates.get(serves="order")
    prepare = reverse("paper_prepare", args=[case.number, "part-1", template.key])
    ask = case.participants.first()
    to = [client.get(prepare, {"supplier": pk}).status_code for pk in (ask.pk, one)]
    assert to == [200, 404]

    verdicts = {p.pk: Verdict(goes_on=True) for p in case.participants.all()}
    case = passed_gate(case, by=people.per, verdicts=verdicts)
    decision = GateDecision.objects.get(case_phase__number=1)
    for url in (reverse("gate", args=[case.number, decision.pk]), case.get_absolute_url()):
        assert "Felaktiga" not in client.get(url).text
    assert client.get(case.get_absolute_url()).status_code == 200


def test_several_are_ticked_and_taken_away_with_one_reason(people, case):
    User.objects.filter(pk=people.per.pk).update(language="en")
    ask, bjork, ceder = case.participants.all()
    client, url = signed_in(people.per), mistaken_url(case)
    sent = {"suppliers": [ask.pk, ceder.pk], "reason": "Fel lista."}

    none = client.post(url, {"reason": ""})
    answers = [client.post(url, sent, follow=True) for _twice in range(2)]
    other = client.post(url, sent | {"reason": "En annan."})

    assert none.status_code == 422
    assert set(none.context["form"].errors) == {"suppliers", "reason"}
    assert [toast(answer) for answer in answers] == ["2 suppliers are taken away"] * 2
    assert [p.name for p in answers[0].context["taking_part"]] == [bjork.name]
    assert other.status_code == 422
    assert f"Somebody has already taken away {ask.name}" in other.text
    assert [one.name for one in other.context["can_go"]] == [bjork.name]


@pytest.mark.parametrize(
    ("asked", "ticked"), [("", 0), ("all", 3), ("{pk}", 1), ("x", 0), ("9" * 30, 0), ("%00", 0)]
)
def test_the_address_ticks_one_or_all(people, case, asked, ticked):
    asked = asked.format(pk=case.participants.last().pk)

    form = signed_in(people.per).get(mistaken_url(case, asked)).context["form"]

    assert len(form["suppliers"].value()) == ticked


def test_no_supplier_of_another_case_is_taken_away(people, case):
    other = a_case_in_admission(by=people.per, authority=people.authority, title="Ett annat")
    (theirs,) = admit_suppliers(
        case=other, suppliers=[TypedSupplier("Dahl")], by=people.per, at=at_start_of(other)
    )

    for odd in (theirs.pk, "9" * 30, "x"):
        sent = {"suppliers": [odd], "reason": "Fel."}
        assert signed_in(people.per).post(mistaken_url(case), sent).status_code == 422
    assert other.participants.exists()


def test_it_is_offered_while_it_can_be_done_and_else_the_page_says_what_to_do(people, case):
    User.objects.filter(pk=people.per.pk).update(language="en")
    ask, bjork, ceder = case.participants.all()
    client, listed = signed_in(people.per), reverse("case_suppliers", args=[case.number])
    template = DocumentTemplate.objects.get(edition=case.edition, serves="order")
    prepare = reverse(
        "paper_prepare", args=[case.number, case.current_phase.phase.key, template.key]
    )
    client.post(prepare, {"supplier": ask.pk, "language": "sv", "fill_words": "Ord", "act": "save"})
    withdraw = [reverse("supplier_withdraw", args=[case.number, p.pk]) for p in (ask, bjork)]
    client.post(
        reverse("supplier_withdraw", args=[case.number, ceder.pk]), {"reason": "Fel lista."}
    )

    offered = client.get(listed).text
    assert [mistaken_url(case, p.pk) in offered for p in (ask, bjork, ceder)] == [True] * 3
    assert [mistaken_url(case) in client.get(url).text for url in withdraw] == [False, True]
    shown = client.get(mistaken_url(case, "all"))
    assert [one.name for one in shown.context["can_go"]] == [bjork.name, ceder.name]
    assert f"{ceder.name} · Withdrawn" in shown.text
    _form, _head, stays = shown.text.partition("Cannot be taken away")
    assert withdraw[0] in stays
    sent = {"suppliers": [ask.pk], "reason": "Fel lista."}
    assert f"Papers have been written to {ask.name}" in client.post(mistaken_url(case), sent).text

    passed_gate(case, by=people.per, verdicts={p.pk: Verdict(True) for p in (ask, bjork)})

    assert mistaken_url(case) not in client.get(listed).text
    assert mistaken_url(case) not in client.get(withdraw[1]).text
    for answer in (client.get(mistaken_url(case)), client.post(mistaken_url(case), sent)):
        assert "Let it withdraw, and write in the reason" in answer.text.replace("\n", " ")
        assert "<textarea" not in answer.text
        assert not any(name in answer.text for name in NAMES)


def test_what_is_typed_of_a_supplier_taken_away_meanwhile_is_refused_in_words(people, case):
    User.objects.filter(pk=people.per.pk).update(language="en")
    ask, client = case.participants.first(), signed_in(people.per)
    take_away_suppliers(
        case=case, suppliers=[ask], reason="Fel lista.", by=people.per, at=at_start_of(case)
    )

    for name, typed in (
        ("supplier_correct", {"name": "Ask AB", "country": "SE"}),
        ("supplier_withdraw", {"reason": "Saknar tid."}),
    ):
        answer = client.post(reverse(name, args=[case.number, ask.pk]), typed)
        assert answer.status_code == 422
        assert f"{ask.name} was entered by mistake and has been taken away" in answer.text
        assert signed_in(people.lena).post(answer.request["PATH_INFO"]).status_code == 403
