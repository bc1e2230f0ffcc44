import subprocess
import sys

import pytest
from django.conf import settings

from handbook.models import Draft, Edition
from tests.handbook.drafts import NEXT, a_draft
from tests.people import everybody

pytestmark = [pytest.mark.slow, pytest.mark.servers]

REFUSED = f"refused: Utgåva {NEXT} är redan utgiven.\n"


def test_two_processes_that_publish_at_once_make_one_edition(process_environment):
    people = everybody()
    draft = a_draft(people)
    publishers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.handbook.publishing", person.email],
            env=process_environment | {"PYTHONIOENCODING": "utf-8"},
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for person in (people.lena, people.per)
    ]
    for one in publishers:
        one.stdin.write(f"{draft.pk}\n")
        one.stdin.flush()
    assert [one.stdout.readline() for one in publishers] == ["ready\n", "ready\n"]
    for one in publishers:
        one.stdin.write("go\n")
        one.stdin.flush()
    answers = [one.stdout.readline() for one in publishers]
    for one in publishers:
        one.communicate()

    assert sorted(answers) == ["published\n", REFUSED]
    assert Edition.objects.filter(version=NEXT).count() == 1
    assert Draft.objects.get().edition is not None
