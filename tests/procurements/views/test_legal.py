from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml.html import fromstring

from procurements.legalquestions import CONDITIONS, QUESTIONS, VALUES
from procurements.models import Case
from procurements.states import LegalTrack, Role
from tests.builders import a_case
from tests.forms import fields_of
from tests.handbook.shelves import METHOD, loaded, shipped
from tests.people import signed_in

# A case begins on a working day, and its first phase with it.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def case(people):
    return a_case(
        by=people.per,
        authority=people.authority,
        at=timezone.now(),
        roles={Role.OBSERVER: people.nora},
        legal_track="undecided",
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


def outside(**more):
    """A valid answer for the track outside the act."""
    conditions = dict.fromkeys(CONDITIONS, "yes")
    research = {
        "cpv": "73120000-9",
        "rd_cpv": "yes",
        "rd_cpv_reason": "Det är utveckling",
        "exclusive": "no",
        "exclusive_reason": "Leverantörerna behåller rättigheterna",
        "wholly_paid": "yes",
        "wholly_paid_reason": "Vi betalar allt",
        "track": LegalTrack.PCP_OUTSIDE_LOU,
        "reasons": "Resultatet delas",
    }
    return answered(**research, **conditions) | more


def refused_at(page):
    """The fields at which something was refused, and the page that says so."""
    assert page.status_code == 422
    return set(page.context["form"].errors)


def test_proposal_is_shown_and_nothing_saved(case, people):
    html = signed_in(people.per).post(url(case), answered(propose="yes")).content.decode()

    assert 'id="proposal"' in html
    assert "Förslag: Annonserad upphandling enligt 19 kap. LOU" in html
    assert "725\xa0000\xa0kr" in html
    assert case.legal_assessments.count() == 0


def test_the_value_begins_with_every_fee_that_is_planned_for_a_number(people):
    """Law.md 12, trap 13: pay for answers in the market dialogue counts too, once it is planned."""
    case = a_case(by=people.per, authority=people.authority, at=timezone.now(),
                  edition=loaded(shipped(METHOD)), legal_track="undecided")  # fmt: skip
    optional = case.phases.get(phase__details__fee__optional=True)

    def shown() -> Decimal:
        page = signed_in(people.per).get(url(case))
        return Decimal(page.context["form"].initial["value_fees"])

    before = shown()
    case.phases.filter(pk=optional.pk).update(planned_suppliers=5)
    assert shown() - before == 5 * optional.fee > 0


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


def test_amounts_are_shown_again_as_people_write_them(case, people):
    client = signed_in(people.per)
    client.post(url(case), answered(value_options="720 000,50"))

    shown = fields_of(client.get(url(case)).content.decode(), url(case))

    assert shown["value_fees"] == ["325\xa0000"]
    assert shown["value_options"] == ["720\xa0000,50"]


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


@pytest.mark.parametrize(
    ("code", "exclusive", "expected"),
    [
        ("73120000-9", "no", LegalTrack.PCP_OUTSIDE_LOU),
        ("73120000-9", "yes", LegalTrack.DIRECT_AWARD_19A),
        ("72000000-5", "no", LegalTrack.DIRECT_AWARD_19A),
    ],
)
def test_the_code_proposes_the_answer_about_it(case, people, code, exclusive, expected):
    """LOU 1:5 (law.md 13, example 31), from what is typed in the form."""
    asked = outside(cpv=code, rd_cpv="", exclusive=exclusive, value_purchase="", propose="yes")

    page = signed_in(people.per).post(url(case), asked)

    assert page.context["proposal"].track == expected
    is_research = code.startswith("73")
    assert page.context["form"]["rd_cpv"].value() == ("yes" if is_research else "no")
    assert code in page.context["proposal"].why[0]
    assert case.legal_assessments.count() == 0


def test_an_answer_that_was_given_is_not_changed_by_the_code(case, people):
    asked = outside(rd_cpv="unsure", propose="yes")

    page = signed_in(people.per).post(url(case), asked)

    assert page.context["form"]["rd_cpv"].value() == "unsure"
    assert page.context["proposal"].track == LegalTrack.ADVERTISED_19


def test_without_code_and_answer_there_is_no_proposal(case, people):
    page = signed_in(people.per).post(url(case), outside(cpv="", rd_cpv="", propose="yes"))

    assert refused_at(page) == {"rd_cpv"}


def test_a_code_copied_with_its_words_answers_the_question_too(case, people):
    copied = "73120000–9 Experimentellt utvecklingsarbete"

    page = signed_in(people.per).post(url(case), outside(cpv=copied, rd_cpv="", propose="yes"))

    assert page.context["form"]["rd_cpv"].value() == "yes"


@pytest.mark.parametrize("code", ["73", "7312000-9", "73120000-99", "sjuttiotre", "73120000\x009"])
def test_a_code_of_another_form_is_refused_at_its_field_and_kept(case, people, code):
    page = signed_in(people.per).post(url(case), outside(cpv=code))

    assert refused_at(page) == {"cpv"}
    assert page.context["form"]["cpv"].value() == code
    assert "Resultatet delas" in page.content.decode()
    assert case.legal_assessments.count() == 0


@pytest.mark.parametrize("act", [{}, {"propose": "yes"}])
@pytest.mark.parametrize(("code", "answer"), [("72000000-5", "yes"), ("73120000-9", "no")])
def test_a_code_that_contradicts_the_answer_is_refused_in_words(case, people, code, answer, act):
    """LOU 4:2: the code has to fit what is really bought."""
    page = signed_in(people.per).post(url(case), outside(cpv=code, rd_cpv=answer, **act))

    assert refused_at(page) == {"cpv"}
    (words,) = page.context["form"].errors["cpv"]
    assert code in words
    assert "LOU 4:2" in words
    assert case.legal_assessments.count() == 0


def test_outside_the_act_the_conditions_are_kept_and_shown(case, people):
    client = signed_in(people.per)
    unmet = {"pcp_price": "unsure", "pcp_price_reason": "Jämförelsen är inte klar"}

    client.post(url(case), outside(**unmet))

    kept = case.legal_assessments.get()
    assert [row["question"] for row in kept.answers] == [
        "cpv", "rd_cpv", "exclusive", "wholly_paid", "annex_2", *CONDITIONS,
        "value_fees", "value_purchase", "sent_on",
    ]  # fmt: skip
    assert kept.answer_to("cpv") == "73120000-9"
    page = client.get(url(case))
    (told,) = page.context["history"]
    assert told["code"] == "73120000-9"
    assert [row["answer"] for row in told["answers"][-2:]] == ["Ja", "Inte säkert"]
    assert told["answers"][-1]["reason"] == "Jämförelsen är inte klar"
    assert page.context["form"]["cpv"].value() == "73120000-9"
    assert page.context["form"]["pcp_price"].value() == "unsure"


@pytest.mark.parametrize("name", CONDITIONS)
def test_outside_the_act_no_condition_is_left_unanswered(case, people, name):
    page = signed_in(people.per).post(url(case), outside(**{name: ""}))

    assert refused_at(page) == {name}
    html = page.content.decode()
    assert '<details class="more" open>' in html
    assert f'href="#id_{name}_group"' in html
    assert "Leverantörerna behåller rättigheterna" in html
    assert case.legal_assessments.count() == 0


@pytest.mark.parametrize("answer", ["no", "unsure"])
def test_a_condition_that_is_not_met_asks_why(case, people, answer):
    page = signed_in(people.per).post(url(case), outside(pcp_terms=answer))

    assert refused_at(page) == {"pcp_terms_reason"}


def test_on_another_track_the_conditions_are_free(case, people):
    client = signed_in(people.per)

    client.post(url(case), answered(pcp_terms="no"))

    assert case.legal_assessments.get().answer_to("pcp_terms") == "no"
    assert '<details class="more">' in client.get(url(case)).content.decode()


@pytest.mark.parametrize("track", ["", LegalTrack.PCP_OUTSIDE_LOU])
def test_a_proposal_outside_the_act_opens_its_conditions_and_asks_for_none(case, people, track):
    asked = outside(**dict.fromkeys(CONDITIONS, ""), track=track, propose="yes")

    page = signed_in(people.per).post(url(case), asked)

    assert page.status_code == 200
    assert '<details class="more" open>' in page.content.decode()


@pytest.mark.parametrize("more", [{}, {"propose": "yes"}])
def test_what_a_save_may_ask_for_is_nowhere_called_optional(case, people, more):
    client = signed_in(people.per)
    page = client.post(url(case), outside(**more)) if more else client.get(url(case))

    optional = fromstring(page.content).find_class("field__opt")
    # The code and the four amounts may be left out.
    assert {mark.getparent().get("for") for mark in optional} == {
        "id_cpv",
        *(f"id_{name}" for name in VALUES),
    }


def test_a_reason_is_asked_for_by_the_name_of_its_question(case, people):
    page = fromstring(signed_in(people.per).get(url(case)).content)

    labels = {
        label.get("for"): " ".join(label.text_content().split()) for label in page.iter("label")
    }
    for name, (words, _help) in (QUESTIONS | CONDITIONS).items():
        assert labels[f"id_{name}_reason"].endswith(f": {words}")


def test_a_reason_that_is_missing_is_told_with_its_question(case, people):
    typed = outside(exclusive_reason="", wholly_paid_reason="")

    page = signed_in(people.per).post(url(case), typed)

    assert refused_at(page) == {"exclusive_reason", "wholly_paid_reason"}
    (summary,) = fromstring(page.content).find_class("errors")
    told = [link.text for link in summary.iter("a")]
    assert told == [f"{QUESTIONS[name][0]} Varför" for name in ("exclusive", "wholly_paid")]


def test_observer_reads_and_does_not_decide(case, people):
    client = signed_in(people.nora)

    html = client.get(url(case)).content.decode()
    assert "Det rättsliga spåret är inte valt än." in html
    assert "Spara bedömningen" not in html
    assert client.post(url(case), answered()).status_code == 403
    assert case.legal_assessments.count() == 0


def test_who_only_reads_finds_the_assessment_under_the_name_of_the_page(case, people):
    signed_in(people.per).post(url(case), answered())

    page = fromstring(signed_in(people.nora).get(url(case)).content)

    (section,) = page.xpath("//section[@aria-labelledby='legal-h']")
    assert "Värdet ligger över gränsen" in section.text_content()
    assert not page.xpath("//h2[@id='history-h']")


def test_who_only_reads_finds_the_day_whose_amounts_were_used(case, people):
    signed_in(people.per).post(url(case), answered())

    page = fromstring(signed_in(people.nora).get(url(case)).content)

    told = page.find_class("assessed")[0]
    assert told.xpath(".//dd/time/@datetime") == ["2025-06-01"]
    assert "Dag då inbjudan skickas" in told.text_content()


def test_case_that_is_over_keeps_its_track(case, people):
    Case.objects.filter(pk=case.pk).update(state="stopped", ended_on=timezone.localdate())

    page = signed_in(people.per).post(url(case), answered())

    assert page.status_code == 422
    assert case.legal_assessments.count() == 0


def test_the_periods_of_the_track_are_counted_from_the_call(case, people):
    client = signed_in(people.per)
    assert "Lagens frister" not in client.get(url(case)).content.decode()

    client.post(url(case), answered(track=LegalTrack.LOU_ABOVE, sent_on="2026-11-20"))

    for reader in (people.per, people.nora):
        html = signed_in(reader).get(url(case)).content.decode().replace("\xa0", " ")
        assert "tidigast 28 december 2026" in html
        assert "35 dagar efter den dag då annonsen skickades för publicering" in html
        assert "25 december 2026 är ingen arbetsdag (Juldagen), så sista dagen flyttas." in html
        assert "10 dagar efter den dag då underrättelsen om tilldelning skickades." in html


def test_where_the_act_gives_no_number_the_page_says_so(case, people):
    client = signed_in(people.per)

    client.post(url(case), answered(sent_on="2026-11-20"))

    html = client.get(url(case)).content.decode()
    assert "Lagen anger inget antal dagar." in html
    assert "LOU 19:11" in html


def test_outside_the_act_no_period_of_the_act_is_shown(case, people):
    client = signed_in(people.per)

    client.post(url(case), outside(sent_on="2026-11-20"))

    html = client.get(url(case)).content.decode()
    periods = html.partition('id="periods-h"')[2].partition("</section>")[0]
    assert "Frivillig väntetid" in periods
    assert "LOU" not in periods
