"""What machines ask of a running installation, and what they are told when a part is not well."""

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from django.utils import timezone

from config import health
from outbox.models import Lane, Message
from outbox.tasks import SWEPT, sweep
from tests.documents.workers import publish_to

WELL = {
    "database": {"ok": True},
    "broker": {"ok": True},
    "outbox": {"ok": True, "seconds_behind": {"person": 0, "mail": 0, "bulk": 0}},
    "storage": {"ok": True},
}


def asked(address: str = "/readyz", **how: Any) -> tuple[int, dict[str, Any]]:
    answer = Client().get(address, **how)
    return answer.status_code, json.loads(answer.content)


def behind(lane: Lane, minutes: int, subject: str = "1") -> None:
    due = timezone.now() - timedelta(minutes=minutes)
    Message.objects.post("document.render", subject=subject, lane=lane, due_at=due)


@pytest.fixture
def swept(db: None) -> None:
    """Beat and a worker have begun."""
    sweep()


def test_who_lives_says_so_without_asking_anything_else():
    """No database is marked for this test: a query would fail it."""
    assert asked("/healthz", headers={"host": "10.1.2.3:8000"}) == (200, {"ok": True})


@override_settings(SECURE_SSL_REDIRECT=True)
def test_a_machine_inside_is_not_sent_to_https():
    answer = Client().get("/healthz", headers={"cookie": "sessionid=x"})

    assert answer.status_code == 200
    assert not answer.cookies


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
@pytest.mark.usefixtures("swept")
def test_the_answer_is_for_now_and_for_no_index(address):
    answer = Client().get(address)

    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert Client().head(address).status_code == 200
    assert Client().post(address).status_code == 405


@pytest.mark.usefixtures("swept")
def test_all_is_well(django_assert_num_queries):
    with django_assert_num_queries(4):
        assert asked() == (200, {"ok": True, "parts": WELL})


@pytest.mark.usefixtures("swept")
def test_a_promise_that_somebody_waits_for_and_nobody_keeps_is_told():
    behind(Lane.MAIL, 11)
    behind(Lane.PERSON, 1, "2")

    status, answer = asked()

    part = answer["parts"]["outbox"]
    assert (status, answer["ok"], part["ok"], part["why"]) == (503, False, False, "behind")
    assert part["seconds_behind"]["mail"] // 60 == 11
    assert part["seconds_behind"]["person"] // 60 == 1


@pytest.mark.usefixtures("swept")
def test_a_heap_may_wait():
    behind(Lane.BULK, 90)

    status, answer = asked()

    assert status == 200
    assert answer["parts"]["outbox"]["seconds_behind"]["bulk"] // 60 == 90


@pytest.mark.usefixtures("swept")
def test_what_is_not_due_yet_or_being_done_is_not_behind():
    behind(Lane.PERSON, -60)
    behind(Lane.PERSON, 90, "2")
    Message.objects.filter(subject="2").update(leased_until=timezone.now() + timedelta(minutes=1))

    assert asked()[0] == 200


@pytest.mark.usefixtures("swept")
def test_a_broker_that_is_away_is_told(settings):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        before = health.app.conf.broker_url
        publish_to(settings.REDIS_URL)
        try:
            status, answer = asked()
        finally:
            publish_to(before)

    assert status == 503
    assert answer["parts"] == WELL | {"broker": {"ok": False, "why": "no answer"}}


def test_a_database_that_is_away_is_told_without_its_address(monkeypatch):
    def nobody_there(*args: Any) -> None:
        raise OperationalError("connection to server at db.example failed for user upptakt")

    monkeypatch.setattr(connection, "cursor", nobody_there)
    monkeypatch.setattr(connection, "chunked_cursor", nobody_there)

    status, answer = asked()

    assert status == 503
    no_answer = {"ok": False, "why": "no answer"}
    assert answer["parts"] == WELL | {"database": no_answer, "outbox": no_answer}


@pytest.mark.usefixtures("swept")
def test_files_that_cannot_be_kept_are_told(settings, tmp_path: Path):
    in_the_way = tmp_path / "files"
    in_the_way.write_text("not a folder")
    settings.MEDIA_ROOT = in_the_way / "inside"
    status, answer = asked()
    assert (status, answer["parts"]["storage"]["why"]) == (503, "not writable")

    settings.MEDIA_ROOT = tmp_path
    settings.UPLOAD_MAX_BYTES = 10**18
    assert asked()[1]["parts"]["storage"] == {"ok": False, "why": "full"}


@pytest.mark.usefixtures("swept")
def test_a_house_where_nobody_is_yet_is_asked_no_more_of():
    assert Client().get("/").status_code == 302
    assert asked()[0] == 200


@pytest.mark.django_db
def test_where_no_sweep_comes_round_it_is_told_though_nothing_is_behind(time_machine):
    no_sweep = {"ok": False, "why": "no sweep"}
    status, answer = asked()
    assert (status, answer["parts"]["outbox"]) == (503, WELL["outbox"] | no_sweep)

    now = timezone.now()
    time_machine.move_to(now, tick=False)
    sweep()
    time_machine.move_to(now + timedelta(minutes=10), tick=False)
    assert asked()[0] == 200
    time_machine.move_to(now + timedelta(minutes=11), tick=False)
    assert asked()[1]["parts"]["outbox"] == WELL["outbox"] | no_sweep
    sweep()
    assert asked()[0] == 200


@pytest.mark.usefixtures("swept")
def test_a_sweep_under_a_clock_that_is_set_back_is_remembered_anew():
    cache.set(SWEPT, timezone.now() + timedelta(hours=2), timeout=None)
    assert asked()[1]["parts"]["outbox"]["why"] == "no sweep"

    sweep()

    assert asked()[0] == 200


@pytest.mark.django_db
def test_sweeps_are_remembered_once_a_minute():
    sweep()
    before = cache.get(SWEPT)

    sweep()

    assert cache.get(SWEPT) == before


@pytest.mark.usefixtures("swept")
def test_tables_that_are_not_those_of_this_code_are_told():
    last = MigrationRecorder.Migration.objects.filter(app="teams").latest("pk")
    MigrationRecorder.Migration.objects.create(app="teams", name="9999_tomorrow")
    assert asked()[0] == 200

    last.delete()

    status, answer = asked()
    assert (status, answer["parts"]["database"]) == (503, {"ok": False, "why": "not up to date"})
