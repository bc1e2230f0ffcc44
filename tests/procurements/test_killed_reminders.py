"""Workers die at random moments while they send reminders; none is missing, none doubled."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import close_old_connections, transaction
from django.utils import timezone

from outbox.models import Message
from procurements.models import Deadline, Reminder
from tests.builders import a_case
from tests.documents.test_kill import LEASE, claims, is_all_done
from tests.documents.workers import workers
from tests.people import everybody
from tests.smtp import mail_server, sent_once
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.servers, pytest.mark.django_db(transaction=True)]

KILLS = 20


def remind_of_a_day(number, case, people, **facts):
    """Three letters with one paper, as if somebody had pressed the button."""
    now = timezone.now()
    day = Deadline.objects.create(
        case_phase=case.current_phase,
        title=f"Dag {number}",
        due_on=timezone.localdate() + timedelta(days=9),
        set_at=now,
        **facts,
    )
    with transaction.atomic():
        for person in people:
            reminder = Reminder.objects.create(
                deadline=day,
                case=case,
                person=person,
                kind="7",
                due_on=day.due_on,
                turn_on=timezone.localdate(),
                made_at=now,
                is_hurried=True,
            )
            reminder.promise()


def test_killed_workers_send_each_reminder_under_one_number(process_environment, tmp_path, seed):
    chance, moment = random.Random(seed), threading.Event()
    people = everybody()
    those = [people.per, people.nora, people.lena]
    roles = {"procurer": people.nora, "process_leader": people.lena}
    case = a_case(by=people.per, authority=people.authority, at=timezone.now(), roles=roles)
    days = 0
    with mail_server() as server:
        mail = {"UPPTAKT_MAIL_HOST": "127.0.0.1", "UPPTAKT_MAIL_PORT": str(server.port)}
        environment = process_environment | mail
        with workers(environment, tmp_path, lease_seconds=LEASE) as running:
            running.beat()
            alive = [running.worker(), running.worker()]
            for _ in range(KILLS):
                # Counted before there is more to do: what is promised may be gone at once.
                begun, taken = claims(), len(server.letters)
                while Message.objects.due(timezone.now()).count() < 6:
                    days += 1
                    remind_of_a_day(days, case, those)
                # Somebody has just claimed some, or the mail server has just taken one.
                if chance.random() > 0.5:
                    wait_until(lambda begun=begun: claims() > begun, seconds=90, what="a claim")
                else:
                    wait_until(
                        lambda taken=taken: len(server.letters) > taken, seconds=90, what="a letter"
                    )
                moment.wait(chance.uniform(0, 0.3) if chance.random() > 0.5 else 0)
                hit = (
                    [running.kill_renderers(one) for one in alive] if chance.random() > 0.2 else []
                )
                if not any(hit):
                    running.kill(alive.pop(0))
                    alive.append(running.worker())
            wait_until(is_all_done, seconds=180, what="the last letter")
    close_old_connections()

    assert Reminder.objects.filter(sent_at__isnull=False).count() == 3 * days
    promised = {f"<outbox.{pk}@localhost>" for pk in Message.objects.values_list("pk", flat=True)}
    assert len(promised) == 3 * days
    sent_once(server, promised)
