"""An editor writes the next edition: begins, writes, moves, translates, compares and publishes."""

from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from handbook.models import Draft, Edition
from handbook.operations.suggestion import suggest
from handbook.sections import Kind, Section
from tests.browser.fixtures import DESKTOP, PHONE, sign_in
from tests.builders import a_case
from tests.handbook.drafts import a_draft, an_owned_edition
from tests.journeys.walking import (
    another,
    deliver,
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


def test_the_next_edition_is_written_and_published(
    page: Page, people: People, monday: datetime
) -> None:
    edition = an_owned_edition(people)
    case = a_case(by=people.per, authority=people.authority, edition=edition, at=monday)
    first = edition.steps.order_by("phase__number", "number")[0]
    suggest(
        edition=edition, part=f"step:{first.key}", language="sv", text="Kalla alla samtidigt.",
        reason="En fick veta det sist.", by=people.per, at=monday,
    )  # fmt: skip
    sign_in(page, people.lena)
    page.goto(f"/handbook/{edition.handbook.key}/0.1/sv/")
    follow(page, "Skriv nästa utgåva")
    write(page, version="0.1")
    press(page, "Börja utkastet")
    refused(page, "måste vara senare än")
    look_over(page, "a version that exists")
    write(page, version="0.2")
    press(page, "Börja utkastet")
    told(page, "Utkastet är påbörjat")
    look_over(page, "a draft without changes")

    # A step: its guidance, a row more, and one of them moved.
    draft = Draft.objects.get()
    phase = draft.whole["phases"][0]
    step = phase["steps"][0]
    page.reload()
    branch = page.locator(".tree summary", has_text=phase["title"]["sv"])
    page.set_viewport_size(PHONE)
    expect(branch).to_be_hidden()
    page.locator(".tree").get_by_text("Innehåll", exact=True).click()
    expect(branch).to_be_visible()
    page.set_viewport_size(DESKTOP)
    branch.click()
    page.locator(".tree").get_by_role("link", name=step["title"]["sv"]).click()
    write(page, guidance="Samla alla. Återge allt.\n\n**Fallgrop.** Att inte lyssna.")
    press(page, "Lägg till en punkt")
    count = len(step["checklist"])
    expect(page.locator(f"[name=checklist-{count}-text]")).to_be_focused()
    page.keyboard.type("Alla kallade samtidigt")
    press(page, f"Flytta upp nummer {count + 1}: Checklista som nya ärenden får")
    expect(page.locator(f"[name=checklist-{count - 1}-text]")).to_have_value(
        "Alla kallade samtidigt"
    )
    press(page, "Spara avsnittet")
    told(page, "Sparat")
    expect(page.locator(".pv ins").first).to_be_visible()
    look_over(page, "a step of the draft")

    # What Per suggested stands beside it, and is taken in.
    follow(page, "Ta in", part=True)
    press(page, "Godta")
    told(page, "Förslaget är godtaget")
    page.goto(draft.address_of(Section(Kind.STEP, step["key"])))
    expect(page.locator(".sugg")).to_contain_text("intaget")

    follow(page, "Se det som i ett ärende")
    expect(page.get_by_role("heading", name="Beskriv funktionen")).to_be_visible()
    look_over(page, "a phase of the draft as a case shows it")
    page.go_back()

    # In English it is behind, until it is written.
    page.get_by_role("link", name="Engelska").click()
    expect(page.get_by_text("Källan ändrad")).to_be_visible()
    look_over(page, "a translation of the draft")
    write(page, guidance="Gather everyone. Repeat everything.\n\n**Pitfall.** Not to listen.")
    page.locator(f"[name=checklist__{count}]").fill("All called at the same time")
    press(page, "Spara avsnittet")
    told(page, "Sparat")

    # A new step, moved up, and a part put aside and taken back.
    follow(page, "Nytt avsnitt", within=".tree")
    press(page, "Lägg till")
    refused(page, "Rubrik")
    look_over(page, "a new part without a title")
    write(page, title="Öva i par")
    press(page, "Lägg till")
    told(page, "Avsnittet är tillagt")
    heading(page, "Öva i par")
    expect(page.get_by_text("Vem som gör det")).to_be_visible()
    look_over(page, "a new step of the draft")
    press(page, "Flytta upp")
    press(page, "Lägg undan")
    told(page, "Undanlagt")
    look_over(page, "a draft with a part put aside")
    press(page, "Lägg tillbaka", part=True)
    heading(page, "Öva i par")

    # What is missing is named with its place; the new step is put aside again.
    follow(page, "Ge ut 0.2 …")
    expect(page.get_by_role("heading", name="Att rätta först")).to_be_visible()
    look_over(page, "a draft that cannot be published yet")
    page.locator(".findings").get_by_role("link", name="Öva i par").click()
    press(page, "Lägg undan")

    follow(page, "Jämför med 0.1")
    look_over(page, "a draft compared with the edition before")
    follow(page, "Ge ut 0.2 …")
    press(page, "Ge ut för gott")
    refused(page, "Vad som är nytt")
    look_over(page, "publishing without saying what is new")
    write(page, sv="Vägledningen är kortare.", en="The guidance is shorter.")
    press(page, "Ge ut för gott")
    told(page, "Utgåva 0.2 är utgiven")
    expect(page.locator("#news")).to_contain_text("Vägledningen är kortare.")
    assert Edition.objects.get(version="0.2").state == "published"

    # The running case stays on its edition, and sees that there is a newer one.
    with another(page.context, people.per) as per:
        per.goto(case.get_absolute_url())
        expect(per.get_by_role("link", name="Utgåva 0.2 har getts ut")).to_be_visible()


def test_a_paper_of_the_draft_is_seen_as_paper(
    page: Page, people: People, monday: datetime
) -> None:
    draft = a_draft(people)
    template = draft.whole["templates"][0]
    sign_in(page, people.lena)
    page.goto(draft.address_of(Section(Kind.TEMPLATE, template["key"])))
    source = draft.whole["bodies"][template["key"]]["sv"]
    body = source.replace("</h1>", " {{ case.nonsense }}</h1>", 1)
    write(page, bodies=body)
    press(page, "Spara avsnittet")
    told(page, "Sparat")
    expect(page.get_by_text("case.nonsense").last).to_be_visible()
    look_over(page, "a paper with an unknown field")
    write(page, bodies=source)
    press(page, "Spara avsnittet")
    follow(page, "Se det som dokument")
    press(page, "Framställ: Svenska")
    look_over(page, "a paper of the draft is ordered")
    deliver()
    expect(page.get_by_role("link", name="Öppna dokumentet")).to_be_visible()
    look_over(page, "a paper of the draft is ready")


def test_a_mistake_in_the_published_words_is_corrected(
    page: Page, people: People, monday: datetime
) -> None:
    edition = an_owned_edition(people)
    step = edition.steps.first()
    assert step is not None
    was = edition.words("sv")(step, "title")
    sign_in(page, people.lena)
    page.goto(f"/handbook/{edition.handbook.key}/0.1/sv/")
    follow(page, "Rätta ord")
    look_over(page, "nothing is corrected")
    page.goto(f"/handbook/{edition.handbook.key}/correct/step/{step.key}/")
    write(page, title=f"{was}, rättad")
    press(page, "Rätta de utgivna orden")
    refused(page, "Varför det rättas")
    look_over(page, "a correction without a reason")
    write(page, reason="Ett ord saknades.")
    press(page, "Rätta de utgivna orden")
    told(page, "Orden är rättade")
    expect(page.get_by_text("Ett ord saknades.")).to_be_visible()
    page.goto(f"/handbook/{edition.handbook.key}/0.1/sv/")
    expect(page.locator("#errata")).to_contain_text("Ett ord saknades.")
    page.goto(step.phase.get_absolute_url())
    heading(page, f"{was}, rättad")


def test_a_step_is_dragged_to_another_phase(page: Page, people: People, monday: datetime) -> None:
    draft = a_draft(people)
    first, second = draft.whole["phases"][:2]
    sign_in(page, people.lena)
    page.goto(draft.get_absolute_url())
    for phase in (first, second):
        page.locator(".tree summary", has_text=phase["title"]["sv"]).click()
    tree = page.locator(".tree")
    tree.get_by_role("link", name=first["steps"][0]["title"]["sv"]).drag_to(
        tree.get_by_role("link", name=second["steps"][0]["title"]["sv"])
    )
    heading(page, first["steps"][0]["title"]["sv"])
    draft.refresh_from_db()
    assert draft.whole["phases"][1]["steps"][0]["key"] == first["steps"][0]["key"]


def test_rows_that_were_not_saved_are_shown_again(
    page: Page, people: People, monday: datetime
) -> None:
    draft = a_draft(people)
    step = draft.whole["phases"][0]["steps"][0]
    count = len(step["checklist"])
    sign_in(page, people.lena)
    address = f"{draft.get_absolute_url()}step/{step['key']}/"
    page.goto(address)
    press(page, "Lägg till en punkt")
    page.locator(f"[name=checklist-{count}-text]").fill("Alla kallade samtidigt")
    expect(page.locator("form[data-keep]")).to_have_attribute("data-kept", "yes")

    page.goto(address)

    expect(page.locator(f"[name=checklist-{count}-text]")).to_have_count(0)
    notice = page.locator("form[data-keep] .notice")
    expect(notice).to_contain_text("Vi har sparat det du skrev")
    expect(notice).not_to_contain_text("har ändrats sedan dess", use_inner_text=True)
    expect(notice).to_contain_text("välj innan du går vidare", use_inner_text=True)
    # Until one has chosen, nothing is written beside it.
    assert page.locator("[name=checklist-0-text]").evaluate("field => field.matches('[inert] *')")
    # As it was kept when boxes were not yet marked as such.
    page.evaluate(
        """() => Object.keys(localStorage).forEach((key) => {
            const kept = JSON.parse(localStorage.getItem(key));
            kept.values = kept.values.map(([name, value]) => [name, value]);
            localStorage.setItem(key, JSON.stringify(kept));
        })"""
    )
    boxes = [box.is_checked() for box in page.locator("form[data-keep] [type=checkbox]").all()]
    assert True in boxes
    assert False in boxes
    page.goto(address)
    press(page, "Visa det")
    expect(page.locator(f"[name=checklist-{count}-text]")).to_have_value("Alla kallade samtidigt")
    expect(page.locator("[name=checklist-0-text]")).to_have_value(step["checklist"][0]["sv"])
    again = [box.is_checked() for box in page.locator("form[data-keep] [type=checkbox]").all()]
    assert again == boxes
    press(page, "Spara avsnittet")
    told(page, "Sparat")
    draft.refresh_from_db()
    saved = draft.whole["phases"][0]["steps"][0]["checklist"]
    assert [row["sv"] for row in saved][-1] == "Alla kallade samtidigt"
    assert len(saved) == count + 1

    # One taken away, and then left as it was.
    press(page, "Ta bort nummer 1: Checklista som nya ärenden får")
    expect(page.locator(f"[name=checklist-{count}-text]")).to_have_count(0)
    page.goto(address)
    press(page, "Kasta det")
    page.locator("[name=checklist-0-text]").fill("Alla, också natten")
    page.locator("[name=checklist-0-text]").fill(step["checklist"][0]["sv"])
    expect(page.locator(f"[name=checklist-{count}-text]")).to_have_value("Alla kallade samtidigt")
    page.goto(address)
    expect(page.locator("form[data-keep] .notice")).to_have_count(0)


def test_enter_in_a_field_of_a_section_saves_it(
    page: Page, people: People, monday: datetime
) -> None:
    draft = a_draft(people)
    step = draft.whole["phases"][0]["steps"][0]
    sign_in(page, people.lena)
    page.goto(f"{draft.get_absolute_url()}step/{step['key']}/")
    page.locator("[name=title]").fill("Kalla alla")
    page.locator("[name=title]").press("Enter")
    told(page, "Sparat")
    draft.refresh_from_db()
    assert draft.whole["phases"][0]["steps"][0]["title"]["sv"] == "Kalla alla"


def test_a_draft_is_thrown_away(page: Page, people: People, monday: datetime) -> None:
    edition = an_owned_edition(people)
    sign_in(page, people.lena)
    page.goto(f"/handbook/{edition.handbook.key}/draft/begin/")
    look_over(page, "beginning a draft")
    press(page, "Börja utkastet")
    follow(page, "Kasta utkastet …")
    look_over(page, "throwing a draft away")
    press(page, "Kasta det")
    told(page, "Utkastet är kastat")
    assert not Draft.objects.exists()
