"""Per starts a case, works through its first phase, writes the need, and a gate is decided."""

from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from handbook.models import Edition
from journal.models import Event
from journal.verifying import faults
from procurements.models import Case, GateDecision, NeedVersion, Task
from tests.browser.fixtures import sign_in
from tests.builders import a_case, an_edition
from tests.builders_teams import PASSWORD, a_part
from tests.journeys.walking import (
    a_pdf,
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


def test_per_starts_a_case(page: Page, people: People, handbook: Edition, monday: datetime) -> None:
    for name in ("Bildningsnämnden", "Fritidsnämnden", "Kommunstyrelsen", "Kulturnämnden",
                 "Miljönämnden", "Samhällsnämnden", "Tekniska nämnden", "Valnämnden"):  # fmt: skip
        a_part(people.municipality, name)
    # Who leads a team may start a case for any part of its organisations.
    sign_in(page, people.lena)
    page.goto("/")
    follow(page, "Beskriv ett behov")
    press(page, "Se planen")
    refused(page, "Rubrik", "Myndighet", "Sammanhang")
    look_over(page, "a new case with errors")

    write(page, title="Trygg första vecka hemma", diary_number="OMS-2026-0042")
    page.get_by_label("Sök bland myndigheterna").press_sequentially("omsorg")
    expect(page.locator("#authorities input")).to_have_count(1)
    # Enter in the search looks, and sends nothing.
    page.get_by_label("Sök bland myndigheterna").press("Enter")
    choose(page, "Omsorgsnämnden")
    choose(page, "Handbok i Demand Acceleration")
    choose(page, "Produkt")
    choose(page, "Processledare")
    page.locator("[name=team]").select_option(label="Tallvikens team")
    write(page, planned_start_on=day(monday))
    page.locator("[name=title]").press("Enter")
    heading(page, "Så planeras ärendet")
    expect(page.locator("table.plan tbody tr")).to_have_count(8)
    look_over(page, "the plan before the case is started")

    press(page, "Ändra något")
    expect(page.locator("[name=title]")).to_have_value("Trygg första vecka hemma")
    expect(page.locator("[name=diary_number]")).to_have_value("OMS-2026-0042")
    choose(page, "Tjänst")
    press(page, "Se planen")
    press(page, "Starta ärendet")
    heading(page, "Ingen annan ser ärendet än")
    look_over(page, "a draft")
    with another(page.context, people.per) as per:
        assert per.goto(page.url).status == 404

    follow(page, "Börja arbetet")
    look_over(page, "the first day")
    write(page, on=day(monday))
    press(page, "Börja arbetet")
    heading(page, "Hitta behovsägaren")
    expect(page.get_by_text("Nu · steg 0.1")).to_be_visible()
    page.locator(".tracktab > summary").click()
    look_over(page, "the overview of a case that has begun")
    page.goto("/")
    expect(page.get_by_role("link", name="Trygg första vecka hemma").first).to_be_visible()
    look_over(page, "my cases")


def test_the_work_of_a_phase(
    page: Page, people: People, handbook: Edition, monday: datetime, tmp_path: Path
) -> None:
    case = a_case(
        by=people.per,
        authority=people.authority,
        edition=handbook,
        at=monday,
        roles={"need_owner": people.nora, "observer": people.lena},
    )
    step = Task.objects.filter(case_phase__case=case).order_by("pk").first()
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Faser", part=True)
    heading(page, "Mobilisering")
    look_over(page, "a phase")

    # A tick is saved when it is made, and so is taking it away.
    first = page.locator(".pair--open .check input[type=checkbox]").first
    first.check()
    expect(page.locator(".pair--open .check__foot")).to_contain_text("Sparat")
    expect(page.locator(".pair--open .check__foot")).to_contain_text("1 av 4")
    first.uncheck()
    expect(page.locator(".pair--open .check__foot")).to_contain_text("0 av 4")
    first.check()
    expect(page.locator(".pair--open .check__foot")).to_contain_text("1 av 4")
    assert step.ticks.count() == 1

    follow(page, "Person, dag, filer och anteckningar")
    heading(page, "Hitta behovsägaren")
    page.locator("[name=assignee]").select_option(label="Nora Nord")
    write(page, due_on=day(monday, 3))
    press(page, "Spara")
    told(page, "Sparat")

    false = tmp_path / "avtal.pdf"
    false.write_bytes(b"MZ\x90\x00 no paper at all")
    page.locator("[name=upload]").set_input_files(false)
    press(page, "Bifoga filen")
    refused(page, "Fil")
    look_over(page, "a step with a file that is not what its name says")
    page.locator("[name=upload]").set_input_files(a_pdf(tmp_path / "mandat.pdf", "Mandatet"))
    press(page, "Bifoga filen")
    told(page, "Filen är bifogad")
    address = page.get_by_role("link", name="mandat.pdf").first.get_attribute("href")
    assert page.request.get(address).body().startswith(b"%PDF")

    write(page, text="Avdelningschefen har lovat två personer en dag i veckan.")
    press(page, "Spara anteckningen")
    told(page, "Anteckningen är sparad")
    follow(page, "Rätta", part=True)
    write(page, text="")
    press(page, "Spara rättelsen")
    refused(page, "Anteckning")
    look_over(page, "a correction with an error")
    write(page, text="Avdelningschefen har lovat tre personer en dag i veckan.")
    press(page, "Spara rättelsen")
    told(page, "Anteckningen är rättad")
    expect(page.locator(".notes")).to_contain_text("tre personer")
    look_over(page, "a step with all that belongs to it")
    # The earlier text stays in the history.
    kept = [text.text for event in Event.objects.of(case) for text in event.texts.all()]
    assert "Avdelningschefen har lovat två personer en dag i veckan." in kept

    press(page, "Markera som klart")
    told(page, "Steget är klart")
    press(page, "Ångra, det är inte klart")
    told(page, "Steget är inte klart längre")
    press(page, "Markera som klart")
    told(page, "Steget är klart")

    follow(page, "Fas 0 Mobilisering")
    follow(page, "Lägg till en egen uppgift")
    write(page, due_on="2020-01-01")
    press(page, "Lägg till uppgiften")
    refused(page, "Vad som ska göras")
    look_over(page, "a task of one's own with errors")
    write(page, title="Boka rummet i biblioteket", due_on=day(monday, 2))
    page.locator("[name=assignee]").select_option(label="Nora Nord")
    press(page, "Lägg till uppgiften")
    told(page, "Uppgiften är tillagd")
    expect(page.get_by_role("link", name="Boka rummet i biblioteket").first).to_be_visible()

    follow(page, "Håll en halvdagsworkshop")
    page.locator(".task__drop > summary").click()
    write(page, reason="Vi höll en i våras.")
    press(page, "Utelämna steget")
    told(page, "Steget är utelämnat")

    # What is hers to do is on Nora's first page.
    with another(page.context, people.nora) as nora:
        nora.goto("/")
        expect(nora.get_by_role("link", name="Boka rummet i biblioteket")).to_be_visible()
        look_over(nora, "my cases with things to do")


def test_the_need_is_written_and_written_anew(
    page: Page, people: People, handbook: Edition, monday: datetime
) -> None:
    case = a_case(
        by=people.per,
        authority=people.authority,
        edition=handbook,
        at=monday,
        roles={"need_owner": people.nora},
    )
    sign_in(page, people.nora)
    page.goto(case.get_absolute_url())
    follow(page, "Behov")
    look_over(page, "no need yet")
    follow(page, "Skriv behovet")
    press(page, "Spara versionen")
    refused(page, "Behovet i en mening")
    look_over(page, "the need with an error")
    write(page, title="Den som kommer hem ska klara första veckan", target="En app som påminner.")
    press(page, "Leta efter lösningar i texten")
    expect(page.locator(".rows")).to_contain_text("app")
    look_over(page, "the need with a hint")
    write(page, target="Hon vet vem som kommer och när.", size="140 i månaden (egen statistik)")
    press(page, "Spara versionen")
    heading(page, "Den som kommer hem ska klara första veckan")

    follow(page, "Dagbok", part=True)
    press(page, "Skriv i dagboken")
    refused(page, "I korthet", "Insikten", "Källa")
    look_over(page, "the diary with errors")
    write(page, title="Nätterna är svårast", text="Oron kommer mellan två och fyra.")
    choose(page, "Intervju")
    choose(page, "Ärendets team")
    press(page, "Skriv i dagboken")
    heading(page, "1 Nätterna är svårast")
    follow(page, "Rätta", part=True)
    write(page, text="")
    press(page, "Spara rättelsen")
    refused(page, "Insikten")
    look_over(page, "an insight corrected with an error")
    write(page, text="Oron kommer mellan ett och fyra på natten.")
    press(page, "Spara rättelsen")
    expect(page.locator(".diary")).to_contain_text("mellan ett och fyra")
    press(page, "Dela med alla leverantörer", part=True)
    expect(page.get_by_role("dialog")).to_contain_text("det kan inte tas tillbaka")
    look_over(page, "the question before an insight is shared")
    press(page, "Dela med alla leverantörer", within="dialog")
    expect(page.locator("#insight-1")).to_contain_text("Alla leverantörer")
    look_over(page, "the diary")

    follow(page, "Behov")
    follow(page, "Skriv nästa version")
    write(page, target="Hon vet vem som kommer och när, också på natten.")
    press(page, "Spara versionen")
    refused(page, "Varför behovet ändras")
    write(page, reason="Nätterna visade sig vara svårast.")
    choose(page, "1. Nätterna är svårast")
    press(page, "Spara versionen")
    expect(page.get_by_text("Version 2").first).to_be_visible()
    look_over(page, "the need in two versions")
    follow(page, "Rätta", part=True)
    write(page, reason="")
    press(page, "Spara rättelsen")
    refused(page, "Varför behovet ändras")
    look_over(page, "why the need was changed, corrected with an error")
    write(page, reason="Nätterna är svårast, säger alla tre hemtjänstgrupperna.")
    press(page, "Spara rättelsen")
    expect(page.get_by_text("alla tre hemtjänstgrupperna")).to_be_visible()
    follow(page, "Jämför")
    expect(page.locator("ins").first).to_contain_text("också på natten")
    look_over(page, "two versions side by side")
    assert [need.number for need in NeedVersion.objects.order_by("number")] == [1, 2]


def test_the_gate_is_decided_and_the_next_phase_waits(
    page: Page, people: People, handbook: Edition, monday: datetime
) -> None:
    case = a_case(
        by=people.per,
        authority=people.authority,
        edition=handbook,
        at=monday,
        roles={"management": people.nora, "observer": people.lena},
    )
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Faser", part=True)
    expect(page.locator("#hindrances li")).to_have_count(4)
    press(page, "Besluta grind 0")
    refused(page, "Beslutet", "Motivering", "Vem som beslutade", "Protokoll eller delegation")
    look_over(page, "the gate with errors")
    choose(page, "Gå vidare")
    write(
        page,
        reasons="Vilja, pengar och mandat finns.",
        decided_by="Nora Nord",
        reference="delegation 3.2",
        next_starts_on=day(monday, 3),
    )
    press(page, "Besluta grind 0")
    refused(page, "Varför beslutar ni ändå?")
    expect(page.locator("[name=reasons]")).to_have_value("Vilja, pengar och mandat finns.")
    write(page, despite="Mandatet skrivs under på torsdag.")
    press(page, "Besluta grind 0")
    heading(page, "Grind 0: gå vidare")
    told(page, "Grinden är beslutad")
    expect(page.locator(".said")).to_contain_text("Mandatet skrivs under på torsdag.")
    expect(page.locator(".said")).to_contain_text("2 arbetsdagars väntan")
    look_over(page, "a decision in effect")
    assert GateDecision.objects.get().decided_by_user == people.nora

    page.goto(case.get_absolute_url())
    expect(page.get_by_text("Väntar · fas 1")).to_be_visible()
    heading(page, "Behovsanalys börjar torsdag")
    look_over(page, "a case that waits")
    follow(page, "Flytta starten")
    write(page, starts_on=day(monday, -7))
    page.get_by_role("button", name="Flytta").click()
    refused(page, "Start")
    look_over(page, "a start that cannot be")
    write(page, starts_on=day(monday, 1))
    page.get_by_role("button", name="Flytta").click()
    page.goto(case.get_absolute_url())
    heading(page, "Behovsanalys börjar tisdag")

    # The second of two finds it decided.
    page.goto(f"{case.get_absolute_url()}phases/{handbook.phases.get(number=0).key}/")
    expect(page.get_by_role("button", name="Besluta grind 0")).to_have_count(0)
    look_over(page, "a phase that is closed")
    assert list(faults()) == []


def test_a_decision_takes_effect_when_the_last_has_signed(
    page: Page, people: People, monday: datetime, tmp_path: Path
) -> None:
    case = a_case(
        by=people.per,
        authority=people.authority,
        edition=an_edition(signatures=["chief", "buyer"], signed_phases=[0]),
        at=monday,
        roles={"management": people.nora, "observer": people.lena},
    )
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Faser", part=True)
    choose(page, "Gå vidare")
    write(
        page,
        despite="Resten görs senare.",
        reasons="Vi går vidare.",
        decided_by="Nora Nord",
        reference="delegation 3.2",
    )
    press(page, "Besluta grind 0")
    expect(page.get_by_text("väntar på underskrifter").first).to_be_visible()
    page.locator("main [name=password]").fill("inte mitt")
    press(page, "Skriv under")
    refused(page, "Det är inte ditt lösenord")
    look_over(page, "a signature refused")
    page.locator("main [name=password]").fill(PASSWORD)
    press(page, "Skriv under")
    told(page, "Du har skrivit under beslutet")
    assert Case.objects.get().current_phase.number == 0

    page.locator(".copyform > summary").click()
    page.locator(".copyform [name=name]").fill("Nora Nord")
    page.locator(".copyform [name=upload]").set_input_files(
        a_pdf(tmp_path / "underskrivet.pdf", "Underskrivet")
    )
    press(page, "Lägg in exemplaret")
    told(page, "Det underskrivna exemplaret är inlagt")
    expect(page.get_by_text("gäller").first).to_be_visible()
    look_over(page, "a decision signed by both")
    assert Case.objects.get().current_phase.number == 1
