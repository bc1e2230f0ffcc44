"""Papers are previewed, ordered, made by a worker, made anew, filed, and checked by anyone."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from documents.states import RevisionState
from handbook.models import DocumentTemplate, Edition
from procurements.models import Case, PhaseDocument
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from tests.browser.fixtures import sign_in
from tests.builders import a_case, a_case_in_admission
from tests.documents.workers import workers
from tests.journeys.walking import (
    a_pdf,
    another,
    choose,
    deliver,
    follow,
    heading,
    look_over,
    press,
    refused,
    write,
)
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MANDATE = {
    "fill_intent": "Den som kommer hem ska klara första veckan.",
    "fill_in_scope": "Hemgång från sjukhus\nFörsta sju dygnen",
    "fill_out_of_scope": "Utskrivningen",
    "fill_report_on": "2027-06-01",
    "fill_time_promised": "Två personer, en dag i veckan",
    "fill_budget_frame": "600000",
    "fill_spend_now": "50000",
    "fill_operation_payer": "Omsorgsförvaltningen",
    "fill_promise": "Tas i drift om målen nås.",
    "fill_stop_conditions": "Ingen behovsägare har tid",
    "fill_deciding": "Nora Nord, förvaltningschef",
    "fill_delegation": "Delegation 3.2",
}


@pytest.fixture
def case(people: People, handbook: Edition) -> Case:
    return a_case(
        by=people.per,
        authority=people.authority,
        edition=handbook,
        at=timezone.now(),
        roles={"need_owner": people.nora, "observer": people.lena},
    )


def title_of(case: Case, serves: str) -> str:
    template = DocumentTemplate.objects.get(edition=case.edition, serves=serves)
    return case.edition.words("sv")(template, "title")


def words_of(page: Page, address: str) -> str:
    """The text of a PDF, as the signed-in person fetches it."""
    body = page.request.get(address).body()
    return " ".join("\n".join(p.extract_text() for p in PdfReader(io.BytesIO(body)).pages).split())


def address_of(page: Page, link: str) -> str:
    return page.locator("main").get_by_role("link", name=link).first.get_attribute("href") or ""


def fail(paper: PhaseDocument) -> None:
    """As the worker leaves a paper that became far too long."""
    with transaction.atomic():
        revision = paper.document.revisions.latest("number")
        revision.move_to(RevisionState.RENDERING)
        details = {"pages": 200, "most": 120}
        revision.move_to(RevisionState.FAILED, error_code="too_many_pages", error_details=details)


def test_a_paper_is_ordered_and_made_while_one_looks_on(
    page: Page,
    people: People,
    case: Case,
    process_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    mandate = title_of(case, "mandate")
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Dokument", part=True)
    look_over(page, "no papers yet")
    follow(page, mandate)
    press(page, "Beställ dokumentet")
    refused(page, "Avsikten i en mening", "Budgetram för alla faser")
    look_over(page, "a paper with errors")
    write(page, **MANDATE)
    write(page, passage_budget="Ramen räcker till åtta leverantörer <b>och inte en till</b>.")
    press(page, "Uppdatera förhandsvisningen")
    expect(page.locator(".paper")).to_contain_text("Ramen räcker till åtta leverantörer")
    expect(page.locator(".paper")).to_contain_text("Första sju dygnen")
    assert not PhaseDocument.objects.exists()
    with workers(process_environment, tmp_path) as running:
        press(page, "Beställ dokumentet")
        status = page.locator("#status")
        expect(status).to_contain_text("Beställd")
        look_over(page, "a paper on its way")
        page.evaluate("window.isTheSamePage = true")
        paper, shown = PhaseDocument.objects.get(), page.url

        running.worker()
        expect(page.get_by_role("link", name="Öppna dokumentet")).to_be_visible(timeout=60_000)
        expect(page.locator("#announcer")).to_have_text("Dokumentet är klart.")
        assert page.evaluate("window.isTheSamePage")
        text = words_of(page, address_of(page, "Öppna dokumentet"))
        assert "Den som kommer hem ska klara första veckan." in text
        assert "Ramen räcker till åtta leverantörer <b>och inte en till</b>." in text
        assert case.reference in text
        first = paper.document.revisions.get().shown_code
        assert first in text
        look_over(page, "a paper that is ready")

        # The next version begins with what was written; the older stays readable.
        follow(page, "Skriv nästa version")
        expect(page.locator("[name=fill_intent]")).to_have_value(MANDATE["fill_intent"])
        write(page, fill_promise="Tas i drift i hela kommunen om målen nås.")
        press(page, "Beställ dokumentet")
        expect(page.get_by_role("heading", name="Version 2")).to_be_visible()
        expect(page.get_by_role("link", name="Öppna dokumentet")).to_be_visible(timeout=60_000)
        assert "hela kommunen" in words_of(page, address_of(page, "Öppna dokumentet"))
        assert "hela kommunen" not in words_of(page, address_of(page, "Version 1"))
        look_over(page, "a paper in two versions")

        # Ordered again without a change it is the same paper.
        follow(page, "Skriv nästa version")
        press(page, "Beställ dokumentet")
        expect(page.get_by_role("heading", name="Version 2")).to_be_visible()
        assert paper.document.revisions.count() == 2

        # A draft is made without a code that anybody could check.
        follow(page, "Skriv nästa version")
        write(page, fill_promise="")
        press(page, "Beställ ett utkast")
        expect(page.get_by_role("heading", name="Version 3")).to_be_visible()
        expect(status).to_contain_text("Utkast", timeout=60_000)

    follow(page, "Skriv nästa version")
    page.get_by_text("Lägg in ett dokument som gjorts på annat håll").click()
    false = tmp_path / "falskt.pdf"
    false.write_bytes(b"MZ\x90\x00 no paper at all")
    page.locator("[name=file]").set_input_files(false)
    press(page, "Lägg in")
    refused(page, "Dokumentet som fil")
    look_over(page, "a copy that is not what its name says")
    signed = a_pdf(tmp_path / "underskrivet.pdf", "Underskrivet")
    page.locator("[name=file]").set_input_files(signed)
    press(page, "Lägg in")
    expect(page.get_by_role("heading", name="Version 4")).to_be_visible()
    expect(status).to_contain_text("Inlagt")
    kept = page.request.get(address_of(page, "Öppna dokumentet")).body()
    assert kept == signed.read_bytes()
    look_over(page, "a paper filed in its place")

    # What fails says why in plain words, without a reload, and can be tried again.
    follow(page, "Skriv nästa version")
    write(page, fill_promise="Tas i drift nästa år.")
    press(page, "Beställ dokumentet")
    expect(page.get_by_role("heading", name="Version 5")).to_be_visible()
    fail(paper)
    expect(page.get_by_role("heading", name="Dokumentet kunde inte framställas")).to_be_visible()
    expect(status).to_contain_text("högst 120 framställs")
    look_over(page, "a paper that failed")
    press(page, "Försök igen")
    expect(status).to_contain_text("Beställd")
    deliver()
    expect(page.get_by_role("link", name="Öppna dokumentet")).to_be_visible()
    page.goto("/")
    page.goto(f"{case.get_absolute_url()}papers/")
    look_over(page, "the papers of the case")

    last = paper.document.revisions.latest("number").shown_code
    check_the_codes(page, first, last)
    with another(page.context, people.lena) as lena:
        lena.goto(shown)
        expect(lena.get_by_role("link", name="Öppna dokumentet")).to_be_visible()
        expect(lena.get_by_role("link", name="Skriv nästa version")).to_have_count(0)


def check_the_codes(page: Page, first: str, last: str) -> None:
    """Anyone may check a paper, and learns of it only whether it is the newest."""
    with another(page.context) as anyone:
        anyone.goto("/verify/")
        press(anyone, "Kontrollera")
        refused(anyone, "Kod")
        look_over(anyone, "no code")
        write(anyone, code=last.lower().replace("-", " "))
        press(anyone, "Kontrollera")
        heading(anyone, "Dokumentet är utfärdat här")
        look_over(anyone, "the newest version")
        # The address that is printed with the code.
        anyone.goto(f"/verify/{first}/")
        heading(anyone, "Dokumentet är utfärdat här, och det finns en nyare version")
        look_over(anyone, "an older version")
        said = []
        for unknown in ("AAAAA-BBBBB-CCCCC-DDDDD", "inte en kod"):
            write(anyone, code=unknown)
            press(anyone, "Kontrollera")
            heading(anyone, "Inget dokument som är utfärdat här har den koden")
            said.append(anyone.locator("[role=status]").first.inner_text())
        assert said[0] == said[1]
        look_over(anyone, "an unknown code")


def test_a_paper_is_ordered_without_any_script(page: Page, people: People, case: Case) -> None:
    mandate = title_of(case, "mandate")
    page.goto("/accessibility/")
    with another(page.context, people.per, java_script_enabled=False) as per:
        per.goto(f"{case.get_absolute_url()}papers/")
        follow(per, mandate)
        write(per, **MANDATE)
        press(per, "Uppdatera förhandsvisningen")
        expect(per.locator(".paper")).to_contain_text("Första sju dygnen")
        press(per, "Beställ dokumentet")
        expect(per.locator("#status")).to_contain_text("Beställd")
        deliver()
        follow(per, "Titta igen")
        assert "Den som kommer hem" in words_of(per, address_of(per, "Öppna dokumentet"))
        # A tick is saved with a press as well.
        per.goto(f"{case.get_absolute_url()}phases/")
        choose(per, "Verksamhet och två personer är namngivna")
        press(per, "Spara checklistan")
        expect(per.get_by_text("1 av 4").first).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False])
def test_one_paper_is_ordered_for_three_suppliers(
    page: Page, people: People, has_script: bool
) -> None:
    begun = timezone.now() - timedelta(days=7)
    case = a_case_in_admission(by=people.per, authority=people.authority, at=begun)
    typed = [
        TypedSupplier("Trygg Vardag AB", contact_name="Ann Ask"),
        TypedSupplier("Kvist AB", contact_name="Bo Bok"),
        TypedSupplier("Ceder AB"),
    ]
    suppliers = admit_suppliers(case=case, suppliers=typed, by=people.per, at=timezone.now())
    page.goto("/accessibility/")
    with another(page.context, people.per, java_script_enabled=has_script) as per:
        per.goto(f"{case.get_absolute_url()}papers/")
        follow(per, "Papper order")
        follow(per, "Trygg Vardag AB")
        write(per, fill_words="En trygg kväll hos Bo Bok")
        per.locator("#several summary").click()
        expect(per.locator("#several [name=also]:checked")).to_have_count(0)
        per.locator("[name=everyone]").check()
        per.locator("[name=look]").select_option(label="Kvist AB")
        press(per, "Uppdatera förhandsvisningen")
        expect(per.locator("#preview-h")).to_contain_text("Kvist AB")
        press(per, "Beställ dokumentet")
        # Whom the words name is told at the field, and everything is as it was.
        expect(per.locator("main [data-errors]")).to_contain_text("Bo Bok")
        expect(per.locator("[name=everyone]")).to_be_checked()
        write(per, fill_words="En trygg kväll")
        press(per, "Beställ dokumentet")
        expect(per.locator("#id_fill_words_error")).to_contain_text("trygg")
        if has_script:
            look_over(per, "a paper for several suppliers, refused")
        per.locator("[name=meant]").check()
        press(per, "Beställ dokumentet")
        expect(per).to_have_url(re.compile(r"/papers/(#preview)?$"))
        expect(per.locator(".toast")).to_contain_text("3")
        for one in suppliers:
            expect(per.get_by_role("link", name=f"Papper order, {one.name}")).to_be_visible()
        # Written once, in all of them it is the same.
        follow(per, "Papper order")
        follow(per, "Ceder AB")
        expect(per.locator("[name=fill_words]")).to_have_value("En trygg kväll")
        expect(per.locator("#several [name=own]:checked")).to_have_count(0)
