import os
import subprocess
import sys
from dataclasses import replace
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from outbox.models import Message
from procurements.models import Case
from teams.models import Organisation, User
from tests.handbook.shelves import loaded, shipped
from tests.people import everybody


@pytest.fixture
def demo(settings):
    settings.IS_DEMO = True


def said(command: str) -> str:
    told = StringIO()
    call_command(command, stdout=told)
    return told.getvalue()


@pytest.mark.django_db
def test_the_demo_is_refused_where_its_known_password_would_open_the_door():
    loaded()

    with pytest.raises(CommandError, match="UPPTAKT_DEMO"):
        call_command("load_demo")

    assert not User.objects.people().exists()
    assert said("demo_people") == ""


@pytest.mark.django_db
@pytest.mark.usefixtures("demo")
def test_the_demo_needs_its_handbook():
    with pytest.raises(CommandError, match="load_handbook"):
        call_command("load_demo")


@pytest.mark.django_db
@pytest.mark.usefixtures("demo")
def test_the_demo_does_not_mix_with_what_is_there():
    loaded()
    everybody()

    with pytest.raises(CommandError, match="one of its own"):
        call_command("load_demo")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("demo")
def test_an_interrupted_demo_leaves_nothing_behind():
    templates = [dict(template) for template in shipped().data["templates"]]
    for template in templates:
        if template["serves"] == "rfi":
            template["serves"] = "other"
    loaded(replace(shipped(), templates=templates))
    # The handbook itself is to be printed.
    promised = set(Message.objects.values_list("pk", "kind"))

    with pytest.raises(CommandError, match="no paper for 'rfi'"):
        call_command("load_demo")

    assert not Organisation.objects.exists()
    assert not Case.objects.exists()
    assert set(Message.objects.values_list("pk", "kind")) == promised
    assert {kind for _pk, kind in promised} == {"handbook.print"}


def test_no_mail_ever_leaves_a_demo():
    asked = "from config.settings import EMAIL_BACKEND; print(EMAIL_BACKEND)"
    environment = os.environ | {"UPPTAKT_DEMO": "1", "UPPTAKT_MAIL_HOST": "mail.example"}

    answer = subprocess.run(
        [sys.executable, "-c", asked],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.strip() == "django.core.mail.backends.dummy.EmailBackend"
