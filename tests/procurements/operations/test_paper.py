import io
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import translation
from pypdf import PdfReader

from documents import pdf
from documents.models import Document, Revision
from documents.rendering import mark_given_up, render_document
from documents.source import Given
from handbook.models import DocumentTemplate
from journal.models import Event
from outbox.models import Message
from procurements.facts import Facts
from procurements.models import Case, PhaseDocument
from procurements.operations.case import pause_case
from procurements.operations.gate import Verdict
from procurements.operations.insight import write_insight
from procurements.operations.need import save_need
from procurements.operations.paper import (
    Place,
    file_paper,
    is_secret,
    order_history,
    order_paper,
    save_paper,
    source_of,
)
from procurements.operations.people import change_case_role, offer_role
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    correct_supplier,
    withdraw_supplier,
)
from procurements.operations.task import add_task
from tests.builders import MONDAY, a_case, a_case_in_admission, at_start_of, passed_gate
from tests.handbook.shelves import loaded

pytestmark = pytest.mark.django_db


def place_of(case: Case, serves: str, participant=None) -> Place:
    template = DocumentTemplate.objects.get(edition=case.edition, serves=serves)
    return Place(case.current_phase, template, participant)


def order(
    case, people, *, serves="need_description", words="Ord", draft=False, at=MONDAY, who=None
):
    return order_paper(
        case=case,
        place=place_of(case, serves, who),
        language="sv",
        fill={"words": words},
        passages={},
        draft=draft,
        by=people.per,
        at=at,
    )


def test_an_ordered_paper_is_promised_in_the_same_change(case, people):
    paper = order(case, people)

    revision = paper.document.revisions.get()
    assert (revision.state, revision.number) == ("ordered", 1)
    assert Message.objects.filter(kind="document.render", subject=str(revision.pk)).exists()


def test_the_same_paper_ordered_again_is_the_same_revision(case, people):
    order(case, people)
    order(case, people)

    assert Revision.objects.count() == 1


def test_other_words_make_the_next_revision(case, people):
    order(case, people)
    paper = order(case, people, words="Andra ord")

    assert list(paper.document.revisions.values_list("number", flat=True)) == [2, 1]


def test_what_a_paper_does_not_tell_does_not_change_it(case, people):
    order(case, people)
    write_insight(
        case=case,
        title="Ny",
        text="Text",
        source="test",
        audience="team",
        by=people.nora,
        at=MONDAY,
    )
    order(case, people)

    assert Revision.objects.count() == 1


def test_only_the_facts_a_template_uses_are_frozen(case, people):
    paper = order(case, people)

    data = paper.document.revisions.get().data
    assert set(data) == {"organisation", "case", "phase", "fill", "document"}
    assert data["case"] == {"title": case.title, "reference": case.reference}


def test_money_and_states_are_spoken_in_the_language_of_the_paper(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    (ask,) = admit_suppliers(
        case=case, suppliers=[TypedSupplier("Ask")], by=people.per, at=at_start_of(case)
    )
    case = passed_gate(case, by=people.per, verdicts={ask.pk: Verdict(goes_on=True)})
    run = case.phases_in_order[1]
    template = DocumentTemplate.objects.get(edition=case.edition, serves="phase_decision")

    with translation.override("en"):
        source = source_of(
            case,
            Place(run, template),
            language="sv",
            fill={},
            passages={},
            draft=False,
            on=MONDAY.date(),
        )

    assert source.data["suppliers"] == [
        {
            "name": "Ask",
            "number": "",
            "fee": "",
            "state": "in",
            "state_name": "går vidare",
            "reasons": "",
            "paid": False,
        }
    ]
    assert source.frame["funnel"]["text"] == "Ask går vidare till nästa fas, Del 2."
    assert source.frame["track_svg"].startswith("<svg")


def test_the_headline_counts_as_the_track_does_when_a_supplier_has_withdrawn(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    at = at_start_of(case)
    typed = [TypedSupplier(name) for name in ("Ask", "Björk", "Ceder")]
    ask, bjork, ceder = admit_suppliers(case=case, suppliers=typed, by=people.per, at=at)
    withdraw_supplier(case=case, participant=ceder, reason="Hinner ej.", by=people.per, at=at)
    said = {ask.pk: Verdict(goes_on=True), bjork.pk: Verdict(goes_on=False, reason="Nej.")}
    case = passed_gate(case, by=people.per, at=at, verdicts=said)
    place = Place(case.phases_in_order[1], place_of(case, "phase_decision").template)

    made = {"fill": {}, "passages": {}, "draft": False, "on": MONDAY.date()}
    frame = source_of(case, place, language="en", **made).frame

    assert [one["words"] for one in frame["track_columns"] if one["is_focus"]] == ["3 → 1"]
    assert (frame["funnel"]["from"], frame["funnel"]["to"]) == (3, 1)
    assert frame["funnel"]["text"] == (
        "Ask go on to the next phase, Del 2 (en). 1 does not go on. 1 has withdrawn."
    )


def test_a_paper_that_tells_of_suppliers_is_kept_within_its_round(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)

    paper = order(case, people, serves="phase_decision", at=at_start_of(case))

    assert paper.is_secret
    assert paper.document.revisions.get().secrecy == case.current_phase.round.circle


def test_the_decision_at_a_gate_is_secret_whatever_its_template_says(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    template = place_of(case, "phase_decision").template
    template.secrecy = "none"

    assert is_secret(template, ["<p>{{ case.title }}</p>"], case.phases.get(number=0))


@pytest.mark.parametrize("field", ["gate.reasons", "gate.decision_name", "suppliers[0].name"])
def test_a_paper_that_tells_what_was_decided_is_secret(people, field):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    template = place_of(case, "need_description").template
    before = case.phases.get(number=0)

    assert is_secret(template, ["", f"<p>{{{{ {field} }}}}</p>"], before)
    assert not is_secret(template, ["<p>{{ gate.question }}</p>"], before)


@pytest.mark.parametrize("audience", ["internal", "all-suppliers", "public"])
def test_what_the_team_writes_for_itself_follows_the_window_of_its_phase(people, audience):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    template = place_of(case, "need_description").template
    template.audience = audience
    body, before = "<p>{{ fill.lessons }}</p>", case.phases.get(number=0)

    assert is_secret(template, [body], case.current_phase) == (audience == "internal")
    assert not is_secret(template, [body], before)


def test_what_was_written_before_papers_followed_their_window_follows_it_too(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    inside = order(case, people, serves="phase_decision", at=at_start_of(case))
    public = order(case, people, serves="need_description", at=at_start_of(case))
    first = case.phases.get(number=0)
    before = order_paper(
        case=case, place=place_of(case, "phase_decision")._replace(run=first), language="sv",
        fill={"words": "Ord"}, passages={}, draft=False, by=people.per, at=at_start_of(case),
    )  # fmt: skip
    PhaseDocument.objects.update(is_secret=False)

    name = "procurements.migrations.0008_internal_papers_follow_their_window"
    import_module(name).follow(apps, None)

    told = dict(PhaseDocument.objects.values_list("pk", "is_secret"))
    assert told == {inside.pk: True, public.pk: False, before.pk: False}


def test_own_tasks_are_left_out_of_papers_while_a_window_is_open(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    run = case.current_phase
    at = at_start_of(case)
    add_task(case=case, case_phase=run, title="Ring Ask", by=people.per, at=at)
    about = Facts(case, run, case.edition.words("sv"), language="sv", on=at.date())

    titles = [row["title"] for row in about.collect({"tasks[].title"})["tasks"]]

    assert titles == ["Steg 1.1", "Steg 1.2"]


@pytest.mark.slow
def test_numbers_of_what_the_team_wrote_for_itself_are_in_no_paper_for_others(people):
    case = a_case(by=people.per, authority=people.authority, edition=loaded())
    said = {"case": case, "by": people.per, "at": MONDAY}
    behind = [
        write_insight(title=f"Till {audience}", text="Så.", source="question", audience=audience,
                      **said)
        for audience in ("team", "suppliers")
    ]  # fmt: skip
    save_need(title="Trygg hemma", who="Äldre", insights=behind, **said)
    template = case.edition.templates.get(serves="need_description")

    def told(audience):
        template.audience = audience
        source = source_of(
            case, Place(case.current_phase, template), language="sv", fill={}, passages={},
            draft=False, on=MONDAY.date(),
        )  # fmt: skip
        return [row["insight"] for row in source.data["need_versions"]]

    assert told("all-suppliers") == told("public") == ["2"]
    assert told("internal") == ["1, 2"]


def test_the_paper_of_a_stop_draws_and_counts_nobody_who_goes_on(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    admit_suppliers(
        case=case,
        suppliers=[TypedSupplier("Ask AB"), TypedSupplier("Björk AB")],
        by=people.per,
        at=at_start_of(case),
    )
    place = place_of(case, "phase_decision")
    passed_gate(case, by=people.per, outcome="stop")
    case = Case.objects.get(pk=case.pk)

    frame = source_of(
        case, place, language="sv", fill={}, passages={}, draft=False, on=MONDAY.date()
    ).frame

    assert frame["funnel"] == {"from": 2, "to": 0, "text": "Ingen går vidare."}
    later = [one["words"] for one in frame["track_columns"] if one["number"] > 1]
    assert not any("2" in str(words) for words in later)


def test_a_paper_names_those_who_have_the_role_on_its_day(case, people):
    today = MONDAY.date()
    leaves = offer_role(case=case, user=people.nora, role="observer", by=people.per, at=MONDAY)
    said = {"case": case, "held": leaves, "by": people.per, "at": MONDAY}
    change_case_role(role="management", from_on=today + timedelta(days=7), **said)

    def named(on):
        about = Facts(
            Case.objects.get(pk=case.pk),
            case.current_phase,
            case.edition.words("sv"),
            language="sv",
            on=on,
        )
        rows = about.collect({"roles[].name", "roles[].role"})["roles"]
        return [row["role"] for row in rows if row["name"] == people.nora.name]

    assert named(today) == ["Observatör"]
    assert named(today + timedelta(days=7)) == ["Ledning"]


def test_a_history_is_each_readers_own(case, people):
    for reader in (people.per, people.nora, people.nora):
        paper = order_history(
            case=case, closed_circles={"suppliers"}, language="sv", by=reader, at=MONDAY
        )

    orderers = paper.document.revisions.values_list("number", "ordered_by")
    assert list(orderers) == [(2, people.nora.pk), (1, people.per.pk)]


@pytest.mark.parametrize("circles", [set(), {"suppliers"}])
def test_a_history_that_leaves_events_out_says_so(case, people, circles):
    paper = order_history(
        case=case, closed_circles=circles, language="en", by=people.per, at=MONDAY
    )
    source = paper.document.revisions.get().source()
    made = pdf.write(source, Given(MONDAY, "1", "Per Palm", "7Q2MZ8R4K1W9X3T5B6VH"))
    words = " ".join(PdfReader(io.BytesIO(made)).pages[0].extract_text().split())

    assert ("is not in it" in words) is bool(circles)


def order_the_history(case, reader, *, language="sv") -> list[int]:
    paper = order_history(case=case, closed_circles=set(), language=language, by=reader, at=MONDAY)
    return list(paper.document.revisions.newest_first().values_list("number", flat=True))


@pytest.mark.parametrize("is_made", [False, True])
def test_a_history_ordered_twice_in_a_row_is_one_paper(case, people, is_made):
    order_the_history(case, people.per)
    if is_made:
        render_document(Message.objects.get(kind="document.render"))
    events = Event.objects.of(case).count()

    assert order_the_history(case, people.per) == [1]
    assert Event.objects.of(case).count() == events
    assert Revision.objects.get().is_ready == is_made


def test_a_history_that_failed_is_tried_again_as_it_was(case, people):
    order_the_history(case, people.per)
    mark_given_up(Message.objects.get(kind="document.render"))
    assert Revision.objects.get().has_failed

    assert order_the_history(case, people.per) == [1]
    assert Revision.objects.get().is_under_way


def test_a_history_is_a_new_paper_when_something_has_happened_or_in_another_language(case, people):
    order_the_history(case, people.per)

    assert order_the_history(case, people.per, language="en") == [2, 1]
    assert order_the_history(case, people.per) == [3, 2, 1]
    pause_case(case=case, reason="Semester.", by=people.per, at=MONDAY)
    assert order_the_history(case, people.per) == [4, 3, 2, 1]
    frozen = Revision.objects.get(number=4).data["events"]
    assert [row["sentence"] for row in frozen][-2:] == [
        "Beställde dokumentet Historik, Trygg första vecka hemma, version 3",
        "Ärendet gick från ”Pågår” till ”Pausat”: Semester.",
    ]


def test_an_unfinished_paper_is_kept_without_a_revision(case, people):
    paper = save_paper(
        case=case,
        place=place_of(case, "need_description"),
        language="sv",
        fill={"words": "Halva"},
        passages={"greeting": "Hej"},
        by=people.per,
        at=MONDAY,
    )

    assert paper.fill == {"words": "Halva"}
    assert paper.passages_in("sv") == {"greeting": "Hej"}
    assert paper.document.revisions.count() == 0


def test_a_paper_made_elsewhere_is_the_next_revision_in_its_place(case, people):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from documents.files import keep

    order(case, people)
    stored = keep(SimpleUploadedFile("beslut.txt", b"Beslut"), organisation=people.authority)
    for _ in range(2):
        paper = file_paper(
            case=case,
            place=place_of(case, "need_description"),
            language="sv",
            file=stored,
            by=people.per,
            at=MONDAY,
        )

    numbers = paper.document.revisions.values_list("number", "made_elsewhere")
    assert list(numbers) == [(2, True), (1, False)]


def test_a_paper_to_one_supplier_has_a_place_of_its_own(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    ask, bjork = admit_suppliers(
        case=case,
        suppliers=[TypedSupplier("Ask"), TypedSupplier("Björk")],
        by=people.per,
        at=at_start_of(case),
    )

    papers = {
        order(case, people, serves="order", who=who, at=at_start_of(case)).pk
        for who in (ask, bjork)
    }

    assert len(papers) == 2


def test_papers_to_a_supplier_are_called_by_its_corrected_name_and_keep_what_was_ordered(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    typed = TypedSupplier("Nordlys AB")
    at = at_start_of(case)
    one, other = admit_suppliers(
        case=case, suppliers=[typed, TypedSupplier("Björk")], by=people.per, at=at
    )
    paper, beside = (order(case, people, serves="order", who=who, at=at) for who in (one, other))
    correct = {"case": case, "participant": one, "by": people.per, "at": at}

    correct_supplier(typed=typed._replace(contact_name="Ann"), **correct)
    assert Document.objects.get(pk=paper.document_id).title == "Papper order, Nordlys AB"
    correct_supplier(typed=typed._replace(name="Nordljus AB"), **correct)

    assert Document.objects.get(pk=paper.document_id).title == "Papper order, Nordljus AB"
    assert Document.objects.get(pk=beside.document_id).title == "Papper order, Björk"
    assert paper.document.revisions.get().title == "Papper order, Nordlys AB"


def test_a_paper_to_a_supplier_corrected_since_the_page_was_read_is_called_by_its_new_name(people):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    typed, at = TypedSupplier("Nordlys AB"), at_start_of(case)
    [supplier] = admit_suppliers(case=case, suppliers=[typed], by=people.per, at=at)
    place = place_of(case, "order", supplier)
    correct_supplier(
        case=case,
        participant=case.participants.get(),
        typed=typed._replace(name="Nordljus AB"),
        by=people.per,
        at=at,
    )

    paper = order_paper(
        case=case, place=place, language="sv", fill={}, passages={}, draft=True, by=people.per,
        at=at,
    )  # fmt: skip

    assert paper.document.revisions.get().title == "Papper order, Nordljus AB"
