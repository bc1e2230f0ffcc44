from concurrent.futures import ThreadPoolExecutor
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue

from outbox import fsatomic


@pytest.fixture
def channel(tmp_path):
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection("fsatomic://", transport_options=options) as connection:
        yield connection.default_channel


def test_what_is_put_is_taken_once_and_in_order(channel):
    for number in range(3):
        channel._put("person", {"number": number})

    assert [channel._get("person")["number"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Empty):
        channel._get("person")


def test_queues_are_apart(channel, tmp_path):
    channel._put("mail", {})

    with pytest.raises(Empty):
        channel._get("person")
    assert channel._size("mail") == 1


def test_an_unfinished_message_is_not_seen(channel, tmp_path):
    (tmp_path / "queue" / ".1_x.person.msg.part").write_text("{")

    with pytest.raises(Empty):
        channel._get("person")


def test_readers_at_the_same_time_never_take_the_same_or_half_a_message(channel):
    for number in range(200):
        channel._put("person", {"number": number})

    def take(_):
        taken = []
        while True:
            try:
                taken.append(channel._get("person")["number"])
            except Empty:
                return taken

    with ThreadPoolExecutor(4) as readers:
        taken = [number for some in readers.map(take, range(4)) for number in some]

    assert sorted(taken) == list(range(200))


def test_a_person_comes_before_a_heap(channel):
    came = []
    exchange = Exchange("work", type="direct")
    queues = [Queue(name, exchange, routing_key=name) for name in ("bulk", "mail", "person")]
    connection = channel.connection.client
    with connection.Consumer(queues, callbacks=[lambda body, m: (came.append(body), m.ack())]):
        with connection.Producer() as producer:
            for name in ("bulk", "mail", "person"):
                producer.publish(name, exchange=exchange, routing_key=name)
        while len(came) < 3:
            connection.drain_events(timeout=5)

    assert came == ["person", "mail", "bulk"]


def test_the_alias_is_known():
    assert Connection("fsatomic://").transport_cls == "fsatomic"
    assert fsatomic.TRANSPORT_ALIASES["fsatomic"] == "outbox.fsatomic:Transport"


def test_who_starts_for_the_first_time_is_warned_of_nothing(channel, caplog):
    channel.connection.client.clone().ensure_connection()

    assert caplog.messages == []
