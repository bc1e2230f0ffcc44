"""The editor's pages: what is typed is kept, and nobody else sees them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from handbook.exporting import manuscript_of
from handbook.manuscript import Manuscript
from handbook.models import Draft, Edition
from handbook.sections import Kind, Section, find
from tests.handbook.drafts import an_owned_edition, first_step, mended, saves, typed
from tests.handbook.shelves import loaded, shipped
from tests.people import People

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("who", ["olle", "sam", "nora", None])
def test_readers_see_no_draft(client: Client, people: People, draft: Draft, who: str) -> None:
    names = ["draft", "draft_begin", "draft_add", "draft_differences", "draft_publish"]
    addresses = [reverse(name, args=[draft.handbook.key]) for name in names]
    addresses.append(draft.address_of(first_step(draft)))
    if who:
        client.force_login(getattr(people, who))
    for address in addresses:
        assert client.get(address).status_code == (404 if who else 302)
    public = client.get(f"/handbook/{draft.handbook.key}/{draft.version}/")
    assert public.status_code == 404


def test_a_draft_is_begun_and_only_once(editor: Client, people: People) -> None:
    edition = an_owned_edition(people)
    address = reverse("draft_begin", args=[edition.handbook.key])
    assert editor.post(address, {"version": "0.1"}).status_code == 422
    assert editor.post(address, {"version": "nio"}).status_code == 422
    assert editor.post(address, {"version": "0.2"}).status_code == 302
    assert editor.post(address, {"version": "0.3"}).status_code == 422
    assert Draft.objects.get().version == "0.2"


def test_what_is_wrong_is_listed_with_its_place_and_stops_the_publication(
    editor: Client, draft: Draft
) -> None:
    phase = draft.whole["phases"][0]["key"]
    gate = Section(Kind.GATE, phase)
    address = draft.address_of(gate)
    editor.post(address, typed(editor.get(address)) | {"question": ""})
    template = Section(Kind.TEMPLATE, draft.whole["templates"][0]["key"])
    source = draft.address_of(template)
    body = find(draft.whole, template)["bodies"]["sv"]
    wrong = body.replace("</h1>", "</h1>{% if false %}{{ case.nonsense }}{% endif %}", 1)
    editor.post(source, typed(editor.get(source)) | {"bodies": wrong})

    publish = reverse("draft_publish", args=[draft.handbook.key])
    text = editor.get(publish).content.decode()
    assert address in text
    assert "case.nonsense" in editor.get(source).content.decode()
    news = typed(editor.get(publish)) | {"sv": "Nytt", "en": "New"}
    assert editor.post(publish, news).status_code == 422
    assert Edition.objects.count() == 1


def test_publishing_leads_to_the_new_edition(editor: Client, draft: Draft) -> None:
    publish = reverse("draft_publish", args=[draft.handbook.key])
    news = typed(editor.get(publish)) | {"sv": "Inget nytt", "en": "Nothing new"}
    answer = editor.post(publish, news)
    assert answer.status_code == 302
    with translation.override("sv"):
        assert answer.url == Edition.objects.get(version=draft.version).get_absolute_url()
    assert editor.get(draft.get_absolute_url()).status_code == 404


def test_what_somebody_saved_meanwhile_is_shown_before_it_is_published(
    editor: Client, people: People, draft: Draft
) -> None:
    publish = reverse("draft_publish", args=[draft.handbook.key])
    news = typed(editor.get(publish)) | {"sv": "Inget nytt", "en": "Nothing new"}
    step = draft.address_of(first_step(draft))
    saves(people.lena, step, {"title": "Hennes titel"})

    page = editor.post(publish, news)
    assert page.status_code == 422
    text = page.content.decode()
    assert "Hennes titel" in text
    assert "Inget nytt" in text
    assert Edition.objects.count() == 1
    assert editor.post(publish, typed(page)).status_code == 302


def test_a_newer_build_is_told_of_and_is_looked_at_before_the_draft_is_published(
    editor: Client, draft: Draft
) -> None:
    publish = reverse("draft_publish", args=[draft.handbook.key])
    opened = typed(editor.get(publish)) | {"sv": "Inget nytt", "en": "Nothing new"}
    step = first_step(draft)
    newer = loaded(mended(shipped(draft.handbook.key), step, "Rättvisande"))

    for address in (draft.get_absolute_url(), publish):
        text = editor.get(address).content.decode()
        assert "<ins>Rättvisande</ins>" in text
        assert f"Utgåva {newer.version}, omgång 2, har kommit" in text
    page = editor.post(publish, opened)
    assert (page.status_code, Edition.objects.count()) == (422, 2)
    tick = {f"looked_at_{newer.pk}": "on"}
    assert editor.post(publish, typed(page) | tick).status_code == 302


def test_what_of_a_newer_build_is_in_the_draft_is_not_asked_for_again(
    editor: Client, draft: Draft
) -> None:
    step = first_step(draft)
    newer = loaded(mended(shipped(draft.handbook.key), step, "Bygge två säger det rätt."))
    assert draft.address_of(step) in parts_of(editor.get(draft.get_absolute_url()))
    address = draft.address_of(step)
    theirs = find(manuscript_of(newer).data, step)["guidance"]
    sent = typed(editor.get(address)) | {"guidance": theirs["sv"]}
    assert editor.post(address, sent).status_code == 302

    assert parts_of(editor.get(draft.get_absolute_url())) == []


def test_what_of_a_newer_build_is_not_written_here_is_told_of(editor: Client, draft: Draft) -> None:
    whole = shipped(draft.handbook.key).data
    book = whole["book"] | {"roles": whole["book"]["roles"][:-1]}
    loaded(Manuscript(**whole | {"book": book}))

    page = editor.get(draft.get_absolute_url())

    assert (page.context["differs_beside"], parts_of(page)) == (True, [])
    assert "påbörjas från den" in page.content.decode()


def parts_of(page: Any) -> list[str]:
    return [row["address"] for row in page.context["newer_parts"]]


def test_what_is_new_is_kept_when_somebody_else_left_something_to_put_right(
    editor: Client, people: People, draft: Draft
) -> None:
    publish = reverse("draft_publish", args=[draft.handbook.key])
    news = typed(editor.get(publish)) | {"sv": "Inget nytt", "en": "Nothing new"}
    gate = draft.address_of(Section(Kind.GATE, draft.whole["phases"][0]["key"]))
    saves(people.lena, gate, {"question": ""})

    page = editor.post(publish, news)
    assert page.status_code == 422
    text = page.content.decode()
    assert gate in text
    assert "Inget nytt" in text


def test_pages_ask_the_database_little_whatever_the_draft_holds(
    editor: Client, draft: Draft, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    pages = [
        draft.get_absolute_url(),
        draft.address_of(first_step(draft)),
        reverse("draft_differences", args=[draft.handbook.key]),
        reverse("draft_publish", args=[draft.handbook.key]),
    ]
    for address in pages:
        with django_assert_max_num_queries(12):
            assert editor.get(address).status_code == 200
