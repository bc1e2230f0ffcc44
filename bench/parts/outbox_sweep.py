"""The sweep, with all that has been done since the installation began behind it."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from bench import installation
from bench.measuring import Measurement, seconds
from outbox.models import Lane, Message
from outbox.work import sweep_due

DONE = 1_000_000
TIMES = 60
# So many are made by one statement.
AT_ONCE = 10_000


def measure() -> Iterator[Measurement]:
    installation.make_tables()
    now = timezone.now()
    long_ago = now - timedelta(days=300)
    lanes = list(Lane)
    for first in range(0, DONE, AT_ONCE):
        Message.objects.bulk_create(
            Message(
                kind="mail.reminder",
                subject=f"reminder:{n}",
                recipient=f"p{n % 997}@matstad.example",
                occasion="1",
                lane=lanes[n % len(lanes)],
                made_at=long_ago,
                due_at=long_ago,
                done_at=long_ago,
                attempts=1,
            )
            for n in range(first, min(first + AT_ONCE, DONE))
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for lane in Lane:
        Message.objects.post("document.render", subject=f"{lane}", lane=lane, due_at=now)
    moments = iter(now + timedelta(minutes=n) for n in range(TIMES))

    def sweep() -> None:
        # One of each lane is due, and is nudged for each time.
        assert sweep_due(next(moments)) == len(Lane)

    yield Measurement.of(
        "outbox.sweep_ms",
        [1000 * seconds(sweep) for _ in range(TIMES)],
        limit=50,
        meaning=f"one sweep over an outbox with {DONE} messages done, three due (ms)",
    )
