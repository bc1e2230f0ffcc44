"""Workers die at random moments; every ordered paper is there once all the same."""

import hashlib
import random
import threading

import pytest
from django.db import close_old_connections, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from documents.models import Document, Revision, StoredFile
from documents.states import RevisionState
from journal.models import Event
from journal.verifying import faults
from outbox.models import Message
from tests.documents.papers import AT, DATA, a_document, a_person, a_source
from tests.documents.workers import a_broker, workers
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.servers, pytest.mark.django_db(transaction=True)]

KILLS = 50
# So that what a dead worker held comes back while the test waits; half of it is enough for a paper
# also on a machine that has much else to do.
LEASE = 15
SUPPLIERS = [{"name": f"Leverantör {number}", "state": "Går vidare"} for number in range(60)]


def order(number):
    document = a_document(f"kill-{number}", title=f"Papper {number}")
    source = a_source(data=DATA | {"suppliers": SUPPLIERS, "gate": {"reasons": str(number)}})
    with transaction.atomic():
        document.order(source, by=a_person(), at=AT)


def claims():
    return Message.objects.aggregate(all=Sum("attempts"))["all"] or 0


def is_all_done():
    for message in Message.objects.given_up():
        # Killed five times over: a person asks for another try.
        with transaction.atomic():
            message.try_again(at=timezone.now())
    return not Message.objects.waiting().exists()


def test_fifty_killed_workers_leave_each_paper_once(process_environment, tmp_path, seed):
    chance, moment = random.Random(seed), threading.Event()
    ordered = 0
    with workers(process_environment, tmp_path, lease_seconds=LEASE) as running:
        running.beat()
        alive = [running.worker(), running.worker()]
        for _ in range(KILLS):
            # Always some that nobody holds: what the dead hold is waited for at the end, once.
            while Message.objects.due(timezone.now()).count() < 4:
                ordered += 1
                order(ordered)
            # Somebody has just claimed one: most renders take a third of a second.
            begun = claims()
            wait_until(lambda begun=begun: claims() > begun, seconds=90, what="a claim")
            moment.wait(chance.uniform(0, 0.4))
            # One time in five the whole worker, else what renders within each that has begun.
            hit = [running.kill_renderers(one) for one in alive] if chance.random() > 0.2 else []
            if not any(hit):
                running.kill(alive.pop(0))
                alive.append(running.worker())
        wait_until(is_all_done, seconds=180, what="the last paper")
    close_old_connections()

    assert_each_is_there_once(ordered)


def assert_each_is_there_once(ordered):
    assert Document.objects.count() == ordered
    states = Revision.objects.values_list("state").annotate(Count("pk"))
    assert list(states) == [(RevisionState.READY, ordered)]
    assert StoredFile.objects.count() == ordered
    for stored in StoredFile.objects.all():
        assert hashlib.sha256(stored.path.read_bytes()).hexdigest() == stored.sha256
    told = [event.verb for event in Event.objects.exclude(verb="document.failed")]
    assert sorted(told) == ["document.ordered"] * ordered + ["document.ready"] * ordered
    assert not Message.objects.exclude(leased_until=None).exists()
    assert list(faults()) == []


def test_a_worker_makes_an_ordered_paper_without_any_beat(process_environment, tmp_path):
    with workers(process_environment, tmp_path) as running:
        order(1)
        running.worker()
        wait_until(is_all_done, seconds=60, what="the paper")

    assert Revision.objects.get().is_ready


def test_a_process_that_is_killed_while_it_waits_leaves_nothing_locked(
    process_environment, tmp_path
):
    with workers(process_environment, tmp_path) as running:
        order(1)
        worker = running.worker()
        wait_until(is_all_done, seconds=60, what="the first paper")
        for number in (2, 3):
            wait_until(lambda: running.kill_renderers(worker), what="a process that waits")
            order(number)
            wait_until(is_all_done, seconds=60, what="the next paper")

    assert_each_is_there_once(3)


def test_beat_brings_back_a_message_whose_nudge_was_lost(process_environment, tmp_path):
    with workers(process_environment, tmp_path) as running:
        document = a_document("lost")
        with transaction.atomic():
            document.order(a_source(), by=a_person(), at=AT)
            # Nothing is nudged: the connection forgets what it was to do at commit.
            transaction.get_connection().run_on_commit = []
        running.beat()
        running.worker()
        wait_until(is_all_done, seconds=60, what="the paper")

    assert Revision.objects.get().is_ready


def test_a_broker_that_loses_everything_costs_no_paper(process_environment, tmp_path):
    with (
        a_broker(process_environment) as broker,
        workers(broker.environment, tmp_path, lease_seconds=LEASE) as running,
    ):
        for number in range(4):
            order(number)
        running.beat()
        running.worker()
        wait_until(claims, seconds=60, what="a claim")
        broker.lose()
        for number in range(4, 8):
            order(number)
        broker.start()
        wait_until(is_all_done, seconds=120, what="the last paper")

    assert_each_is_there_once(8)


def test_everything_is_killed_and_each_paper_is_there_once(process_environment, tmp_path, seed):
    chance, moment = random.Random(seed), threading.Event()
    with (
        a_broker(process_environment) as broker,
        workers(broker.environment, tmp_path, lease_seconds=LEASE) as running,
    ):
        for number in range(16):
            order(number)
        for _ in range(3):
            alive = [running.beat(), running.worker(), running.worker()]
            begun = claims()
            wait_until(lambda begun=begun: claims() > begun, seconds=90, what="a claim")
            moment.wait(chance.uniform(0, 0.4))
            for process in alive:
                running.kill(process)
            broker.lose()
            broker.start()
        running.beat()
        running.worker()
        wait_until(is_all_done, seconds=120, what="the last paper")

    assert_each_is_there_once(16)
