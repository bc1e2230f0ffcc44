"""The editor's pages: what is typed is kept, and nobody else sees them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from handbook.differences import rows
from handbook.models import Draft, Edition
from handbook.operations.draft import throw_draft_away
from handbook.operations.suggestion import accept, suggest
from handbook.sections import Kind, Section, find, sections
from tests.handbook.drafts import BEGUN_AT, a_draft, an_owned_edition, first_step
from tests.people import People, everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return everybody()


@pytest.fixture
def draft(people: People) -> Draft:
    return a_draft(people)


@pytest.fixture
def editor(client: Client, people: People) -> Client:
    client.force_login(people.lena)
    return client


def typed(response: Any) -> dict[str, Any]:
    """What a browser would send back of the page's form and its lists."""
    data: dict[str, Any] = {}
    form = response.context["form"]
    for bound in form:
        value = bound.value()
        if isinstance(value, bool):
            value = "on" if value else None
        if value is not None:
            data[bound.html_name] = value
    for made in (response.context.get("lists") or {}).values():
        for bound in made.management_form:
            data[bound.html_name] = bound.value()
        for row in made.forms:
            for bound in row:
                value = bound.value()
                if value is False or value is None:
                    continue
                data[bound.html_name] = "on" if value is True else value
    return data


def test_every_section_can_be_opened_and_saved_unchanged(editor: Client, draft: Draft) -> None:
    for section in sections(draft.whole):
        for language in ("sv", "en"):
            address = f"{draft.address_of(section)}?language={language}"
            page = editor.get(address)
            assert page.status_code == 200, address
            answer = editor.post(address, typed(page))
            assert answer.status_code == 302, (address, answer.context["form"].errors)
    before = draft.saved_at
    draft.refresh_from_db()
    changed = {
        row.label: (row.before, row.after)
        for section in sections(draft.whole)
        for row in rows(draft.base, draft.whole, section)
    }
    assert changed == {}
    assert draft.whole == draft.base | {"book": draft.whole["book"]}
    assert draft.saved_at == before


def test_rows_are_added_moved_and_taken_away_before_they_are_saved(
    editor: Client, draft: Draft
) -> None:
    step = first_step(draft)
    address = draft.address_of(step)
    items = find(draft.whole, step)["checklist"]
    data = typed(editor.get(address))

    page = editor.post(address, data | {"press": "more.checklist.0"})
    data = typed(page)
    assert data["checklist-TOTAL_FORMS"] == len(items) + 1
    data[f"checklist-{len(items)}-text"] = "En ny punkt"
    page = editor.post(address, data | {"press": f"up.checklist.{len(items)}"})
    data = typed(page)
    page = editor.post(address, data | {"press": "drop.checklist.0"})
    data = typed(page)
    draft.refresh_from_db()
    assert find(draft.whole, step)["checklist"] == items

    assert editor.post(address, data).status_code == 302
    draft.refresh_from_db()
    wanted = [*items[1:-1], {"sv": "En ny punkt", "en": ""}, items[-1]]
    assert find(draft.whole, step)["checklist"] == wanted


def test_a_translation_changes_one_language_only(editor: Client, draft: Draft) -> None:
    step = first_step(draft)
    address = f"{draft.address_of(step)}?language=en"
    data = typed(editor.get(address)) | {"title": "Another name", "checklist__1": "Another item"}
    assert editor.post(address, data).status_code == 302
    before = find(draft.whole, step)
    draft.refresh_from_db()
    after = find(draft.whole, step)
    assert after["title"] == before["title"] | {"en": "Another name"}
    assert after["checklist"][0] == before["checklist"][0] | {"en": "Another item"}


def test_a_stale_save_shows_both_texts_and_the_next_press_is_meant(
    editor: Client, people: People, draft: Draft
) -> None:
    step = first_step(draft)
    address = draft.address_of(step)
    mine = typed(editor.get(address)) | {"title": "Lenas titel"}
    other = Client()
    other.force_login(people.lena)
    other.post(address, typed(other.get(address)) | {"title": "Pers titel"})

    page = editor.post(address, mine)
    assert page.status_code == 422
    text = page.content.decode()
    assert "Pers" in text
    assert "Lenas" in text
    draft.refresh_from_db()
    assert find(draft.whole, step)["title"]["sv"] == "Pers titel"

    assert editor.post(address, typed(page) | {"title": "Lenas titel"}).status_code == 302
    draft.refresh_from_db()
    assert find(draft.whole, step)["title"]["sv"] == "Lenas titel"


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


def test_parts_are_moved_by_buttons_and_by_place(editor: Client, draft: Draft) -> None:
    step = first_step(draft)
    move = reverse("draft_move", args=[draft.handbook.key, step.kind, step.key])
    goal = draft.whole["phases"][1]["key"]
    stood = {"stood": f"{draft.whole['phases'][0]['key']}.0"}
    assert editor.post(move, {"to": "down"} | stood).status_code == 302
    assert editor.post(move, {"to": "down"} | stood).status_code == 302
    draft.refresh_from_db()
    assert draft.whole["phases"][0]["steps"][1]["key"] == step.key
    assert editor.post(move, {"to": "0", "phase": goal}).status_code == 302
    draft.refresh_from_db()
    assert draft.whole["phases"][1]["steps"][0]["key"] == step.key
    assert editor.post(move, {"to": "sideways"}).status_code == 404


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
    assert editor.post(publish, {"sv": "Nytt", "en": "New"}).status_code == 422
    assert Edition.objects.count() == 1


def test_what_a_paper_asks_for_is_written_beside_its_source(editor: Client, draft: Draft) -> None:
    paper = Section(Kind.TEMPLATE, draft.whole["templates"][0]["key"])
    address = draft.address_of(paper)
    page = editor.post(address, typed(editor.get(address)) | {"press": "more.fill_in.0"})
    number = len(find(draft.whole, paper)["fill_in"])
    asked = {
        "key": "mood",
        "type": "choice",
        "label": "Stämning",
        "sample": "calm",
        "options": "calm: Lugn\nstormy: Stormig",
    }
    data = typed(page) | {f"fill_in-{number}-{name}": text for name, text in asked.items()}
    body = data["bodies"].replace("</article>", "<p>{{ fill.mood }}</p></article>")
    wrong = editor.post(address, data | {f"fill_in-{number}-options": "Lugn"})
    assert wrong.status_code == 422
    assert editor.post(address, data | {"bodies": body}).status_code == 302
    draft.refresh_from_db()
    assert find(draft.whole, paper)["fill_in"][-1] == {
        "key": "mood",
        "type": "choice",
        "required": False,
        "label": {"sv": "Stämning", "en": ""},
        "help": {"sv": "", "en": ""},
        "sample": "calm",
        "options": [
            {"value": "calm", "label": {"sv": "Lugn", "en": ""}},
            {"value": "stormy", "label": {"sv": "Stormig", "en": ""}},
        ],
    }


def test_publishing_leads_to_the_new_edition(editor: Client, draft: Draft) -> None:
    publish = reverse("draft_publish", args=[draft.handbook.key])
    answer = editor.post(publish, {"sv": "Inget nytt", "en": "Nothing new"})
    assert answer.status_code == 302
    with translation.override("sv"):
        assert answer.url == Edition.objects.get(version=draft.version).get_absolute_url()
    assert editor.get(draft.get_absolute_url()).status_code == 404


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


def test_suggestions_stand_beside_the_part_they_are_about(
    editor: Client, people: People, draft: Draft
) -> None:
    step = first_step(draft)
    said: dict[str, Any] = {
        "edition": draft.based_on,
        "language": "sv",
        "reason": "Ingen visste.",
        "by": people.per,
    }
    waiting = suggest(part=step.path, text="Säg vem som frågar.", at=BEGUN_AT, **said)
    suggest(part="", text="Gör den kortare.", at=BEGUN_AT, **said)
    page = editor.get(draft.address_of(step)).content.decode()
    assert "Säg vem som frågar." in page
    assert "Gör den kortare." not in page
    assert reverse("suggestion_accept", args=[waiting.pk]) in page

    accept(suggestion=waiting, draft=draft, by=people.lena, at=BEGUN_AT)
    page = editor.get(draft.address_of(step)).content.decode()
    assert "Säg vem som frågar." in page
    assert reverse("suggestion_accept", args=[waiting.pk]) not in page

    # A draft that is thrown away leaves the suggestion accepted.
    throw_draft_away(draft=draft, by=people.lena, at=BEGUN_AT)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.taken_into) == ("accepted", None)
