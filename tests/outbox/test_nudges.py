import socket
import time
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from config.celery import app
from outbox import tasks, work
from outbox.models import Lane, Message
from tests.documents.workers import publish_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def nudged(monkeypatch):
    """Whom the broker was told about; the broker is outside the house."""
    told = []

    def hear(args, queue, **how):
        told.append((args[0], queue))

    monkeypatch.setattr(tasks.carry_out, "apply_async", hear)
    return told


def post(subject="1", **more):
    return Message.objects.post("document.render", subject=subject, **more)


def test_a_nudge_comes_with_the_commit_and_not_before(nudged, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        message = post(lane=Lane.MAIL)
        assert nudged == []

    assert len(callbacks) == 1
    assert nudged == [(message.pk, "mail")]


def test_what_is_due_later_or_comes_after_is_not_nudged(nudged, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = post("1", due_at=timezone.now() + timedelta(days=1))
        post("2", after=first)

    assert nudged == []


def test_the_sweep_nudges_what_is_due_once_in_a_while(nudged):
    now = timezone.now()
    late = post("late", due_at=now - timedelta(days=1))
    heap = post("heap", due_at=now, lane=Lane.BULK)
    post("tomorrow", due_at=now + timedelta(days=1))

    assert work.sweep_due(now) == 2
    assert work.sweep_due(now + timedelta(seconds=10)) == 0
    assert work.sweep_due(now + timedelta(seconds=60)) == 2
    assert nudged == [(late.pk, "person"), (heap.pk, "bulk")] * 2


def test_a_lane_that_nobody_works_in_does_not_fill_the_broker(nudged):
    now = timezone.now()
    for number in range(50):
        post(str(number), due_at=now, lane=Lane.BULK)

    sweeps = [work.sweep_due(now + timedelta(minutes=minutes)) for minutes in range(4)]

    assert sweeps == [50, work.AGAIN, work.AGAIN, work.AGAIN]
    # Each has its turn.
    assert {pk for pk, _lane in nudged[50:]} == {pk for pk, _lane in nudged[:50]}


def test_letters_that_go_together_take_nobody_elses_turn(nudged):
    now = timezone.now()
    letters = [
        Message.objects.post("mail.reminder", subject=str(n), due_at=now, lane=Lane.MAIL)
        for n in range(work.AGAIN + work.HEADS)
    ]
    Message.objects.update(nudged_at=now - timedelta(hours=1))
    Message.objects.filter(pk__in=[one.pk for one in letters[: work.HEADS]]).update(nudged_at=None)
    last = post("last", due_at=now, lane=Lane.MAIL)
    Message.objects.filter(pk=last.pk).update(nudged_at=now - timedelta(minutes=30))

    work.sweep_due(now)

    assert (last.pk, "mail") in nudged


def test_what_waited_is_nudged_when_the_first_is_done(nudged):
    first = post("1", due_at=timezone.now())
    second = post("2", after=first)

    work.finish(first, at=timezone.now())

    assert nudged == [(second.pk, "person")]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_nobody_their_change():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        before = app.conf.broker_url
        publish_to(address)
        began = time.monotonic()
        try:
            with transaction.atomic():
                message = post()
            assert tasks.nudge(message.pk, Lane.PERSON) is False
        finally:
            publish_to(before)

    assert time.monotonic() - began < 5
    assert list(Message.objects.due(timezone.now())) == [message]
    assert tasks.nudge(message.pk, Lane.PERSON) is True


def test_every_lane_has_a_queue():
    assert [queue.name for queue in app.conf.task_queues] == [lane.queue for lane in Lane]


def test_tasks_are_stopped_while_their_lease_holds(settings):
    lease = settings.OUTBOX_LEASE_SECONDS
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit < lease


def test_the_command_lists_waiting_late_and_failed(capsys):
    now = timezone.now()
    post("new", due_at=now)
    post("old", due_at=now - timedelta(hours=1))
    failed = post("bad", due_at=now)
    Message.objects.filter(pk=failed.pk).update(given_up_at=now, error="ValueError: no\nmore")

    call_command("outbox")

    out = capsys.readouterr().out
    assert [line.split("  due")[0].split("  ", 2)[-1] for line in out.splitlines()] == [
        "waiting: 1",
        "document.render new",
        "late: 1",
        "document.render old",
        "failed: 1",
        "document.render bad",
    ]
    assert "ValueError: no" in out
    assert "more" not in out


def test_the_command_takes_up_what_failed(capsys):
    one, two = post("1"), post("2")
    Message.objects.update(given_up_at=timezone.now())

    call_command("outbox", "retry", str(one.pk))

    assert list(Message.objects.given_up()) == [two]

    call_command("outbox", "retry", "all")

    assert list(Message.objects.given_up()) == []
    capsys.readouterr()

    call_command("outbox", "retry", "all")

    assert capsys.readouterr().out == "Nothing has failed.\n"
    with pytest.raises(CommandError):
        call_command("outbox", "retry", str(one.pk))
    with pytest.raises(CommandError):
        call_command("outbox", "retry")


def test_the_command_hurries_what_was_put_off_and_nothing_else():
    now = timezone.now()
    later, soon = now + timedelta(hours=30), now + timedelta(minutes=2)
    reason = {"due_at": later, "error": "Later: no mail server"}
    put_off, tried, held, in_turn, done = (post(name) for name in "abcde")
    for message, facts in {
        put_off: {"postponed": 12} | reason,
        tried: {"attempts": 3} | reason,
        held: {"postponed": 12, "leased_until": soon} | reason,
        # A letter that waits for its hours.
        in_turn: reason,
        done: {"attempts": 1, "done_at": now},
    }.items():
        Message.objects.filter(pk=message.pk).update(**facts)

    call_command("outbox", "retry", str(put_off.pk))

    assert Message.objects.get(pk=put_off.pk).due_at < later
    assert Message.objects.get(pk=tried.pk).due_at == later

    call_command("outbox", "retry", "all")

    taken_up = Message.objects.get(pk=tried.pk)
    assert (taken_up.due_at < later, taken_up.attempts, taken_up.error) == (True, 0, "")
    assert Message.objects.get(pk=held.pk).leased_until == soon
    assert Message.objects.get(pk=in_turn.pk).due_at == later
    for other in (held, in_turn, done):
        with pytest.raises(CommandError):
            call_command("outbox", "retry", str(other.pk))
