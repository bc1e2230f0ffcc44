import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml.html import fromstring

from journal.models import Event
from teams.forms.organisations import PartsField
from teams.models import Installation, Invitation, Membership, Organisation, User
from teams.operations.roles import invite
from tests.builders_teams import a_part, a_person, a_role, a_team, an_organisation
from tests.people import signed_in

PERSONAL = "121212-1212"


def page(client, name, *args):
    return client.get(reverse(name, args=args))


def test_the_list_shows_what_one_may_see(client, people):
    client.force_login(people.per)

    words = page(client, "organisations").content.decode()

    for name in ("Lindhaga kommun", "Omsorgsnämnden", "Tallviken Science Park"):
        assert name in words
    assert "Granåkers kommun" not in words
    assert "Solrosens" not in words


@pytest.mark.parametrize("name", ["organisations", "teams"])
def test_ones_own_role_is_told_in_the_grammar_of_the_language(client, people, name):
    a_role(people.per, a_team(name="Ett team"), "lead")
    client.force_login(people.per)

    for language, told in (("en", "Your role: "), ("sv", "Din roll: ")):
        words = client.get(reverse(name), {"lang": language}).content.decode()
        assert told in words


@pytest.mark.parametrize("asked", ["", "omsorg", "%' OR 1=1; --", "\x00", "x" * 5000])
def test_search_takes_any_text(client, people, asked):
    client.force_login(people.per)

    answer = client.get(reverse("organisations"), {"q": asked, "page": "x"})

    assert answer.status_code == 200
    assert ("Lindhaga kommun" in answer.content.decode()) == (asked in ("", "omsorg", "\x00"))


def test_a_search_that_finds_nothing_leads_back_to_all_once(client, people):
    client.force_login(people.per)

    found = client.get(reverse("organisations"), {"q": "Finns inte"}).text

    assert found.count('href="?"') == 1


def test_parts_pasted_as_a_list_are_named_without_its_bullets():
    pasted = "\uf0b7\tHälsonämnden\n\n•\tTekniska nämnden\n"

    assert PartsField().clean(pasted) == ["Hälsonämnden", "Tekniska nämnden"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("kommun LINDHAGA", ["Lindhaga kommun"]),
        ("lindhaga omsorgsn\u0061\u0308mnden", ["Lindhaga kommun"]),
        ("Org.nr 2120001850", ["Lindhaga kommun"]),
        ("556160-2722", ["Lindhaga kommun"]),
        ("lindhaga granåker", []),
        (" ".join("abcdefghij" * 10), []),
    ],
)
def test_organisations_are_found_by_words_in_any_order_or_their_number(
    client, people, asked, found
):
    Organisation.objects.filter(pk=people.municipality.pk).update(number="212000-1850")
    Organisation.objects.filter(pk=people.authority.pk).update(number="556160-2722")
    client.force_login(people.anna)

    rows = client.get(reverse("organisations"), {"q": asked}).context["rows"]

    assert [place.name for place, _role, _parts in rows] == found


def test_nobody_is_found_by_a_personal_number(client, people):
    Organisation.objects.filter(pk=people.municipality.pk).update(number="121212-1212")
    client.force_login(people.anna)

    assert client.get(reverse("organisations"), {"q": "121212-1212"}).context["rows"] == []


@pytest.mark.parametrize("size", [1, 3])
def test_the_pages_ask_as_few_questions_with_more_rows(
    client, people, size, django_assert_max_num_queries
):
    for number in range(size):
        part = a_part(people.municipality, f"Nämnd {number}")
        a_role(a_person(f"Person {number}", f"p{number}@x.example"), part, "member")
        a_role(a_person(f"Kollega {number}", f"k{number}@x.example"), people.municipality, "member")
        for place, by in ((people.municipality, people.anna), (people.team, people.lena)):
            invite(
                place=place,
                email=f"ny{number}@x.example",
                role="member",
                by=by,
                at=timezone.now(),
            )
    client.force_login(people.anna)

    for address in (
        reverse("organisations"),
        reverse("organisation", args=[people.municipality.pk]),
        reverse("teams"),
        reverse("team", args=[people.team.pk]),
        reverse("accessibility"),
        reverse("privacy"),
    ):
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200


PAGES = [
    ("organisation", "municipality", {"anna", "per", "lena"}, {"anna", "per", "lena"}),
    ("edit_organisation", "municipality", {"anna", "per", "lena"}, {"anna"}),
    ("add_part", "municipality", {"anna", "per", "lena"}, {"anna"}),
    ("add_part", "authority", {"anna", "per", "lena"}, set()),
    ("edit_statement", "municipality", {"anna", "per", "lena"}, {"anna"}),
    ("invite_to_organisation", "authority", {"anna", "per", "lena"}, {"anna"}),
    ("team", "team", {"anna", "per", "lena"}, {"anna", "per", "lena"}),
    ("edit_team", "team", {"anna", "per", "lena"}, {"lena"}),
    ("invite_to_team", "team", {"anna", "per", "lena"}, {"lena"}),
]


@pytest.mark.parametrize(("name", "place", "seen", "allowed"), PAGES)
def test_not_seen_is_not_found_and_seen_but_not_allowed_is_forbidden(
    client, people, name, place, seen, allowed
):
    address = reverse(name, args=[getattr(people, place).pk])
    assert client.get(address).status_code == 302
    for who in ("anna", "per", "lena", "sam", "olle"):
        client.force_login(getattr(people, who))

        status = client.get(address).status_code

        expected = 200 if who in allowed else 403 if who in seen else 404
        assert status == expected, who


def test_an_endless_number_in_the_address_is_not_found(client, people):
    client.force_login(people.anna)

    assert client.get(f"/organisations/{'9' * 40}/").status_code == 404


def test_only_who_manages_sees_addresses_and_invitations(client, people):
    client.force_login(people.anna)
    client.post(
        reverse("invite_to_organisation", args=[people.municipality.pk]),
        {"email": "ny@lindhaga.example", "role": "member", "language": "sv"},
    )
    shown = page(client, "organisation", people.municipality.pk).content.decode()
    client.force_login(people.per)
    hidden = page(client, "organisation", people.municipality.pk).content.decode()

    assert "ny@lindhaga.example" in shown
    assert "den skickar inga mejl" not in shown
    assert "ny@lindhaga.example" not in hidden
    assert people.anna.email not in hidden


def test_in_a_demo_who_invites_is_told_that_no_mail_is_sent(client, people, settings):
    settings.IS_DEMO = True
    client.force_login(people.anna)
    client.post(
        reverse("invite_to_organisation", args=[people.municipality.pk]),
        {"email": "ny@lindhaga.example", "role": "member", "language": "sv"},
    )

    shown = page(client, "organisation", people.municipality.pk).content.decode()
    assert "den skickar inga mejl" in shown


def test_who_manages_is_told_that_the_sender_of_an_invitation_has_left(client, people):
    bo = a_person("Bo Berg")
    a_role(bo, people.municipality, "administrator")
    client.force_login(people.anna)
    address = reverse("invite_to_organisation", args=[people.municipality.pk])
    client.post(address, {"email": "ny@lindhaga.example", "role": "member", "language": "sv"})
    told = "Anna Alm, som skickade den, har inte längre hand om Lindhaga kommun"
    shown = page(client, "organisation", people.municipality.pk).content.decode()
    assert told not in shown

    User.objects.filter(pk=people.anna.pk).update(is_active=False)
    client.force_login(bo)
    left = page(client, "organisation", people.municipality.pk).content.decode()
    client.post(reverse("resend_invitation", args=[Invitation.objects.get().pk]))
    again = page(client, "organisation", people.municipality.pk).content.decode()

    assert told in left
    assert told not in again


def test_inviting_explains_each_role_and_refuses_who_is_there(client, people):
    client.force_login(people.anna)
    address = reverse("invite_to_organisation", args=[people.municipality.pk])

    shown = client.get(address + "?lang=en").content.decode()
    refused = client.post(
        address, {"email": people.anna.email, "role": "editor", "language": "sv", "name": "A"}
    )

    assert "Invites people, gives and ends roles" in shown
    assert refused.status_code == 422
    assert b'id="id_email_error"' in refused.content
    assert not Invitation.objects.exists()


def test_who_has_sent_as_many_invitations_as_one_may_is_told_with_what_was_typed(
    client, people, settings
):
    settings.INVITATIONS_A_DAY = 0
    client.force_login(people.anna)
    asked = {"email": "ny@lindhaga.example", "role": "editor", "language": "sv", "name": "Nina Ny"}
    address = reverse("invite_to_organisation", args=[people.municipality.pk])

    page = client.post(address, asked)

    assert page.status_code == 422
    assert page.context["form"].non_field_errors()
    assert all(value in page.content.decode() for value in asked.values())
    assert not people.municipality.invitations.exists()


def test_a_second_press_on_withdraw_is_told_kindly(client, people):
    client.force_login(people.anna)
    client.post(
        reverse("invite_to_organisation", args=[people.municipality.pk]),
        {"email": "ny@lindhaga.example", "role": "member", "language": "sv"},
    )
    pk = Invitation.objects.get().pk

    for _press in range(2):
        answer = client.post(reverse("withdraw_invitation", args=[pk]), follow=True)
        assert answer.status_code == 200

    assert Invitation.objects.get().revoked_at
    client.force_login(people.per)
    assert client.post(reverse("resend_invitation", args=[pk])).status_code == 403
    client.force_login(people.olle)
    assert client.post(reverse("resend_invitation", args=[pk])).status_code == 404
    assert client.get(reverse("resend_invitation", args=[pk])).status_code == 405


def test_a_role_is_changed_and_ended_on_a_page_with_the_day(client, people):
    client.force_login(people.anna)
    held = people.per.memberships.get()

    client.post(
        reverse("change_role", args=[held.pk]),
        {"role": "member", "from_on": timezone.localdate().isoformat()},
    )
    following = people.per.memberships.get(until_on=None)
    client.post(
        reverse("end_role", args=[following.pk]), {"until_on": timezone.localdate().isoformat()}
    )

    assert following.role == "member"
    assert not Membership.objects.filter(user=people.per).on(timezone.localdate()).exists()


@pytest.mark.parametrize(("name", "field"), [("end_role", "until_on"), ("change_role", "from_on")])
def test_a_role_to_come_is_ended_or_changed_from_its_own_first_day(people, name, field):
    begins = timezone.localdate() + timedelta(days=30)
    held = a_role(people.olle, people.authority, "member", from_on=begins)
    client, address = signed_in(people.anna), reverse(name, args=[held.pk])

    shown = client.get(address).context["form"].initial
    assert shown[field] == begins
    sent = {"role": "editor", field: shown[field].isoformat()}
    assert client.post(address, sent).status_code == 302


def test_the_last_administrator_is_told_in_the_page(client, people):
    client.force_login(people.anna)
    held = people.anna.memberships.get()

    answer = client.post(reverse("end_role", args=[held.pk]), {"until_on": "2026-12-01"})

    assert answer.status_code == 422
    assert b'role="alert"' in answer.content


def test_leaving_leads_to_ones_own_page(client, people):
    client.force_login(people.per)
    held = people.per.memberships.get()

    answer = client.post(
        reverse("end_role", args=[held.pk]), {"until_on": timezone.localdate().isoformat()}
    )

    assert answer.url == reverse("account")
    assert page(client, "organisation", people.authority.pk).status_code == 404


def test_one_cannot_end_anothers_role(client, people):
    held = people.nora.memberships.get()
    for who, status in (("per", 403), ("olle", 404)):
        client.force_login(getattr(people, who))

        assert client.get(reverse("end_role", args=[held.pk])).status_code == status


def test_a_sole_traders_number_is_shown_in_part(client, people):
    an_organisation("Bertils snickeri", kind="company", number="121212-1212")
    trader = Organisation.objects.get(name="Bertils snickeri")
    a_role(people.sam, trader, "administrator")
    client.force_login(people.sam)

    shown = page(client, "organisation", trader.pk).content.decode()

    assert "121212-••••" in shown
    assert "121212-1212" not in shown


@pytest.fixture
def trader(people):
    """A sole trader's firm and a part of it, which Sam administrates."""
    firm = an_organisation("Bertils snickeri", kind="company", number=PERSONAL)
    part = a_part(firm, "Verkstaden")
    Organisation.objects.filter(pk=part.pk).update(number=PERSONAL)
    a_role(people.sam, firm, "administrator")
    return firm


def edited(client, place, **given):
    given = {"name": place.name, "kind": "company", "number": ""} | given
    answer = client.post(reverse("edit_organisation", args=[place.pk]), given)
    place.refresh_from_db()
    return answer


def test_a_sole_traders_number_is_not_written_out_to_be_edited(client, people, trader):
    client.force_login(people.sam)
    for place in (trader, trader.parts.get()):
        shown = page(client, "edit_organisation", place.pk).content.decode()

        assert "121212-••••" in shown
        assert PERSONAL not in shown
        assert 'name="remove_number"' in shown


def test_a_company_edits_its_number_as_it_stands(client, people):
    Organisation.objects.filter(pk=people.company.pk).update(number="556160-2722")
    client.force_login(people.sam)

    shown = page(client, "edit_organisation", people.company.pk).content.decode()
    edited(client, people.company)

    assert 'value="556160-2722"' in shown
    assert 'name="remove_number"' not in shown
    assert people.company.number == ""


def test_a_sole_traders_number_left_empty_is_kept(client, people, trader):
    client.force_login(people.sam)

    edited(client, trader, name="Bertils bygg")

    assert (trader.name, trader.number) == ("Bertils bygg", PERSONAL)


def test_a_sole_traders_number_is_replaced_or_removed(client, people, trader):
    client.force_login(people.sam)
    part = trader.parts.get()

    edited(client, trader, number="556160-2722")
    edited(client, part, remove_number="on")

    assert (trader.number, part.number) == ("556160-2722", "")


def test_a_number_is_not_both_replaced_and_removed(client, people, trader):
    client.force_login(people.sam)

    refused = edited(client, trader, number="556160-2722", remove_number="on")

    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"remove_number"}
    assert trader.number == PERSONAL


def test_the_history_of_an_organisation_never_tells_a_sole_traders_number(client, people, trader):
    client.force_login(people.sam)

    edited(client, trader, number="556160-2722")

    told = [event.sentence for event in Event.objects.of(trader).readable()]
    assert told
    assert not any(PERSONAL in words for words in told)


def test_details_are_edited_and_a_wrong_number_is_told_at_its_field(client, people):
    client.force_login(people.anna)
    address = reverse("edit_organisation", args=[people.municipality.pk])
    given = {"name": "Lindhaga kommun", "kind": "municipality", "number": "212000-1851"}

    refused = client.post(address, given)
    done = client.post(address, given | {"number": "SE212000185001"})

    people.municipality.refresh_from_db()
    assert b'id="id_number_error"' in refused.content
    assert b"212000-1851" in refused.content
    assert done.status_code == 302
    assert people.municipality.number == "212000-1850"


def test_adding_an_organisation_is_for_who_runs_the_installation(client, people):
    Installation.objects.create(
        organisation=people.municipality, begun_by=people.anna, begun_at=timezone.now()
    )
    client.force_login(people.anna)

    answer = client.post(
        reverse("add_organisation"),
        {"name": "Region Tall", "kind": "region", "parts": "Hälsonämnden\n\nHälsonämnden\n"},
    )

    made = Organisation.objects.get(name="Region Tall")
    assert answer.url == reverse("invite_to_organisation", args=[made.pk])
    assert made.parts.count() == 1
    # Until there is an administrator, nobody else could invite one.
    first = {"email": "rut@tall.example", "role": "administrator", "language": "sv"}
    client.post(answer.url, first)
    invitation = Invitation.objects.get()
    again = reverse("resend_invitation", args=[invitation.pk])
    assert client.post(again).status_code == 302
    a_role(people.olle, made, "administrator")
    assert client.get(answer.url).status_code == 403
    assert client.post(again).status_code == 403
    client.force_login(people.per)
    assert client.get(reverse("add_organisation")).status_code == 403


def test_a_team_is_added_with_its_organisations(client, people):
    client.force_login(people.anna)
    given = {
        "name_sv": "Nya teamet",
        "organisations": [people.municipality.pk],
        "intermediary": people.science_park.pk,
    }

    refused = client.post(reverse("add_team"), given)
    given["organisations"] = [people.municipality.pk, people.science_park.pk]
    done = client.post(reverse("add_team"), given)

    assert refused.status_code == 422
    assert done.status_code == 302
    stranger = client.post(
        reverse("add_team"),
        {"name_sv": "Främmande", "organisations": [people.elsewhere.pk]},
    )
    assert stranger.status_code == 422


def test_an_administrator_answers_for_their_organisation_on_the_teams_page(client, people):
    client.force_login(people.anna)
    page = people.team.get_absolute_url()
    own, park = people.municipality.pk, people.science_park.pk
    agree, take_back = (
        {place: reverse(name, args=[people.team.pk, place]) for place in (own, park)}
        for name in ("agree_to_team", "take_back_agreement")
    )

    assert f'action="{take_back[own]}"' in client.get(page).text
    client.post(take_back[own])
    html = client.get(page).text
    assert f'action="{agree[own]}"' in html
    assert not {agree[park], take_back[park]} & {*re.findall('action="([^"]*)"', html)}
    client.post(agree[own])
    assert people.team.affiliations.get(organisation=own).agreed_by == people.anna
    client.force_login(people.lena)
    assert agree[own] not in client.get(page).text


def test_a_part_is_added(client, people):
    client.force_login(people.anna)

    client.post(reverse("add_part", args=[people.municipality.pk]), {"name": "Kulturnämnden"})

    assert people.municipality.parts.filter(name="Kulturnämnden").exists()


def test_who_looks_after_an_organisation_is_led_only_to_what_they_may_open(client, people):
    Installation.objects.create(
        organisation=people.elsewhere, begun_by=people.olle, begun_at=timezone.now()
    )
    client.force_login(people.olle)

    shown = page(client, "organisation", people.science_park.pk)

    assert shown.context["may_manage"]
    links = fromstring(shown.content).xpath("//main//a/@href")
    assert reverse("edit_statement", args=[people.science_park.pk]) in links
    assert {client.get(link).status_code for link in links} == {200}


@pytest.mark.parametrize("asked", ["östersund", "ÖSTERSUNDS KOMMUN (JÄMTLAND)", "åhlén"])
def test_a_name_is_found_whatever_the_case_of_its_letters(people, asked):
    a_role(people.per, an_organisation("Östersunds kommun (Jämtland)"), "member")
    a_part(Organisation.objects.get(name__startswith="Östersund"), "Åhlénsgruppen")

    html = signed_in(people.per).get(reverse("organisations"), {"q": asked}).content.decode()

    assert "Östersunds kommun" in html


def told(by, address):
    """The people that a page shows, and how many it counts."""
    page = signed_in(by).get(address)
    assert page.status_code == 200
    return [held.user.name for held in page.context["present"]], page.context["total"]


def test_of_many_people_one_is_found_by_name_title_and_role(people):
    """All of them are counted, fifty are shown at a time."""
    for n in range(60):
        one = a_person(f"Person {n}", f"person{n}@lindhaga.example")
        a_role(one, people.authority, "member")
        a_role(one, people.team, "member")
    User.objects.filter(name="Person 59").update(title="Jurist")
    for place, by in ((people.authority, people.nora), (people.team, people.per)):
        address = place.get_absolute_url()
        first, total = told(by, address)
        second, _ = told(by, f"{address}?page=2")
        assert (len(first), len(set(first) | set(second))) == (50, total)
        assert told(by, f"{address}?q=jurist+person") == (["Person 59"], total)
        assert told(by, f"{address}?q=finns+inte") == ([], total)
        assert 'name="q"' in signed_in(by).get(f"{address}?q=finns+inte").text


def test_an_address_finds_people_for_who_may_see_it(people):
    for n in range(12):
        one = a_person(f"Person {n}", f"nummer{n}@lindhaga.example")
        a_role(one, people.municipality, "member")
    address = people.municipality.get_absolute_url()

    found = {
        by.name: len(signed_in(by).get(f"{address}?q=nummer7%40").context["present"])
        for by in (people.anna, people.nora)
    }

    assert found == {people.anna.name: 1, people.nora.name: 0}
