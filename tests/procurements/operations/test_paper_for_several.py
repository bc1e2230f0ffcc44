"""One paper ordered for several suppliers: all or none, and what is one's own stays so."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.models import Document, Revision
from handbook.models import DocumentTemplate, TextSet
from handbook.purposes import Audience
from journal import guards
from journal.models import Event
from outbox.models import Message
from procurements.models import PhaseDocument
from procurements.operations.gate import Verdict
from procurements.operations.paper import (
    Alike,
    Place,
    Writer,
    order_paper,
    order_papers,
    save_paper,
    source_of,
)
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    correct_supplier,
    take_away_suppliers,
    withdraw_supplier,
)
from tests.builders import a_case_in_admission, at_start_of, passed_gate
from tests.handbook.shelves import METHOD, OTHER_METHOD, loaded, shipped

pytestmark = pytest.mark.django_db
TYPED = [
    TypedSupplier("Trygg Vardag AB", contact_name="Ann Ask", contact_email="ann@trygg.example"),
    TypedSupplier("Kvist AB", contact_name="Bo Bok", contact_email="bo@kvist.example"),
    TypedSupplier("Ceder AB"),
]


@pytest.fixture
def case(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    admit_suppliers(case=case, suppliers=TYPED, by=people.per, at=at_start_of(case))
    return case


@pytest.fixture
def order(case, people):
    """Order the paper of a purpose for the first supplier, and for the others too."""
    first, *others = case.participants.all()

    def ordered(fill=None, passages=None, *, serves="order", alike=None, draft=False, **more):
        template = DocumentTemplate.objects.get(edition=case.edition, serves=serves)
        return order_papers(
            case=case,
            place=Place(case.current_phase, template, first),
            alike=[Alike(one) for one in others] if alike is None else alike,
            language="sv",
            fill={"words": "Ord"} if fill is None else fill,
            passages=passages or {},
            draft=draft,
            by=people.per,
            at=at_start_of(case) + timedelta(hours=1),
            **more,
        )

    return ordered


def save(case, people, supplier, fill, passages=None):
    template = DocumentTemplate.objects.get(edition=case.edition, serves="order")
    return save_paper(
        case=case, place=Place(case.current_phase, template, supplier), language="sv", fill=fill,
        passages=passages or {}, by=people.per, at=at_start_of(case),
    )  # fmt: skip


def faults(refusal) -> dict[str, str]:
    return {name: " ".join(said) for name, said in refusal.value.message_dict.items()}


def nothing_was_done() -> bool:
    return not (PhaseDocument.objects.exists() or Revision.objects.exists())


def test_each_supplier_gets_a_paper_of_its_own_that_is_promised_and_recorded_by_itself(case, order):
    papers = order({"words": "Tre leveranser"})

    assert [paper.participant.name for paper in papers] == [one.name for one in TYPED]
    assert {str(paper.document.revisions.get().data["fill"]) for paper in papers} == {
        "{'words': 'Tre leveranser'}"
    }
    told = Event.objects.of(case).filter(verb="document.ordered")
    assert [event.secrecy for event in told] == [case.current_phase.round.circle] * 3
    assert Message.objects.filter(kind="document.render").count() == 3
    assert {paper.is_secret for paper in papers} == {True}


@pytest.mark.slow
@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
def test_what_is_a_suppliers_own_is_never_in_the_paper_of_another(method, people):
    case = a_case_in_every_phase(people, loaded(shipped(method)))
    one, other = case.participants.all()
    looked_at = 0
    for template in case.edition.templates.filter(audience=Audience.SUPPLIER):
        for run in case.phases_in_order:
            how = {"language": "sv", "draft": False, "on": at_start_of(case).date()}
            for first, second in ((one, other), (other, one)):
                writer = Writer(case, Place(run, template, first), **how)
                writer.source({}, {})
                beside = writer.source({}, {}, supplier=second)
                by_itself = source_of(
                    case, Place(run, template, second), fill={}, passages={}, **how
                )
                assert beside == by_itself
                assert beside.hash == by_itself.hash
                frozen = f"{beside.data} {beside.frame}"
                assert second.name in frozen
                for own in (first.name, first.contact_name, first.contact_email, first.number):
                    assert own not in frozen
                looked_at += 1
    assert looked_at >= 20


def a_case_in_every_phase(people, edition):
    """A case with two suppliers that differ in all, of whom one was left behind at a gate."""
    from tests.builders import a_case

    case = a_case(by=people.per, authority=people.authority, edition=edition)
    while not case.current_phase.phase.admits_suppliers:
        case = passed_gate(case, by=people.per)
    at = at_start_of(case)
    typed = [
        TypedSupplier(
            "Nattljus AB", number="556016-0680", contact_name="Ann Ask",
            contact_email="ann@natt.example",
        ),
        TypedSupplier(
            "Kvist Teknik AB", number="556036-0793", contact_name="Bo Bok",
            contact_email="bo@kvist.example",
        ),
    ]  # fmt: skip
    one, other = admit_suppliers(case=case, suppliers=typed, by=people.per, at=at)
    said = {one.pk: Verdict(goes_on=True), other.pk: Verdict(goes_on=False, reason="Saknar plan.")}
    return passed_gate(case, by=people.per, verdicts=said)


def test_a_second_press_makes_nothing_new(case, order):
    first = order()
    events = Event.objects.of(case).count()

    assert [one.pk for one in order()] == [one.pk for one in first]
    assert Revision.objects.count() == 3
    assert Event.objects.of(case).count() == events


def test_only_the_paper_that_says_something_else_gets_a_new_version(case, people, order):
    template = DocumentTemplate.objects.get(edition=case.edition, serves="order")
    order_paper(
        case=case, place=Place(case.current_phase, template, case.participants.last()),
        language="sv", fill={"words": "Äldre ord"}, passages={}, draft=False, by=people.per,
        at=at_start_of(case),
    )  # fmt: skip

    papers = order()

    assert [paper.document.revisions.count() for paper in papers] == [1, 1, 2]


def test_when_one_of_them_is_gone_nothing_is_ordered_and_it_is_said_who(case, people, order):
    _first, kvist, ceder = case.participants.all()
    alike = [Alike(kvist, "in", ""), Alike(ceder, "in", "")]
    said = {"case": case, "by": people.per, "at": at_start_of(case)}
    withdraw_supplier(participant=ceder, reason="Hinner inte.", **said)

    with pytest.raises(ValidationError) as refusal:
        order(alike=alike)
    assert "Ceder AB" in faults(refusal)["also"]
    assert nothing_was_done()
    # Who knows of it may write to one that has withdrawn.
    assert len(order(alike=[Alike(kvist, "in", ""), Alike(ceder, "withdrawn", "")])) == 3

    take_away_suppliers(
        suppliers=admit_suppliers(suppliers=[TypedSupplier("Dal AB")], **said),
        reason="Fel lista.", **said,
    )  # fmt: skip
    gone = case.participants.model.everyone.get(name="Dal AB")
    with pytest.raises(ValidationError, match="Dal AB"):
        order({"words": "Nya"}, alike=[Alike(kvist), Alike(gone)])
    assert Revision.objects.count() == 3


def test_who_left_before_the_phase_gets_none(case, people, order):
    ceder = case.participants.last()
    said = {one.pk: Verdict(one != ceder, "Nej.") for one in case.participants.all()}
    passed_gate(case, by=people.per, verdicts=said)
    case.refresh_from_db()
    del case.phases_in_order

    with pytest.raises(ValidationError) as refusal:
        order()
    assert "Ceder AB" in faults(refusal)["also"]
    assert nothing_was_done()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Vi ses hos Kvist AB", "Kvist AB"),
        # Also of the one that was written for: the others would read it.
        ("Som Trygg Vardags plan", "Trygg Vardags"),
        ("Ring Bo Bok", "Bo Bok"),
        ("Skriv till ann@trygg.example", "ann@trygg.example"),
    ],
)
@pytest.mark.parametrize("where", ["fill_words", "passage_greeting"])
def test_words_that_name_a_supplier_go_to_one_at_most(order, where, text, words):
    typed = (
        [{"words": text}, {}] if where == "fill_words" else [{"words": "Ord"}, {"greeting": text}]
    )

    with pytest.raises(ValidationError) as refusal:
        order(*typed)
    assert list(faults(refusal)) == [where]
    assert words in faults(refusal)[where]
    with pytest.raises(ValidationError):
        order(*typed, meant=words.casefold().split())
    assert nothing_was_done()
    # What is not copied is nobody else's to read.
    if where == "passage_greeting":
        assert len(order(*typed, own=[where])) == 3


def test_a_word_that_is_in_a_name_too_goes_to_several_when_no_supplier_is_meant(order):
    with pytest.raises(ValidationError) as refusal:
        order({"words": "En trygg vardag och ett kvistfritt golv"}, meant=["vardag"])
    assert "trygg vardag" in faults(refusal)["fill_words"]
    with pytest.raises(ValidationError) as refusal:
        order({"words": "Vardagen ska vara trygg"}, meant=["trygg"])
    assert "vardagen" in faults(refusal)["fill_words"]
    assert nothing_was_done()

    assert len(order({"words": "Vardagen ska vara trygg"}, meant=["trygg", "vardagen"])) == 3


def test_the_name_of_one_that_was_entered_by_mistake_is_a_name_too(case, people, order):
    said = {"case": case, "by": people.per, "at": at_start_of(case)}
    dal = admit_suppliers(suppliers=[TypedSupplier("Dal AB")], **said)
    take_away_suppliers(suppliers=dal, reason="Fel lista.", **said)

    with pytest.raises(ValidationError):
        order({"words": "Dal AB"})


def test_in_what_is_each_suppliers_own_each_keeps_what_is_saved(case, people, order):
    _first, kvist, ceder = case.participants.all()
    save(case, people, kvist, {"words": "Bo Bok leder"}, {"greeting": "Till er på Kvist"})
    save(case, people, ceder, {"words": "Cia leder"})

    papers = order({"words": "Ann leder"}, own=["fill_words", "passage_greeting"])

    assert [paper.document.revisions.get().data["fill"] for paper in papers] == [
        {"words": "Ann leder"}, {"words": "Bo Bok leder"}, {"words": "Cia leder"},
    ]  # fmt: skip
    assert [paper.document.revisions.get().passages for paper in papers] == [
        {}, {"greeting": "Till er på Kvist"}, {},
    ]  # fmt: skip
    kept = PhaseDocument.objects.get(participant=kvist)
    assert (kept.fill, kept.passages_in("sv")) == (
        {"words": "Bo Bok leder"}, {"greeting": "Till er på Kvist"},
    )  # fmt: skip


def test_what_is_each_suppliers_own_has_to_be_there(case, people, order):
    save(case, people, case.participants.all()[1], {"words": "Bo leder"})

    with pytest.raises(ValidationError) as refusal:
        order({"words": "Ann leder"}, own=["fill_words"])
    assert "Ceder AB" in faults(refusal)["own"]
    assert "Kvist" not in faults(refusal)["own"]
    assert not Revision.objects.exists()
    # A draft may be unfinished.
    drafts = order({"words": "Ann leder"}, own=["fill_words"], draft=True)
    assert drafts[2].document.revisions.get().data["fill"] == {"words": "[Ord]"}


def test_a_rewritten_passage_stands_in_all_and_takes_the_place_of_older_ones(case, people, order):
    save(case, people, case.participants.all()[1], {"words": "Ord"}, {"greeting": "Gammalt"})

    papers = order(passages={"greeting": "Hej på er"})

    assert {str(paper.passages) for paper in papers} == {"{'sv': {'greeting': 'Hej på er'}}"}


def test_a_passage_that_the_template_writes_for_each_supplier_is_not_copied(case, order):
    template = DocumentTemplate.objects.get(edition=case.edition, serves="order")
    swedish = TextSet.objects.get(edition=case.edition, language="sv")
    said = swedish.texts[template.path]
    said["body"] = said["body"].replace("{{ phase.title }}", "Hej {{ supplier.contact }}")
    with guards.lifted():
        TextSet.objects.filter(pk=swedish.pk).update(texts=swedish.texts, hash="0" * 64)

    with pytest.raises(ValidationError) as refusal:
        order(passages={"greeting": "Hej, som vi sade i telefon"})
    assert list(faults(refusal)) == ["passage_greeting"]
    assert nothing_was_done()


def test_what_somebody_else_wrote_for_another_supplier_meanwhile_is_not_written_over(
    case, people, order
):
    _first, kvist, ceder = case.participants.all()
    saved = save(case, people, kvist, {"words": "Tre sidor text"})

    with pytest.raises(ValidationError) as refusal:
        order(alike=[Alike(kvist, "in", ""), Alike(ceder, "in", "")])
    assert "Kvist AB" in faults(refusal)["also"]
    assert refusal.value.error_dict["also"][0].code == "stale"
    assert PhaseDocument.objects.get().fill == {"words": "Tre sidor text"}

    # Who has been told of it means it.
    order(alike=[Alike(kvist, "in", saved.version), Alike(ceder, "in", "")])
    assert PhaseDocument.objects.get(participant=kvist).fill == {"words": "Ord"}


def test_papers_are_called_by_the_names_that_their_suppliers_have_now(case, people, order):
    kvist = case.participants.all()[1]
    correct_supplier(
        case=case, participant=case.participants.get(pk=kvist.pk),
        typed=TYPED[1]._replace(name="Gren AB"), by=people.per, at=at_start_of(case),
    )  # fmt: skip

    papers = order(alike=[Alike(kvist), Alike(kvist), Alike(case.participants.first())])

    assert len(papers) == 2
    titles = Document.objects.values_list("title", flat=True)
    assert set(titles) == {"Papper order, Trygg Vardag AB", "Papper order, Gren AB"}


def test_forty_papers_take_a_few_queries_each(case, people, order):
    order()
    more = [TypedSupplier(f"Dalkarl {n} AB") for n in range(37)]
    admit_suppliers(case=case, suppliers=more, by=people.per, at=at_start_of(case))
    everyone = [Alike(one) for one in case.participants.all()]

    counts = []
    for alike in (everyone[:3], everyone):
        with CaptureQueriesContext(connection) as seen:
            order({"words": f"Ord {len(alike)}"}, alike=alike)
        counts.append(len(seen))

    assert (counts[1] - counts[0]) / 37 <= 21
