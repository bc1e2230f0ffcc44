import re
from datetime import timedelta

import pytest
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from outbox.models import Message
from teams.letters import send_password_reset, send_sign_in_code
from teams.models import User
from teams.operations.profile import ADDRESSES_A_DAY
from tests.builders_teams import PASSWORD
from tests.servers import free_port


@pytest.fixture(autouse=True)
def _no_rate_limit_from_before(db):
    cache.clear()


def sign_in(client, email="per@lindhaga.example", password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_sign_in_with_address_and_password(client, people):
    response = sign_in(client, email="PER@Lindhaga.example ")

    assert response.status_code == 302
    assert response.url == "/"
    assert client.session["_auth_user_id"] == str(people.per.pk)


def test_a_new_password_leaves_what_else_was_changed_of_the_person_meanwhile(people):
    as_it_was = User.objects.get(pk=people.per.pk)
    User.objects.filter(pk=people.per.pk).update(is_active=False, name="Per Palm Berg")

    get_adapter().set_password(as_it_was, "en-helt-annan-fras-7")

    now = User.objects.get(pk=people.per.pk)
    assert now.check_password("en-helt-annan-fras-7")
    assert (now.is_active, now.name) == (False, "Per Palm Berg")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("per@lindhaga.example", "fel-losenord-har"),
        ("ingen@lindhaga.example", PASSWORD),
        ("system@upptakt.invalid", "!"),
        ("pеr@lindhaga.example", PASSWORD),
        ("per@lindhaga.example", "a\x00b"),
        ("per@lindhaga.example\r\nBcc: x@y.example", PASSWORD),
        ("x" * 1_000_000, "y" * 1_000_000),
    ],
)
def test_a_wrong_sign_in_is_told_in_the_page(client, people, email, password):
    User.objects.system()

    response = sign_in(client, email, password)

    assert response.status_code == 200
    assert b'role="alert"' in response.content
    assert "_auth_user_id" not in client.session


def test_what_the_browser_knows_of_a_person_is_filled_in_for_them(client, people):
    client.force_login(people.per)

    fields = client.get(reverse("account")).context["form"].fields

    known = {name: field.widget.attrs.get("autocomplete") for name, field in fields.items()}
    assert (known["name"], known["reminder_email"]) == ("name", "email")


def test_somebody_unknown_and_a_wrong_password_get_the_same_answer(client, people):
    def words(response):
        return re.findall(r"<li>.*?</li>", response.content.decode())[0]

    known = words(sign_in(client, "per@lindhaga.example", "fel-losenord-har"))
    unknown = words(sign_in(client, "ingen@lindhaga.example", "fel-losenord-har"))

    assert known == unknown


def test_nobody_can_sign_up_and_pages_not_used_do_not_exist(client, people):
    for path in ("signup/", "email/", "2fa/", "login/code/", "3rdparty/", "oidc/x/login/"):
        assert client.get(f"/account/{path}").status_code == 404


def test_the_ways_in_that_are_switched_off_are_not_shown(client, people):
    page = client.get(reverse("account_login")).content.decode()

    assert "passkey" not in page
    assert "login/code" not in page
    assert "3rdparty" not in page
    assert "oidc" not in page


def test_signing_out_ends_the_session(client, people):
    client.force_login(people.per)

    client.post(reverse("account_logout"))

    assert "_auth_user_id" not in client.session


WRONG = "fel-losenord-har"


def test_guesses_at_one_person_are_counted_whatever_the_server_is_called(client, people):
    for port in range(5):
        client.post(
            reverse("account_login"),
            {"login": "per@lindhaga.example", "password": WRONG},
            HTTP_HOST=f"localhost:{port + 8000}",
        )

    client.post(
        reverse("account_login"),
        {"login": "per@lindhaga.example", "password": PASSWORD},
        HTTP_HOST="LOCALHOST:9000",
    )
    assert "_auth_user_id" not in client.session
    sign_in(client, "nora@lindhaga.example")
    assert client.session["_auth_user_id"] == str(people.nora.pk)


def test_who_chose_a_new_password_does_not_wait_for_the_guesses_of_others(client, people):
    for _ in range(5):
        sign_in(client, password=WRONG)
    sign_in(client)
    assert "_auth_user_id" not in client.session

    choose_anew(client, "Granris-under-ytan-3")
    sign_in(client, password="Granris-under-ytan-3")
    assert client.session["_auth_user_id"] == str(people.per.pk)


def test_a_session_ends_with_the_browser_whichever_way_one_came_in(client, demo):
    client.post(reverse("demo_sign_in"), {"person": demo.per.pk})

    assert client.cookies["sessionid"]["max-age"] == ""
    assert client.cookies["sessionid"]["expires"] == ""


# The demo's people.


@pytest.fixture
def demo(people, settings):
    User.objects.filter(pk=people.per.pk).update(is_demo=True, title="Upphandlare")
    settings.IS_DEMO = True
    return people


def test_a_demo_lists_its_people_with_what_they_do(client, demo):
    page = client.get(reverse("account_login")).content.decode()

    assert "Per Palm" in page
    assert "Upphandlare, Omsorgsnämnden" in page
    assert "Olle Ottosson" not in page


def test_one_press_signs_in_as_a_demo_person(client, demo):
    response = client.post(reverse("demo_sign_in"), {"person": demo.per.pk})

    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(demo.per.pk)


@pytest.mark.parametrize("person", ["", "x", "999999", "٣", "9" * 50, "\x00"])
def test_a_press_for_nobody_is_not_found(client, demo, person):
    assert client.post(reverse("demo_sign_in"), {"person": person}).status_code == 404


def test_in_a_demo_nobody_else_can_be_signed_in_by_a_press(client, demo):
    assert client.post(reverse("demo_sign_in"), {"person": demo.olle.pk}).status_code == 404


def test_outside_a_demo_there_is_no_list_and_no_press(client, people):
    User.objects.filter(pk=people.per.pk).update(is_demo=True)

    sign_in(client)
    assert "Per Palm" not in client.get(reverse("account_login")).content.decode()
    assert client.post(reverse("demo_sign_in"), {"person": people.per.pk}).status_code == 404
    assert "_auth_user_id" not in client.session


# Forgotten password.


def test_forgotten_password_answers_alike_for_known_and_unknown(client, people):
    answers = [
        client.post(reverse("account_reset_password"), {"email": email}, follow=True)
        for email in ("per@lindhaga.example", "ingen@lindhaga.example")
    ]

    assert answers[0].redirect_chain == answers[1].redirect_chain
    known, unknown = (
        re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
        for answer in answers
    )
    assert known == unknown
    assert mail.outbox == []
    assert Message.objects.filter(kind="mail.password_reset").count() == 1


def choose_anew(client, new):
    """Ask for a link, follow it, and write a new password; gives the link and the last answer."""
    client.post(reverse("account_reset_password"), {"email": "per@lindhaga.example"})
    send_password_reset(Message.objects.get(kind="mail.password_reset"))
    link = re.search(r"http://localhost:8000(/account/\S+)", mail.outbox[0].body)[1]
    page = client.get(link, follow=True)
    there = page.redirect_chain[-1][0]
    return link, client.post(there, {"password1": new, "password2": new})


def test_the_link_changes_the_password_once(client, people):
    new = "Granris-under-ytan-3"
    link, done = choose_anew(client, new)

    people.per.refresh_from_db()
    assert done.status_code == 302
    assert people.per.check_password(new)
    client.logout()
    assert "account/password/reset" in client.get(link, follow=True).content.decode()
    assert not client.get(link, follow=True).redirect_chain


def test_a_made_up_link_says_what_to_do(client, people):
    page = client.get("/account/password/reset/key/1-abc-def/", follow=True)
    assert "<title>Länken fungerar inte längre" in page.text

    assert page.status_code == 200
    assert reverse("account_reset_password") in page.content.decode()


def test_change_password_asks_for_the_present_one(client, people):
    client.force_login(people.per)
    new = "Granris-under-ytan-3"
    given = {"oldpassword": "fel-losenord-har", "password1": new, "password2": new}

    refused = client.post(reverse("account_change_password"), given)
    done = client.post(reverse("account_change_password"), given | {"oldpassword": PASSWORD})

    people.per.refresh_from_db()
    assert (refused.status_code, done.status_code) == (200, 302)
    assert people.per.check_password(new)


# A code to sign in with.


@pytest.fixture
def codes(settings):
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.ROOT_URLCONF = "tests.teams.urls"


def ask_for_a_code(client, email="per@lindhaga.example"):
    answer = client.post(reverse("account_request_login_code"), {"email": email}, follow=True)
    words = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return answer.status_code, answer.redirect_chain, words.replace(email, "")


def test_who_asks_for_a_code_is_told_the_same_known_or_not(codes, client, people, settings):
    # Whoever sends at once would be told that nobody answers.
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = free_port()

    assert ask_for_a_code(client) == ask_for_a_code(Client(), "ingen@lindhaga.example")


def test_a_code_signs_in_once_and_no_row_holds_it(codes, client, people):
    ask_for_a_code(client)
    promise = Message.objects.get(kind="mail.sign_in_code")
    send_sign_in_code(promise)
    letter = mail.outbox[0]
    code = re.search(r"^[B-Z]{4}-[B-Z]{4}$", letter.body, re.MULTILINE)[0]

    assert letter.to == ["per@lindhaga.example"]
    assert not any(code in str(value) for value in vars(promise).values())
    confirm = reverse("account_confirm_login_code")
    wrong = client.post(confirm, {"code": "BBBB-BBBB"})
    assert (wrong.status_code, is_signed_in(client)) == (200, False)
    client.post(confirm, {"code": code})
    assert is_signed_in(client)


def test_a_code_that_no_longer_works_is_not_sent(codes, client, people, time_machine):
    ask_for_a_code(client)
    time_machine.move_to(timezone.now() + timedelta(minutes=4))

    send_sign_in_code(Message.objects.get(kind="mail.sign_in_code"))

    assert mail.outbox == []


def test_a_code_lets_nobody_in_whose_account_was_closed_meanwhile(codes, client, people):
    ask_for_a_code(client)
    send_sign_in_code(Message.objects.get(kind="mail.sign_in_code"))
    code = re.search(r"^[B-Z]{4}-[B-Z]{4}$", mail.outbox[0].body, re.MULTILINE)[0]
    User.objects.filter(pk=people.per.pk).update(is_active=False)

    client.post(reverse("account_confirm_login_code"), {"code": code})
    again = ask_for_a_code(Client())

    assert not is_signed_in(client)
    assert again == ask_for_a_code(Client(), "ingen@lindhaga.example")
    assert Message.objects.filter(kind="mail.sign_in_code").count() == 1


# Passkeys and codes from an app, switched off again.

SECOND_STEPS = pytest.mark.parametrize("kind", ["webauthn", "totp"])


@SECOND_STEPS
def test_who_has_a_passkey_or_codes_gets_in_when_they_are_switched_off(client, people, kind):
    Authenticator.objects.create(user=people.per, type=kind, data={})

    assert sign_in(client).status_code == 302

    assert client.session["_auth_user_id"] == str(people.per.pk)
    assert client.get(reverse("account_reauthenticate")).status_code == 200


def test_who_has_only_a_passkey_chooses_a_password_when_they_are_switched_off(client, people):
    Authenticator.objects.create(user=people.per, type="webauthn", data={})
    people.per.set_unusable_password()
    people.per.save()

    choose_anew(client, "Granris-under-ytan-3")
    sign_in(client, password="Granris-under-ytan-3")

    assert client.session["_auth_user_id"] == str(people.per.pk)


@SECOND_STEPS
def test_who_has_a_passkey_or_codes_is_asked_for_them_where_they_are_switched_on(
    people, settings, kind
):
    settings.MFA_PASSKEY_LOGIN_ENABLED = True
    Authenticator.objects.create(user=people.per, type=kind, data={})

    assert is_mfa_enabled(people.per, types=["webauthn", "totp"])
    assert not is_mfa_enabled(people.nora)


# Sessions elsewhere.


def is_signed_in(client):
    return client.get(reverse("account")).status_code == 200


def test_who_signs_out_everywhere_else_stays_here(client, people):
    left_open, of_nora = Client(), Client()
    for one, person in ((client, people.per), (left_open, people.per), (of_nora, people.nora)):
        one.force_login(person)

    answer = client.post(reverse("sign_out_elsewhere"), follow=True)

    assert "Du är utloggad överallt utom här." in answer.content.decode()
    assert is_signed_in(client)
    assert not is_signed_in(left_open)
    assert is_signed_in(of_nora)


def test_whoever_comes_in_again_elsewhere_is_signed_out_again(client, people):
    client.force_login(people.per)
    client.post(reverse("sign_out_elsewhere"))
    elsewhere = Client()
    sign_in(elsewhere)
    assert is_signed_in(elsewhere)

    client.post(reverse("sign_out_elsewhere"))

    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


def test_a_session_that_was_ended_elsewhere_is_not_brought_back_by_an_earlier_key(
    client, people, settings
):
    elsewhere = Client()
    for one in (client, elsewhere):
        one.force_login(people.per)
    client.post(reverse("sign_out_elsewhere"))

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-this-test"

    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


# Own details.

DETAILS = {
    "name": "Per Palm",
    "title": "Upphandlare",
    "language": "sv",
    "scheme": "dark",
    "reminder_email": "per.palm@paminn.example",
    "rhythm": "1 late",
    "has_shortcuts": "",
}


def test_own_details_are_saved_and_the_appearance_follows(client, people):
    client.force_login(people.per)

    response = client.post(reverse("account"), DETAILS, follow=True)

    people.per.refresh_from_db()
    assert (people.per.title, people.per.scheme, people.per.has_shortcuts) == (
        "Upphandlare",
        "dark",
        False,
    )
    assert people.per.address_for_reminders == "per.palm@paminn.example"
    assert 'data-color-scheme="dark"' in response.content.decode()


def test_a_fault_is_told_and_what_was_typed_is_kept(client, people):
    client.force_login(people.per)

    page = client.post(reverse("account"), DETAILS | {"name": "", "title": "Chefsjurist"})

    people.per.refresh_from_db()
    assert page.status_code == 422
    assert "Chefsjurist" in page.content.decode()
    assert people.per.title == ""


def test_reminders_are_not_led_to_one_stranger_after_another(client, people):
    client.force_login(people.per)
    address = reverse("account")
    for number in range(ADDRESSES_A_DAY):
        there = DETAILS | {"reminder_email": f"nr{number}@x.example"}
        assert client.post(address, there).status_code == 302

    page = client.post(address, DETAILS | {"reminder_email": "en.till@x.example", "title": "VD"})

    people.per.refresh_from_db()
    assert page.status_code == 422
    assert page.context["form"].has_error("reminder_email")
    assert "en.till@x.example" in page.content.decode()
    assert (people.per.reminder_email, people.per.title) == (there["reminder_email"], "Upphandlare")
    # One's own way back is always open.
    assert client.post(address, DETAILS | {"reminder_email": ""}).status_code == 302
    assert client.post(address, DETAILS).status_code == 422


def test_own_details_are_for_those_signed_in(client, people):
    assert client.get(reverse("account")).url == "/account/login/?next=/account/"


# Language.


def language_of(client, address="/account/login/"):
    return re.search(r'<html lang="(\w+)"', client.get(address).content.decode())[1]


def test_a_visitor_changes_language_and_it_stays(client, people):
    assert language_of(client) == "sv"
    assert language_of(client, "/account/login/?lang=en") == "en"
    assert language_of(client) == "en"


@pytest.mark.parametrize("asked", ["de", "", "sv\x00", "../../etc"])
def test_a_language_that_is_not_here_is_ignored(client, people, asked):
    client.get("/account/login/", {"lang": asked})

    assert language_of(client) == "sv"


def test_language_is_per_person_and_a_link_changes_nothing_stored(client, people):
    User.objects.filter(pk=people.per.pk).update(language="en")
    client.force_login(people.per)

    assert language_of(client, "/account/") == "en"
    assert language_of(client, "/account/?lang=sv") == "sv"
    assert language_of(client, "/account/") == "sv"
    people.per.refresh_from_db()
    assert people.per.language == "en"

    client.post(reverse("account"), DETAILS | {"language": "en"})
    assert language_of(client, "/account/") == "en"


# Appearance.


def test_a_visitors_appearance_is_kept_in_a_cookie(client, people):
    response = client.post(reverse("appearance"), {"scheme": "dark", "next": "/account/login/"})

    assert response.url == "/account/login/"
    assert 'data-color-scheme="dark"' in client.get("/account/login/").content.decode()


def test_a_persons_appearance_is_kept_on_the_person(client, people):
    client.force_login(people.per)

    client.post(reverse("appearance"), {"scheme": "light", "next": "/account/"})

    people.per.refresh_from_db()
    assert people.per.scheme == "light"


@pytest.mark.parametrize(
    "next_page", ["https://ond.example/", "//ond.example", "javascript:x", "\x00"]
)
def test_the_small_form_leads_to_no_other_site(client, people, next_page):
    response = client.post(reverse("appearance"), {"scheme": "blue", "next": next_page})

    assert response.url == "/"
    assert "scheme" not in response.cookies


def test_the_account_page_asks_as_few_questions_with_many_roles(
    client, people, django_assert_max_num_queries
):
    client.force_login(people.per)

    with django_assert_max_num_queries(12):
        client.get(reverse("account"))
