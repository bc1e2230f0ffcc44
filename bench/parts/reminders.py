"""Ten thousand reminders whose turn comes in the same minute, while somebody waits for a paper."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import time_machine
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from bench import installation, seeding
from bench.measuring import Measurement, seconds
from bench.running import Sink, processes, worker
from journal import guards
from outbox.models import Lane, Message
from outbox.work import carry_out_one
from procurements.days import swedish_day
from procurements.models import Case, CasePhase, CaseRole, Deadline, Reminder, Task
from procurements.models.reminder import LETTER
from procurements.tasks import remind_at, want_papers_at
from teams.models import Organisation, User
from tests.waiting import wait_until

CASES, DAYS, PEOPLE = 50, 10, 20
HEAP = CASES * DAYS * PEOPLE
NIGHT = timedelta(hours=12)


def measure() -> Iterator[Measurement]:
    away = seeding.NOW.timestamp() - time.time()
    sink = Sink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    mail = {"UPPTAKT_MAIL_HOST": "127.0.0.1", "UPPTAKT_MAIL_PORT": str(sink.port)}
    with time_machine.travel(seeding.NOW, tick=True):
        make_a_heap()
        papers = make_papers()
        each = papers[0] / papers[1]
        everywhere = worker("all", "person,mail,bulk", processes=2)
        with processes(
            mail,
            ["bench.working", str(away), *worker("person", "person", processes=1)],
            ["bench.working", str(away), *everywhere],
            ["bench.working", str(away), "--app", "config", "beat", "--pidfile="],
        ):
            a_paper_in_time()
            waited: list[float] = []
            sent = seconds(lambda: waited.append(send_all()))
        letters, different = sink.taken()
        plain = seconds(hand_over)
    yield Measurement.of(
        "reminders.vs_smtp",
        [sent / plain],
        limit=2,
        meaning=f"{HEAP} reminders due in the same minute, sent by one worker of two processes "
        f"({sent:.0f} s), to one loop that hands as many letters of that size to the same mail "
        f"server over one connection ({plain:.0f} s); papers made in the night before, of which "
        f"10000 would take one worker {each * 10_000 / 60:.0f} min (ratio)",
    )
    yield Measurement.of(
        "reminders.missing",
        [float(HEAP - different + (letters - different))],
        limit=0,
        meaning=f"of {HEAP} reminders those that did not reach the mail server, or twice",
    )
    yield Measurement.of(
        "reminders.paper_s",
        waited,
        limit=10,
        meaning="a paper of nine pages ordered at a page while they are sent, until ready (s)",
    )


def make_a_heap() -> None:
    """Everybody who decides in a case is told of each of its days, a week before."""
    seeding.seed(CASES)
    Deadline.objects.all().delete()
    Task.objects.update(due_on=None)
    # Invitations and weekly letters are another story.
    User.objects.update(gets_week=False)
    Message.objects.update(done_at=seeding.NOW)
    day = seeding.NOW.date() + timedelta(days=7)
    later = day + timedelta(days=90)
    going = CasePhase.objects.filter(state="active")
    going.update(planned_ends_on=later, planned_gate_on=later)
    with guards.lifted():
        CaseRole.objects.filter(role="procurer").delete()
    people = [
        User.objects.create_user(f"p{n}@matstad.example", None, name=f"Person {n}", gets_week=False)
        for n in range(PEOPLE)
    ]
    since = seeding.NOW - timedelta(days=60)
    CaseRole.objects.bulk_create(
        CaseRole(case=case, user=person, role="procurer", from_on=since.date())
        for case in Case.objects.all()
        for person in people
    )
    Deadline.objects.bulk_create(
        Deadline(case_phase=run, title=f"Dag {n}", due_on=day, set_at=since)
        for run in going
        for n in range(DAYS)
    )


def make_papers() -> tuple[float, int]:
    """As in the night before; how long it took, and how many."""
    wanted = want_papers_at(seeding.NOW - NIGHT)
    assert wanted == CASES * DAYS, wanted

    def make() -> None:
        for message in Message.objects.filter(kind="paper.reminder"):
            carry_out_one(message.pk)

    took = seconds(make)
    made = list((settings.AHEAD_DIR / str(swedish_day(seeding.NOW))).glob("*.pdf"))
    assert len(made) == wanted, len(made)
    return took, wanted


def a_paper_in_time() -> float:
    """Seconds from the order to the paper."""
    document = installation.a_document(Organisation.objects.get(name="Mätstads kommun"))
    number = document.revisions.count()
    by = User.objects.system()

    def wait() -> None:
        revision = installation.order(document, installation.a_source(number, phases=4), by=by)
        mine = document.revisions.filter(pk=revision.pk, state="ready")
        wait_until(mine.exists, seconds=120, what="the paper")

    return seconds(wait)


def send_all() -> float:
    """From the moment when their turn comes to the last letter; how long a paper took meanwhile."""
    assert remind_at(seeding.NOW) == HEAP
    waited = a_paper_in_time()
    letters = Message.objects.waiting().filter(kind=LETTER, lane=Lane.MAIL)
    wait_until(lambda: not letters.exists(), seconds=1200, what="the letters")
    assert not Reminder.objects.filter(sent_at=None).exists()
    return waited


def hand_over() -> None:
    paper = next((settings.AHEAD_DIR / str(swedish_day(seeding.NOW))).glob("*.pdf")).read_bytes()
    line = get_connection()
    line.open()
    for number in range(HEAP):
        letter = EmailMessage("Om 7 dagar: Dag", "x" * 700, to=[f"p{number}@x.example"])
        letter.connection = line
        letter.attach("påminnelse.pdf", paper, "application/pdf")
        letter.send()
    line.close()
