"""What a real mail server answers, and whose fault it is."""

import socket

import pytest
from django.utils import timezone

from outbox.models import TRIES, Later, Message
from outbox.work import carry_out_one
from teams.letters import one_line, send
from teams.operations.roles import invite
from tests.smtp import closed_port, mail_server


@pytest.fixture
def message(people, settings) -> Message:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "upptakt", "hemligt"
    invite(
        place=people.municipality,
        email="ny@lindhaga.example",
        role="editor",
        by=people.anna,
        at=timezone.now(),
    )
    return Message.objects.get(kind="mail.invitation")


def sent(message, settings, port):
    settings.EMAIL_PORT = port
    Message.objects.filter(pk=message.pk).update(due_at=timezone.now(), leased_until=None)
    carry_out_one(message.pk)
    message.refresh_from_db()
    return message


def test_a_letter_reaches_a_real_server_with_its_message_id(message, settings):
    with mail_server() as server:
        sent(message, settings, server.port)

    assert message.is_done
    (letter,) = server.letters
    assert f"Message-ID: <outbox.{message.pk}@localhost>" in letter
    assert "To: ny@lindhaga.example" in letter


OTHERS = {
    "busy": {"": "421 come back"},
    "shut to us": {"": "554 not you"},
    "knows no greeting": {"EHLO": "502 no", "HELO": "502 no"},
    "wrong password": {"AUTH": "535 5.7.8 wrong"},
    "wrong sender": {"MAIL": "550 5.7.1 not your address"},
    "sign in first": {"RCPT": "530 5.7.0 sign in first"},
    "full mailbox": {"RCPT": "452 4.2.2 full"},
    "content later": {".": "451 4.7.1 greylisted"},
}


@pytest.mark.parametrize("answers", OTHERS.values(), ids=OTHERS)
def test_what_is_not_the_letters_fault_waits_and_does_not_count(message, settings, answers):
    with mail_server(answers) as server:
        for _ in range(TRIES + 1):
            sent(message, settings, server.port)

    assert (message.attempts, message.postponed) == (0, TRIES + 1)
    assert not message.has_given_up
    assert server.letters == []


@pytest.mark.slow
def test_a_server_that_is_away_or_never_answers_is_not_the_letters_fault(message, settings):
    settings.EMAIL_TIMEOUT = 0.2
    sent(message, settings, closed_port())
    with mail_server(is_silent=True) as server:
        sent(message, settings, server.port)

    assert (message.attempts, message.postponed) == (0, 2)


OWN = {
    "no such mailbox": {"RCPT": "550 5.1.1 nobody here"},
    "not taken": {".": "554 5.7.1 spam"},
}


@pytest.mark.parametrize("answers", OWN.values(), ids=OWN)
def test_a_refused_receiver_or_content_is_given_up_after_five_tries(message, settings, answers):
    with mail_server(answers) as server:
        for _ in range(TRIES):
            assert not message.has_given_up
            sent(message, settings, server.port)

    assert message.has_given_up
    assert message.attempts == TRIES
    assert server.letters == []


def test_it_leaves_when_the_password_is_right_at_last(message, settings):
    with mail_server({"AUTH": "535 5.7.8 wrong"}) as server:
        sent(message, settings, server.port)
    with mail_server() as server:
        sent(message, settings, server.port)

    assert message.is_done
    assert len(server.letters) == 1


def test_a_server_that_takes_the_letter_and_no_leave_has_taken_it(message, settings):
    with mail_server({"QUIT": "421 gone"}) as server:
        sent(message, settings, server.port)

    assert message.is_done
    assert len(server.letters) == 1


def test_a_heap_goes_over_one_connection_until_something_goes_wrong(message, settings):
    def write():
        send(message, to=["ny@lindhaga.example"], subject="Hej", body="Hej")

    with mail_server() as server:
        settings.EMAIL_PORT = server.port
        with one_line():
            write()
            write()
            assert server.calls == 1
            server.answers["RCPT"] = "452 4.2.2 full"
            with pytest.raises(Later):
                write()
            del server.answers["RCPT"]
            write()
            assert server.calls == 2
        write()
        assert server.calls == 3

    assert len(server.letters) == 4


def test_a_letter_broken_off_is_not_taken():
    with mail_server() as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        said = line.makefile("rb")
        for command in (b"", b"EHLO a\r\n", b"MAIL FROM:<a@b>\r\n", b"DATA\r\n"):
            line.sendall(command)
            while said.readline()[3:4] == b"-":
                pass
        line.sendall(b"Message-ID: <outbox.1@localhost>\r\n\r\nHej")
        line.shutdown(socket.SHUT_WR)
        # It hangs up when it has read to the end.
        assert said.read() == b""

        assert server.letters == []
        assert server.talks[0].letters == []
