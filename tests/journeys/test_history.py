"""Everything that has happened in a case, in words, by kind, and on paper."""

import io
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from journal.models import Event
from procurements.operations.insight import write_insight
from procurements.operations.need import save_need
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import complete_task, write_note
from tests.browser.fixtures import sign_in
from tests.builders import a_case_in_admission
from tests.journeys.walking import another, deliver, look_over, press
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_history_is_read_filtered_and_printed(page: Page, people: People) -> None:
    case = a_case_in_admission(
        by=people.per,
        authority=people.authority,
        roles={"need_owner": people.nora, "observer": people.lena},
    )
    run = case.current_phase
    assert run is not None
    task = run.tasks.first()
    at = datetime.fromisoformat(f"{run.started_on}T10:00:00+01:00")
    facts = {"case": case, "by": people.per, "at": at}
    admit_suppliers(suppliers=[TypedSupplier("Askdalens vård AB")], **facts)
    write_note(task=task, text="Alla är på plats.", **facts)
    complete_task(task=task, **facts)
    save_need(title="Nätter ska bli trygga", started_from=0, **facts)
    write_insight(title="Nätterna", text="De är svårast.", source="test", audience="team", **facts)

    sign_in(page, people.per)
    page.goto(f"{case.get_absolute_url()}history/")
    told = page.locator(".history > li")
    expect(told).to_have_count(Event.objects.of(case).readable().count())
    expect(told.filter(has_text="Askdalens vård AB")).to_have_count(1)
    # In words, never in codes.
    said = page.locator(".history").inner_text()
    assert not any(code in said for code in ("need_owner", "proceed", "part-1", "{", "%("))
    look_over(page, "the history")

    page.locator("[name=kind]").select_option(label="Leverantörer")
    press(page, "Visa")
    expect(told).to_have_count(1)
    look_over(page, "the history of suppliers")
    page.get_by_role("link", name="Rensa urvalet").click()
    expect(told.nth(1)).to_be_visible()

    press(page, "Beställ historiken som PDF")
    deliver()
    link = page.get_by_role("link", name="Öppna dokumentet")
    expect(link).to_be_visible()
    body = page.request.get(link.get_attribute("href")).body()
    words = " ".join(" ".join(p.extract_text() for p in PdfReader(io.BytesIO(body)).pages).split())
    assert "Askdalens vård AB" in words
    assert "Per Palm" in words

    # Who is not to know of suppliers reads nothing of them here either.
    with another(page.context, people.lena) as lena:
        lena.goto(f"{case.get_absolute_url()}history/")
        expect(lena.locator(".history > li").first).to_be_visible()
        assert "Askdalen" not in lena.locator("body").inner_text()
        press(lena, "Beställ historiken som PDF")
        deliver()
        link = lena.get_by_role("link", name="Öppna dokumentet")
        expect(link).to_be_visible()
        body = lena.request.get(link.get_attribute("href")).body()
        assert "Askdalen" not in "".join(
            p.extract_text() for p in PdfReader(io.BytesIO(body)).pages
        )
