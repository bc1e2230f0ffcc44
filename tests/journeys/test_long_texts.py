"""What somebody has written at length is not lost."""

from datetime import datetime

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from procurements.models import Case, NeedVersion
from procurements.operations.need import save_need
from procurements.operations.people import invite_to_case
from tests.browser.fixtures import sign_in
from tests.builders import a_case, an_edition
from tests.builders_teams import PASSWORD
from tests.journeys.walking import choose, heading, letter_to, link_in, press, told, write
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = ("På natten är hon ensam och vet inte vem som kommer. " * 120).strip()


def test_the_need_survives_a_reload_a_lost_network_and_an_expired_session(
    page: Page, people: People
) -> None:
    case: Case = a_case(
        by=people.per, authority=people.authority, roles={"need_owner": people.nora}
    )
    sign_in(page, people.nora)
    address = f"{case.get_absolute_url()}need/write/"
    page.goto(address)
    write(page, title="Nätter ska bli trygga", today=LONG)
    form = page.locator("form[data-keep]")
    expect(form).to_have_attribute("data-kept", "yes")

    page.reload()
    expect(page.locator("[name=today]")).to_have_value(LONG)

    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    press(page, "Spara versionen")
    expect(page.locator("[name=today]")).to_have_value(LONG)
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()

    # To look at a text saves nothing, so it is kept still.
    press(page, "Leta efter lösningar i texten")
    expect(page.locator("form[data-keep]")).to_have_attribute("data-kept", "yes")

    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    press(page, "Spara versionen")
    heading(page, "Logga in")
    write(page, login=people.nora.email, password=PASSWORD)
    press(page, "Logga in")
    page.goto(address)
    expect(page.locator("[name=today]")).to_have_value(LONG)
    press(page, "Spara versionen")
    heading(page, "Nätter ska bli trygga")
    told(page, "Sparat")
    assert NeedVersion.objects.get().today == LONG
    page.goto(address)
    expect(page.locator("[name=today]")).to_have_value(LONG)
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_a_case_that_is_being_started_survives_until_it_is_there(
    page: Page, people: People
) -> None:
    an_edition()
    sign_in(page, people.per)
    summary = "Den som bor ensam vet inte vem som kommer på natten. " * 4
    page.goto("/cases/new/")
    write(page, title="Trygga nätter", summary=summary.strip())
    page.locator("[name=authority]").first.check()
    choose(page, "Tjänst")
    expect(page.locator("form[data-keep]")).to_have_attribute("data-kept", "yes")

    page.reload()
    expect(page.locator("[name=summary]")).to_have_value(summary.strip())

    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    press(page, "Se planen")
    heading(page, "Logga in")
    write(page, login=people.per.email, password=PASSWORD)
    press(page, "Logga in")
    page.goto("/cases/new/")
    expect(page.locator("[name=title]")).to_have_value("Trygga nätter")

    # The plan is not the case: what was typed is kept until the case is there.
    press(page, "Se planen")
    heading(page, "Trygga nätter")
    page.goto("/cases/new/")
    expect(page.locator("[name=summary]")).to_have_value(summary.strip())
    press(page, "Se planen")
    press(page, "Ändra något")
    write(page, title="Trygga nätter hemma")
    press(page, "Se planen")
    press(page, "Starta ärendet")
    told(page, "Ärendet finns nu")
    assert Case.objects.get().title == "Trygga nätter hemma"
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.goto("/cases/new/")
    expect(page.locator("[name=title]")).to_have_value("")


def test_what_somebody_invited_declares_survives_a_reload_until_the_role_is_theirs(
    page: Page, people: People, monday: datetime
) -> None:
    case = a_case(by=people.per, authority=people.authority, at=monday)
    invite_to_case(
        case=case, email="klara@tallviken.example", role="coach", by=people.per, at=timezone.now()
    )
    interests = "Coachar tre bolag i regionen. " * 20
    page.goto(link_in(letter_to("klara@tallviken.example")))
    write(page, person_name="Klara Kvist", interests=interests.strip())
    expect(page.locator("form[data-keep]")).to_have_attribute("data-kept", "yes")

    page.reload()

    expect(page.locator("[name=interests]")).to_have_value(interests.strip())
    expect(page.locator("[name=has_promised]")).not_to_be_checked()
    write(page, password=PASSWORD, password_again=PASSWORD)
    choose(page, "Jag lovar att inte berätta")
    press(page, "Tacka ja till inbjudan")
    heading(page, case.title)
    told(page, "Du har nu en roll i ärendet")
    kept = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)].join()"
    assert "draft" not in page.evaluate(kept)


def test_what_is_kept_here_never_writes_over_what_somebody_else_has_saved(
    page: Page, people: People
) -> None:
    case = a_case(by=people.per, authority=people.authority, roles={"need_owner": people.nora})
    said = {"case": case, "by": people.per, "at": timezone.now()}
    save_need(title="Nätter", today="Hon är ensam.", **said)
    sign_in(page, people.nora)
    address = f"{case.get_absolute_url()}need/write/"
    page.goto(address)
    write(page, today=LONG, reason="Vi frågade igen.")
    expect(page.locator("form[data-keep]")).to_have_attribute("data-kept", "yes")
    changed = {"title": "Nätter och helger", "today": "Hon är rädd.", "started_from": 1}
    save_need(reason="Sju samtal till.", **changed, **said)

    page.goto(address)
    expect(page.locator("[name=today]")).to_have_value(LONG)
    press(page, "Spara versionen")
    # Refused, with both texts; nothing of the other's is lost.
    expect(page.get_by_text("Hon är rädd.")).to_be_visible()
    assert NeedVersion.objects.count() == 2
