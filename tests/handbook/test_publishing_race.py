import pytest

from handbook.models import Draft, Edition
from tests.handbook.drafts import NEXT, a_draft
from tests.people import everybody
from tests.procurements.test_gate_race import process, tell

pytestmark = [pytest.mark.slow, pytest.mark.servers]

REFUSED = f"refused: Utgåva {NEXT} är redan utgiven.\n"


def test_two_processes_that_publish_at_once_make_one_edition(process_environment):
    people = everybody()
    draft = a_draft(people)
    publishers = [
        process(process_environment, person.email, does="tests.handbook.publishing")
        for person in (people.lena, people.per)
    ]
    for one in publishers:
        tell(one, str(draft.pk))
    assert [one.stdout.readline() for one in publishers] == ["ready\n", "ready\n"]
    for one in publishers:
        tell(one, "go")
    answers = [one.stdout.readline() for one in publishers]
    for one in publishers:
        one.communicate()

    assert sorted(answers) == ["published\n", REFUSED]
    assert Edition.objects.filter(version=NEXT).count() == 1
    assert Draft.objects.get().edition is not None
