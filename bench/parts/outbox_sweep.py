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
INSERT = """
INSERT INTO outbox_message
  (kind, subject, recipient, occasion, lane, made_at, due_at, done_at, attempts, postponed, error)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
SELECT 'mail.reminder', 'reminder:' || i, 'p' || (i %% 997) || '@matstad.example', '1',
  1 + i %% 3, %s, %s, %s, 1, 0, '' FROM n
"""


def measure() -> Iterator[Measurement]:
    installation.make_tables()
    now = timezone.now()
    long_ago = now - timedelta(days=300)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [DONE, long_ago, long_ago, long_ago])
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
