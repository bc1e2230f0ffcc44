import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from outbox.models import TRIES, Later, Message
from outbox.work import carry_out_one
from teams.letters import (
    send_accessibility_feedback,
    send_invitation,
    send_password_reset,
    send_team_asks,
)
from teams.models import Installation, User
from teams.operations.accessibility import send_feedback
from teams.operations.organisations import add_team, agree_to_team
from teams.operations.roles import invite, withdraw_invitation


def invited(people, **facts):
    return invite(
        place=people.municipality,
        email="ny@lindhaga.example",
        role="editor",
        by=people.anna,
        at=timezone.now(),
        **facts,
    )


def the_message() -> Message:
    return Message.objects.get(kind__startswith="mail.")


def test_an_invitation_says_who_what_and_until_when(people):
    invitation = invited(people, name="Nina Ny", language="en")

    send_invitation(the_message())

    letter = mail.outbox[0]
    assert letter.to == ["ny@lindhaga.example"]
    assert letter.subject == "Invitation to Lindhaga kommun in Upptakt"
    assert f"http://localhost:8000/invitations/{invitation.token}/" in letter.body
    assert "Anna Alm invites you to Lindhaga kommun in Upptakt as: Editor." in letter.body


def test_the_same_message_has_the_same_message_id(people):
    invited(people)

    send_invitation(the_message())
    send_invitation(the_message())

    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def asked_by_a_team(people):
    return add_team(
        details={"name_sv": "Grannlaget", "name_en": "The neighbours", "intermediary": None},
        organisations=[people.municipality, people.elsewhere],
        by=people.anna,
        at=timezone.now(),
    )


def test_an_administrator_is_asked_whether_a_team_may_start_cases(people):
    User.objects.filter(pk=people.olle.pk).update(language="en")
    team = asked_by_a_team(people)

    carry_out_one(the_message().pk)

    letter = mail.outbox[0]
    assert letter.to == [people.olle.email]
    assert letter.subject == "The neighbours asks to start cases for Granåkers kommun in Upptakt"
    assert f"http://localhost:8000/teams/{team.pk}/" in letter.body


def test_a_team_that_has_been_answered_or_left_asks_no_more(people):
    team = asked_by_a_team(people)
    held = team.affiliations.get(organisation=people.elsewhere)
    agree_to_team(affiliation=held, by=people.olle, at=timezone.now())
    send_team_asks(the_message())
    held.delete()
    send_team_asks(the_message())

    assert mail.outbox == []


def test_a_withdrawn_invitation_is_not_sent(people):
    withdraw_invitation(invitation=invited(people), by=people.anna, at=timezone.now())

    send_invitation(the_message())

    assert mail.outbox == []


@pytest.mark.parametrize(
    "fault",
    [
        smtplib.SMTPServerDisconnected("away"),
        ConnectionRefusedError("away"),
        smtplib.SMTPDataError(451, b"later"),
        smtplib.SMTPRecipientsRefused({"ny@lindhaga.example": (450, b"later")}),
    ],
)
def test_a_mail_server_that_is_away_is_tried_later(people, monkeypatch, fault):
    invited(people)

    def away(*args, **kwargs):
        raise fault

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", away)

    with pytest.raises(Later):
        send_invitation(the_message())


def test_an_address_that_the_server_refuses_is_the_letters_own_fault(people, monkeypatch):
    invited(people)

    def refuse(*args, **kwargs):
        raise smtplib.SMTPRecipientsRefused({"ny@lindhaga.example": (550, b"no")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send_invitation(the_message())


def test_feedback_goes_to_the_mailbox_or_else_to_the_administrators(people):
    for mailbox in ("kontakt@lindhaga.example", ""):
        people.municipality.email = mailbox
        people.municipality.save()
        send_feedback(
            organisation=people.municipality,
            text=f"Knappen syns inte ({mailbox or 'igen'})",
            reply_email="svara@mig.example",
            by=User.objects.system(),
            at=timezone.now(),
        )
    for message in Message.objects.filter(kind="mail.feedback").order_by("pk"):
        people.municipality.email = "" if mail.outbox else "kontakt@lindhaga.example"
        people.municipality.save()
        send_accessibility_feedback(message)

    assert [letter.to for letter in mail.outbox] == [
        ["kontakt@lindhaga.example"],
        [people.anna.email],
    ]
    assert mail.outbox[0].reply_to == ["svara@mig.example"]
    assert "Knappen syns inte" in mail.outbox[0].body


def test_the_same_feedback_within_an_hour_is_one(people):
    at = timezone.now()
    for minutes in (0, 59, 61):
        send_feedback(
            organisation=people.municipality,
            text="Knappen syns inte",
            by=User.objects.system(),
            at=at + timedelta(minutes=minutes),
        )

    assert Message.objects.filter(kind="mail.feedback").count() == 2


def told_feedback(place):
    send_feedback(organisation=place, text="Hej", by=User.objects.system(), at=timezone.now())
    return Message.objects.get(kind="mail.feedback")


def test_feedback_goes_to_those_who_run_the_installation_when_there_is_nobody_else(people):
    Installation.objects.create(
        organisation=people.company, begun_by=people.sam, begun_at=timezone.now()
    )
    # She cannot sign in any more, though nobody has ended her role.
    User.objects.filter(pk=people.anna.pk).update(is_active=False)

    send_accessibility_feedback(told_feedback(people.municipality))

    (letter,) = mail.outbox
    assert letter.to == [people.sam.email]
    assert "Lindhaga kommun" in letter.body


def test_feedback_to_nobody_is_never_taken_for_sent(people):
    people.anna.memberships.update(until_on=timezone.localdate())
    message = told_feedback(people.municipality)

    for _ in range(TRIES):
        Message.objects.update(due_at=timezone.now(), leased_until=None)
        carry_out_one(message.pk)

    message.refresh_from_db()
    assert message.has_given_up
    assert not message.is_done
    assert mail.outbox == []


def test_the_letter_of_a_new_password_says_how_long_its_link_works(people, settings):
    settings.PASSWORD_RESET_TIMEOUT = 2 * 24 * 60 * 60
    people.per.language = "en"
    people.per.save()

    send_password_reset(
        Message.objects.post(
            "mail.password_reset", subject=f"teams.user:{people.per.pk}", due_at=timezone.now()
        )
    )

    assert "The link works once, for 2 days." in mail.outbox[0].body


def test_a_letter_to_somebody_who_has_left_is_not_sent(people):
    message = Message.objects.post(
        "mail.password_reset", subject=f"teams.user:{people.per.pk}", due_at=timezone.now()
    )
    people.per.is_active = False
    people.per.save()

    send_password_reset(message)

    assert mail.outbox == []
