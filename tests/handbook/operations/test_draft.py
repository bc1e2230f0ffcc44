"""From a published edition through a draft to the next one."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from handbook.models import Draft, Edition, Step
from handbook.operations.draft import (
    add_part,
    begin_draft,
    move_part,
    put_part_aside,
    save_section,
    take_part_back,
    throw_draft_away,
)
from handbook.operations.suggestion import suggest
from handbook.refusals import EditionRefused, StaleDraft
from handbook.sections import Kind, Section, find, keys, revision_of
from handbook.states import EditionState
from journal.models import Event
from tests.handbook.drafts import (
    LATER,
    NEXT,
    a_draft,
    an_owned_edition,
    first_step,
    mended,
    publish,
)
from tests.handbook.shelves import loaded, shipped
from tests.people import People

pytestmark = pytest.mark.django_db


def verbs(draft: Draft) -> list[str]:
    return list(
        Event.objects.of(f"handbook.handbook:{draft.handbook_id}").values_list("verb", flat=True)
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("does", [put_part_aside, take_part_back])
def test_who_takes_a_part_out_or_back_and_who_locks_the_handbook_do_not_wait_for_each_other(
    people: People, does: Callable[..., Draft]
) -> None:
    draft = a_draft(people)
    section = first_step(draft)
    if does is take_part_back:
        put_part_aside(draft=draft, section=section, by=people.lena, at=LATER)
    has_turn, may_end = threading.Event(), threading.Event()
    done: list[str] = []

    def wait_with_the_turn(execute: Callable[..., object], sql: str, *others: object) -> object:
        if "journal_event" in sql and sql.startswith("INSERT"):
            has_turn.set()
            may_end.wait()
        return execute(sql, *others)

    def edit() -> None:
        with closing(connection), connection.execute_wrapper(wait_with_the_turn):
            does(draft=draft, section=section, by=people.lena, at=LATER)
            done.append("edited")

    def suggest_something() -> None:
        with closing(connection):
            suggest(
                edition=draft.based_on, language="sv", text="Öva.", reason="Bra.", by=people.per,
                at=LATER,
            )  # fmt: skip
            done.append("suggested")

    both = [threading.Thread(target=one) for one in (edit, suggest_something)]
    both[0].start()
    has_turn.wait()
    both[1].start()
    # It has the handbook, and waits for its turn in the history.
    both[1].join(0.5)
    may_end.set()
    for one in both:
        one.join()

    assert sorted(done) == ["edited", "suggested"]


def written(draft: Draft, section: Section, **changes: object) -> dict[str, object]:
    return find(draft.whole, section) | changes


def save(draft: Draft, section: Section, people: People, **changes: object) -> Draft:
    return save_section(
        draft=draft,
        section=section,
        data=written(draft, section, **changes),
        started_from=revision_of(draft.whole, section),
        by=people.lena,
        at=LATER,
    )


def test_a_draft_begins_as_a_copy_and_shows_nobody_anything(draft: Draft) -> None:
    before, now = dict(draft.base["book"]), dict(draft.whole["book"])
    assert draft.whole | {"book": before} == draft.base
    # The line that stands under every paper says which edition it is of.
    lines = [book.pop("licence")["attribution"] for book in (before, now)]
    assert before | {"version": NEXT} == now
    assert [line["sv"].partition(", ")[2] for line in lines] == [
        f"utgåva {version}. Licens CC BY 4.0." for version in (draft.based_on.version, NEXT)
    ]
    assert Edition.objects.count() == 1
    assert verbs(draft) == ["edition.published", "draft.begun"]


def test_a_handbook_has_one_open_draft(people: People, draft: Draft) -> None:
    with pytest.raises(EditionRefused, match="already has a draft"):
        begin_draft(edition=draft.based_on, version="0.3", by=people.lena, at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.create(
            handbook=draft.handbook,
            based_on=draft.based_on,
            version="0.3",
            whole={},
            base={},
            begun_by=people.lena,
            begun_at=LATER,
            saved_by=people.lena,
            saved_at=LATER,
        )


def test_no_draft_is_begun_from_what_was_replaced_since_it_was_read(
    people: People, draft: Draft
) -> None:
    read_before = draft.based_on
    publish(draft, people)

    with pytest.raises(EditionRefused, match="has been replaced"):
        begin_draft(edition=read_before, version="0.3", by=people.lena, at=LATER)


@pytest.mark.parametrize("version", ["0.1", "0.0.9", "0"])
def test_the_next_version_comes_after_every_other(people: People, version: str) -> None:
    edition = an_owned_edition(people)
    with pytest.raises(EditionRefused, match="later than"):
        begin_draft(edition=edition, version=version, by=people.lena, at=LATER)


def test_what_is_saved_is_there_and_told_once(people: People, draft: Draft) -> None:
    step = first_step(draft)
    title = {"sv": "Ett nytt namn", "en": "A new name"}
    saved = save(draft, step, people, title=title)
    assert find(saved.whole, step)["title"] == title
    assert (saved.saved_by, saved.saved_at) == (people.lena, LATER)

    # The same again, from a second press that still starts from what was before: nothing.
    again = save_section(
        draft=draft,
        section=step,
        data=written(draft, step, title=title),
        started_from=revision_of(draft.whole, step),
        by=people.lena,
        at=LATER + timedelta(minutes=1),
    )
    assert again.saved_at == LATER
    assert verbs(draft).count("draft.saved") == 1


def test_a_save_that_started_from_an_older_text_is_refused(people: People, draft: Draft) -> None:
    step = first_step(draft)
    save(draft, step, people, title={"sv": "Per skrev", "en": "Per wrote"})
    with pytest.raises(StaleDraft) as refusal:
        save(draft, step, people, title={"sv": "Lena skrev", "en": "Lena wrote"})
    assert refusal.value.code == "stale"
    draft.refresh_from_db()
    assert find(draft.whole, step)["title"]["sv"] == "Per skrev"


def test_two_who_write_different_parts_do_not_disturb_each_other(
    people: People, draft: Draft
) -> None:
    first, second = (
        Section(Kind.STEP, step["key"]) for step in draft.whole["phases"][0]["steps"][:2]
    )
    save(draft, first, people, title={"sv": "Ett", "en": "One"})
    save(draft, second, people, title={"sv": "Två", "en": "Two"})
    draft.refresh_from_db()
    assert find(draft.whole, first)["title"]["en"] == "One"
    assert find(draft.whole, second)["title"]["en"] == "Two"


def test_parts_are_added_moved_put_aside_and_taken_back(people: People, draft: Draft) -> None:
    phase = draft.whole["phases"][0]["key"]
    typed = {"draft": draft, "by": people.lena, "at": LATER}
    section = add_part(kind=Kind.STEP, title="Öva i par", phase=phase, **typed)
    assert add_part(kind=Kind.STEP, title="Öva i par", phase=phase, **typed) == section
    last = len(draft.whole["phases"][0]["steps"])
    for _press in range(2):
        move_part(section=section, step=-1, stood=f"{phase}.{last}", **typed)
    draft.refresh_from_db()
    assert draft.whole["phases"][0]["steps"][-2]["key"] == section.key

    put_part_aside(section=section, **typed)
    put_part_aside(section=section, **typed)
    draft.refresh_from_db()
    assert [one["path"] for one in draft.aside] == [section.path]
    # Its key is not given to another meanwhile.
    other = add_part(kind=Kind.STEP, title="Öva i par", phase=phase, **typed)
    assert other.key != section.key

    take_part_back(section=section, **typed)
    take_part_back(section=section, **typed)
    draft.refresh_from_db()
    assert draft.aside == []
    assert draft.whole["phases"][0]["steps"][-3]["key"] == section.key
    assert verbs(draft)[2:] == [
        "draft.added",
        "draft.moved",
        "draft.put_aside",
        "draft.added",
        "draft.taken_back",
    ]


def test_what_is_inside_a_part_put_aside_keeps_its_keys(people: People, draft: Draft) -> None:
    typed: dict[str, Any] = {"draft": draft, "by": people.lena, "at": LATER}
    first = draft.whole["phases"][0]["key"]
    phase = add_part(kind=Kind.PHASE, title="Förstudie", phase=first, **typed)
    step = add_part(kind=Kind.STEP, title="Planera arbetet", phase=phase.key, **typed)
    put_part_aside(section=phase, **typed)

    other = add_part(kind=Kind.STEP, title="Planera arbetet", phase=first, **typed)
    take_part_back(section=phase, **typed)

    draft.refresh_from_db()
    assert step.key != other.key
    every = list(keys(draft.whole))
    assert sorted(every) == sorted(set(every))


def test_a_paper_taken_back_before_its_phase_belongs_to_it_again(
    people: People, draft: Draft
) -> None:
    typed: dict[str, Any] = {"draft": draft, "by": people.lena, "at": LATER}
    paper = next(one for one in draft.whole["templates"] if len(one["phases"]) > 1)
    belonged = list(paper["phases"])
    parts = [Section(Kind.TEMPLATE, paper["key"]), Section(Kind.PHASE, belonged[0])]
    for part in parts:
        put_part_aside(section=part, **typed)
    for part in parts:
        take_part_back(section=part, **typed)

    draft.refresh_from_db()
    assert find(draft.whole, parts[0])["phases"] == belonged
    assert draft.whole == draft.base | {"book": draft.whole["book"]}


def test_a_published_draft_is_frozen_and_replaces_the_edition_before(
    people: People, draft: Draft
) -> None:
    step = first_step(draft)
    save(draft, step, people, title={"sv": "Ett nytt namn", "en": "A new name"})
    news = {"sv": "Första steget heter något annat.", "en": "The first step has another name."}
    edition = publish(draft, people, changelog=news)

    assert (edition.version, edition.state, edition.changelog) == (NEXT, "published", news)
    assert edition.words("en")(Step.objects.get(edition=edition, key=step.key), "title") == (
        "A new name"
    )
    draft.based_on.refresh_from_db()
    assert draft.based_on.state == EditionState.SUPERSEDED
    assert list(Edition.objects.current()) == [edition]
    with pytest.raises(DatabaseError), transaction.atomic():
        Edition.objects.filter(pk=edition.pk).update(changelog={})


def test_an_unfinished_draft_is_not_published(people: People, draft: Draft) -> None:
    gate = Section(Kind.GATE, draft.whole["phases"][0]["key"])
    save(draft, gate, people, question={"sv": "", "en": ""})
    with pytest.raises(EditionRefused, match="put right first"):
        publish(draft, people)
    assert Edition.objects.count() == 1


def test_what_was_saved_after_the_draft_was_looked_over_is_not_published(
    people: People, draft: Draft
) -> None:
    seen = draft.revision
    save(draft, first_step(draft), people, title={"sv": "Sent", "en": "Late"})
    with pytest.raises(StaleDraft, match="has changed since"):
        publish(draft, people, started_from=seen)
    assert Edition.objects.count() == 1
    draft.refresh_from_db()
    publish(draft, people)


def test_of_two_who_publish_the_second_is_told(people: People, draft: Draft) -> None:
    publish(draft, people)
    with pytest.raises(EditionRefused, match="already been published"):
        publish(draft, people)
    with pytest.raises(EditionRefused, match="already been published"):
        save(draft, first_step(draft), people, title={"sv": "För sent", "en": "Too late"})
    assert Edition.objects.filter(version=NEXT).count() == 1


def test_a_draft_that_was_thrown_away_takes_nothing_more(people: People, draft: Draft) -> None:
    throw_draft_away(draft=draft, by=people.lena, at=LATER)
    with pytest.raises(EditionRefused, match="thrown away"):
        save(draft, first_step(draft), people, title={"sv": "För sent", "en": "Too late"})
    assert verbs(draft)[-1] == "draft.thrown_away"
    begin_draft(edition=draft.based_on, version=NEXT, by=people.lena, at=LATER)


def test_a_newer_build_is_not_lost_unseen_when_the_draft_is_published(
    people: People, draft: Draft
) -> None:
    step = first_step(draft)
    newer = loaded(mended(shipped(draft.handbook.key), step, "Bygge två säger det rätt."))

    for seen in (None, draft.based_on):
        with pytest.raises(StaleDraft, match="build 2, has come"):
            publish(draft, people, looked_at=seen)

    assert publish(draft, people, looked_at=newer).version == NEXT
