"""The page of a paper to one supplier, where it is ordered for others too."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from lxml.html import fromstring

from documents.models import Revision
from handbook.models import DocumentTemplate
from procurements.models import PhaseDocument
from procurements.operations.paper import Place, save_paper
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    take_away_suppliers,
    withdraw_supplier,
)
from tests.builders import a_case_in_admission, at_start_of
from tests.people import signed_in

pytestmark = pytest.mark.django_db
TYPED = [TypedSupplier("Trygg Vardag AB", contact_name="Ann Ask"), TypedSupplier("Kvist AB"),
         TypedSupplier("Ceder AB")]  # fmt: skip


@pytest.fixture
def case(people, time_machine):
    case = a_case_in_admission(
        by=people.per, authority=people.authority, roles={"need_owner": people.nora}
    )
    admit_suppliers(case=case, suppliers=TYPED, by=people.per, at=at_start_of(case))
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
    return case


@pytest.fixture
def page(case, people):
    """Per at the page of the first supplier's order."""
    return Page(case, signed_in(people.per))


class Page:
    def __init__(self, case, client) -> None:
        self.case, self.client = case, client
        self.first, *self.others = case.participants.all()
        template = DocumentTemplate.objects.get(edition=case.edition, serves="order")
        self.place = Place(case.current_phase, template, self.first)
        where = [case.number, case.current_phase.phase.key, template.key]
        self.url = reverse("paper_prepare", args=where)

    def get(self, supplier=None):
        return self.client.get(self.url, {"supplier": (supplier or self.first).pk, "lang": "en"})

    def as_shown(self, supplier=None) -> dict[str, object]:
        """What the page sends when nothing is typed."""
        shown = self.get(supplier).context
        form = shown["form"]
        sent = {name: value for name in form.fields if (value := form[name].value())}
        return sent | dict(form.own_words) | dict(form.began) | {
            "supplier": shown["participant"].pk,
            "shown_in": shown["shown_in"],
            "started_from": shown["started_from"],
        }  # fmt: skip

    def post(self, act="order", *, supplier=None, shown=None, **typed):
        sent = (shown or self.as_shown(supplier)) | {"act": act} | typed
        with translation.override("en"):
            return self.client.post(self.url, sent)

    def ticked(self, *suppliers) -> list[str]:
        return [str(one.pk) for one in suppliers or self.others]

    def save(self, supplier, people, **words):
        return save_paper(
            case=self.case, place=self.place._replace(participant=supplier), language="sv",
            fill=words, passages={}, by=people.per, at=timezone.now(),
        )  # fmt: skip


def said(answer) -> list[str]:
    return [str(one) for one in get_messages(answer.wsgi_request)]


def made() -> dict[str, dict[str, str]]:
    """By supplier what its latest version says."""
    rows = Revision.objects.order_by("number").select_related("document__place__participant")
    return {one.document.place.participant.name: one.data["fill"]["words"] for one in rows}


def test_the_other_suppliers_are_offered_and_none_is_ticked(people, page):
    page.post(supplier=page.others[1], fill_words="Äldre")
    said = {"case": page.case, "by": people.per, "at": timezone.now()}
    withdraw_supplier(participant=page.others[0], reason="Hinner inte.", **said)
    with translation.override("en"):
        form = page.get().context["form"]

    assert [told for _pk, told in form["also"].field.widget.choices] == [
        "Kvist AB · Withdrawn",
        "Ceder AB · Version 1",
    ]
    assert not form["also"].value()
    assert not form["everyone"].value()


def test_who_orders_for_one_orders_one(page):
    answer = page.post(fill_words="Ord")

    paper = PhaseDocument.objects.get()
    assert answer.headers["Location"] == reverse("paper", args=[page.case.number, paper.pk])
    assert paper.participant == page.first


@pytest.mark.parametrize("tick", ["also", "everyone"])
@pytest.mark.parametrize("act", ["order", "draft"])
def test_one_press_orders_for_all_that_are_ticked(page, act, tick):
    ticked = {"also": page.ticked()} if tick == "also" else {"everyone": "on"}
    answer = page.post(act, fill_words="Ord", **ticked)

    papers = reverse("case_papers", args=[page.case.number])
    assert answer.headers["Location"] == papers
    assert said(answer) == ["3 papers are ordered"]
    assert made() == dict.fromkeys([one.name for one in TYPED], "Ord")
    assert set(Revision.objects.values_list("draft", flat=True)) == {act == "draft"}
    listed = page.client.get(papers).text
    assert all(f", {one.name}</a>" in listed for one in TYPED)


def test_everyone_is_who_the_page_showed(people, page):
    shown = page.as_shown()
    came = [TypedSupplier("Dal AB")]
    admit_suppliers(case=page.case, suppliers=came, by=people.per, at=timezone.now())

    page.post(shown=shown, fill_words="Ord", everyone="on")

    assert made().keys() == {one.name for one in TYPED}


def test_what_is_saved_for_one_supplier_goes_to_no_other_until_somebody_says_so(people, page):
    page.save(page.first, people, words="Ann leder")
    shown = page.get().context["form"]
    assert shown["own"].value() == ["fill_words"]

    refused = page.post(also=page.ticked())
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["own"]
    assert not Revision.objects.exists()

    page.post(also=page.ticked(), same="on")
    assert set(made().values()) == {"Ann leder"}
    # The same in all that have been begun, it is nobody's own.
    assert page.get().context["form"]["own"].value() == []


def test_what_differs_between_the_suppliers_stays_so(people, page):
    for supplier, words in zip([page.first, *page.others], ("Ann", "Bo", "Cia"), strict=True):
        page.save(supplier, people, words=f"{words} leder")

    page.post(also=page.ticked())

    told = made()
    assert [told[one.name] for one in TYPED] == ["Ann leder", "Bo leder", "Cia leder"]


def test_all_that_was_typed_is_kept_when_one_cannot_be_ordered(people, page):
    shown = page.as_shown()
    withdraw_supplier(
        case=page.case, participant=page.others[0], reason="Hinner inte.", by=people.per,
        at=timezone.now(),
    )  # fmt: skip
    typed = {"fill_words": "Ord", "passage_greeting": "Hej på er", "also": page.ticked()}

    refused = page.post(shown=shown, **typed)

    form = refused.context["form"]
    assert refused.status_code == 422
    assert "Kvist AB" in form.errors["also"][0]
    assert {name: form[name].value() for name in typed} == typed
    assert 'id="several" open' in refused.text
    assert not PhaseDocument.objects.exists()
    # Who has been told of it may mean it all the same.
    meant = page.post(shown=shown | dict(form.began), **typed)
    assert said(meant) == ["3 papers are ordered"]


def test_of_one_that_was_entered_by_mistake_meanwhile_it_is_said_who(people, page):
    shown = page.as_shown()
    take_away_suppliers(
        case=page.case, suppliers=page.others[1:], reason="Fel lista.", by=people.per,
        at=timezone.now(),
    )  # fmt: skip

    refused = page.post(shown=shown, fill_words="Ord", also=page.ticked())

    assert refused.status_code == 422
    assert "Ceder AB" in str(refused.context["form"].errors)
    assert not PhaseDocument.objects.exists()


def test_a_refused_passage_is_open(page):
    refused = page.post(passage_greeting="Hej Kvist AB", fill_words="Ord", also=page.ticked())

    assert refused.text.index('<details class="more" open>') < refused.text.index("Hej Kvist AB")


def test_what_somebody_else_saved_for_another_is_told_before_it_is_written_over(people, page):
    shown = page.as_shown()
    page.save(page.others[0], people, words="Tre sidor text")

    refused = page.post(shown=shown, fill_words="Ord", also=page.ticked())
    form = refused.context["form"]
    assert "Kvist AB" in form.errors["also"][0]
    assert PhaseDocument.objects.get().fill == {"words": "Tre sidor text"}

    page.post(shown=shown | dict(form.began), fill_words="Ord", also=page.ticked())
    assert set(made().values()) == {"Ord"}


def test_a_name_in_what_all_get_is_told_at_its_field(page):
    refused = page.post(fill_words="Vi ses hos Kvist AB", also=page.ticked())

    form = refused.context["form"]
    assert list(form.errors) == ["fill_words"]
    assert "Kvist AB" in form.errors["fill_words"][0]
    assert form["fill_words"].value() == "Vi ses hos Kvist AB"
    assert "meant" not in form.fields
    # To the one supplier alone it is told beside the preview.
    alone = page.post("preview", fill_words="Vi ses hos Kvist AB i Trygg Vardags sal")
    assert alone.context["named"] == ["Kvist AB"]
    assert page.post(fill_words="Vi ses hos Kvist AB").status_code == 302


def test_a_word_that_the_case_is_told_in_means_nobody(page):
    assert page.case.title.startswith("Trygg ")
    other = page.others[0]

    alone = page.post("preview", supplier=other, fill_words="En trygg kväll hos Ceder")

    assert alone.context["named"] == ["ceder"]


def test_a_word_that_may_be_a_name_is_ticked_as_meaning_none(page):
    typed = {"fill_words": "En trygg kväll", "also": page.ticked()}

    refused = page.post(**typed)
    form = refused.context["form"]
    assert list(form.errors) == ["fill_words"]
    assert form.fields["meant"].choices == [("trygg", "trygg")]
    # Told at the preview too, where nothing is refused.
    assert "meant" in page.post("preview", **typed).context["form"].fields

    assert page.post(**typed, meant=["trygg"]).status_code == 302
    assert len(made()) == 3


def test_the_preview_can_be_of_any_of_them(people, page):
    page.save(page.others[0], people, words="Bo leder")
    typed = {"fill_words": "Ann leder", "look": page.others[0].pk}

    same = page.post("preview", **typed, also=page.ticked(), same="on")
    own = page.post("preview", **typed, own=["fill_words"])

    assert "Ann leder" in same.context["preview"]["html"]
    assert "Bo leder" in own.context["preview"]["html"]
    assert own.context["looked_at"] == page.others[0]
    assert own.context["form"]["fill_words"].value() == "Ann leder"


@pytest.mark.parametrize(
    "odd", [{"also": "x"}, {"also": str(2**63)}, {"own": "fill_other"}, {"look": "-1"}]
)
def test_what_was_never_offered_is_refused(page, odd):
    refused = page.post(fill_words="Ord", **odd)

    assert refused.status_code == 422
    assert refused.context["form"].errors.keys() == odd.keys()
    assert not PhaseDocument.objects.exists()


def test_an_odd_mark_of_what_the_page_told_is_refused_in_words(page):
    began = {name: "\x00:x" for name in page.as_shown() if name.startswith("began_")}

    refused = page.post(fill_words="Ord", also=page.ticked(), **began)

    assert refused.status_code == 422
    assert "also" in refused.context["form"].errors


def test_who_is_left_out_of_the_window_reads_no_name(people, page):
    nora = signed_in(people.nora)

    for answer in (nora.get(page.url, {"supplier": page.first.pk}), nora.post(page.url)):
        assert answer.status_code == 404
        assert not any(one.name in answer.text for one in TYPED)


def test_with_one_supplier_nobody_else_is_offered(people, time_machine):
    case = a_case_in_admission(by=people.per, authority=people.authority)
    admit_suppliers(case=case, suppliers=TYPED[:1], by=people.per, at=at_start_of(case))
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)

    assert 'id="several"' not in Page(case, signed_in(people.per)).get().text


def test_the_page_takes_few_queries_and_no_more_with_more_suppliers(people, page):
    counts = []
    for more in (0, 37):
        typed = [TypedSupplier(f"Dalkarl {n} AB") for n in range(more)]
        if typed:
            admit_suppliers(case=page.case, suppliers=typed, by=people.per, at=timezone.now())
        page.others = list(page.case.participants.all())[1:]
        sent = page.as_shown()
        page.post(shown=sent, fill_words="En trygg kväll", also=page.ticked(), meant=["trygg"])
        with CaptureQueriesContext(connection) as read:
            page.get()
        with CaptureQueriesContext(connection) as looked:
            page.post(
                "preview", shown=sent, fill_words="En trygg natt", everyone="on",
                look=page.others[-1].pk,
            )  # fmt: skip
        counts.append((len(read), len(looked)))

    assert max(counts[0]) <= 12
    assert counts[0] == counts[1]


def test_what_is_saved_for_later_keeps_its_ticks(page):
    also = page.ticked(page.others[0])
    answer = page.post("save", also=also, own=["fill_words"], fill_words="Ord")

    back = page.client.get(f"{answer.headers['Location']}&supplier={page.first.pk}")
    form = back.context["form"]
    assert form["also"].value() == also
    assert ticked_in(back) == {("also", also[0]), ("own", "fill_words")}
    assert '<details class="more" id="several" open>' in back.text

    answer = page.client.post(
        f"{answer.headers['Location']}&supplier={page.first.pk}",
        page.as_shown() | {"act": "save", "also": [], "own": []},
    )
    assert "also" not in answer.headers["Location"]


def ticked_in(answer) -> set[tuple[str, str]]:
    """Name and value of each box that the page shows as ticked."""
    boxes = fromstring(answer.text).xpath("//*[@id='several']//input[@type='checkbox'][@checked]")
    return {(box.get("name"), box.get("value", "on")) for box in boxes}


def test_a_page_that_is_opened_anew_shows_no_supplier_ticked(page):
    assert not ticked_in(page.get())


def test_all_of_them_is_kept_as_all_of_them(page):
    answer = page.post("save", everyone="on", fill_words="Ord")

    form = page.client.get(f"{answer.headers['Location']}&supplier={page.first.pk}").context["form"]
    assert form["everyone"].value()
    assert not form["also"].value()


def test_ticks_in_an_address_order_nothing_by_themselves(page):
    page.client.get(page.url, {"supplier": page.first.pk, "also": ["x", page.others[0].pk]})

    assert not PhaseDocument.objects.exists()
