"""A heap of one kind: shared by its handler, settled one by one, none takes others with it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from outbox import tasks, together, work
from outbox.models import Lane, Later, Message
from tests.logs import written

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db

heaps: list[list[str]] = []
done: list[str] = []
fates: dict[str, Exception] = {}


class Killed(BaseException):
    """The worker is no more."""


def do_all(messages):
    heaps.append([message.subject for message in messages])
    for message in messages:
        fate = fates.get(message.subject)
        if isinstance(fate, Killed | EOFError):
            raise fate
        done.append(message.subject)
        yield message, fate


def do_one(message):
    done.append(f"{message.subject} alone")


@pytest.fixture(autouse=True)
def handlers(settings):
    settings.OUTBOX_HANDLERS = {"test.letter": f"{__name__}.do_one", "test.other": "nowhere"}
    settings.OUTBOX_TOGETHER = {"test.letter": f"{__name__}.do_all"}
    for those in (heaps, done, fates):
        those.clear()


@pytest.fixture
def nudged(monkeypatch):
    """Whom the broker was told about; the broker is outside the house."""
    told = []
    monkeypatch.setattr(tasks.carry_out, "apply_async", lambda args, **how: told.append(args[0]))
    return told


def letters(count):
    return [
        Message.objects.post("test.letter", subject=str(n), lane=Lane.MAIL, due_at=AT)
        for n in range(count)
    ]


def settled():
    return list(Message.objects.order_by("pk").values_list("subject", "attempts", "done_at"))


def test_each_of_a_heap_has_its_own_line_in_the_log():
    with bound_contextvars(request="lena-asks-1"):
        first, second, third = letters(3)
    fates["1"] = Later("not now")

    with written() as out:
        tasks.carry_out(first.pk)

    lines = [(one["event"], one["message"], one["request"]) for one in out.lines]
    assert lines == [
        ("Kept", first.pk, "lena-asks-1"),
        ("Put off: Later: not now", second.pk, "lena-asks-1"),
        ("Kept", third.pk, "lena-asks-1"),
    ]


def test_a_heap_that_is_promised_in_one_go_tells_who_asked_for_it():
    with bound_contextvars(request="lena-asks-2"):
        Message.objects.post_new("test.letter", [("1", "a", "x"), ("2", "a", "x")], lane=Lane.MAIL)

    asked = Message.objects.values_list("subject", "request_name", "lane")
    assert set(asked) == {("1", "lena-asks-2", Lane.MAIL), ("2", "lena-asks-2", Lane.MAIL)}
    with pytest.raises(LookupError):
        Message.objects.post_new("test.unheard", [("1", "a", "x")], lane=Lane.MAIL)


def test_those_of_a_kind_that_are_due_are_done_in_one_heap():
    first, *_ = letters(3)
    Message.objects.post("test.other", subject="other", lane=Lane.MAIL, due_at=AT)
    later = Message.objects.post(
        "test.letter", subject="later", lane=Lane.MAIL, due_at=timezone.now() + timedelta(days=1)
    )

    tasks.carry_out(first.pk)

    assert heaps == [["0", "1", "2"]]
    waiting = Message.objects.waiting()
    assert set(waiting.values_list("subject", "attempts")) == {("other", 0), ("later", 0)}
    later.refresh_from_db()
    assert later.leased_until is None


def test_each_is_settled_by_how_it_went():
    first, put_off, failed, last = letters(4)
    fates.update({put_off.subject: Later("away"), failed.subject: ValueError("no")})

    tasks.carry_out(first.pk)

    for message in (first, put_off, failed, last):
        message.refresh_from_db()
    assert (first.is_done, last.is_done) == (True, True)
    assert (put_off.postponed, put_off.attempts, put_off.error) == (1, 0, "Later: away")
    assert (failed.postponed, failed.attempts, failed.error) == (0, 1, "ValueError: no")
    assert not Message.objects.exclude(leased_until=None).exists()


def test_a_nudge_for_one_that_is_done_takes_up_the_others():
    """However many nudges two workers were given, both go on while something is left."""
    first, second = letters(2)
    work.finish(work.claim(first.pk, at=timezone.now()), at=timezone.now())

    tasks.carry_out(first.pk)

    second.refresh_from_db()
    assert second.is_done


def test_a_nudge_for_one_that_somebody_has_takes_up_the_others():
    first, second = letters(2)
    work.claim(first.pk, at=timezone.now())

    tasks.carry_out(first.pk)

    assert done == [second.subject]


def test_what_somebody_else_has_is_left_there():
    first, second = letters(2)
    assert together.claim_some("test.letter", Lane.MAIL, at=timezone.now()) == [first, second]

    tasks.carry_out(second.pk)

    assert done == []


def test_a_worker_that_dies_leaves_each_to_be_done_alone():
    """One that kills whoever begins it is given up alone: the others are done."""
    first, killer, third = letters(3)
    fates[killer.subject] = Killed()
    with pytest.raises(Killed):
        tasks.carry_out(first.pk)
    assert [(subject, attempts) for subject, attempts, _at in settled()] == [
        ("0", 1),
        ("1", 1),
        ("2", 1),
    ]

    Message.objects.update(leased_until=None)
    tasks.carry_out(third.pk)
    assert done == ["0", "2 alone"]


def test_a_handler_that_fails_as_a_whole_costs_only_the_one_it_was_at():
    first, second, third = letters(3)
    fates[second.subject] = EOFError("no more")

    tasks.carry_out(first.pk)

    # Those not begun are anybody's again, and were taken up at once.
    assert heaps == [["0", "1", "2"], ["2"]]
    assert [attempts for _s, attempts, at in settled() if at is None] == [1]
    third.refresh_from_db()
    assert third.is_done


def test_none_is_begun_when_the_time_is_over(monkeypatch, nudged):
    """Somebody may be waiting: the rest is given back, and nudged for."""
    monkeypatch.setattr(together, "SECONDS", 0)
    first, second, _third = letters(3)

    tasks.carry_out(first.pk)

    assert done == ["0"]
    assert [attempts for _subject, attempts, _at in settled()] == [1, 0, 0]
    assert not Message.objects.exclude(leased_until=None).exists()
    assert nudged == [second.pk]


def test_a_heap_is_nudged_for_by_a_few(nudged):
    made = letters(9)
    work.nudge_heads("test.letter", Lane.MAIL, at=timezone.now())
    assert nudged == [message.pk for message in made[: work.HEADS]]
    nudged.clear()

    assert work.sweep_due(timezone.now()) == work.HEADS
    # Those that were begun before are done alone, and nudged for one by one.
    Message.objects.update(attempts=1, nudged_at=None)
    nudged.clear()
    assert work.sweep_due(timezone.now()) == 9
