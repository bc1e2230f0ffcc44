import subprocess
import sys

import pytest
from django.conf import settings
from django.utils import timezone

from procurements.models import GateDecision
from tests.builders import a_case, an_edition
from tests.people import everybody

pytestmark = [pytest.mark.slow, pytest.mark.servers]

TIMES = 10
REFUSED = "refused: Någon har redan registrerat ett beslut vid grinden.\n"


def process(
    environment: dict[str, str], email: str, does: str = "tests.procurements.deciding"
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", does, email],
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def tell(one: subprocess.Popen[str], words: str) -> None:
    one.stdin.write(words + "\n")
    one.stdin.flush()


def test_two_processes_that_decide_at_once_get_one_decision_and_one_refusal(process_environment):
    people = everybody()
    edition = an_edition()
    deciders = (people.per, people.lena)
    first = process(process_environment, people.per.email)
    second = process(process_environment, people.lena.email)
    with first, second:
        both = (first, second)
        for _ in range(TIMES):
            case = a_case(
                by=people.per,
                authority=people.authority,
                edition=edition,
                at=timezone.now(),
                roles={"process_leader": people.lena},
            )
            run = case.phases.get(number=0)
            # A case begun at a weekend would wait for its Monday.
            case.phases.filter(pk=run.pk).update(started_on=timezone.localdate())
            for one in both:
                tell(one, f"{case.pk} {run.pk}")
            assert [one.stdout.readline() for one in both] == ["ready\n", "ready\n"]
            for one in both:
                tell(one, "go")
            answers = [one.stdout.readline() for one in both]

            assert sorted(answers) == ["decided\n", REFUSED]
            decision = GateDecision.objects.get(case_phase__case=case)
            assert decision.recorded_by == deciders[answers.index("decided\n")]
            states = case.phases.order_by("number").values_list("state", flat=True)
            assert list(states) == ["closed", "active", "planned"]
        for one in both:
            one.stdin.close()
    assert (first.returncode, second.returncode) == (0, 0)
