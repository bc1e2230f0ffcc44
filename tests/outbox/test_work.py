from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from outbox import work
from outbox.models import LONGEST_WAIT, TRIES, Lane, Later, Message

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db

heard: list[str] = []
given_up: list[str] = []
fate: list[Exception] = []


def listen(message):
    heard.append(message.subject)
    if fate:
        raise fate[0]


def hear_of_the_end(message):
    given_up.append(message.subject)


@pytest.fixture(autouse=True)
def handlers(settings):
    settings.OUTBOX_HANDLERS = {"test.listen": f"{__name__}.listen"}
    settings.OUTBOX_GIVEN_UP = {"test.listen": f"{__name__}.hear_of_the_end"}
    for those in (heard, given_up, fate):
        those.clear()


def post(subject="1", **more):
    return Message.objects.post("test.listen", subject=subject, **more)


def make_due(message):
    Message.objects.filter(pk=message.pk).update(due_at=timezone.now(), leased_until=None)


def test_the_same_promise_twice_is_one_row():
    assert post("1", recipient="a", occasion="x") == post("1", recipient="a", occasion="x")
    assert post("1", recipient="b", occasion="x") != post("1", recipient="a", occasion="x")

    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(
            kind="test.listen", subject="1", recipient="a", occasion="x", due_at=AT
        )


def test_a_kind_that_nobody_carries_out_is_refused():
    with pytest.raises(LookupError):
        Message.objects.post("test.unheard", subject="1")


def test_a_promise_is_never_deleted():
    with pytest.raises(TypeError):
        post().delete()


def test_due_comes_in_order_of_lane_and_then_day():
    heap = post("heap", lane=Lane.BULK, due_at=AT - HOUR)
    letter = post("letter", lane=Lane.MAIL, due_at=AT)
    person = post("person", due_at=AT)
    earlier = post("earlier", due_at=AT - HOUR)
    post("tomorrow", due_at=AT + HOUR)

    assert list(Message.objects.due(AT)) == [earlier, person, letter, heap]


def test_a_message_waits_for_the_one_it_comes_after():
    first = post("first", due_at=AT)
    second = post("second", after=first, due_at=AT)

    assert list(Message.objects.due(AT)) == [first]

    work.finish(first, at=AT)

    assert list(Message.objects.due(AT)) == [second]


def test_a_claim_is_a_lease_that_counts_and_runs_out(settings):
    message = post(due_at=AT)

    claimed = work.claim(message.pk, at=AT)

    assert claimed.attempts == 1
    assert work.claim(message.pk, at=AT) is None
    assert list(Message.objects.due(AT)) == []
    after = AT + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1)
    assert work.claim(message.pk, at=after).attempts == 2


def test_what_is_done_is_not_done_again():
    message = post()

    work.carry_out_one(message.pk)
    work.carry_out_one(message.pk)

    message.refresh_from_db()
    assert heard == ["1"]
    assert message.is_done
    assert message.leased_until is None


@pytest.mark.parametrize("reason", [Later("no connection"), OperationalError("locked")])
def test_a_failure_that_is_not_its_own_waits_longer_and_does_not_count(reason):
    fate.append(reason)
    message = post()
    waits = []

    for _ in range(20):
        make_due(message)
        before = timezone.now()
        work.carry_out_one(message.pk)
        message.refresh_from_db()
        waits.append(round((message.due_at - before).total_seconds()))

    assert message.attempts == 0
    assert message.postponed == 20
    assert waits == sorted(waits)
    assert waits[:3] == [15, 30, 60]
    assert waits[-1] == LONGEST_WAIT.total_seconds()
    assert not message.has_given_up
    assert given_up == []


def test_five_failures_of_its_own_give_up_and_tell():
    fate.append(ValueError("no such paper"))
    message = post()

    for _ in range(TRIES):
        make_due(message)
        work.carry_out_one(message.pk)
    message.refresh_from_db()

    assert heard == ["1"] * TRIES
    assert message.has_given_up
    assert message.error == "ValueError: no such paper"
    assert list(Message.objects.due(timezone.now() + HOUR * 99)) == []


def test_giving_up_tells_who_wants_to_know(django_capture_on_commit_callbacks):
    fate.append(ValueError("no such paper"))
    message = post()
    Message.objects.update(attempts=TRIES - 1)

    with django_capture_on_commit_callbacks(execute=True):
        work.carry_out_one(message.pk)

    assert given_up == ["1"]


def test_a_worker_that_always_dies_is_given_up_too():
    message = post(due_at=AT)

    for _ in range(TRIES):
        work.claim(message.pk, at=AT)
        Message.objects.update(leased_until=AT - HOUR)
    work.claim(message.pk, at=AT)

    message.refresh_from_db()
    assert message.has_given_up
    assert message.attempts == TRIES


def test_who_lost_the_lease_cannot_disturb_who_has_it(settings):
    message = post(due_at=AT)
    first = work.claim(message.pk, at=AT)
    later = AT + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1)
    second = work.claim(message.pk, at=later)

    work.put_off(first, Later("slow"), at=later)
    work.count_failure(first, ValueError("slow"), at=later)

    message.refresh_from_db()
    assert message.leased_until == second.leased_until
    assert message.attempts == 2


def test_what_was_given_up_is_taken_up_again_by_a_person():
    message = post()
    Message.objects.update(given_up_at=AT, attempts=TRIES, error="x")
    message.refresh_from_db()

    message.try_again(at=timezone.now())
    work.carry_out_one(message.pk)

    message.refresh_from_db()
    assert message.is_done
    assert heard == ["1"]
