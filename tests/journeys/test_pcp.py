"""Another method than the shipped one, from its start to its last gate."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from journal.verifying import faults
from procurements.models import Case
from tests.browser.fixtures import sign_in
from tests.handbook.shelves import OTHER_METHOD, loaded, shipped
from tests.journeys.playing import OUTSIDE_THE_ACT, Player
from tests.journeys.walking import follow, heading, look_over
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pcp_is_played_to_its_last_gate(
    page: Page, people: People, monday: datetime, time_machine: Any
) -> None:
    edition = loaded(shipped(OTHER_METHOD))
    player = Player(people, edition, monday, time_machine)
    player.legal = OUTSIDE_THE_ACT
    first = edition.phases.get(number=0)
    sign_in(page, people.per)
    page.goto(player.case.get_absolute_url())
    expect(page.locator(".track .ph")).to_have_count(edition.phases.count())
    look_over(page, "the overview of a PCP")

    player.play()

    player.assert_whole()
    assert list(faults()) == []
    assert Case.objects.get().legal_track == "pcp_outside_lou"
    sign_in(page, people.per)
    page.goto(player.case.get_absolute_url())
    expect(page.get_by_text("Genomfört").first).to_be_visible()
    look_over(page, "a PCP that is completed")
    follow(page, "Faser", part=True)
    look_over(page, "the last phase of a PCP")
    page.goto(f"/handbook/{edition.handbook.key}/{edition.version}/")
    expect(page.locator("main")).to_contain_text("inte utgiven eller granskad av någon myndighet")
    look_over(page, "the handbook of PCP")
    page.get_by_role("link", name=edition.words("sv")(first, "title")).last.click()
    heading(page, edition.words("sv")(first, "title"))
    look_over(page, "a phase of the handbook of PCP")
