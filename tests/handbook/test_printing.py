"""The whole handbook as one PDF: made by a worker, public, and tried again after a failure."""

import io
import re
from datetime import timedelta
from itertools import pairwise

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape
from pypdf import PdfReader

from documents import pdf
from documents.refusals import RefusedTemplate
from handbook import stave
from handbook.models import PrintedEdition, TextSet
from handbook.operations.printing import order_printing, print_again
from handbook.printing import whole
from handbook.refusals import EditionRefused
from journal.models import Event
from outbox.models import Message
from outbox.work import carry_out_one
from teams.models import User
from tests.builders import MONDAY, an_edition
from tests.documents.tagtree import wrong_with
from tests.handbook.shelves import METHOD, OTHER_METHOD, loaded, shipped
from tests.people import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    edition = an_edition(phases=1)
    order_printing(edition=edition, by=User.objects.system(), at=MONDAY)
    return edition


@pytest.fixture
def editor(client, edition):
    people = everybody()
    edition.handbook.owner = people.science_park
    edition.handbook.save()
    client.force_login(people.lena)
    return client


def print_all():
    for pk in Message.objects.waiting().values_list("pk", flat=True):
        carry_out_one(pk)


def address_of(edition, language, name="handbook_pdf"):
    return reverse(name, args=[*edition.address, language])


def failing(monkeypatch, error):
    def make(*_args):
        raise error

    monkeypatch.setattr(pdf, "make_html", make)


def test_publishing_promises_a_pdf_in_each_language(db):
    edition = loaded(shipped(OTHER_METHOD))

    found = PrintedEdition.objects.values_list("text_set__language", "state")
    assert sorted(found) == [("en", "ordered"), ("sv", "ordered")]
    assert Message.objects.filter(kind="handbook.print").count() == 2
    # Loading it again, or asking for what is missing, promises nothing more.
    loaded(shipped(OTHER_METHOD))
    order_printing(edition=edition, by=User.objects.system(), at=MONDAY)
    assert Message.objects.filter(kind="handbook.print").count() == 2


def test_a_new_translation_has_a_pdf_of_its_own(edition):
    print_all()
    TextSet.objects.create(
        edition=edition, language="en", number=2, hash="2", state="published",
        texts=edition.words("en")._texts, corrected_at=MONDAY, reason="Ett stavfel.",
    )  # fmt: skip
    order_printing(edition=edition, by=User.objects.system(), at=MONDAY)

    printed = PrintedEdition.objects.of(edition, "en")

    assert printed.text_set.number == 2
    assert printed.state == "ordered"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_anyone_reads_the_pdf_when_it_has_been_made(client, edition, language):
    everybody()
    page = reverse("handbook_edition", args=[*edition.address, language])
    link = f'href="{address_of(edition, language)}"'
    assert link not in client.get(page).content.decode()
    assert client.get(address_of(edition, language)).status_code == 404

    print_all()

    assert link in client.get(page).content.decode()
    response = client.get(address_of(edition, language))
    content = b"".join(response.streaming_content)
    reader = PdfReader(io.BytesIO(content))
    assert response.headers["Content-Type"] == "application/pdf"
    assert "public" in response.headers["Cache-Control"]
    assert wrong_with(content, language) == []
    with translation.override(language):
        named = translation.gettext("Edition %(version)s") % {"version": edition.version}
    assert named in reader.metadata.title
    text = "".join(one.extract_text() for one in reader.pages)
    assert "CC BY 4.0" in text
    assert "Inte den officiella handboken." in text


def test_the_contents_name_the_page_of_each_step(edition):
    with translation.override("en"):
        paper = pdf.make_html(*whole(edition, "sv"), pdf.A_BOOK)

    reader = PdfReader(io.BytesIO(paper.content))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    for phase in edition.phases.all():
        for step in phase.steps.all():
            title = f"Steg {phase.number}.{step.number}"
            told = re.search(rf"{re.escape(title)}[ .]+(\d+)", pages[1])
            assert told, (title, pages[1])
            assert title in pages[int(told[1]) - 1]
    titles = [one.title for one in flat(reader.outline)]
    assert "0.1Steg 0.1" in titles
    assert f"Sida 2 av {paper.pages}" in pages[1]
    assert "Sida" not in pages[0]


@pytest.mark.parametrize("kind", ["rows", "notes"])
def test_a_row_stands_whole_on_its_page(edition, kind):
    _body, frame = whole(edition, "sv")
    rows = "".join(
        f"<div><dt>Namn {n}.</dt><dd>Början {n}. {'Ord på rad. ' * (n % 37)} Slut {n}.</dd></div>"
        for n in range(100, 260)
    )
    paper = pdf.make_html(f'<h1>Ord</h1><dl class="{kind}">{rows}</dl>', frame, pdf.A_BOOK)

    pages = [page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages]

    parts = ("Namn", "Början", "Slut")
    at = {
        n: {i for i, page in enumerate(pages) for part in parts if f"{part} {n}." in page}
        for n in range(100, 260)
    }
    assert {n: on for n, on in at.items() if len(on) != 1} == {}
    assert len(pages) > 4


def flat(outline):
    for one in outline:
        yield from flat(one) if isinstance(one, list) else [one]


def test_the_page_says_that_it_is_being_made(client, edition):
    everybody()

    page = client.get(reverse("handbook_edition", args=[*edition.address, "en"])).content.decode()

    assert "The whole handbook as PDF is being made." in page


def test_a_failure_is_told_and_an_editor_has_it_made_again(editor, edition, monkeypatch):
    with monkeypatch.context() as broken:
        failing(broken, RefusedTemplate("reaches_out", what="https://example.com"))
        print_all()
    page = reverse("handbook_edition", args=[*edition.address, "en"])
    told = editor.get(page).content.decode()
    assert "The PDF of the handbook could not be made" in told
    assert "https://example.com" in told

    again = address_of(edition, "en", "handbook_pdf_again")
    assert f'action="{again}"' in told
    for _click in range(2):
        assert editor.post(again).headers["Location"] == f"{page}#pdf"
    assert Message.objects.waiting().count() == 1
    print_all()

    assert PrintedEdition.objects.of(edition, "en").is_ready
    verbs = Event.objects.filter(stream=f"handbook.handbook:{edition.handbook_id}")
    assert list(verbs.order_by("number").values_list("verb", flat=True)) == [
        "edition.not_printed", "edition.not_printed", "edition.print_again", "edition.printed",
    ]  # fmt: skip


def test_only_editors_have_it_made_again(client, edition):
    people = everybody()
    again = address_of(edition, "sv", "handbook_pdf_again")
    assert client.post(again).headers["Location"].startswith(reverse("account_login"))

    client.force_login(people.per)

    assert client.post(again).status_code == 403


def test_only_what_failed_is_tried_again(edition):
    printed = PrintedEdition.objects.of(edition, "sv")

    with pytest.raises(EditionRefused):
        print_again(printed=printed, by=everybody().lena, at=MONDAY)


def test_who_runs_the_service_can_try_again_what_the_worker_gave_up(edition, monkeypatch):
    with monkeypatch.context() as broken:
        failing(broken, OSError("disk"))
        for _try in range(5):
            Message.objects.waiting().update(due_at=MONDAY - timedelta(days=9))
            print_all()
    printed = PrintedEdition.objects.of(edition, "sv")
    assert printed.error_code in ("", "gave_up")
    assert Message.objects.given_up().count() == 2

    for message in Message.objects.given_up():
        from handbook.printing import mark_given_up

        mark_given_up(message)
        message.try_again(at=MONDAY)
    print_all()

    assert PrintedEdition.objects.of(edition, "sv").is_ready


def test_the_same_words_give_the_same_file_and_a_second_worker_changes_nothing(edition):
    print_all()
    first = PrintedEdition.objects.of(edition, "sv")
    message = Message.objects.filter(kind="handbook.print", subject=str(first.pk)).get()
    Message.objects.filter(pk=message.pk).update(done_at=None, attempts=0)

    carry_out_one(message.pk)

    second = PrintedEdition.objects.of(edition, "sv")
    assert (second.sha256, second.ready_at) == (first.sha256, first.ready_at)


def test_a_line_is_drawn_for_each_supplier_and_a_cap_where_one_leaves():
    drawing = stave.drawn([0, 7, 3, 1], "Fyra faser")

    assert "<title>Fyra faser</title>" in drawing
    caps = len(re.findall(r"V[\d.]+\"[^>]*stroke-width=\"1.2\"", drawing))
    assert caps == 4 + 2
    assert drawing.count("<path") == 1 + 7 + 3 + 1 + caps + 2 * 4


@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
def test_a_shipped_handbook_is_whole(method):
    edition = loaded(shipped(method))

    body, frame = whole(edition, "en")

    words, names = edition.words("en"), set(re.findall(r' id="([^"]+)"', body))
    parts = [*edition.steps.all(), *edition.templates.all(), *edition.roles.all()]
    assert [part.path for part in parts if escape(words(part, "title")) not in body] == []
    assert [link for link in re.findall(r'href="#([^"]+)"', body) if link not in names] == []
    levels = [int(level) for level in re.findall(r"<h(\d)", body)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []
    assert words.first_sentences("edition", "source_note", 1) in frame["foot"]
