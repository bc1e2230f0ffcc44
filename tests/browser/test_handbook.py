"""The handbook as anyone reads it, and the check of a paper, in a real browser."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from handbook.models import Suggestion
from handbook.operations.owning import give_handbook
from handbook.operations.suggestion import suggest
from tests.browser.fixtures import check_page, sign_in
from tests.builders import an_edition
from tests.handbook.shelves import OTHER_METHOD, loaded, shipped
from tests.people import everybody

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


def test_reading_an_edition_has_no_findings(page: Page) -> None:
    everybody()
    edition = loaded()
    loaded(shipped(OTHER_METHOD))
    phase = edition.phases.filter(assessment="reversed").order_by("-number")[0]

    page.goto(reverse("handbooks"))
    check_page(page, "the handbooks")

    page.goto(edition.get_absolute_url())
    expect(page.get_by_text("Detta är inte den officiella handboken.", exact=True)).to_be_visible()
    check_page(page, "an edition")

    for part in ("papers", "criteria", "readiness"):
        page.goto(f"{edition.get_absolute_url()}part/{part}/")
        check_page(page, f"the part {part}")

    page.goto(phase.get_absolute_url())
    page.locator(".guide__law > summary").first.click()
    check_page(page, "a phase with its law open")

    page.emulate_media(media="print")
    expect(page.locator(".bookstep").first).to_be_visible()
    expect(page.locator(".topbar")).to_be_hidden()


def test_the_contents_fold_on_a_phone_and_stand_beside_the_text_elsewhere(page: Page) -> None:
    everybody()
    edition = loaded(shipped(OTHER_METHOD))
    phase = edition.phases.get(number=1)
    step = phase.steps.last()
    assert step is not None
    name = f"{phase.number}.{step.number} {edition.words('sv')(step, 'title')}"
    page.goto(phase.get_absolute_url())
    tree = page.get_by_role("navigation", name="Handbokens innehåll")
    expect(tree.get_by_role("link", name=name)).to_be_visible()

    page.set_viewport_size({"width": 390, "height": 844})
    expect(tree.get_by_role("link", name=name)).to_be_hidden()
    tree.get_by_text("Innehåll", exact=True).click()
    tree.get_by_role("link", name=name).click()

    expect(page.locator(f"#step-{step.key}")).to_be_in_viewport()
    check_page(page, "a phase with its contents open")


def test_a_suggestion_goes_from_the_step_to_the_editor_and_back(page: Page) -> None:
    people = everybody()
    edition = an_edition(phases=1, key="method")
    give_handbook(
        handbook=edition.handbook, owner=people.science_park, by=people.lena, at=timezone.now()
    )
    for number in range(2):
        suggest(
            edition=edition, part="", language="sv", text=f"Ännu ett {number}.", reason="Därför.",
            by=people.per, at=timezone.now(),
        )  # fmt: skip
    sign_in(page, people.per)
    page.goto(edition.get_absolute_url())
    page.get_by_role("link", name="Föreslå en förbättring av helheten").click()
    check_page(page, "suggesting for the whole")
    page.goto(edition.phases.get().get_absolute_url())
    page.get_by_role("link", name=re.compile("Föreslå en förbättring ?: Steg 0.1")).click()
    page.get_by_role("button", name="Skicka förslaget").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Vad borde det stå").fill("Fråga också natten.")
    page.get_by_label("Varför är det bättre?").fill("Vi missade den.")
    check_page(page, "suggesting for a step")
    page.get_by_role("button", name="Skicka förslaget").click()
    page.goto(reverse("my_suggestions"))
    check_page(page, "one's own suggestions")

    sign_in(page, people.lena)
    page.goto(edition.get_absolute_url())
    page.get_by_role("link", name="3 förslag väntar på svar").click()
    check_page(page, "the suggestions for a handbook")
    page.get_by_role("link", name="Fråga också natten.").click()
    check_page(page, "a suggestion")
    page.get_by_role("link", name="Godta").click()
    check_page(page, "accepting it")
    page.get_by_role("link", name="Avbryt").click()
    page.get_by_role("link", name="Avböj").click()
    check_page(page, "declining it")
    page.get_by_label("Varför inte?").fill("Det står redan.")
    page.get_by_role("button", name="Avböj").click()

    sign_in(page, people.per)
    page.goto(Suggestion.objects.get(text="Fråga också natten.").get_absolute_url())
    expect(page.get_by_text("Det står redan.")).to_be_visible()


def test_an_unknown_code_is_answered_without_findings(page: Page) -> None:
    everybody()
    page.goto(reverse("verify"))
    page.get_by_label("Koden på dokumentet").fill("AAAAA-BBBBB-CCCCC-DDDDD")
    page.get_by_role("button", name="Kontrollera").click()

    expect(page.get_by_role("status").filter(has_text="har den koden")).to_be_visible()
    check_page(page, "an unknown code")
