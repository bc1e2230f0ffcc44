"""Suppliers come into a case, and only those who are to know of them know, until it is decided."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from journal.verifying import faults
from procurements.models import Case, GateDecision, Participant
from tests.browser.fixtures import sign_in
from tests.builders import a_case_in_admission, an_edition
from tests.builders_teams import PASSWORD
from tests.journeys.walking import (
    another,
    choose,
    day,
    follow,
    heading,
    look_over,
    press,
    refused,
    told,
    write,
)
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTED = """Namn;Land;Organisationsnummer;Kontakt;E-post
Björkängens omsorgsteknik AB;Sverige;556016-0680;Bo Berg;bo@bjorkangen.example
Cederlunds AB;Sverige;556016-0681;;
"""


@pytest.fixture
def case(people: People, monday: datetime) -> Case:
    """On the first day of the phase that admits; its gate is signed. Lena observes."""
    return a_case_in_admission(
        by=people.per,
        authority=people.authority,
        roles={"management": people.nora, "observer": people.lena},
        edition=an_edition(signatures=["chief"], signed_phases=[1]),
        at=monday - timedelta(days=3),
    )


def test_suppliers_come_in_and_one_leaves(page: Page, people: People, case: Case) -> None:
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Leverantörer", part=True)
    look_over(page, "no suppliers yet")
    follow(page, "Lägg in en leverantör")
    write(
        page,
        name="Askdalens vård AB",
        number="556016-0681",
        contact_name="Asta Ask",
        contact_email="asta@askdalen.example",
    )
    press(page, "Lägg in leverantören")
    refused(page, "Organisationsnummer")
    expect(page.locator("#id_number")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#id_contact_name")).to_have_value("Asta Ask")
    look_over(page, "a supplier with a wrong number")
    write(page, number="556703-7485")
    press(page, "Lägg in leverantören")
    expect(page.get_by_role("rowheader", name="Askdalens vård AB")).to_be_visible()

    follow(page, "Klistra in en lista")
    write(page, pasted=PASTED)
    press(page, "Granska raderna")
    expect(page.locator("tbody tr").nth(0)).to_contain_text("Björkängens omsorgsteknik AB")
    expect(page.locator("tbody tr .state--sen")).to_have_count(1)
    expect(page.get_by_role("button", name="Lägg in 2 leverantörer")).to_have_count(0)
    look_over(page, "a pasted list with an error")
    picture = {"name": "lista.csv", "mimeType": "text/csv", "buffer": b"\x89PNG\r\n\x1a\n\x00"}
    page.locator("main [name=file]").set_input_files(picture)
    press(page, "Granska raderna")
    refused(page, "Filen är ingen lista i text")
    look_over(page, "a list from a file of the wrong kind")
    saved = PASTED.replace("556016-0681", "").encode("cp1252")
    saved = {"name": "lista.csv", "mimeType": "text/csv", "buffer": saved}
    page.locator("main [name=file]").set_input_files(saved)
    press(page, "Granska raderna")
    assert Participant.objects.count() == 1
    press(page, "Lägg in 2 leverantörer")
    expect(page.locator("tbody tr")).to_have_count(3)
    look_over(page, "the suppliers")

    # A list of another case: its suppliers were never in this one.
    follow(page, "Klistra in en lista")
    write(page, pasted="Dalkarlens larm AB\nEkvallens golv AB\nFuruvikens tak AB")
    press(page, "Granska raderna")
    press(page, "Lägg in 3 leverantörer")
    expect(page.locator("tbody tr")).to_have_count(6)
    mistaken = page.locator("a[href$='/suppliers/mistaken/']")
    mistaken.click()
    page.locator("main form button").click()
    refused(page, "Vad som blev fel")
    look_over(page, "suppliers taken away without a reason")
    for name in ("Dalkarlens", "Ekvallens", "Furuvikens"):
        page.get_by_label(name).check()
    write(page, reason="Listan hörde till ett annat ärende.")
    look_over(page, "suppliers entered by mistake")
    page.locator("main form button").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(mistaken).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Dalkarlens")

    follow(page, "Rätta Cederlunds AB")
    write(page, name="", number="556016-0681")
    press(page, "Spara rättelsen")
    refused(page, "Namn", "Organisationsnummer")
    look_over(page, "a supplier corrected with errors")
    write(page, name="Cederlunds hemtjänst AB", number="")
    press(page, "Spara rättelsen")
    expect(page.get_by_role("rowheader", name="Cederlunds hemtjänst AB")).to_be_visible()

    follow(page, "Drar sig ur Cederlunds hemtjänst AB")
    press(page, "Anteckna att leverantören drar sig ur")
    refused(page, "Varför leverantören drar sig ur")
    look_over(page, "a withdrawal without a reason")
    write(page, reason="Har inte folk till det i vår.")
    press(page, "Anteckna att leverantören drar sig ur")
    heading(page, "Har lämnat")
    expect(page.locator("tbody tr")).to_have_count(2)

    follow(page, "Rätta skälet Cederlunds hemtjänst AB")
    write(page, reason="")
    press(page, "Spara rättelsen")
    refused(page, "Varför leverantören drar sig ur")
    look_over(page, "a withdrawal corrected without a reason")
    write(page, reason="Har inte folk till det i år.")
    press(page, "Spara rättelsen")
    expect(page.locator(".rows__why")).to_have_text("Har inte folk till det i år.")

    # It was another that had called.
    follow(page, "Låt leverantören delta igen Cederlunds hemtjänst AB")
    press(page, "Låt den delta igen")
    refused(page, "Vad som blev fel")
    look_over(page, "a withdrawal taken back without a reason")
    write(page, reason="Det var Björks som ringde.")
    press(page, "Låt den delta igen")
    told(page, "Leverantören deltar igen")
    expect(page.locator("tbody tr")).to_have_count(3)
    follow(page, "Drar sig ur Cederlunds hemtjänst AB")
    write(page, reason="Har inte folk till det i år.")
    press(page, "Anteckna att leverantören drar sig ur")
    expect(page.locator("tbody tr")).to_have_count(2)

    # Per chooses who sees into the window of the phase.
    page.goto(case.current_phase.get_absolute_url())
    follow(page, "Välj vilka")
    page.get_by_label("Jurist").uncheck()
    look_over(page, "who sees into the window")
    press(page, "Spara")
    told(page, "Sparat")
    expect(page.locator("main")).to_contain_text(
        "ser de här rollerna in: Upphandlare, Processledare, Bedömare."
    )
    look_over(page, "the phase with its window")

    # Lena observes: no name, no number and no count, on any page.
    with another(page.context, people.lena) as lena:
        lena.goto("/")
        pages = ["", "suppliers/", "phases/", "diary/", "papers/", "history/", "people/"]
        for each in pages:
            lena.goto(case.get_absolute_url() + each)
            said = lena.locator("body").inner_text()
            assert not any(
                name in said for name in ("Askdalen", "Björkängen", "Cederlund", "Ekvall")
            )
            assert "Leverantörer 2" not in said
            look_over(lena, f"{each or 'overview'} for who is not to know")
        lena.goto(case.get_absolute_url() + "suppliers/")
        expect(lena.get_by_text("Leverantörerna är hemliga just nu.")).to_be_visible()
        for each in ("new", "mistaken"):
            assert lena.goto(f"{case.get_absolute_url()}suppliers/{each}/").status == 403


def test_the_legal_track_is_answered_and_the_gate_decided_for_each(
    page: Page, people: People, case: Case, monday: datetime
) -> None:
    from procurements.operations.supplier import TypedSupplier, admit_suppliers

    names = ("Askdalens vård AB", "Björkängens omsorgsteknik AB", "Cederlunds hemtjänst AB")
    ask, bjork, ceder = admit_suppliers(
        case=case, suppliers=[TypedSupplier(name) for name in names], by=people.per, at=monday
    )
    # One that began in this phase: its track is still to be chosen before the phase is left.
    Case.objects.update(legal_track="undecided")
    sign_in(page, people.per)
    page.goto(f"{case.get_absolute_url()}phases/{case.current_phase.phase.key}/")
    expect(page.locator("#gate .banner")).to_contain_text("kan inte gå vidare från den här fasen")
    look_over(page, "a gate before the legal track is chosen")
    follow(page, "Svara först på frågorna om det")
    press(page, "Spara bedömningen")
    refused(page, "Spåret du väljer", "Skäl för valet")
    look_over(page, "the legal track with errors")
    write(page, cpv="85312000-9")
    for question in ("rd_cpv", "exclusive", "wholly_paid", "annex_2"):
        answer = "yes" if question == "annex_2" else "no"
        page.locator(f"[name={question}][value={answer}]").check()
        write(page, **{f"{question}_reason": "Koden är 85312000-9."})
    press(page, "Se vad svaren leder till")
    expect(page.locator(".seal")).to_contain_text("Förslag:")
    expect(page.locator(".seal")).to_be_focused()
    look_over(page, "what the answers lead to")
    page.locator("[name=track][value=direct_award_19a]").check()
    write(page, reasons="Värdet är under gränsen.")
    press(page, "Spara bedömningen")
    page.goto(f"{case.get_absolute_url()}legal/")
    expect(page.locator("details.assessed")).to_have_count(1)
    assert Case.objects.get().legal_track == "direct_award_19a"
    heading(page, "Lagens frister")
    look_over(page, "the periods of the track")

    page.goto(case.get_absolute_url())
    follow(page, "Faser", part=True)
    expect(page.locator("[data-to]")).to_have_text("3")
    choose(page, "Gå vidare")
    page.locator(f"[name=go_{ceder.pk}]").uncheck()
    expect(page.locator("[data-to]")).to_have_text("2")
    write(
        page,
        despite="Resten görs i nästa fas.",
        reasons="Två svarar mot behovet.",
        decided_by="Omsorgsnämnden",
        reference=f"protokoll {day(monday)} § 4",
    )
    press(page, "Besluta grind 1")
    refused(page, "Motivering för Cederlunds hemtjänst AB")
    # What was typed is kept, also the switch that is off.
    expect(page.locator(f"[name=go_{ceder.pk}]")).not_to_be_checked()
    expect(page.locator("[data-to]")).to_have_text("2")
    expect(page.locator("[name=reasons]")).to_have_value("Två svarar mot behovet.")
    look_over(page, "the gate with a supplier that leaves without grounds")
    write(page, **{f"reason_{ceder.pk}": "Svarar inte mot behovet på natten."})
    press(page, "Se över först")
    expect(page.locator(f"[name=reason_{ceder.pk}]")).to_have_value(
        "Svarar inte mot behovet på natten."
    )
    assert not GateDecision.objects.filter(case_phase__number=1).exists()
    press(page, "Besluta grind 1")
    told(page, "Beslutet är registrerat och gäller från den sista underskriften")
    expect(page.locator(".gatelist tbody tr")).to_have_count(3)
    first = page.url
    look_over(page, "a decision that waits for its signature")
    with another(page.context, people.lena) as lena:
        assert lena.goto(first).status == 404
        lena.goto(f"{case.get_absolute_url()}suppliers/")
        assert "Askdalen" not in lena.locator("body").inner_text()

    # Somebody had misread the minutes: the decision is followed by one that corrects it.
    follow(page, "Rätta beslutet")
    press(page, "Registrera rättelsen")
    refused(page, "Vad som rättas")
    look_over(page, "a correcting decision with errors")
    write(page, correction="Björkängen stod på fel rad.", reasons="Rättat mot protokollet.")
    page.locator(f"[name=go_{ceder.pk}]").check()
    page.locator(f"[name=go_{bjork.pk}]").uncheck()
    write(page, **{f"reason_{bjork.pk}": "För få timmar i drift."})
    press(page, "Registrera rättelsen")
    heading(page, "Grind 1: gå vidare")
    look_over(page, "the correcting decision")
    second = page.url
    page.goto(first)
    expect(page.get_by_text("Beslutet är rättat.")).to_be_visible()

    with another(page.context, people.nora) as nora:
        nora.goto(second)
        nora.locator("main [name=password]").fill(PASSWORD)
        press(nora, "Skriv under")
        told(nora, "Du har skrivit under beslutet")
    assert Case.objects.get().current_phase.number == 2
    assert set(Participant.objects.filter(state="in")) == {ask, ceder}

    # Now everybody in the case sees who goes on.
    with another(page.context, people.lena) as lena:
        lena.goto(f"{case.get_absolute_url()}suppliers/")
        expect(lena.get_by_role("rowheader", name="Askdalens vård AB")).to_be_visible()
        expect(lena.get_by_role("rowheader", name="Cederlunds hemtjänst AB")).to_be_visible()
        expect(lena.get_by_role("heading", name="Har lämnat")).to_be_visible()
        look_over(lena, "the suppliers when it is decided")
        assert lena.goto(second).status == 200

    # The minutes had another paragraph: what is in effect stands until its correction is signed.
    page.goto(second)
    follow(page, "Rätta beslutet")
    write(page, correction="Paragrafen var en annan.", reference=f"protokoll {day(monday)} § 5")
    press(page, "Registrera rättelsen")
    expect(page.get_by_text("Rättar ett tidigare beslut.")).to_be_visible()
    page.goto(second)
    expect(page.get_by_text("Till dess gäller det här.")).to_be_visible()
    look_over(page, "a decision that stands while its correction waits")
    with another(page.context, people.nora) as nora:
        nora.goto("/")
        follow(nora, "Skriv under det rättade beslutet vid grind 1", part=True)
        nora.locator("main [name=password]").fill(PASSWORD)
        press(nora, "Skriv under")
        told(nora, "Du har skrivit under beslutet")
    page.reload()
    expect(page.get_by_text("Beslutet är rättat.")).to_be_visible()
    assert list(faults()) == []
