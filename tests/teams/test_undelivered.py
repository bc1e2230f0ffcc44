"""Letters that were given up are told of to whoever looks after the organisation, and to nobody
else."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from journal import guards
from journal.models import Event
from outbox.models import TRIES, Message
from outbox.work import carry_out_one
from teams.models import Installation, Membership, User
from teams.operations.accessibility import send_feedback
from teams.operations.registry import close_day
from teams.operations.roles import invite
from tests.builders_teams import a_role

NOW = timezone.now()
TOLD = 'id="undelivered-h"'


@pytest.fixture
def people(people):
    Installation.objects.create(
        organisation=people.science_park, begun_by=people.lena, begun_at=NOW
    )
    people.municipality.registry_email = "registrator@lindhaga.example"
    people.municipality.save()
    return people


def feedback(place, text="Knappen syns inte"):
    send_feedback(organisation=place, text=text, by=User.objects.system(), at=NOW)
    return Message.objects.get(kind="mail.feedback")


def fingerprint():
    close_day(by=User.objects.system(), at=NOW)
    return Message.objects.get(kind="mail.journal_day")


def password_link(client, person):
    client.post(reverse("account_reset_password"), {"email": person.email})
    return Message.objects.get(kind="mail.password_reset")


def give_up(*messages, at=NOW):
    pks = [message.pk for message in messages]
    Message.objects.filter(pk__in=pks).update(given_up_at=at, attempts=TRIES, error="550 no")


def page_of(client, person, place):
    client.force_login(person)
    answer = client.get(reverse("organisation", args=[place.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_nothing_is_told_while_every_letter_leaves(client, people):
    feedback(people.municipality)
    fingerprint()

    assert TOLD not in page_of(client, people.anna, people.municipality)


@pytest.mark.parametrize("kind", ["feedback", "fingerprint", "link"])
def test_administrators_are_told_of_a_letter_that_was_given_up(client, people, kind):
    make = {
        "feedback": lambda: feedback(people.municipality),
        "fingerprint": fingerprint,
        "link": lambda: password_link(client, people.nora),
    }
    give_up(make[kind]())

    told = page_of(client, people.anna, people.municipality)

    assert TOLD in told
    assert (f"({people.nora.email})" in told) == (kind == "link")
    assert (reverse("send_letters_again", args=[people.municipality.pk]) in told) == (
        kind != "link"
    )
    for other in (people.per, people.lena):
        assert TOLD not in page_of(client, other, people.municipality)
    assert TOLD not in page_of(client, people.olle, people.elsewhere)
    assert TOLD not in page_of(client, people.anna, people.authority)


def test_a_link_is_told_of_until_the_person_has_signed_in(client, people):
    give_up(password_link(client, people.nora))
    assert TOLD in page_of(client, people.anna, people.municipality)

    User.objects.filter(pk=people.nora.pk).update(last_login=NOW + timedelta(minutes=1))

    assert TOLD not in page_of(client, people.anna, people.municipality)


def test_a_link_is_told_of_until_a_later_one_has_left(client, people):
    message = password_link(client, people.nora)
    give_up(message)
    later = Message.objects.post(message.kind, subject=message.subject, occasion="later")
    assert TOLD in page_of(client, people.anna, people.municipality)

    Message.objects.filter(pk=later.pk).update(done_at=NOW + timedelta(minutes=1))

    assert TOLD not in page_of(client, people.anna, people.municipality)


def test_letters_are_sent_again_to_the_mailboxes_as_they_are_now(client, people):
    give_up(feedback(people.municipality), fingerprint())
    people.municipality.registry_email = "arkiv@lindhaga.example"
    people.municipality.save()
    client.force_login(people.anna)
    address = reverse("send_letters_again", args=[people.municipality.pk])

    client.post(address)

    assert not Message.objects.given_up().exists()
    assert TOLD not in page_of(client, people.anna, people.municipality)
    event = Event.objects.get(verb="letters.sent_again")
    assert event.facts["letters"] == 2
    for message in Message.objects.waiting():
        carry_out_one(message.pk)
    assert [letter.to for letter in mail.outbox] == [["arkiv@lindhaga.example"]] * 2


def test_administrators_are_told_whose_roles_in_cases_do_not_follow_and_try_again(client, people):
    """Nora has left; her roles in cases were to be those of somebody from outside."""
    held = Membership.objects.filter(user=people.nora).earliest("pk")
    promised = Message.objects.post("role.ended", subject=str(held.pk), occasion="left")
    other = Membership.objects.filter(user=people.olle).earliest("pk")
    give_up(promised, Message.objects.post("role.ended", subject=str(other.pk), occasion="left"))

    told = page_of(client, people.anna, people.municipality)

    assert "Rollen för Nora Nord här har upphört" in told
    assert "Olle Ottosson" not in told
    assert "Kontrollera brevlådorna" not in told
    client.force_login(people.anna)
    client.post(reverse("send_letters_again", args=[people.municipality.pk]))
    assert list(Message.objects.waiting()) == [promised]
    assert Event.objects.filter(verb="roles.followed_again").count() == 1
    assert not Event.objects.filter(verb="letters.sent_again").exists()
    assert TOLD not in page_of(client, people.anna, people.municipality)


def test_a_second_press_changes_nothing_and_is_told_kindly(client, people):
    give_up(feedback(people.municipality))
    client.force_login(people.anna)
    address = reverse("send_letters_again", args=[people.municipality.pk])

    for _press in range(2):
        assert client.post(address, follow=True).status_code == 200

    assert Event.objects.filter(verb="letters.sent_again").count() == 1


def test_nobody_sends_anothers_letters_again(client, people):
    give_up(feedback(people.municipality))

    for person, place, status in [
        (people.per, people.municipality, 403),
        (people.olle, people.municipality, 404),
        (people.olle, people.elsewhere, 302),
    ]:
        client.force_login(person)
        answer = client.post(reverse("send_letters_again", args=[place.pk]))
        assert answer.status_code == status

    assert Message.objects.given_up().count() == 1


def test_who_runs_the_installation_is_told_where_nobody_looks_after_the_organisation(
    client, people
):
    a_role(people.lena, people.authority, "member")
    with guards.lifted():
        Membership.objects.filter(user=people.lena, organisation=people.science_park).update(
            role="administrator"
        )
    give_up(feedback(people.municipality), fingerprint())
    assert TOLD not in page_of(client, people.lena, people.science_park)

    Membership.objects.filter(user=people.anna).update(until_on=timezone.localdate())

    assert TOLD in page_of(client, people.lena, people.science_park)
    address = reverse("organisation_feedback", args=[people.science_park.pk])
    told = client.get(address).content.decode()
    assert "Knappen syns inte" in told
    assert "Lindhaga kommun" in told


@pytest.mark.parametrize("size", [1, 3])
def test_the_page_asks_no_more_however_many_letters(
    client, people, size, django_assert_max_num_queries
):
    give_up(password_link(client, people.nora))
    for number in range(size):
        send_feedback(
            organisation=people.municipality, text=str(number), by=User.objects.system(), at=NOW
        )
    give_up(fingerprint(), *Message.objects.filter(kind="mail.feedback"))
    invite(place=people.municipality, email="ny@x.example", role="member", by=people.anna, at=NOW)
    client.force_login(people.anna)
    address = reverse("organisation", args=[people.municipality.pk])
    client.get(address)

    with django_assert_max_num_queries(12):
        assert TOLD in client.get(address).content.decode()
    with django_assert_max_num_queries(12):
        client.get(reverse("organisation_feedback", args=[people.municipality.pk]))


# Invitations


@pytest.mark.slow
def test_beside_an_invitation_stands_that_its_letter_was_given_up(client, people):
    for place, person in ((people.municipality, people.anna), (people.team, people.lena)):
        invitation = invite(place=place, email="fel@x.example", role="member", by=person, at=NOW)
        client.force_login(person)
        address = place.get_absolute_url()
        assert "state--misslyckades" not in client.get(address).content.decode()

        give_up(Message.objects.get(subject=f"teams.invitation:{invitation.pk}"))

        assert client.get(address).content.decode().count("state--misslyckades") == 1
        client.force_login(people.per)
        assert "state--misslyckades" not in client.get(address).content.decode()
        client.force_login(person)
        client.post(reverse("resend_invitation", args=[invitation.pk]))
        assert "state--misslyckades" not in client.get(address).content.decode()


# Feedback


def test_feedback_is_read_by_the_administrators_of_the_whole_only(client, people):
    feedback(people.municipality, "Jag ser inte <b>grinden</b>")
    address = reverse("organisation_feedback", args=[people.municipality.pk])
    client.force_login(people.anna)

    told = client.get(address).content.decode()

    assert "Jag ser inte &lt;b&gt;grinden&lt;/b&gt;" in told
    statuses = {"per": 403, "lena": 403, "sam": 404, "olle": 404}
    for name, status in statuses.items():
        client.force_login(getattr(people, name))
        assert client.get(address).status_code == status
    client.force_login(people.olle)
    own = client.get(reverse("organisation_feedback", args=[people.elsewhere.pk]))
    assert "grinden" not in own.content.decode()
    client.force_login(people.anna)
    part = reverse("organisation_feedback", args=[people.authority.pk])
    assert client.get(part).status_code == 403
