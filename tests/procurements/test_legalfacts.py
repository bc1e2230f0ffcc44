"""The legal track on paper: who answered which questions, how, why and when (law.md section 1)."""

import io
from datetime import date, timedelta

import pytest
from django.utils import translation
from pypdf import PdfReader

from documents import liquid, pdf
from handbook.models import DocumentTemplate
from procurements.facts import Facts
from procurements.legalquestions import CONDITIONS, QUESTIONS, VALUES
from procurements.models import Case
from procurements.operations.case import assess_legal_track
from procurements.operations.paper import Place, source_of
from procurements.saying import day
from procurements.states import LegalTrack
from tests.builders import MONDAY, a_case, passed_gate
from tests.documents.papers import GIVEN
from tests.handbook.shelves import METHOD, OTHER_METHOD, loaded, shipped
from tests.people import People

pytestmark = pytest.mark.django_db
EVERYTHING = {
    "legal.track_name", "legal.proposed_track_name", "legal.reasons", "legal.cpv",
    "legal.sent_on", "legal.by", "legal.on", "legal_answers[].question",
    "legal_conditions[].question", "legal_values[].part",
}  # fmt: skip


@pytest.fixture
def case(people: People) -> Case:
    return a_case(by=people.per, authority=people.authority, edition=loaded())


def assessed(case: Case, people: People, **more) -> Case:
    """The case after a choice of the track outside the act, one condition in doubt."""
    answers = {
        "cpv": ("73120000-9", ""),
        "rd_cpv": ("yes", "Det är utveckling"),
        "exclusive": ("no", "Rättigheterna stannar\nhos leverantörerna"),
        "wholly_paid": ("unsure", "Egen tid räknas <inte>"),
        **dict.fromkeys(CONDITIONS, ("yes", "")),
        "pcp_price": ("unsure", "Jämförelsen är inte klar"),
        "value_fees": ("450000", ""),
        "sent_on": ("2027-06-01", ""),
    }
    said = {
        "track": LegalTrack.PCP_OUTSIDE_LOU,
        "proposed_track": LegalTrack.LOU_ABOVE,
        "answers": [{"question": n, "answer": a, "reason": r} for n, (a, r) in answers.items()],
        "reasons": "Resultatet delas",
    }
    assess_legal_track(**({"case": case, "by": people.per, "at": MONDAY} | said | more))
    return Case.objects.get(pk=case.pk)


def facts(case: Case, language: str = "sv") -> dict:
    words = case.edition.words(language)
    about = Facts(case, case.current_phase, words, language=language, on=MONDAY.date())
    return about.collect(EVERYTHING)


def source(case: Case, serves: str, language: str):
    template = DocumentTemplate.objects.get(edition=case.edition, serves=serves)
    return source_of(
        case,
        Place(case.current_phase, template),
        language=language,
        fill={},
        passages={},
        draft=False,
        on=MONDAY.date(),
    )


def html_of(case: Case, serves: str, language: str = "sv") -> str:
    made = source(case, serves, language)
    document = {"draft": False, "date": "", "version": "1"}
    return liquid.render(made.template_text, made.data | {"document": document})


def test_without_an_assessment_every_field_is_empty(case):
    told = facts(case)

    assert set(told["legal"].values()) == {""}
    assert (told["legal_answers"], told["legal_conditions"], told["legal_values"]) == ([], [], [])


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_latest_assessment_is_told_in_words(case, people, language):
    assessed(case, people, reasons="Äldre skäl", track=LegalTrack.LOU_ABOVE)
    case = assessed(case, people)

    told = facts(case, language)

    with translation.override(language):
        assert told["legal"] == {
            "track_name": LegalTrack.PCP_OUTSIDE_LOU.label,
            "proposed_track_name": LegalTrack.LOU_ABOVE.label,
            "reasons": "Resultatet delas",
            "cpv": "73120000-9",
            "sent_on": day(date(2027, 6, 1)),
            "by": people.per.name,
            "on": day(MONDAY.date()),
        }
        assert told["legal_answers"][2] == {
            "question": QUESTIONS["wholly_paid"][0],
            "answer": "Inte säkert" if language == "sv" else "Not certain",
            "reason": "Egen tid räknas <inte>",
        }
        asked = [row["question"] for row in told["legal_conditions"]]
        assert asked == [words for words, _help in CONDITIONS.values()]
        assert told["legal_values"][0]["part"] == VALUES["value_fees"]
    amount = "450\u00a0000\u00a0kr" if language == "sv" else "SEK 450,000"
    assert told["legal_values"][0]["amount"] == amount


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(
    ("method", "serves"),
    [(METHOD, "legal_track"), (METHOD, "phase_decision"), (OTHER_METHOD, "phase_decision")],
)
def test_the_decision_on_paper_says_what_was_answered(people, method, serves, language):
    """Law.md section 1 and trap 16: no decision outside the act without its reasons."""
    case = a_case(by=people.per, authority=people.authority, edition=loaded(shipped(method)))
    case = assessed(case, people)

    html = html_of(case, serves, language)

    with translation.override(language):
        for question, _help in (QUESTIONS | CONDITIONS).values():
            is_answered = question != QUESTIONS["annex_2"][0]
            assert (liquid.render("{{ q }}", {"q": str(question)}) in html) is is_answered
        assert str(LegalTrack.LOU_ABOVE.label) in html
        assert f"{people.per.name}, {day(MONDAY.date())}" in html
    assert "Rättigheterna stannar<br />\nhos leverantörerna" in html
    assert "Egen tid räknas &lt;inte&gt;" in html
    assert "Jämförelsen är inte klar" in html
    assert "73120000-9" in html
    assert "Resultatet delas" in html


def test_conditions_are_left_out_where_the_act_applies(case, people):
    case = assessed(case, people, track=LegalTrack.LOU_ABOVE)

    for serves in ("legal_track", "phase_decision"):
        html = html_of(case, serves)
        assert "Det är utveckling" in html
        assert "Jämförelsen är inte klar" not in html


def test_the_choice_of_pcp_on_paper_claims_no_condition_that_was_not_answered_so(people):
    edition = loaded(shipped(OTHER_METHOD))
    case = a_case(
        by=people.per, authority=people.authority, edition=edition, legal_track="undecided"
    )
    price = str(CONDITIONS["pcp_price"][0])

    def paper() -> str:
        template = edition.templates.get(key="business-case")
        fill = dict.fromkeys((field["key"] for field in template.fields), "")
        made = source_of(case, Place(case.current_phase, template), language="sv", fill=fill,
                         passages={}, draft=False, on=MONDAY.date())  # fmt: skip
        document = {"draft": False, "date": ""}
        return liquid.render(made.template_text, made.data | {"document": document})

    assert "Det rättsliga spåret är inte valt" in paper()
    assert price not in paper()

    case = assessed(case, people)

    assert f"<strong>{LegalTrack.PCP_OUTSIDE_LOU.label}</strong>" in paper()
    assert f"{price}</th><td>Inte säkert</td><td>Jämförelsen är inte klar" in paper()

    case = assessed(case, people, track=LegalTrack.LOU_ABOVE)

    assert f"<strong>{LegalTrack.LOU_ABOVE.label}</strong>" in paper()
    assert price not in paper()


def test_a_decision_on_paper_tells_no_assessment_that_came_after_it(case, people):
    case = assessed(case, people, track=LegalTrack.LOU_ABOVE, reasons="Före beslutet")
    decided = passed_gate(case, by=people.per, at=MONDAY + timedelta(hours=1))
    case = assessed(decided, people, reasons="Efter beslutet", at=MONDAY + timedelta(hours=2))
    run = case.phases_in_order[0]

    def told(*, is_decision: bool) -> dict:
        words = case.edition.words("sv")
        about = Facts(case, run, words, language="sv", on=MONDAY.date(), is_decision=is_decision)
        return about.collect({"legal.reasons", "case.legal_track"})

    decision, other = told(is_decision=True), told(is_decision=False)
    assert decision["legal"]["reasons"] == "Före beslutet"
    assert decision["case"]["legal_track"] == LegalTrack.LOU_ABOVE
    assert other["legal"]["reasons"] == "Efter beslutet"
    assert other["case"]["legal_track"] == LegalTrack.PCP_OUTSIDE_LOU


def test_a_case_without_an_assessment_says_so_or_nothing(case):
    for serves, words in (("legal_track", "inte besvarade"), ("phase_decision", "")):
        html = html_of(case, serves)
        assert "Frågorna bakom" not in html
        assert words in html


def test_nobody_types_again_what_was_answered(case):
    template = DocumentTemplate.objects.get(edition=case.edition, serves="legal_track")

    asked = {field["key"] for field in template.fields}

    assert asked & {"cpv", "exclusive", "fully_paid", "exclusive_reason"} == set()


def test_the_answers_stand_in_the_pdf(case, people):
    case = assessed(case, people)

    made = pdf.write(source(case, "legal_track", "sv"), GIVEN)

    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    for words in ("73120000-9", "Det är utveckling", people.per.name, "Resultatet delas"):
        assert words in " ".join(text.split())
