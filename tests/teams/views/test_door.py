"""The first administrator, invitations' links, and the pages that are open to everybody."""

import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from lxml.html import fromstring

from outbox.models import Message
from teams.models import AccessibilityFeedback, Organisation, User
from teams.operations.accessibility import edit_statement
from teams.operations.roles import invite, withdraw_invitation
from tests.builders_teams import PASSWORD

WELCOME = {
    "person_name": "Anna Alm",
    "person_email": "Anna@Lindhaga.example",
    "password": PASSWORD,
    "password_again": PASSWORD,
    "name": "Lindhaga kommun",
    "kind": "municipality",
    "parts": "Omsorgsnämnden\nTekniska nämnden",
}


@pytest.fixture(autouse=True)
def _no_rate_limit_from_before(db):
    cache.clear()


@pytest.mark.parametrize("path", ["/", "/organisations/", "/account/login/", "/nowhere/"])
def test_with_nobody_every_page_leads_to_the_first(client, path):
    User.objects.system()

    assert client.get(path).url == "/welcome/"


def test_a_link_whose_sender_has_left_says_whom_to_ask(client, people):
    invitation = invited(people)
    User.objects.filter(pk=people.anna.pk).update(is_active=False)

    answer = client.get(link(invitation))

    assert answer.status_code == 410
    assert (
        "Anna Alm, som skickade den, har inte längre hand om Omsorgsnämnden."
        in answer.content.decode()
    )
    assert client.post(link(invitation), NEW).status_code == 410
    assert not User.objects.filter(email=invitation.email).exists()


@pytest.mark.parametrize("name", ["accessibility", "privacy", "shortcuts"])
def test_what_the_law_asks_for_can_be_read_before_anybody_is_there(client, name):
    assert client.get(reverse(name)).status_code == 200


def test_the_statement_leads_to_the_feedback_when_there_is_somebody_to_read_it(client):
    def statement():
        return client.get(reverse("accessibility")).content.decode()

    assert reverse("accessibility_feedback") not in statement()

    client.post("/welcome/", WELCOME)

    assert reverse("accessibility_feedback") in statement()


def test_the_first_administrator_begins_and_is_signed_in(client):
    response = client.post("/welcome/", WELCOME)

    place = Organisation.objects.tops().get()
    assert response.url == place.get_absolute_url()
    assert User.objects.people().get().email == "anna@lindhaga.example"
    assert client.session["_auth_user_id"] == str(User.objects.people().get().pk)
    assert client.get("/welcome/").status_code == 404
    assert client.post("/welcome/", WELCOME).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "kort"),
        ("password_again", "annat-losenord-9"),
        ("person_email", "anna"),
        ("number", "212000-1851"),
        ("kind", "kingdom"),
        ("parts", "x" * 5000),
        ("name", "a\x00b"),
    ],
)
def test_a_fault_in_the_beginning_is_told_and_nothing_is_made(client, field, value):
    response = client.post("/welcome/", WELCOME | {field: value})

    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()
    assert "Lindhaga kommun" in response.content.decode() or field == "name"
    assert not User.objects.people().exists()
    assert not Organisation.objects.exists()


# In production: the key.


@pytest.fixture
def production(settings):
    settings.IS_PRODUCTION = True


@pytest.mark.parametrize("key", [None, "", "0" * 20, "å" * 20, "x" * 500])
def test_in_production_nobody_begins_without_the_key(client, production, key):
    response = client.post("/welcome/", WELCOME | ({} if key is None else {"key": key}))

    assert response.status_code == 422
    assert 'id="id_key_error"' in response.content.decode()
    assert "Lindhaga kommun" in response.content.decode()
    assert not User.objects.people().exists()


def test_in_production_who_has_the_key_begins(client, production):
    assert 'name="key"' in client.get("/welcome/").content.decode()

    response = client.post("/welcome/", WELCOME | {"key": f" {key_read_out().upper()} "})

    assert response.status_code == 302
    assert User.objects.people().get().email == "anna@lindhaga.example"
    with pytest.raises(CommandError, match="the first page is gone"):
        key_read_out()


def test_another_secret_is_another_key(settings):
    before = key_read_out()
    settings.SECRET_KEY = "another" * 8

    assert key_read_out() != before


def test_elsewhere_no_key_is_asked_for(client):
    assert 'name="key"' not in client.get("/welcome/").content.decode()


def key_read_out():
    out = StringIO()
    call_command("welcome_key", stdout=out)
    return out.getvalue().strip()


# The link in the letter.


def invited(people, email="ny@lindhaga.example", at=None):
    return invite(
        place=people.authority,
        email=email,
        role="editor",
        name="Nina Ny",
        by=people.anna,
        at=at or timezone.now(),
    )


def link(invitation):
    return reverse("invitation", args=[invitation.token])


NEW = {"person_name": "Nina Ny", "password": PASSWORD, "password_again": PASSWORD}


def test_a_new_person_accepts_and_is_signed_in(client, people):
    address = link(invited(people))
    assert client.get(address).status_code == 200

    answer = client.post(address, NEW)

    nina = User.objects.get(email="ny@lindhaga.example")
    assert answer.url == people.authority.get_absolute_url()
    assert client.session["_auth_user_id"] == str(nina.pk)
    assert nina.has_perm("teams.view_organisation", people.authority)


def test_a_weak_password_is_told_and_the_link_still_works(client, people):
    address = link(invited(people))

    refused = client.post(address, NEW | {"password": "kort", "password_again": "kort"})

    assert b'id="id_password_error"' in refused.content
    assert client.post(address, NEW).status_code == 302


def test_a_second_press_says_that_it_is_answered(client, people):
    address = link(invited(people))
    client.post(address, NEW)
    client.logout()

    for answer in (client.get(address), client.post(address, NEW)):
        assert answer.status_code == 410
        assert reverse("account_login") in answer.content.decode()


def test_somebody_with_an_account_signs_in_first_and_then_confirms(client, people):
    address = link(invited(people, email=people.olle.email))

    first = client.get(address).content.decode()
    assert f"{reverse('account_login')}?next={address}" in first
    assert client.post(address, NEW).status_code == 403
    client.force_login(people.olle)
    answer = client.post(address)

    assert answer.url == people.authority.get_absolute_url()
    assert people.olle.memberships.filter(organisation=people.authority).exists()


def test_a_link_to_somebody_else_is_forbidden_and_says_what_to_do(client, people):
    address = link(invited(people))
    client.force_login(people.olle)

    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 403
        assert "Omsorgsnämnden" not in answer.content.decode()
    assert not people.olle.memberships.filter(organisation=people.authority).exists()


def test_an_expired_and_a_withdrawn_link_are_gone(client, people):
    expired = invited(people, at=timezone.now() - timedelta(days=15))
    withdrawn = invited(people, email="annan@lindhaga.example")
    withdraw_invitation(invitation=withdrawn, by=people.anna, at=timezone.now())

    for invitation in (expired, withdrawn):
        assert client.get(link(invitation)).status_code == 410
        assert client.post(link(invitation), NEW).status_code == 410
    assert not User.objects.filter(name="Nina Ny").exists()


@pytest.mark.parametrize("token", ["a" * 40, "x", "0" * 4000, "%00", "%ED%A0%80", "../../etc"])
def test_an_unknown_link_is_not_found(client, people, token):
    assert client.get(f"/invitations/{token}/").status_code == 404


def test_a_closed_account_cannot_accept(client, people):
    address = link(invited(people, email=people.olle.email))
    User.objects.filter(pk=people.olle.pk).update(is_active=False)

    assert client.get(address).status_code == 403


# What every public service must tell.


@pytest.mark.parametrize(
    "name", ["accessibility", "privacy", "shortcuts", "accessibility_feedback"]
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_public_pages_are_open_in_both_languages(client, people, name, language):
    answer = client.get(reverse(name), {"lang": language})

    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()


def test_what_is_kept_says_its_headings_also_where_a_phone_stacks_the_table(client, people):
    shown = fromstring(client.get(reverse("privacy")).content)

    (table,) = shown.find_class("register--stacks")
    heads = [head.text for head in table.iterfind("thead/tr/th")]
    for row in table.iterfind("tbody/tr"):
        assert [cell.get("data-head") for cell in row.iterfind("td")] == heads[1:]


# Where each class of retention is told of, by a piece of its row.
KEPT = {
    "account": "Konto: namn",
    "organisation": "Roller i organisationer",
    "case": "Det du skriver och beslutar i ett ärende",
    "handbook": "Det du föreslår och skriver i en handbok",
    "log": "Brev: till vilken adress",
}


def test_the_page_on_personal_data_tells_of_every_class_of_retention(client, people):
    """Who is responsible, why, how long and the rights, of all that is kept (law.md 7)."""
    classes = {
        found[1]
        for model in apps.get_models()
        if (found := re.search(r"Retention:\s+(\w+)", model.__doc__ or ""))
    } - {"that"}  # that of what it opens

    shown = fromstring(client.get(reverse("privacy")).content)

    rows = [row.findtext("th") for row in shown.find_class("register--stacks")[0].iter("tr")]
    assert classes == set(KEPT)
    for words in KEPT.values():
        assert [row for row in rows if row.startswith(words)]
    told = " ".join(shown.text_content().split())
    for words in ("nämnden", "artikel 6.1 e och c", "invända", "dataskyddsombud", "IMY"):
        assert words in told
    assert "allmän handling" in told


def test_the_page_on_personal_data_tells_of_every_cookie(client, people):
    client.get(reverse("privacy"), {"lang": "en"})
    client.post(reverse("appearance"), {"scheme": "dark", "next": reverse("privacy")})
    client.post(reverse("accessibility_feedback"), {"text": "Knappen syns inte"})
    client.get(reverse("account_login"))
    client.force_login(people.per)

    told = client.get(reverse("privacy"), {"lang": "en"}).content.decode()

    for_each = {
        "sessionid": "one for your session",
        "csrftoken": "one against forged forms",
        "messages": "one that tells the next page what was done",
        "django_language": "one each for language and appearance",
        "scheme": "one each for language and appearance",
    }
    assert set(client.cookies) == set(for_each)
    assert [words for words in for_each.values() if words not in told] == []


def test_feedback_needs_no_name_and_reaches_the_organisation(client, people):
    answer = client.post(reverse("accessibility_feedback"), {"text": "Knappen syns inte"})

    assert answer.url == reverse("accessibility")
    assert AccessibilityFeedback.objects.get().reply_email == ""
    assert Message.objects.filter(kind="mail.feedback").count() == 1


def test_feedback_in_floods_is_asked_to_wait_and_keeps_the_text(client, people):
    answers = [
        client.post(reverse("accessibility_feedback"), {"text": f"Knapp {number} syns inte"})
        for number in range(11)
    ]

    assert [answer.status_code for answer in answers] == [302] * 10 + [429]
    assert "Knapp 10 syns inte" in answers[-1].content.decode()


@pytest.mark.parametrize("text", ["", "a\x00b", "x" * 1_000_000])
def test_feedback_that_cannot_be_kept_is_told_in_the_page(client, people, text):
    answer = client.post(reverse("accessibility_feedback"), {"text": text})

    assert answer.status_code == 422
    assert b'role="alert"' in answer.content
    assert not AccessibilityFeedback.objects.exists()


def stated(people):
    """Granåker has a statement of its own, and is not the host."""
    edit_statement(
        organisation=people.elsewhere,
        details={
            "service": "Granåkers Upptakt",
            "compliance": "none",
            "shortcomings": "<script>alert(1)</script>",
            "burden": "",
            "excluded": "",
            "method": "Vi frågade",
            "assessed_on": timezone.localdate(),
            "contact": "",
        },
        by=people.olle,
        at=timezone.now(),
    )


def test_the_statement_tells_all_that_the_law_asks_for(client, people, settings):
    """Act 2018:1937, section 13 (law.md 8), also with another supervisor than today's."""
    settings.ACCESSIBILITY_SUPERVISOR = "PTS"
    settings.ACCESSIBILITY_SUPERVISOR_URL = "https://pts.example/anmal"
    details = {
        "service": "Upptakt i Granåker",
        "compliance": "partial",
        "shortcomings": "Kartan: den ritas som bild.\nFilmen: den saknar text.",
        "burden": "Gamla ritningar kostar mer än de ger.",
        "excluded": "Leverantörers egna filer.",
        "method": "Prövad med skärmläsare.",
        "assessed_on": date(2026, 10, 1),
        "contact": "Växeln, 0123-456 78.",
    }
    edit_statement(
        organisation=people.elsewhere,
        details=details,
        by=people.olle,
        at=datetime(2026, 10, 5, 9, tzinfo=UTC),
    )

    page = fromstring(client.get(reverse("accessibility_of", args=[people.elsewhere.pk])).content)

    told = " ".join(page.text_content().replace("\xa0", " ").split())
    for words in (
        people.elsewhere.name, "Upptakt i Granåker", "Delvis förenlig", "den ritas som bild.",
        "den saknar text.", "Gamla ritningar", "Leverantörers egna filer", "Prövad med skärmläsare",
        "1 oktober 2026", "5 oktober 2026", "Växeln, 0123-456 78.", "PTS har tillsyn",
    ):  # fmt: skip
        assert words in told
    links = {link.get("href") for link in page.iter("a")}
    assert {"https://pts.example/anmal"} < links
    assert reverse("accessibility_feedback_of", args=[people.elsewhere.pk]) in links


def test_the_statement_is_the_readers_own_organisations(client, people):
    stated(people)
    visitor = client.get(reverse("accessibility")).content.decode()
    named = client.get(reverse("accessibility_of", args=[people.elsewhere.pk])).content.decode()
    client.force_login(people.olle)
    own = client.get(reverse("accessibility")).content.decode()

    assert "Granåkers Upptakt" not in visitor
    assert "Granåkers Upptakt" in named
    assert "Granåkers Upptakt" in own
    assert "<script>alert(1)" not in own
    client.force_login(people.sam)
    assert client.get(reverse("accessibility_of", args=[people.company.pk])).status_code == 404


def test_who_writes_from_a_statement_writes_to_whose_it_is(client, people):
    stated(people)
    statement = reverse("accessibility_of", args=[people.elsewhere.pk])
    write = reverse("accessibility_feedback_of", args=[people.elsewhere.pk])
    assert f'href="{write}"' in client.get(statement).content.decode()

    shown = client.get(write).content.decode()
    answer = client.post(write, {"text": "Knappen syns inte"})

    assert str(people.elsewhere) in shown
    assert shown.count(f'href="{statement}"') == 2
    assert answer.url == statement
    assert AccessibilityFeedback.objects.get().organisation == people.elsewhere


def test_nobody_writes_to_who_has_no_statement(client, people):
    address = reverse("accessibility_feedback_of", args=[people.company.pk])

    assert client.get(address).status_code == 404
    assert client.post(address, {"text": "Knappen syns inte"}).status_code == 404
    assert not AccessibilityFeedback.objects.exists()


def test_an_administrator_edits_the_statement(client, people):
    client.force_login(people.anna)
    address = reverse("edit_statement", args=[people.municipality.pk])
    assert client.get(address).status_code == 200

    client.post(
        address,
        {
            "service": "Upptakt",
            "compliance": "partial",
            "shortcomings": "Kartan",
            "method": "Självskattning",
            "assessed_on": "2026-11-01",
        },
    )

    assert "Självskattning" in client.get(reverse("accessibility")).content.decode()
