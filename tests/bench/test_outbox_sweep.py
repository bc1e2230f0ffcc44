import pytest

from bench.parts import outbox_sweep
from outbox.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_sweep_is_measured_over_an_outbox_of_messages_done(monkeypatch):
    monkeypatch.setattr(outbox_sweep, "DONE", 25)
    monkeypatch.setattr(outbox_sweep, "AT_ONCE", 10)
    monkeypatch.setattr(outbox_sweep, "TIMES", 3)

    (measured,) = outbox_sweep.measure()

    assert measured.key == "outbox.sweep_ms"
    assert measured.value > 0
    assert Message.objects.filter(done_at__isnull=False).count() == 25
    assert Message.objects.waiting().count() == 3
