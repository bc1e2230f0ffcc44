"""People come into a case and a team by a letter, and their roles change and end with a day."""

from datetime import datetime

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from procurements.models import Case, CaseInvitation, CaseRole
from teams.models import Membership
from tests.browser.fixtures import DESKTOP, PHONE, sign_in
from tests.builders import a_case
from tests.journeys.walking import (
    another,
    choose,
    day,
    follow,
    heading,
    letter_to,
    link_in,
    look_over,
    press,
    refused,
    told,
    write,
)
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWN = "Lyktan-brinner-i-7-vindar"


@pytest.fixture
def case(people: People, monday: datetime) -> Case:
    return a_case(by=people.per, authority=people.authority, at=monday)


def test_somebody_from_outside_is_invited_and_promises_secrecy(
    page: Page, people: People, case: Case, monday: datetime
) -> None:
    sign_in(page, people.per)
    page.goto(case.get_absolute_url())
    follow(page, "Personer", part=True)
    follow(page, "Bjud in via e-post")
    press(page, "Skicka inbjudan")
    refused(page, "E-post", "Roll")
    look_over(page, "an invitation to a case with errors")
    write(page, email="klara@tallviken.example", name="Klara Kvist")
    choose(page, "Affärscoach")
    press(page, "Skicka inbjudan")
    told(page, "Inbjudan är på väg")
    look_over(page, "the people of a case for who looks after them")

    # She says that it never came. A second one went to the wrong person.
    follow(page, "Skicka igen klara@tallviken.example")
    look_over(page, "an invitation sent again")
    press(page, "Skicka igen")
    told(page, "Inbjudan är på väg igen")
    follow(page, "Bjud in via e-post")
    write(page, email="klara@tallvik.example")
    choose(page, "Affärscoach")
    press(page, "Skicka inbjudan")
    astray = link_in(letter_to("klara@tallvik.example"))
    follow(page, "Dra tillbaka klara@tallvik.example")
    look_over(page, "an invitation that is withdrawn")
    press(page, "Dra tillbaka")
    told(page, "Inbjudan är tillbakadragen")
    letter = letter_to("klara@tallviken.example")
    assert case.title in letter

    with another(page.context) as klara:
        klara.goto(astray)
        expect(klara.locator("main")).not_to_contain_text(case.title)
        klara.goto(link_in(letter))
        heading(klara, case.title)
        press(klara, "Tacka ja till inbjudan")
        refused(klara, "lova tystnad", "Dina bindningar", "Välj ett lösenord")
        look_over(klara, "the answer to an invitation to a case with errors")
        write(klara, password=OWN, password_again=OWN, interests="Coachar Askdalens vård AB.")
        choose(klara, "Jag lovar att inte berätta")
        press(klara, "Tacka ja till inbjudan")
        heading(klara, case.title)
        follow(klara, "Personer", part=True)
        expect(klara.get_by_text("har lovat tystnad")).to_be_visible()
        expect(klara.get_by_role("link", name="Bjud in via e-post")).to_have_count(0)
    held = CaseRole.objects.get(user__email="klara@tallviken.example")
    assert (held.role, held.is_engagement) == ("coach", True)
    assert (held.undertaking_on, held.interests) == (monday.date(), "Coachar Askdalens vård AB.")
    assert CaseInvitation.objects.filter(accepted_at=None, revoked_at=None).count() == 0


def test_on_a_phone_the_tab_that_one_is_at_is_seen(page: Page, people: People, case: Case) -> None:
    sign_in(page, people.per)
    page.set_viewport_size(PHONE)
    page.goto(reverse("case_people", args=[case.number]))
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") == 0
    page.set_viewport_size(DESKTOP)


def test_roles_in_a_case_change_and_end_but_it_always_has_an_owner(
    page: Page, people: People, case: Case, monday: datetime
) -> None:
    sign_in(page, people.per)
    people_page = f"{case.get_absolute_url()}people/"
    page.goto(people_page)
    follow(page, "Ge någon en roll")
    press(page, "Ge rollen")
    refused(page, "Välj en person", "Välj en roll")
    look_over(page, "a role for nobody")
    page.locator("#find").fill("nord")
    press(page, "Sök")
    choose(page, "Nora Nord")
    choose(page, "Observatör")
    press(page, "Ge rollen")
    heading(page, "Observatör")

    follow(page, "Ändra Nora Nord, Observatör")
    choose(page, "Behovsägare")
    write(page, from_on=day(monday, -30))
    press(page, "Ändra rollen")
    refused(page, "Från vilken dag")
    look_over(page, "another role from a day that cannot be")
    write(page, from_on=day(monday, 2))
    press(page, "Ändra rollen")
    heading(page, "Behovsägare")
    roles = CaseRole.objects.filter(user=people.nora).order_by("from_on", "pk")
    wednesday = datetime.fromisoformat(day(monday, 2)).date()
    assert list(roles.values_list("role", "from_on", "until_on")) == [
        ("observer", monday.date(), wednesday),
        ("need_owner", wednesday, None),
    ]

    # Anna stands in for a week: one that ends before it begins is refused.
    follow(page, "Ge någon en roll")
    choose(page, "Anna Alm")
    choose(page, "Jurist")
    write(page, from_on=day(monday, 7), until_on=day(monday, 5))
    press(page, "Ge rollen")
    refused(page, "Rollen skulle sluta innan den har börjat")
    look_over(page, "a deputy's days that cannot be")
    write(page, until_on=day(monday, 14))
    press(page, "Ge rollen")
    heading(page, "Jurist")
    look_over(page, "the people of a case with a deputy to come")
    deputy = CaseRole.objects.get(case=case, user=people.anna)
    assert [str(on) for on in (deputy.from_on, deputy.until_on)] == [
        day(monday, 7),
        day(monday, 14),
    ]

    # He may leave when somebody else answers for the case.
    follow(page, "Avsluta Per Palm, Ärendeägare")
    press(page, "Lämna rollen")
    refused(page, "ärendets enda ägare")
    look_over(page, "the last owner cannot leave")
    page.goto(f"{people_page}give/")
    choose(page, "Anna Alm")
    choose(page, "Ärendeägare")
    press(page, "Ge rollen")
    follow(page, "Avsluta Per Palm, Ärendeägare")
    press(page, "Lämna rollen")
    page.wait_for_url("**/")
    told(page, "Sparat")
    page.goto(people_page)
    page.get_by_text("Tidigare roller").click()
    expect(page.locator(".leftout")).to_contain_text("Per Palm Ärendeägare")
    assert CaseRole.objects.get(case=case, role="owner", until_on=None).user == people.anna


def test_a_team_is_made_and_somebody_joins_it(page: Page, people: People) -> None:
    sign_in(page, people.anna)
    page.goto("/teams/")
    look_over(page, "the teams")
    follow(page, "Lägg till ett team")
    press(page, "Lägg till teamet")
    refused(page, "Namn på svenska", "Organisationer i teamet")
    look_over(page, "a new team with errors")
    write(page, name_sv="Sjöstadens team")
    choose(page, "Lindhaga kommun")
    press(page, "Lägg till teamet")
    heading(page, "Sjöstadens team")
    told(page, "Teamet är tillagt")

    follow(page, "Redigera")
    choose(page, "Tallviken Science Park")
    write(page, name_sv="")
    press(page, "Spara teamet")
    refused(page, "Namn på svenska")
    look_over(page, "a team with an error")
    write(page, name_sv="Sjöstadens och Tallvikens team")
    press(page, "Spara teamet")
    follow(page, "Bjud in någon")
    press(page, "Skicka inbjudan")
    refused(page, "E-post")
    look_over(page, "an invitation to a team with an error")
    write(page, email=people.lena.email)
    choose(page, "Teamledare")
    press(page, "Skicka inbjudan")
    heading(page, "Inbjudningar som väntar på svar")
    look_over(page, "a team with an invitation")

    # The park was asked; her own municipality agreed when she let it in, and may think better.
    places = page.get_by_role("region", name="Organisationer i teamet").get_by_role("listitem")
    expect(places).to_contain_text(["Anna Alm gick med på det", "har inte gått med på det än"])
    press(page, "Ta tillbaka", part=True)
    press(page, "Ta tillbaka", within="dialog", part=True)
    told(page, "startar inga fler ärenden")
    look_over(page, "a team that an organisation has not agreed to")
    press(page, "Gå med på att teamet startar ärenden", part=True)
    told(page, "får starta ärenden")

    with another(page.context, people.lena) as lena:
        lena.goto(link_in(letter_to(people.lena.email)))
        press(lena, "Tacka ja", part=True)
        heading(lena, "Sjöstadens och Tallvikens team")
        expect(lena.get_by_role("link", name="Bjud in någon")).to_be_visible()
    assert sorted(
        Membership.objects.filter(team__name_sv__startswith="Sjö").values_list("user__name", "role")
    ) == [("Anna Alm", "lead"), ("Lena Leander", "lead")]


def test_who_starts_a_case_for_another_authority_promises_secrecy_too(
    page: Page, people: People, monday: datetime
) -> None:
    # Lena leads a team in which the municipality takes part; she belongs to the science park.
    case = a_case(by=people.lena, authority=people.authority, role="process_leader", at=monday)
    sign_in(page, people.lena)
    page.goto(case.get_absolute_url())
    expect(page.locator("main")).to_contain_text("ser du inget om leverantörer")
    follow(page, "Lova tystnad")
    press(page, "Lova tystnad")
    refused(page, "Dina bindningar")
    look_over(page, "a promise of secrecy with errors")
    page.locator("main [name=has_promised]").check()
    write(page, interests="Inga.")
    press(page, "Lova tystnad")
    told(page, "Sparat")
    expect(page.locator("main")).not_to_contain_text("ser du inget om leverantörer")
    assert page.goto(f"{case.get_absolute_url()}people/promise/").status == 404

    # A tie that came later is added.
    page.goto(f"{case.get_absolute_url()}people/")
    follow(page, "Rätta eller lägg till")
    write(page, interests="")
    press(page, "Spara rättelsen")
    refused(page, "Dina bindningar")
    look_over(page, "declared interests corrected to nothing")
    write(page, interests="Coachar Askdalens vård AB.")
    press(page, "Spara rättelsen")
    told(page, "Dina bindningar är rättade")
    expect(page.locator("main")).to_contain_text("Coachar Askdalens vård AB.")
