from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from procurements.models import Case
from procurements.states import LegalTrack, Role
from tests.builders import a_case
from tests.people import everybody
from tests.procurements.views.test_case import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return everybody()


@pytest.fixture
def case(people):
    return a_case(
        by=people.per,
        authority=people.authority,
        at=timezone.now(),
        roles={Role.OBSERVER: people.nora},
    )


def url(case):
    return reverse("case_legal", args=[case.number])


def answered(**more):
    return {
        "rd_cpv": "no",
        "rd_cpv_reason": "Utbildning med digitalt stöd",
        "annex_2": "no",
        "annex_2_reason": "Ingen vårdtjänst",
        "value_fees": "325 000",
        "value_purchase": "400 000 kr",
        "sent_on": "2025-06-01",
        "track": LegalTrack.ADVERTISED_19,
        "reasons": "Värdet ligger över gränsen",
    } | more


def test_proposal_is_shown_and_nothing_saved(case, people):
    html = signed_in(people.per).post(url(case), answered(propose="yes")).content.decode()

    assert "Förslag: Annonserad upphandling enligt 19 kap. LOU" in html
    assert "725\xa0000\xa0kr" in html
    assert case.legal_assessments.count() == 0


def test_missing_threshold_is_said_in_the_page(case, people):
    asked = answered(propose="yes", sent_on="2026-12-01")

    html = signed_in(people.per).post(url(case), asked).content.decode()

    assert "Tröskelvärdet i kronor saknas för 2026–27" in html


def test_assessment_is_kept_with_who_and_why(case, people):
    client = signed_in(people.per)

    client.post(url(case), answered(track=LegalTrack.LOU_ABOVE))

    kept = case.legal_assessments.get()
    assert (kept.track, kept.proposed_track) == (LegalTrack.LOU_ABOVE, LegalTrack.ADVERTISED_19)
    assert kept.estimated_value == Decimal(725_000)
    assert kept.by == people.per
    assert Case.objects.get(pk=case.pk).legal_track == LegalTrack.LOU_ABOVE
    html = client.get(url(case)).content.decode()
    assert "Svaren ledde till: Annonserad upphandling" in html
    assert "Utbildning med digitalt stöd" in html


def test_new_answer_is_a_new_row(case, people):
    client = signed_in(people.per)

    client.post(url(case), answered())
    client.post(url(case), answered(reasons="Nytt skäl"))

    assert case.legal_assessments.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"reasons": ""},
        {"track": ""},
        {"track": "moon"},
        {"rd_cpv": ""},
        {"rd_cpv_reason": ""},
        {"rd_cpv": "yes"},
        {"rd_cpv": "yes", "exclusive": "no", "wholly_paid": "yes"},
        {"value_fees": "mycket"},
        {"value_fees": "-1"},
        {"sent_on": "i går"},
        {"reasons": "a\x00"},
    ],
)
def test_what_is_missing_is_told_and_nothing_saved(case, people, wrong):
    page = signed_in(people.per).post(url(case), answered(**wrong))

    assert page.status_code == 422
    assert case.legal_assessments.count() == 0


def test_observer_reads_and_does_not_decide(case, people):
    client = signed_in(people.nora)

    html = client.get(url(case)).content.decode()
    assert "Det rättsliga spåret är inte valt än." in html
    assert "Spara bedömningen" not in html
    assert client.post(url(case), answered()).status_code == 403
    assert case.legal_assessments.count() == 0


def test_case_that_is_over_keeps_its_track(case, people):
    Case.objects.filter(pk=case.pk).update(state="stopped", ended_on=timezone.localdate())

    page = signed_in(people.per).post(url(case), answered())

    assert page.status_code == 422
    assert case.legal_assessments.count() == 0
