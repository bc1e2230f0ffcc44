"""A case is corrected, rests, goes on and is stopped; a draft that nobody saw is thrown away."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from procurements.models import Case, GateDecision
from tests.browser.fixtures import sign_in
from tests.builders import a_case
from tests.journeys.walking import (
    choose,
    day,
    follow,
    heading,
    look_over,
    press,
    reach,
    refused,
    told,
    write,
)
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_case_is_corrected_rests_goes_on_and_is_stopped(
    page: Page, people: People, monday: datetime
) -> None:
    case = a_case(
        by=people.per, authority=people.authority, at=monday, roles={"observer": people.lena}
    )
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    page.locator("section", has=page.locator("#about-h")).get_by_role("link", name="Ändra").click()
    write(page, title="")
    press(page, "Spara")
    refused(page, "Rubrik")
    look_over(page, "the facts of a case with an error")
    write(page, title="Trygg första natt hemma", diary_number="OMS-2026-0042")
    press(page, "Spara")
    heading(page, "Trygg första natt hemma")
    expect(page.locator(".factline")).to_contain_text("OMS-2026-0042")

    follow(page, "Pausa ärendet")
    press(page, "Pausa ärendet")
    refused(page, "Skäl")
    look_over(page, "a pause without reasons")
    write(page, reason="Förvaltningen har semester.")
    press(page, "Pausa ärendet")
    expect(page.locator(".banner--case")).to_contain_text("Förvaltningen har semester.")
    look_over(page, "a case that rests")
    page.goto(f"{case.get_absolute_url()}phases/")
    expect(page.get_by_role("button", name="Besluta grind 0")).to_have_count(0)

    page.goto(case.get_absolute_url())
    follow(page, "Återuppta ärendet")
    look_over(page, "a case that is to go on")
    write(page, reason="Alla är tillbaka.")
    press(page, "Återuppta ärendet")
    expect(page.get_by_text("Nu · steg 0.1")).to_be_visible()

    follow(page, "Stoppa ärendet")
    press(page, "Stoppa ärendet")
    refused(page, "Skäl", "Kryssa i rutan")
    look_over(page, "a stop without reasons")
    write(page, reason="Behovet löstes på annat sätt.")
    choose(page, "Ja, ärendet slutar här")
    press(page, "Stoppa ärendet")
    expect(page.locator(".banner--case")).to_contain_text("Behovet löstes på annat sätt.")
    expect(page.get_by_role("link", name="Återuppta ärendet")).to_have_count(0)
    look_over(page, "a case that was stopped")
    page.goto(f"{case.get_absolute_url()}history/")
    for words in ("Förvaltningen har semester.", "Alla är tillbaka.", "Behovet löstes"):
        expect(page.locator(".history")).to_contain_text(words)
    assert Case.objects.get().state == "stopped"


def test_a_draft_that_nobody_else_has_seen_is_thrown_away(
    page: Page, people: People, monday: datetime
) -> None:
    case = a_case(by=people.per, authority=people.authority, at=monday, begun=False)
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Planen, dag för dag")
    look_over(page, "the plan of a draft")
    page.goto(case.get_absolute_url())
    follow(page, "Kasta utkastet")
    press(page, "Kasta utkastet")
    refused(page, "Kryssa i rutan")
    look_over(page, "a draft thrown away by mistake")
    choose(page, "Ja, kasta utkastet")
    press(page, "Kasta utkastet")
    told(page, "Utkastet är kastat")
    heading(page, "Du har inga ärenden än")
    assert page.goto(case.get_absolute_url()).status == 404
    assert not Case.objects.exists()


def test_a_phase_is_done_again_and_the_case_is_stopped_at_its_gate(
    page: Page, people: People, monday: datetime, time_machine: Any
) -> None:
    case = a_case(by=people.per, authority=people.authority, at=monday)
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Faser", part=True)
    decided = {
        "despite": "Resten visar vi i nästa försök.",
        "decided_by": "Omsorgsnämnden",
        "reference": f"protokoll {day(monday)} § 4",
    }
    choose(page, "Gör om fasen")
    write(page, reasons="Vi har talat med för få.", next_starts_on=day(monday, 1), **decided)
    press(page, "Besluta grind 0")
    heading(page, "Grind 0: gör om fasen")
    look_over(page, "a gate that repeats its phase")
    assert Case.objects.get().current_phase.attempt == 2

    page.goto(case.get_absolute_url())
    expect(page.get_by_text("Väntar · fas 0")).to_be_visible()
    look_over(page, "a case whose phase is done again")
    time_machine.move_to(monday + timedelta(days=1), tick=True)
    sign_in(page, people.per)
    page.goto(f"{case.get_absolute_url()}phases/")
    look_over(page, "a phase in its second attempt")
    choose(page, "Stoppa ärendet")
    write(page, reasons="Behovet är för litet.", **decided)
    press(page, "Besluta grind 0")
    heading(page, "Grind 0: stoppa ärendet")
    look_over(page, "a gate that stops the case")
    page.goto(case.get_absolute_url())
    expect(page.locator(".banner--case")).to_contain_text("Ärendet stoppades")
    outcomes = GateDecision.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["repeat", "stop"]


def test_a_step_is_ticked_and_opened_and_a_gate_decided_by_keyboard_alone(
    page: Page, people: People, monday: datetime
) -> None:
    case = a_case(by=people.per, authority=people.authority, at=monday)
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    reach(page, "Faser")
    page.keyboard.press("Enter")
    heading(page, "Del 0")

    foot = page.locator(".pair--open .check__foot")
    reach(page, "Punkt 1 i 0.1")
    page.keyboard.press("Space")
    expect(foot).to_contain_text("1 av 2")
    expect(page.get_by_label("Punkt 1 i 0.1")).to_be_focused()
    reach(page, "Punkt 2 i 0.1")
    page.keyboard.press("Space")
    expect(foot).to_contain_text("2 av 2")

    page.goto(page.url)
    reach(page, "Steg 0.1")
    page.keyboard.press("Enter")
    heading(page, "Steg 0.1")
    reach(page, "Markera som klart")
    page.keyboard.press("Enter")
    told(page, "Steget är klart")

    reach(page, "Fas 0 Del 0")
    page.keyboard.press("Enter")
    heading(page, "Del 0")
    reach(page, "Gå vidare")
    page.keyboard.press("Space")
    for label, words in (
        ("Motivering", "Behovet är verkligt."),
        ("Vem som beslutade", "Omsorgsnämnden"),
        ("Protokoll eller delegation", "protokoll § 4"),
    ):
        reach(page, label)
        page.keyboard.type(words)
    reach(page, "Besluta grind 0")
    page.keyboard.press("Enter")
    heading(page, "Grind 0: gå vidare")
    assert GateDecision.objects.get().reasons == "Behovet är verkligt."
