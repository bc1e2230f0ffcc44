"""The operation behind the legal track keeps its rules whoever calls it."""

import pytest

from procurements.legaltrack import CONDITIONS
from procurements.models import Case
from procurements.operations.case import assess_legal_track, stop_case
from procurements.refusals import Refused, Stale
from procurements.states import LegalTrack
from tests.builders import MONDAY, a_case
from tests.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(people: People) -> Case:
    return a_case(by=people.per, authority=people.authority, legal_track="undecided")


def rows(**answers: str) -> list[dict[str, str]]:
    return [{"question": n, "answer": a, "reason": ""} for n, a in answers.items()]


def assess(case, people, track, answers, by=None, started_from=None):
    return assess_legal_track(
        case=case,
        track=track,
        proposed_track=track,
        answers=answers,
        reasons="Skäl",
        started_from=started_from,
        by=by or people.per,
        at=MONDAY,
    )


def test_the_same_assessment_by_somebody_else_is_kept_too(case, people):
    answered = rows(rd_cpv="yes", **dict.fromkeys(CONDITIONS, "yes"))
    track = LegalTrack.PCP_OUTSIDE_LOU

    first = assess(case, people, track, answered)

    assert assess(case, people, track, answered) == first
    assert assess(case, people, track, answered, by=people.nora) != first


def test_who_answers_after_somebody_else_is_told_so(case, people):
    answered = rows(rd_cpv="yes", **dict.fromkeys(CONDITIONS, "yes"))
    first = assess(case, people, LegalTrack.PCP_OUTSIDE_LOU, answered, started_from=0)

    with pytest.raises(Stale):
        assess(case, people, LegalTrack.LOU_ABOVE, [], by=people.nora, started_from=0)
    assert case.legal_assessments.get() == first

    assess(case, people, LegalTrack.LOU_ABOVE, [], by=people.nora, started_from=first.pk)
    assert Case.objects.get(pk=case.pk).legal_track == LegalTrack.LOU_ABOVE


def test_the_track_of_a_case_that_is_over_stands(case, people):
    stop_case(case=case, reason="Finns redan.", by=people.per, at=MONDAY)

    with pytest.raises(Refused, match="avslutat"):
        assess(case, people, LegalTrack.LOU_ABOVE, [])

    assert case.legal_assessments.count() == 0


def test_outside_the_act_every_condition_is_answered(case, people):
    answered = rows(rd_cpv="yes", **dict.fromkeys(CONDITIONS, "yes"))

    for left_out in CONDITIONS:
        most = [row for row in answered if row["question"] != left_out]
        with pytest.raises(Refused) as refusal:
            assess(case, people, LegalTrack.PCP_OUTSIDE_LOU, most)
        assert set(refusal.value.message_dict) == {left_out}
    assert Case.objects.get(pk=case.pk).legal_track == LegalTrack.UNDECIDED

    assess(case, people, LegalTrack.PCP_OUTSIDE_LOU, answered)

    assert Case.objects.get(pk=case.pk).legal_track == LegalTrack.PCP_OUTSIDE_LOU


@pytest.mark.parametrize(
    "answers",
    [
        {"cpv": "72000000-5", "rd_cpv": "yes"},
        {"cpv": "73120000-9", "rd_cpv": "no"},
        {"cpv": "moon", "rd_cpv": "unsure"},
    ],
)
def test_a_code_that_does_not_fit_is_refused(case, people, answers):
    with pytest.raises(Refused) as refusal:
        assess(case, people, LegalTrack.LOU_ABOVE, rows(**answers))

    assert set(refusal.value.message_dict) == {"cpv"}
    assert case.legal_assessments.count() == 0
