"""Drafts for tests: the smaller of the shipped methods, written by Lena."""

from datetime import timedelta
from typing import Any

from django.test import Client

from handbook.manuscript import Manuscript
from handbook.models import Draft, Edition
from handbook.operations.draft import begin_draft, publish_draft
from handbook.sections import Kind, Section, find, put
from teams.models import User
from tests.handbook.shelves import LOADED_AT, OTHER_METHOD, loaded, shipped
from tests.people import People

BEGUN_AT = LOADED_AT + timedelta(days=1)
LATER = BEGUN_AT + timedelta(hours=1)
NEXT = "0.2"


def an_owned_edition(people: People, key: str = OTHER_METHOD) -> Edition:
    """A shipped method that the science park keeps, where Lena is an editor."""
    edition = loaded(shipped(key))
    edition.handbook.owner = people.science_park
    edition.handbook.save()
    return edition


def a_draft(people: People, *, by: User | None = None) -> Draft:
    edition = an_owned_edition(people)
    return begin_draft(edition=edition, version=NEXT, by=by or people.lena, at=BEGUN_AT)


def publish(
    draft: Draft,
    people: People,
    *,
    changelog: dict[str, str] | None = None,
    started_from: str = "",
    looked_at: Edition | None = None,
) -> Edition:
    """The draft as it stands, unless another revision of it was looked over."""
    return publish_draft(
        draft=draft,
        changelog=changelog or {},
        started_from=started_from or Draft.objects.get(pk=draft.pk).revision,
        looked_at=looked_at,
        by=people.lena,
        at=LATER,
    )


def first_step(draft: Draft) -> Section:
    return Section(Kind.STEP, draft.whole["phases"][0]["steps"][0]["key"])


def mended(manuscript: Manuscript, section: Section, guidance: str) -> Manuscript:
    """What the next build of a shipped method holds: other words in Swedish in one step."""
    whole = manuscript.data
    step = find(whole, section)
    words = step["guidance"] | {"sv": guidance}
    return Manuscript(**put(whole, section, step | {"guidance": words}))


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


def saves(user: User, address: str, changes: dict[str, Any]) -> None:
    """Somebody opens a page of the draft in a browser of their own, changes it, and saves."""
    other = Client()
    other.force_login(user)
    assert other.post(address, typed(other.get(address)) | changes).status_code == 302
