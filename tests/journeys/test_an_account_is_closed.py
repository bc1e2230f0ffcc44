"""Somebody quits at the municipality: what hinders is put right, the account closed, and opened
again; and somebody closes their own. Read in English."""

from datetime import datetime

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from procurements.models import Case, CaseRole
from teams.models import User
from tests.browser.fixtures import sign_in
from tests.builders import a_case
from tests.builders_teams import PASSWORD
from tests.journeys.walking import (
    another,
    choose,
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


@pytest.fixture
def case(people: People, monday: datetime) -> Case:
    User.objects.people().update(language="en")
    roles = {"need_owner": people.nora}
    return a_case(by=people.per, authority=people.authority, at=monday, roles=roles)


def test_an_administrator_closes_the_account_of_who_has_quit(
    page: Page, people: People, case: Case
) -> None:
    sign_in(page, people.anna)
    page.goto(people.authority.get_absolute_url())
    follow(page, "End the role of Per Palm")
    look_over(page, "the end of a role, with a way to close the account")
    follow(page, "Close the account")
    heading(page, "Close the account of Per Palm")
    expect(page.locator("main")).to_contain_text("Per Palm is the only owner of the case")
    look_over(page, "an account that cannot be closed yet")

    # Somebody else answers for the case first.
    follow(page, case.title)
    follow(page, "Give somebody a role")
    choose(page, "Nora Nord")
    choose(page, "Case owner")
    press(page, "Give the role")
    page.goto(reverse("close_account", args=[people.per.pk]))
    press(page, "Close the account")
    refused(page, "Why the account is closed", "Your password again")
    look_over(page, "an account to be closed, with errors")
    write(page, reason="Har slutat.", password=PASSWORD)
    press(page, "Close the account")
    told(page, "The account of Per Palm is closed")

    with another(page.context) as per:
        per.goto("/account/login/?lang=en")
        write(per, login=people.per.email, password=PASSWORD)
        press(per, "Sign in")
        heading(per, "The account is closed")

    page.goto(f"{case.get_absolute_url()}history/")
    expect(page.locator("main")).to_contain_text("Per Palm")
    page.goto(people.authority.get_absolute_url())
    page.locator("details.past summary").click()
    look_over(page, "an organisation with a closed account")
    follow(page, "Open again Per Palm")
    expect(page.locator("main")).to_contain_text("The account of Per Palm was closed: Har slutat.")
    look_over(page, "an account to be opened again")
    press(page, "Open the account again")
    told(page, "Roles have to be given anew")
    assert User.objects.get(pk=people.per.pk).is_active
    assert not CaseRole.objects.filter(user=people.per, until_on=None).exists()


def test_somebody_closes_their_own_account(page: Page, people: People, case: Case) -> None:
    sign_in(page, people.nora)
    page.goto("/account/")
    follow(page, "Close your account")
    heading(page, "Close your account")
    write(page, password="inte mitt losenord")
    press(page, "Close the account")
    refused(page, "That is not your password")
    look_over(page, "one's own account to be closed, with an error")
    write(page, password=PASSWORD)
    press(page, "Close the account")
    page.wait_for_url("**/account/login/")
    told(page, "Your account is closed")
    look_over(page, "the way in when one has closed one's account")
    assert page.goto("/account/").url.endswith("/account/login/?next=/account/")
    assert not User.objects.get(pk=people.nora.pk).is_active
