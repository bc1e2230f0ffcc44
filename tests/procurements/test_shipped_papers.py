"""The papers of the shipped method, made of a case's real facts, as a screen reader meets them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from django.utils.html import escape

from documents import files
from documents.article import render_article
from procurements.models import Case, CasePhase, GateDecision, Participant
from procurements.operations.gate import Verdict
from procurements.operations.need import save_need
from procurements.operations.paper import Place, source_of
from procurements.operations.signing import file_signed_copy
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from tests.builders import MONDAY, a_case, at_start_of, passed_gate
from tests.handbook.shelves import METHOD, OTHER_METHOD, loaded, shipped
from tests.matrix.world import undone
from tests.people import everybody
from tests.procurements.demo.builders import ORDINARY, moment
from tests.procurements.demo.test_play import PAPERS
from tests.procurements.demo.test_playing import played
from tests.procurements.shipped import faults, given, source_at, sources, torn_in, written

pytestmark = pytest.mark.django_db

# Filled in by hand where the case keeps nothing yet.
BY_HAND = {"opening_record", "assessment_record"}


@pytest.fixture(scope="module")
def case(django_db_setup: None, django_db_blocker: Any) -> Iterator[Case]:
    """The first case of the demo, as it stands on an ordinary day."""
    with django_db_blocker.unblock(), undone():
        yield Case.objects.select_related("edition").get(pk=played().case.pk)


def test_every_paper_is_whole_when_made_of_what_the_case_holds(case: Case) -> None:
    """All of them, also those whose facts the case does not keep yet."""
    assert torn_in(case, moment(ORDINARY)) == ({}, 2 * 31)


def test_a_paper_says_what_is_not_recorded_instead_of_denying_it(case: Case) -> None:
    at = moment(ORDINARY)
    papers = {
        name: render_article(source, given(at))
        for name, source in sources(case, case.edition.templates, at, is_filled=True)
    }

    assert "Anbuden är inte antecknade här" in papers["opening-record sv"]
    assert "The scores are not recorded here" in papers["assessment-record en"]
    assert "Helena Strand" in papers["assessment-record sv"]
    assert "inte antecknat" in papers["diffusion-report sv"]
    assert "0 leverantörer" not in papers["insight-diary sv"]
    terms = papers["call-terms sv"]
    assert "avtalsspärren enligt lagen" in terms
    assert "Ingen avtalsspärr" not in terms


def test_what_is_agreed_in_the_procurement_orders_the_phase_that_follows(case: Case) -> None:
    run = CasePhase.objects.get(case=case, phase__opens_call=True)
    for key in ("phase-order", "call-terms"):
        paper = a_paper(case, key, run)
        ordered, _heading, later = paper.partition("Optioner")
        assert "Konceptfas" in ordered, key
        assert "25&nbsp;000&nbsp;kr" in ordered, key
        assert "Prototypfas" in later, key
        assert ">Konceptfas<" not in later, key
        assert run.phase.key == "procurement"
        assert ". Upphandling" not in paper, key


def test_the_call_says_what_suppliers_will_be_judged_by_later(case: Case) -> None:
    run = CasePhase.objects.get(case=case, phase__opens_call=True)
    call = a_paper(case, "call-terms", run)
    words = case.edition.words("sv")
    titles = {
        escape(words(one, "title"))
        for phase in case.edition.phases.filter(number__gte=run.number)
        for one in phase.criteria.all()
    }

    assert len(titles) > 10
    assert [title for title in titles if title not in call] == []


def test_no_supplier_reads_in_the_notice_why_another_leaves(case: Case) -> None:
    run = CasePhase.objects.get(case=case, phase__key="concept")
    outcomes = run.decisions.get().outcomes.filter(goes_on=False)
    why = [escape(one.reason) for one in outcomes]

    assert len(why) == 4
    letters = [
        a_paper(case, "feedback-letter", run, one.participant) for one in outcomes.order_by("pk")
    ]
    assert all(reason in letter for reason, letter in zip(why, letters, strict=True))
    notice = a_paper(case, "decision-notice", run)
    assert all(one.participant.name in notice for one in outcomes)
    assert [reason for reason in why if reason in notice] == []


def a_paper(case: Case, key: str, run: CasePhase, participant: Participant | None = None) -> str:
    """A paper of the shipped method in Swedish, made in a phase, maybe to a supplier."""
    at = moment(ORDINARY)
    place = Place(run, case.edition.templates.get(key=key), participant)
    return render_article(source_at(place, at, language="sv"), given(at))


def test_the_eight_papers_are_tagged_as_they_read(case: Case) -> None:
    papers = written(case, PAPERS | BY_HAND, moment(ORDINARY))

    assert len(papers) == 2 * len(PAPERS | BY_HAND)
    assert faults(papers) == {}


def test_no_paper_tells_of_a_supplier_entered_by_mistake(case: Case) -> None:
    at, run = moment(ORDINARY), case.phases.get(phase__opens_call=True)
    templates = case.edition.templates.all()

    def made() -> dict[str, tuple[Any, Any]]:
        papers = sources(case, templates, at, is_filled=True)
        return {name: (source.data, source.frame) for name, source in papers}

    before, row = made(), {"case": case, "name": "Felaktiga AB", "admitted_in": run}
    row |= {"added_by": case.created_by, "added_at": at}
    with undone():
        Participant.objects.create(**row)
        assert sum("Felaktiga" in str(paper) for paper in made().values()) > 5
    left = {"left_in": run, "left_on": run.started_on, "left_reason": "Fel lista."}
    Participant.objects.create(**row, **left, state="mistaken")
    assert made() == before


@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
def test_every_paper_is_whole_when_the_case_has_just_begun(method: str) -> None:
    people = everybody()
    case = a_case(by=people.per, authority=people.authority, edition=loaded(shipped(method)))
    count = case.edition.templates.exclude(audience="supplier").count()

    assert torn_in(case, MONDAY) == ({}, 2 * count)
    assert torn_in(case, MONDAY, unfinished=True) == ({}, 2 * count)


@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
def test_every_paper_is_whole_in_a_case_without_fees(method: str) -> None:
    """Nobody is paid, there is no team, and no track is chosen."""
    people = everybody()
    case = a_case(by=people.per, authority=people.authority, edition=loaded(shipped(method)),
                  legal_track="undecided")  # fmt: skip
    case.phases.update(fee=None, planned_suppliers=None)
    count = case.edition.templates.exclude(audience="supplier").count()

    assert torn_in(case, MONDAY) == ({}, 2 * count)


@pytest.mark.parametrize(
    ("track", "is_open"), [("pcp_outside_lou", True), ("direct_award_19a", False)]
)
def test_a_pre_commercial_call_is_not_published_on_another_track(track: str, is_open: bool) -> None:
    people, edition = everybody(), loaded(shipped(OTHER_METHOD))
    case = a_case(by=people.per, authority=people.authority, edition=edition, legal_track=track)
    call = case.edition.templates.get(serves="challenge_brief")
    run = CasePhase.objects.get(case=case, phase__in=call.phases.all())
    paper = render_article(source_at(Place(run, call), MONDAY, language="sv"), given(MONDAY))

    assert ("LOU tillämpas inte" in paper) is is_open
    assert ("Ärendet följer ett annat rättsligt spår" in paper) is not is_open


@pytest.mark.parametrize(("method", "key"), [(METHOD, "call-terms"), (OTHER_METHOD, "call")])
def test_what_is_not_the_need_and_what_is_not_yet_so_are_told_apart_in_a_call(
    method: str, key: str
) -> None:
    people, edition = everybody(), loaded(shipped(method))
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    save_need(case=case, title="Öva i rök", today="Röken når grannar.", target="Ingen känner rök.",
              excludes="Skyddskläder.", by=people.per, at=MONDAY)  # fmt: skip
    call = case.edition.templates.get(key=key)
    run = CasePhase.objects.get(case=case, phase__in=call.phases.all())
    paper = render_article(source_at(Place(run, call), MONDAY, language="sv"), given(MONDAY))

    assert re.search(r"<h3>Så är det när behovet är mött</h3>\s*<p>Ingen känner rök.</p>", paper)
    assert re.search(r"<h3>Det här ingår inte i behovet</h3>\s*<p>Skyddskläder.</p>\s*<h2", paper)
    assert paper.index("Röken når grannar.") < paper.index("Så är det när behovet är mött")


def test_a_plan_of_a_phase_does_not_give_hours_that_nobody_has_filled_in() -> None:
    people, edition = everybody(), loaded(shipped(METHOD))
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    plan = edition.templates.get(key="phase-plan")
    place = Place(CasePhase.objects.filter(case=case, phase__in=plan.phases.all())[0], plan)
    unfilled, filled = (
        render_article(
            source_at(place, MONDAY, language="en", is_filled=is_filled, draft=True), given(MONDAY)
        )
        for is_filled in (False, True)
    )

    assert "<dd>–</dd>" in unfilled
    assert "hours per supplier, equal for all</dd>" in filled


@pytest.mark.parametrize(("number", "is_last"), [(3, False), (5, True)])
def test_only_a_stage_that_bids_follow_promises_a_bid_for_the_next(
    number: int, is_last: bool
) -> None:
    people, edition = everybody(), loaded(shipped(OTHER_METHOD))
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    run = case.phases.get(number=number)
    for serves in ("order", "end_of_phase_report"):
        place = Place(run, edition.templates.get(serves=serves))
        paper = render_article(source_at(place, MONDAY, language="sv"), given(MONDAY))

        assert ("anbud på nästa" in paper) is not is_last
        assert ("när den färdiga lösningen köps" in paper) is is_last


def test_both_calls_say_how_a_tender_is_submitted(case: Case) -> None:
    run = CasePhase.objects.get(case=case, phase__opens_call=True)
    people, edition = everybody(), loaded(shipped(OTHER_METHOD))
    other = a_case(by=people.per, authority=people.authority, edition=edition)
    place = Place(
        other.phases.get(phase__opens_call=True), edition.templates.get(serves="challenge_brief")
    )
    papers = [
        a_paper(case, "call-terms", run),
        render_article(source_at(place, MONDAY, language="sv"), given(MONDAY)),
    ]

    assert ["<dt>Sätt</dt>" in paper for paper in papers] == [True, True]


def test_who_assesses_keeps_silent_of_more_than_the_tenders(case: Case) -> None:
    paper = a_paper(case, "conflict-declaration", case.phases.get(phase__key="concept"))

    assert "inte om anbud, leveranser eller bedömningar" in paper


def test_a_contract_holds_as_long_as_an_option_can_be_exercised(case: Case) -> None:
    until = "ingen option längre kan utlösas"
    run = CasePhase.objects.get(case=case, phase__opens_call=True)

    assert until in a_paper(case, "phase-order", run)
    last = case.phases.get(phase__key="implementation")
    paper = a_paper(case, "phase-order", last)
    assert ("inga optioner" in paper, until in paper) == (True, False)


def test_the_plan_of_implementation_is_accepted_by_the_need_owner(case: Case) -> None:
    paper = a_paper(case, "implementation-plan", case.phases.get(phase__key="implementation"))

    assert "namnteckning</span>Behovsägaren<" in paper


@pytest.mark.parametrize(
    ("method", "key"),
    [
        (METHOD, "qualification-record"),
        (METHOD, "assessment-record"),
        (OTHER_METHOD, "score-record"),
    ],
)
def test_who_assesses_has_a_line_to_sign_on_before_the_case_knows_who(
    method: str, key: str
) -> None:
    people, edition = everybody(), loaded(shipped(method))
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    record = edition.templates.get(key=key)
    run = CasePhase.objects.filter(case=case, phase__in=record.phases.all()).earliest("number")
    paper = render_article(source_at(Place(run, record), MONDAY, language="sv"), given(MONDAY))

    assert "skriv under" in paper
    assert "namnteckning</span>Bedömare" in paper


@pytest.mark.parametrize(
    ("outcome", "notice", "letter"),
    [
        ("stop", "Ingen leverantör går vidare.", "Ask AB går inte vidare."),
        ("repeat", "görs om, från ", "görs om, från "),
    ],
)
def test_who_is_written_to_is_told_that_the_work_ends_or_is_done_again(
    outcome: str, notice: str, letter: str
) -> None:
    people = everybody()
    for method, key, words in ((OTHER_METHOD, "decision-notice", notice),
                               (METHOD, "feedback-letter", letter)):  # fmt: skip
        edition = loaded(shipped(method))
        case = a_case(by=people.per, authority=people.authority, edition=edition)
        while not case.current_phase.phase.admits_suppliers:
            case = passed_gate(case, by=people.per)
        (ask,) = admit_suppliers(case=case, suppliers=[TypedSupplier("Ask AB")], by=people.per,
                                 at=at_start_of(case))  # fmt: skip
        run = case.current_phase
        passed_gate(case, by=people.per, outcome=outcome)
        template = edition.templates.get(key=key)
        place = Place(run, template, ask if template.audience == "supplier" else None)
        paper = render_article(source_at(place, MONDAY, language="sv"), given(MONDAY))

        assert words in paper, key
        assert "Nästa fas är" not in paper


ASSESSED = ("bedömts för sig mot", "Bedömningen gjordes", "Egna poäng och skäl")


def decided(method: str, outcome: str, **more: Any) -> tuple[Case, CasePhase, Participant]:
    """A case of the method in which the admission of one supplier has been decided."""
    people = everybody()
    case = a_case(by=people.per, authority=people.authority, edition=loaded(shipped(method)),
                  **more)  # fmt: skip
    while not case.current_phase.phase.admits_suppliers:
        case = passed_gate(case, by=people.per)
        signed(case)
    run = case.current_phase
    (ask,) = admit_suppliers(case=case, suppliers=[TypedSupplier("Ask AB")], by=people.per,
                             at=at_start_of(case))  # fmt: skip
    verdicts = {ask.pk: Verdict(True)} if outcome == "proceed" else {}
    return passed_gate(case, by=people.per, outcome=outcome, verdicts=verdicts), run, ask


def signed(case: Case) -> None:
    """Every decision of the case has the signatures it asks for, on filed copies."""
    for decision in GateDecision.objects.filter(case_phase__case=case, took_effect_at=None):
        copy = files.keep(SimpleUploadedFile("b.pdf", b"%PDF-1.7 x"), organisation=case.authority)
        for role in decision.signatures_needed:
            file_signed_copy(
                case=case, decision=decision, role=role, name=f"Nora {role}", file=copy,
                signed_on=decision.decided_on, by=case.created_by, at=decision.recorded_at,
            )  # fmt: skip


def told_to(case: Case, run: CasePhase, serves: str, one: Participant, **typed: Any) -> str:
    """A paper about the decision in Swedish, with what is typed for it, as plain words."""
    template = case.edition.templates.get(serves=serves, phases=run.phase)
    place = Place(run, template, one if template.audience == "supplier" else None)
    with translation.override("sv"):
        source = source_of(case, place, language="sv", fill=typed, passages={}, draft=False,
                           on=run.started_on)  # fmt: skip
    return " ".join(re.sub(r"<[^>]+>|&nbsp;", " ", render_article(source, given(MONDAY))).split())


@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
@pytest.mark.parametrize("outcome", ["proceed", "repeat", "stop"])
def test_no_paper_says_of_who_was_not_judged_that_they_were(method: str, outcome: str) -> None:
    """When a case stops or a phase is done again nobody is judged (`write_outcomes`)."""
    case, run, ask = decided(method, outcome, legal_track="pcp_outside_lou")
    signed(case)
    case = Case.objects.get(pk=case.pk)
    purposes = ["phase_decision", "award_notice"]
    purposes += ["feedback_letter"] if method == METHOD else []
    papers = {one: told_to(case, run, one, ask, kind="phase") for one in purposes}

    for name, paper in papers.items():
        assert any(words in paper for words in ASSESSED) is (outcome == "proceed"), name
        assert "väntar på underskrifter" not in paper, name
    assert ("Ingen leverantör går vidare" in papers["award_notice"]) is (outcome == "stop")
    assert ("görs om, från" in papers["award_notice"]) is (outcome == "repeat")
    if method == METHOD:
        assert ("ingen leverantör går vidare" in papers["feedback_letter"]) is (outcome == "stop")
        assert ("Nästa fas är" in papers["feedback_letter"]) is (outcome == "proceed")


@pytest.mark.parametrize(
    ("kind", "outcome", "track", "told", "untold"),
    [
        ("award", "proceed", "advertised_19", "gäller i 10 dagar från", "får inte skickas"),
        ("award", "stop", "advertised_19", "leder inte till några avtal", "Avtal ska tecknas"),
        ("award", "repeat", "direct_award_19a", "leder inte till några avtal", "Avtal ska tecknas"),
        ("phase", "stop", "advertised_19", "är ett avbrytande", "Avtalsspärr gäller"),
        ("phase", "stop", "direct_award_19a", "Ingen avtalsspärr gäller", "Optionen"),
        ("cancel", "stop", "advertised_19", "Beslutet fattades", "vid grinden är att gå vidare"),
        ("cancel", "proceed", "advertised_19", "vid grinden är att gå vidare", "Beslutet fattades"),
        ("cancel", "stop", "undecided", "rättsliga spåret är inte valt", "överprövning"),
    ],
)  # fmt: skip
def test_a_notice_says_of_its_decision_what_was_decided(
    kind: str, outcome: str, track: str, told: str, untold: str
) -> None:
    case, run, ask = decided(METHOD, outcome)
    signed(case)
    Case.objects.filter(pk=case.pk).update(legal_track=track)
    case = Case.objects.get(pk=case.pk)
    typed = {"kind": kind, "cancel_reason": "Behovet är borta.", "how_selected": "Så."}
    notice = told_to(case, run, "award_notice", ask, **typed)

    assert told in notice
    assert untold not in notice


@pytest.mark.parametrize(
    ("method", "serves"),
    [
        (METHOD, "award_notice"),
        (METHOD, "feedback_letter"),
        (OTHER_METHOD, "award_notice"),
    ],
)
def test_nobody_is_written_to_of_a_decision_before_it_is_signed(method: str, serves: str) -> None:
    case, run, ask = decided(method, "proceed", legal_track="pcp_outside_lou")
    needed = run.decisions.get().signatures_needed
    waiting = told_to(case, run, serves, ask, kind="award")
    signed(case)
    in_effect = told_to(Case.objects.get(pk=case.pk), run, serves, ask, kind="award")

    assert ("Beslutet väntar på underskrifter." in waiting) is bool(needed)
    assert "väntar på underskrifter" not in in_effect


def test_before_a_decision_and_when_the_case_stops_no_phase_is_said_to_be_judged_or_done() -> None:
    case, _run, ask = decided(METHOD, "proceed")
    signed(case)
    case = Case.objects.get(pk=case.pk)
    concept, purposes = case.current_phase, ("phase_decision", "award_notice", "feedback_letter")
    undecided = [told_to(case, concept, one, ask, kind="phase") for one in purposes]
    passed_gate(case, by=case.created_by, outcome="stop")
    signed(case)
    letter = told_to(Case.objects.get(pk=case.pk), concept, "feedback_letter", ask)

    assert [words for words in ASSESSED if words in " ".join(undecided)] == []
    assert "Det arbete ni har genomfört betalas enligt avtalet." in letter
    assert "för den genomförda fasen" not in letter
