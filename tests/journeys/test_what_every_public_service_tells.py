"""Anna looks after the organisations here, and somebody tells her what they cannot read."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from teams.models import Installation, Organisation
from tests.browser.fixtures import sign_in
from tests.journeys.walking import (
    another,
    choose,
    follow,
    heading,
    letter_to,
    look_over,
    press,
    refused,
    told,
    write,
)
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def anna(page: Page, people: People) -> Page:
    """Her organisation runs the installation."""
    Installation.objects.create(
        organisation=people.municipality, begun_by=people.anna, begun_at=timezone.now()
    )
    sign_in(page, people.anna)
    return page


def test_the_statement_is_edited_and_answered_by_somebody_not_signed_in(
    anna: Page, people: People
) -> None:
    people.municipality.email = "brevlada@lindhaga.example"
    people.municipality.save()
    anna.goto("/accessibility/")
    follow(anna, "Redigera tillgänglighetsredogörelsen")
    write(anna, service="", method="")
    press(anna, "Spara redogörelsen")
    refused(anna, "Tjänstens namn", "Hur tjänsten granskades")
    look_over(anna, "the statement with errors")
    write(
        anna,
        service="Upptakt i Lindhaga",
        method="Vi har provat den med skärmläsare.",
        shortcomings="Kartan kan inte läsas upp.",
        contact="Ring växeln, 0123-456 78.",
    )
    press(anna, "Spara redogörelsen")
    told(anna, "Redogörelsen är sparad")
    look_over(anna, "an organisation's own statement")

    with another(anna.context) as somebody:
        somebody.goto("/privacy/")
        follow(somebody, "Tillgänglighetsredogörelse", within="footer")
        expect(somebody.locator("main")).to_contain_text("Kartan kan inte läsas upp.")
        follow(somebody, "Skriv till oss")
        write(somebody, page="Fas 2", reply_email="inte en adress")
        press(somebody, "Skicka")
        refused(somebody, "Vad fungerar inte", "Vart ska vi svara?")
        expect(somebody.locator("[name=page]")).to_have_value("Fas 2")
        look_over(somebody, "feedback with errors")
        write(somebody, text="Tabellen läses inte upp.", reply_email="sara@hemma.example")
        press(somebody, "Skicka")
        told(somebody, "Tack. Det är skickat vidare.")
    letter = letter_to("brevlada@lindhaga.example")
    for words in ("Tabellen läses inte upp.", "Fas 2", "sara@hemma.example"):
        assert words in letter

    with another(anna.context) as somebody:
        # From the statement's own address the same organisation is written to.
        somebody.goto(f"/accessibility/{people.municipality.pk}/")
        follow(somebody, "Skriv till oss")
        press(somebody, "Skicka")
        refused(somebody, "Vad fungerar inte")
        look_over(somebody, "feedback on one organisation's statement with errors")
        write(somebody, text="Kartan läses inte upp.")
        press(somebody, "Skicka")
        told(somebody, "Tack. Det är skickat vidare.")
        expect(somebody).to_have_url(re.compile(rf"/accessibility/{people.municipality.pk}/$"))
    assert "Kartan läses inte upp." in letter_to("brevlada@lindhaga.example")

    anna.goto(people.municipality.get_absolute_url())
    follow(anna, "Läs synpunkterna som har kommit in")
    expect(anna.get_by_role("article")).to_contain_text(
        ["Kartan läses inte upp.", "Tabellen läses inte upp."]
    )
    look_over(anna, "what was told about accessibility")


def test_an_organisation_and_a_part_come_in_and_are_corrected(anna: Page) -> None:
    anna.goto("/organisations/")
    look_over(anna, "the organisations")
    follow(anna, "Lägg till en organisation")
    write(anna, number="212000-1851")
    press(anna, "Lägg till organisationen")
    refused(anna, "Organisationens namn", "Organisationsnummer")
    look_over(anna, "a new organisation with errors")
    write(anna, name="Sjöstads kommun", number="")
    press(anna, "Lägg till organisationen")
    heading(anna, "Bjud in till Sjöstads kommun")
    write(anna, email="rut@sjostad.example")
    choose(anna, "Administratör")
    press(anna, "Skicka inbjudan")
    told(anna, "Inbjudan är på väg")
    assert "Sjöstads kommun" in letter_to("rut@sjostad.example")

    anna.goto("/organisations/")
    follow(anna, "Lindhaga kommun")
    anna.locator("section", has=anna.locator("#facts-h")).get_by_role("link").click()
    write(anna, email="inte en adress")
    press(anna, "Spara uppgifterna")
    refused(anna, "Funktionsbrevlåda")
    look_over(anna, "an organisation with an error")
    write(anna, email="brevlada@lindhaga.example")
    choose(anna, "Region")
    press(anna, "Spara uppgifterna")
    told(anna, "Uppgifterna är sparade")
    follow(anna, "Lägg till en del")
    press(anna, "Lägg till delen")
    refused(anna, "Delens namn")
    look_over(anna, "a new part with an error")
    write(anna, name="Bildningsnämnden")
    press(anna, "Lägg till delen")
    expect(anna.get_by_role("link", name="Bildningsnämnden")).to_be_visible()
    part = Organisation.objects.get(name="Bildningsnämnden")
    assert part.parent is not None
    assert part.parent.kind == "region"
