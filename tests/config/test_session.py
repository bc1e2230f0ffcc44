"""What somebody who has signed in is shown stays nowhere after them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.celery import app
from tests.builders import a_case
from tests.people import everybody

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_no_browser_keeps_what_somebody_who_has_signed_in_is_shown() -> None:
    people = everybody()
    case = a_case(by=people.per, authority=people.authority)
    client = Client()
    client.force_login(people.per)

    for address in ("/", f"/cases/{case.number}/", "/portfolio/", "/nowhere/"):
        kept = client.get(address).headers["Cache-Control"]
        assert {"private", "no-store"} <= set(kept.split(", ")), address


def test_what_is_open_to_all_may_be_kept() -> None:
    everybody()

    assert "no-store" not in Client().get(reverse("handbooks")).headers.get("Cache-Control", "")


def test_beat_has_sessions_that_ended_forgotten() -> None:
    people = everybody()
    for user in (people.per, people.nora):
        Client().force_login(user)
    ended, living = Session.objects.order_by("pk")
    Session.objects.filter(pk=ended.pk).update(expire_date=timezone.now() - timedelta(seconds=1))

    app.loader.import_default_modules()
    app.tasks[app.conf.beat_schedule["clear sessions"]["task"]]()

    assert Session.objects.get() == living
