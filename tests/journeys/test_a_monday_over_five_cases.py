"""A process leader's Monday: what needs her over five cases, who waits for whom, and when."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from procurements.models import Case, CasePhase, Task
from procurements.operations.deadline import set_deadline
from tests.browser.fixtures import DESKTOP, PHONE, sign_in
from tests.builders import a_case, an_edition
from tests.journeys.walking import (
    another,
    follow,
    heading,
    look_over,
    press,
    reach,
    told,
    write,
)
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TITLES = (
    "Upplev min verklighet",
    "Digital vägledare",
    "Hållbar handling",
    "Cirkulära arbetskläder",
    "Medborgarportal",
)


@pytest.fixture
def five(people: People, monday: datetime) -> list[Case]:
    """Led by Lena at two authorities: one with a late gate, one where Nora is late, one with a day
    to keep, one that goes well and one that is a draft."""
    edition, today = an_edition(), monday.date()
    cases = [
        a_case(
            by=people.per,
            authority=people.elsewhere if n == 4 else people.authority,
            edition=edition,
            at=monday,
            title=title,
            begun=n != 4,
            roles={"process_leader": people.lena, "need_owner": people.nora},
        )
        for n, title in enumerate(TITLES)
    ]
    Task.objects.update(due_on=today + timedelta(days=30))
    CasePhase.objects.filter(state="active").update(started_on=today - timedelta(days=21))
    CasePhase.objects.filter(case=cases[0], state="active").update(
        planned_starts_on=today - timedelta(days=21),
        planned_ends_on=today - timedelta(days=6),
        planned_gate_on=today - timedelta(days=4),
    )
    late = Task.objects.filter(case_phase__case=cases[1], step__key="step-0-1")
    late.update(assignee=people.nora, due_on=today - timedelta(days=3))
    mine = Task.objects.filter(case_phase__case=cases[1], step__key="step-0-2")
    mine.update(assignee=people.lena, due_on=today + timedelta(days=2))
    run = cases[2].current_phase
    assert run is not None
    set_deadline(
        case=cases[2],
        case_phase=run,
        title="Svara nämnden",
        due_on=today + timedelta(days=3),
        responsible=people.lena,
        by=people.per,
        at=monday,
    )
    return cases


def test_a_monday_over_five_cases(
    page: Page, context: BrowserContext, people: People, five: list[Case]
) -> None:
    sign_in(page, people.lena)
    page.goto("/")
    follow(page, "Portfölj", within=".topnav")
    heading(page, "Portfölj")
    expect(page.locator(".lead")).to_contain_text("Fem ärenden hos två myndigheter.")

    # What holds most up comes first; a gate that is late before a step that nobody waits for.
    needs = page.locator("section", has=page.locator("#need-h")).locator("li")
    expect(needs).to_have_count(3)
    expect(needs.nth(0)).to_contain_text("Besluta grind 0")
    expect(needs.nth(0)).to_contain_text("4 dagar sen")
    expect(needs.nth(0)).to_contain_text("fördröjer nästa fas")
    expect(needs.nth(1)).to_contain_text("Steg 0.2")
    expect(needs.nth(2)).to_contain_text("Svara nämnden")
    waits = page.locator("section", has=page.locator("#waits-h")).locator("li")
    expect(waits).to_have_count(1)
    expect(waits).to_contain_text("Nästa fas väntar på Nora Nord")
    look_over(page, "a portfolio of five cases")

    # She does what she can do now, and it needs her no more.
    needs.nth(1).get_by_role("link").click()
    heading(page, "Steg 0.2")
    press(page, "Markera som klart")
    told(page, "Steget är klart")
    follow(page, "Portfölj", within=".topnav")
    expect(needs).to_have_count(2)

    # The choices stand in the address, and go with the keyboard alone.
    reach(page, "Läge")
    page.keyboard.press("ArrowDown")
    reach(page, "Visa")
    page.keyboard.press("Enter")
    page.wait_for_url("**state=late**")
    rows = page.locator(".caserow")
    expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)
    expect(page.locator(".gantt tbody tr")).to_have_count(2)
    write(page, q="vägledare")
    press(page, "Visa")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("1 försenad")
    page.locator(".pcase summary").click()
    expect(page.locator(".pcase table")).to_contain_text("Del 0")
    follow(page, "Senare", within=".gantt__head")
    expect(rows).to_have_count(1)
    expect(page.locator("main [name=q]")).to_have_value("vägledare")
    write(page, q="finns inte")
    press(page, "Visa")
    expect(page.get_by_text("Inga ärenden med de valen.")).to_be_visible()
    look_over(page, "a portfolio where nothing fits")
    follow(page, "Visa alla pågående")
    expect(rows).to_have_count(5)
    page.goto("/portfolio/?state=sov&q=portal")
    expect(page.get_by_role("status").first).to_contain_text("inte går att välja: Läge")
    expect(rows).to_have_count(1)
    look_over(page, "a portfolio asked for what cannot be chosen")


def test_the_timeline_on_a_phone_on_paper_and_without_script(
    page: Page, context: BrowserContext, people: People, five: list[Case]
) -> None:
    sign_in(page, people.lena)
    page.set_viewport_size(PHONE)
    page.goto("/portfolio/")
    timeline = page.locator(".ganttwrap")
    expect(timeline).to_be_hidden()
    expect(page.locator(".caserow")).to_have_count(5)
    follow(page, "Tidslinje")
    expect(timeline).to_be_visible()
    look_over(page, "the timeline on a phone")
    page.set_viewport_size(DESKTOP)

    page.goto("/portfolio/?state=draft")
    page.emulate_media(media="print")
    expect(timeline).to_be_visible()
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.get_by_text("Läge: Utkast")).to_be_visible()
    page.emulate_media(media="screen")

    with another(context, people.lena, java_script_enabled=False) as plain:
        plain.goto("/portfolio/")
        plain.locator("main [name=state]").select_option("late")
        press(plain, "Visa")
        expect(plain.locator(".caserow")).to_have_count(2)
        expect(plain.locator(".gb--n").first).to_be_visible()
