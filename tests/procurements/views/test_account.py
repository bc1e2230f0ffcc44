import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml.html import fromstring

from outbox.models import Message
from procurements.operations.account import close_account
from procurements.operations.people import offer_role
from procurements.operations.task import add_task
from procurements.states import Role
from teams.letters import send_password_reset
from teams.models import Installation, Membership, User
from tests.builders import a_case, a_case_today
from tests.builders_teams import PASSWORD, a_person, a_role, an_organisation
from tests.people import signed_in

pytestmark = pytest.mark.django_db
ANSWER = {"reason": "Har slutat.", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _no_rate_limit_from_before(db):
    cache.clear()


@pytest.fixture
def host(people):
    """Hilda runs the installation, from a house of her own."""
    house = an_organisation("Driftbolaget", kind="company")
    hilda = a_person("Hilda Holm")
    a_role(hilda, house, "administrator")
    Installation.objects.create(organisation=house, begun_by=hilda, begun_at=timezone.now())
    return hilda


def address(person, what="close_account"):
    return reverse(what, args=[person.pk])


def in_english(client, where):
    return client.get(where, {"lang": "en"}).content.decode()


def is_open(person):
    return User.objects.get(pk=person.pk).is_active


def closed(person, by):
    return close_account(person=person, by=by, at=timezone.now())


MAY_CLOSE = """
        per nora lena sam olle anna
per      x   -    -    -   -    -
nora     -   x    -    -   -    -
lena     -   -    x    -   -    -
sam      -   -    -    x   -    -
olle     -   -    -    -   x    -
anna     x   x    -    -   -    x
hilda    x   x    x    x   x    x
"""


def test_who_may_close_whose_account(people, host):
    head, *rows = MAY_CLOSE.strip("\n").split("\n")
    for row in rows:
        name, *marks = row.split()
        by = host if name == "hilda" else getattr(people, name)
        for whose, mark in zip(head.split(), marks, strict=True):
            may = by.has_perm("teams.close_account", getattr(people, whose))
            assert may is (mark == "x"), (name, whose)


def test_an_administrator_closes_nobody_who_belongs_to_another_organisation_too(people, host):
    also = a_role(people.nora, people.elsewhere, "member")

    for by in (people.anna, people.olle):
        assert not by.has_perm("teams.close_account", people.nora)
        assert by.has_perm("teams.open_account", people.nora)
    assert host.has_perm("teams.close_account", people.nora)
    Membership.objects.filter(pk=also.pk).update(until_on=timezone.localdate())
    assert people.anna.has_perm("teams.close_account", people.nora)
    assert not people.olle.has_perm("teams.close_account", people.nora)


def test_who_has_no_role_left_is_closed_by_who_runs_the_installation(people, host):
    Membership.objects.filter(user=people.nora).update(until_on=timezone.localdate())

    assert not people.anna.has_perm("teams.close_account", people.nora)
    assert host.has_perm("teams.close_account", people.nora)


def test_one_closes_ones_own_account_with_the_password_and_is_signed_out(people):
    User.objects.filter(pk=people.nora.pk).update(language="en")
    client = signed_in(people.nora)

    wrong = client.post(address(people.nora), ANSWER | {"password": "fel-losenord-har"})
    assert (wrong.status_code, is_open(people.nora)) == (422, True)
    done = client.post(address(people.nora), ANSWER)

    assert done.url == reverse("account_login")
    assert not is_open(people.nora)
    assert client.get(reverse("account")).status_code == 302
    assert "Your account is closed." in in_english(client, done.url)


def test_the_password_is_guessed_ten_times_a_minute_at_most(people):
    client = signed_in(people.nora)
    for _ in range(10):
        client.post(address(people.nora), {"password": "fel-losenord-har"})

    assert client.post(address(people.nora), ANSWER).status_code == 422
    assert is_open(people.nora)


def test_who_has_no_password_is_asked_for_none(people):
    people.anna.set_unusable_password()
    people.anna.save()
    client = signed_in(people.anna)

    assert 'name="password"' not in client.get(address(people.nora)).content.decode()
    assert client.post(address(people.nora), {"reason": "Har slutat."}).status_code == 302
    assert not is_open(people.nora)


def test_an_administrator_says_why_and_the_place_tells_of_it(people):
    client = signed_in(people.anna)

    without = client.post(address(people.nora), {"password": PASSWORD})
    assert (without.status_code, is_open(people.nora)) == (422, True)
    done = client.post(address(people.nora), ANSWER)

    assert done.url == people.authority.get_absolute_url()
    shown = fromstring(client.get(done.url).content)
    assert shown.xpath(f"//details//a[@href='{address(people.nora, 'open_account')}']")
    opening = in_english(client, address(people.nora, "open_account"))
    assert "The account of Nora Nord was closed: Har slutat." in opening
    assert "Anna Alm" in opening


def test_an_administrator_opens_it_again_and_says_so_once(people):
    closed(people.nora, people.anna)
    client = signed_in(people.anna)

    for _ in range(2):
        done = client.post(address(people.nora, "open_account"))
        assert done.url == people.authority.get_absolute_url()

    assert is_open(people.nora)
    assert address(people.nora, "open_account") not in client.get(done.url).content.decode()


def test_the_way_to_it_is_shown_to_whom_it_is_open(people, host):
    way, place = f'href="{address(people.nora)}"', people.authority.get_absolute_url()
    ending = reverse("end_role", args=[people.nora.memberships.get().pk])

    assert way in signed_in(people.nora).get(reverse("account")).content.decode()
    assert way in signed_in(people.anna).get(ending).content.decode()
    assert way in signed_in(host).get(place).content.decode()
    for client in (signed_in(people.anna), signed_in(people.per)):
        assert way not in client.get(place).content.decode()
    a_role(people.nora, people.elsewhere, "member")
    assert way not in signed_in(people.anna).get(ending).content.decode()


def test_what_hinders_is_told_with_where_to_put_it_right(people):
    case = a_case(by=people.per, authority=people.authority)
    where = reverse("case_people", args=[case.number])

    for client in (signed_in(people.anna), signed_in(people.per)):
        shown = client.get(address(people.per)).content.decode()
        assert f'<a href="{where}">{case.title}</a>' in shown
        assert 'name="password"' not in shown
    assert client.post(address(people.per), ANSWER).status_code == 422
    assert is_open(people.per)


def test_nothing_is_told_of_a_case_that_the_reader_may_not_know_of(people):
    a_role(people.olle, people.science_park, "administrator")
    case = a_case(by=people.lena, authority=people.authority, role="process_leader")
    case.roles.exclude(role="owner").update(until_on=timezone.localdate())

    shown = in_english(signed_in(people.olle), address(people.lena))

    assert case.title not in shown
    assert "A case of Omsorgsnämnden that you cannot see" in shown
    assert "Tallvikens team" in shown


def test_the_page_asks_as_few_questions_with_more_to_leave(people, django_assert_max_num_queries):
    for number in range(3):
        a_case(by=people.per, authority=people.authority, title=f"Ärende {number}")
        a_role(people.per, an_organisation(f"Kommun {number}"), "administrator")

    for who in (people.per, people.anna):
        client = signed_in(who)
        with django_assert_max_num_queries(12):
            client.get(address(people.per))


# The door.


def sign_in(email, password=PASSWORD):
    client = Client()
    asked = {"login": email, "password": password}
    return client.post(reverse("account_login"), asked, follow=True)


def words(answer):
    return re.findall(r"<li>.*?</li>", answer.content.decode())[0]


def test_only_who_has_the_password_is_told_that_the_account_is_closed(people):
    closed(people.nora, people.anna)

    assert sign_in(people.nora.email).redirect_chain == [(reverse("account_inactive"), 302)]
    guessed = sign_in(people.nora.email, "fel-losenord-har")
    unknown = sign_in("ingen@lindhaga.example", "fel-losenord-har")
    assert words(guessed) == words(unknown)


def test_a_forgotten_password_gets_no_letter_and_an_earlier_link_lets_nobody_in(people):
    asked = {"email": people.nora.email}
    Client().post(reverse("account_reset_password"), asked)
    send_password_reset(Message.objects.get(kind="mail.password_reset"))
    link = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox.pop().body)[1]
    closed(people.nora, people.anna)

    client = Client()
    answer = client.post(reverse("account_reset_password"), asked)
    key = client.get(link).headers["Location"]
    client.post(key, {"password1": "Granris-under-ytan-3", "password2": "Granris-under-ytan-3"})

    assert answer.url == reverse("account_reset_password_done")
    assert Message.objects.filter(kind="mail.password_reset").count() == 1
    assert "_auth_user_id" not in client.session
    chain = sign_in(people.nora.email, "Granris-under-ytan-3").redirect_chain
    assert chain == [(reverse("account_inactive"), 302)]


@pytest.mark.parametrize("where", ["organisation", "case"])
def test_an_invitation_to_a_closed_account_is_refused_to_who_invites(people, where):
    closed(people.nora, people.anna)
    asked = {"email": people.nora.email, "language": "sv"}
    case = a_case(by=people.per, authority=people.authority)

    if where == "case":
        client, to = signed_in(people.per), reverse("case_invite", args=[case.number])
        answer = client.post(to, asked | {"role": "coach"})
    else:
        client = signed_in(people.anna)
        to = reverse("invite_to_organisation", args=[people.authority.pk])
        answer = client.post(to, asked | {"role": "member"})

    assert answer.status_code == 422
    assert 'id="id_email_error"' in answer.content.decode()
    assert not Message.objects.filter(kind__endswith="invitation").exists()


def test_who_is_closed_is_chosen_for_nothing_and_named_where_they_were(people):
    case = a_case_today(people)
    at = timezone.now()
    offer_role(case=case, user=people.nora, role=Role.NEED_OWNER, by=people.per, at=at)
    task = add_task(
        case=case, case_phase=case.current_phase, title="Ring", assignee=people.nora, due_on=None,
        by=people.per, at=at,
    )  # fmt: skip
    closed(people.nora, people.anna)
    client = signed_in(people.per)

    giving = client.get(reverse("case_role_give", args=[case.number]) + "?find=nora")
    key = case.current_phase.phase.key
    adding = fromstring(client.get(reverse("own_task_new", args=[case.number, key])).content)
    shown = in_english(client, reverse("task", args=[case.number, task.pk]))

    assert f'value="{people.nora.pk}"' not in giving.content.decode()
    offered = adding.xpath("//select[@name='assignee']/option/@value")
    assert str(people.per.pk) in offered
    assert str(people.nora.pk) not in offered
    assert "no longer in the case" in shown
    again = {"user": people.nora.pk, "role": "coach", "find": "nora"}
    assert client.post(reverse("case_role_give", args=[case.number]), again).status_code == 422
