"""Each section of the draft in a form of its own."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml.html import fromstring

from handbook.differences import rows
from handbook.models import Draft
from handbook.operations.draft import begin_draft, throw_draft_away
from handbook.operations.suggestion import accept, decline, suggest
from handbook.sections import Kind, Section, find, sections
from tests.handbook.drafts import BEGUN_AT, first_step, saves, typed
from tests.people import People

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("language", ["sv", "en"])
def test_words_are_written_in_a_field_of_their_language(
    editor: Client, draft: Draft, language: str
) -> None:
    step = first_step(draft)
    address = f"{draft.address_of(step)}?language={language}&lang=en"

    page = fromstring(editor.get(address).content)

    for name in ("title", "guidance"):
        assert page.xpath(f"//*[@name='{name}']/@lang") == [language]


def test_a_stale_save_shows_both_texts_and_the_next_press_is_meant(
    editor: Client, people: People, draft: Draft
) -> None:
    step = first_step(draft)
    address = draft.address_of(step)
    mine = typed(editor.get(address)) | {"title": "Lenas titel"}
    saves(people.lena, address, {"title": "Pers titel"})

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


def test_a_row_keeps_its_english_when_somebody_else_has_moved_it(
    editor: Client, people: People, draft: Draft
) -> None:
    step = first_step(draft)
    address = draft.address_of(step)
    first, second, third = find(draft.whole, step)["checklist"][:3]
    mine = typed(editor.get(address)) | {"checklist-0-text": "Lenas punkt"}
    other = Client()
    other.force_login(people.lena)
    moved = other.post(address, typed(other.get(address)) | {"press": "up.checklist.2"})
    moved = other.post(address, typed(moved) | {"press": "up.checklist.1"})
    assert other.post(address, typed(moved)).status_code == 302
    draft.refresh_from_db()
    assert find(draft.whole, step)["checklist"][:3] == [third, first, second]

    page = editor.post(address, mine)
    assert page.status_code == 422
    assert editor.post(address, typed(page)).status_code == 302
    draft.refresh_from_db()
    kept = find(draft.whole, step)["checklist"][:3]
    assert kept == [first | {"sv": "Lenas punkt"}, second, third]


def test_a_row_that_is_translated_meanwhile_keeps_the_new_english(
    editor: Client, people: People, draft: Draft
) -> None:
    step = first_step(draft)
    address = draft.address_of(step)
    new = {"checklist-0-was": "", "checklist-1-was": "", "checklist-2-was": ""}
    editor.post(address, typed(editor.get(address)) | new)
    mine = typed(editor.get(address)) | {"checklist-1-text": "Lenas punkt"}
    saves(people.lena, f"{address}?language=en", {"checklist__2": "In other words"})

    page = editor.post(address, mine)
    assert page.status_code == 422
    assert editor.post(address, typed(page)).status_code == 302
    draft.refresh_from_db()
    kept = find(draft.whole, step)["checklist"][:3]
    assert kept[1] == {"sv": "Lenas punkt", "en": "In other words"}
    assert [kept[0]["en"], kept[2]["en"]] == ["", ""]


def test_a_criterion_is_known_by_its_key_whatever_happened_to_it(
    editor: Client, people: People, draft: Draft
) -> None:
    phase = next(one["phase"] for one in draft.whole["criteria"]["phases"])
    section = Section(Kind.CRITERIA, phase)
    address = draft.address_of(section)
    first, second = find(draft.whole, section)["criteria"][:2]
    mine = typed(editor.get(address)) | {"criteria-0-title": "Lenas kriterium"}
    other = Client()
    other.force_login(people.lena)
    english = f"{address}?language=en"
    words = typed(other.get(english))
    title = next(name for name, text in words.items() if text == first["title"]["en"])
    other.post(english, words | {title: "In other words"})
    moved = other.post(address, typed(other.get(address)) | {"press": "down.criteria.0"})
    assert other.post(address, typed(moved)).status_code == 302
    draft.refresh_from_db()
    assert find(draft.whole, section)["criteria"][1]["title"]["en"] == "In other words"

    page = editor.post(address, mine)
    assert page.status_code == 422
    assert editor.post(address, typed(page)).status_code == 302
    draft.refresh_from_db()
    kept = find(draft.whole, section)["criteria"][:2]
    assert [one["key"] for one in kept] == [first["key"], second["key"]]
    assert kept[0]["title"] == {"sv": "Lenas kriterium", "en": "In other words"}


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


def test_what_was_accepted_for_the_next_edition_stands_in_the_draft_begun_after_it(
    editor: Client, people: People, draft: Draft
) -> None:
    edition, step = draft.based_on, first_step(draft)
    throw_draft_away(draft=draft, by=people.lena, at=BEGUN_AT)
    said: dict[str, Any] = {
        "edition": edition,
        "part": step.path,
        "language": "sv",
        "reason": "Ingen visste.",
        "by": people.per,
        "at": BEGUN_AT,
    }
    accepted = suggest(text="Säg vem som frågar.", **said)
    declined = suggest(text="Gör den kortare.", **said)
    accept(suggestion=accepted, draft=None, by=people.lena, at=BEGUN_AT)
    decline(suggestion=declined, answer="Nej.", by=people.lena, at=BEGUN_AT)

    begun = begin_draft(edition=edition, version="1.2", by=people.lena, at=BEGUN_AT)

    accepted.refresh_from_db()
    declined.refresh_from_db()
    assert (accepted.taken_into, declined.taken_into) == (begun, None)
    page = editor.get(begun.address_of(step)).content.decode()
    assert "Säg vem som frågar." in page
    assert "Gör den kortare." not in page
