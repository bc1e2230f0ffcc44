"""Words of a published edition are corrected beside the old; nothing else can be."""

from typing import Any

import pytest

from handbook.drafted import texts_of
from handbook.errata import left_behind
from handbook.exporting import manuscript_of, section_of
from handbook.models import Edition, Step, TextSet
from handbook.operations.draft import (
    begin_draft,
    put_part_aside,
    save_section,
    take_part_back,
)
from handbook.operations.erratum import correct_words
from handbook.refusals import EditionRefused, StaleDraft
from handbook.sections import Kind, Section, SectionMissing, find, revision_of, sections
from handbook.states import EditionState
from handbook.versions import renumbered
from tests.handbook.drafts import BEGUN_AT, LATER, NEXT, an_owned_edition, mended, publish
from tests.handbook.shelves import loaded, shipped
from tests.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition(people: People) -> Edition:
    return an_owned_edition(people)


def first_step(edition: Edition) -> Section:
    step = Step.objects.filter(edition=edition).first()
    assert step is not None
    return Section(Kind.STEP, step.key)


def correct(
    edition: Edition, section: Section, people: People, *, started_from: str = "", **changes: Any
) -> list[TextSet]:
    whole = manuscript_of(edition, corrected=True).data
    return correct_words(
        edition=edition,
        section=section,
        data=find(whole, section) | changes,
        started_from=started_from or revision_of(whole, section),
        reason="Fel ord.",
        by=people.lena,
        at=LATER,
    )


def title(edition: Edition, section: Section, language: str) -> str:
    step = Step.objects.get(edition=edition, key=section.key)
    return Edition.objects.get(pk=edition.pk).words(language)(step, "title")


def test_the_words_of_a_whole_are_those_of_its_text_sets(edition: Edition) -> None:
    stored = dict(edition.text_sets.values_list("language", "texts"))
    assert texts_of(manuscript_of(edition).data) == stored


def test_each_section_is_read_by_itself_as_it_is_in_the_whole(edition: Edition) -> None:
    whole = manuscript_of(edition).data
    for section in sections(whole):
        assert section_of(edition, section) == find(whole, section), section.path
    for missing in ("step:nothing", "criteria:nothing", "book:other", "template:nothing"):
        with pytest.raises(SectionMissing):
            section_of(edition, Section.at(missing))


def test_a_correction_is_a_set_beside_the_old_that_readers_follow(
    people: People, edition: Edition
) -> None:
    step = first_step(edition)
    was = title(edition, step, "en")
    made = correct(edition, step, people, title={"sv": "Rätt titel", "en": was})
    assert [(one.language, one.number, one.reason) for one in made] == [("sv", 2, "Fel ord.")]
    assert title(edition, step, "sv") == "Rätt titel"
    assert title(edition, step, "en") == was
    edition.refresh_from_db()
    assert edition.state == EditionState.PUBLISHED
    assert manuscript_of(edition).content_hash == edition.content_hash
    assert [one.section for one in edition.errata()] == [step.path]


def test_nothing_changed_makes_nothing(people: People, edition: Edition) -> None:
    assert correct(edition, first_step(edition), people) == []
    assert TextSet.objects.filter(edition=edition).count() == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_days": 40},
        {"required": False},
        {"checklist": [{"sv": "En enda punkt", "en": "One item only"}]},
        {"who": []},
    ],
    ids=["day", "requirement", "number of items", "roles"],
)
def test_only_words_are_corrected(
    people: People, edition: Edition, changes: dict[str, Any]
) -> None:
    with pytest.raises(EditionRefused, match="Only words"):
        correct(edition, first_step(edition), people, **changes)


def test_a_text_is_not_emptied(people: People, edition: Edition) -> None:
    with pytest.raises(EditionRefused, match="not emptied"):
        correct(edition, first_step(edition), people, title={"sv": " ", "en": "A title"})


def test_the_fields_of_a_paper_stay(people: People, edition: Edition) -> None:
    whole = manuscript_of(edition).data
    paper = Section(Kind.TEMPLATE, whole["templates"][0]["key"])
    bodies = find(whole, paper)["bodies"]
    more = bodies | {"sv": bodies["sv"].replace("</h1>", " {{ case.title }}</h1>", 1)}
    with pytest.raises(EditionRefused, match="stay as they are"):
        correct(edition, paper, people, bodies=more)
    words = bodies | {"sv": bodies["sv"].replace("</h1>", " (rättad)</h1>", 1)}
    assert [one.language for one in correct(edition, paper, people, bodies=words)] == ["sv"]


def test_corrected_words_pass_the_checks_of_publishing(people: People, edition: Edition) -> None:
    whole = manuscript_of(edition).data

    with pytest.raises(EditionRefused, match="checks of publishing"):
        correct(edition, first_step(edition), people, title={"sv": "Lång " * 4500, "en": "Long"})

    assert manuscript_of(edition, corrected=True).data == whole


def test_of_two_corrections_the_second_sees_the_first(people: People, edition: Edition) -> None:
    step = first_step(edition)
    before = revision_of(manuscript_of(edition).data, step)
    correct(edition, step, people, title={"sv": "Först", "en": "First"})
    with pytest.raises(StaleDraft):
        correct(edition, step, people, started_from=before, title={"sv": "Sen", "en": "Later"})


def test_a_draft_gets_the_correction_where_it_still_says_the_same(
    people: People, edition: Edition
) -> None:
    draft = begin_draft(edition=edition, version=NEXT, by=people.lena, at=BEGUN_AT)
    step = first_step(edition)
    save_section(
        draft=draft,
        section=step,
        data=find(draft.whole, step) | {"title": {"sv": "Ny titel", "en": "New title"}},
        started_from=revision_of(draft.whole, step),
        by=people.lena,
        at=LATER,
    )
    guidance = {"sv": "Rättad vägledning.", "en": "Corrected guidance."}
    correct(edition, step, people, title={"sv": "Rättad", "en": "Corrected"}, guidance=guidance)
    draft.refresh_from_db()
    assert find(draft.whole, step)["title"] == {"sv": "Ny titel", "en": "New title"}
    assert find(draft.whole, step)["guidance"] == guidance
    assert find(draft.base, step)["guidance"] == guidance


def test_a_draft_gets_the_correction_also_where_the_row_has_moved(
    people: People, edition: Edition
) -> None:
    step = first_step(edition)
    rows = find(manuscript_of(edition, corrected=True).data, step)["checklist"]
    assert rows
    draft = begin_draft(edition=edition, version=NEXT, by=people.lena, at=BEGUN_AT)
    save_section(
        draft=draft,
        section=step,
        data=find(draft.whole, step) | {"checklist": [{"sv": "Nytt", "en": "New"}, *rows]},
        started_from=revision_of(draft.whole, step),
        by=people.lena,
        at=LATER,
    )

    mended_rows = [*rows[:-1], {"sv": "Se 6 §", "en": "See 6 §"}]
    correct(edition, step, people, checklist=mended_rows)

    draft.refresh_from_db()
    assert find(draft.base, step)["checklist"] == mended_rows
    assert find(draft.whole, step)["checklist"] == [{"sv": "Nytt", "en": "New"}, *mended_rows]


def test_a_part_that_is_put_aside_gets_the_correction_and_has_it_when_it_is_taken_back(
    people: People, edition: Edition
) -> None:
    draft = begin_draft(edition=edition, version=NEXT, by=people.lena, at=BEGUN_AT)
    whole = draft.whole
    judged = whole["criteria"]["phases"][0]["phase"]
    phase = next(one for one in whole["phases"] if one["key"] == judged)
    other = next(one for one in whole["phases"] if one["key"] != judged and one["steps"])
    paper = whole["templates"][0]["key"]
    parts = [
        Section(Kind.STEP, other["steps"][0]["key"]),
        Section(Kind.PHASE, judged),
        Section(Kind.TEMPLATE, paper),
    ]
    inside = [
        Section(Kind.STEP, phase["steps"][0]["key"]),
        Section(Kind.CRITERIA, judged),
    ]
    gate = Section(Kind.GATE, judged)
    for part in parts:
        put_part_aside(draft=draft, section=part, by=people.lena, at=LATER)

    mended = {"sv": "Rättad", "en": "Corrected"}
    for section in (*parts, *inside):
        correct(edition, section, people, title=mended)
    correct(edition, gate, people, question=mended)
    for part in parts:
        take_part_back(draft=draft, section=part, by=people.lena, at=LATER)

    draft.refresh_from_db()
    assert [find(draft.whole, one)["title"] for one in (*parts, *inside)] == [mended] * 5
    assert find(draft.whole, gate)["question"] == mended
    assert draft.whole == draft.base | {"book": renumbered(draft.base["book"], NEXT)}


def test_an_edition_that_was_replaced_stays(people: People, edition: Edition) -> None:
    draft = begin_draft(edition=edition, version=NEXT, by=people.lena, at=BEGUN_AT)
    publish(draft, people)
    with pytest.raises(EditionRefused, match="replaced"):
        correct(edition, first_step(edition), people, title={"sv": "Sent", "en": "Late"})


def test_the_next_build_is_corrected_where_it_still_says_what_was_corrected(
    people: People, edition: Edition
) -> None:
    step, key = first_step(edition), edition.handbook.key
    other = Section(Kind.STEP, Step.objects.filter(edition=edition)[1].key)
    correct(edition, step, people, title={"sv": "Rätt titel", "en": title(edition, step, "en")})
    guidance = find(manuscript_of(edition).data, other)["guidance"]
    correct(edition, other, people, guidance=guidance | {"sv": "Rättad här."})
    assert left_behind(edition) == []

    second = loaded(mended(shipped(key), other, "Rättad där."))

    assert second.build == edition.build + 1
    assert title(second, step, "sv") == "Rätt titel"
    said = find(manuscript_of(second, corrected=True).data, other)["guidance"]
    assert said == guidance | {"sv": "Rättad där."}
    kept = second.errata().get()
    assert (kept.section, kept.reason, kept.corrected_at) == (step.path, "Fel ord.", LATER)
    assert (kept.state, kept.number) == (EditionState.PUBLISHED, 2)
    assert [one.section for one in left_behind(second)] == [other.path]
    assert manuscript_of(second).content_hash == second.content_hash

    third = loaded(mended(shipped(key), other, "Rättad på nytt."))

    assert title(third, step, "sv") == "Rätt titel"
    assert left_behind(third) == []


def test_a_draft_begun_from_an_earlier_build_gets_the_correction_too(
    people: People, edition: Edition
) -> None:
    draft = begin_draft(edition=edition, version=NEXT, by=people.lena, at=BEGUN_AT)
    step = first_step(edition)
    other = Section(Kind.STEP, Step.objects.filter(edition=edition)[1].key)
    second = loaded(mended(shipped(edition.handbook.key), other, "Bygge två."))

    words = {"sv": "Rättad", "en": "Corrected"}
    for section in (step, other):
        correct(second, section, people, title=words)

    draft.refresh_from_db()
    for whole in (draft.base, draft.whole):
        assert [find(whole, one)["title"] for one in (step, other)] == [words] * 2
        assert "Bygge två." not in str(find(whole, other))
