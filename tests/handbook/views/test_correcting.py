"""Correcting words of the published edition in the browser."""

import pytest
from django.test import Client
from django.urls import reverse
from lxml.html import fromstring

from handbook.models import Edition, Step
from tests.forms import fields_of
from tests.handbook.drafts import an_owned_edition
from tests.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition(people: People) -> Edition:
    return an_owned_edition(people)


def said_of(step: Step, field: str) -> str:
    return Edition.objects.get(pk=step.edition_id).words("sv")(step, field)


def sent(client: Client, address: str) -> dict[str, list[str]]:
    return fields_of(client.get(address).content.decode(), address)


def test_words_that_somebody_else_corrected_meanwhile_are_shown_beside_mine(
    editor: Client, people: People, edition: Edition
) -> None:
    step = Step.objects.filter(edition=edition).first()
    assert step is not None
    address = reverse("correct_section", args=[edition.handbook.key, "step", step.key])
    other = Client()
    other.force_login(people.lena)
    mine = sent(editor, address) | {"title": ["Min rubrik"], "reason": ["Fel ord."]}
    changed = {
        "title": ["Annan rubrik"],
        "guidance": ["Annat."],
        "reason": ["Rätt ord."],
    }
    assert other.post(address, sent(other, address) | changed).status_code == 302

    refused = editor.post(address, mine)

    shown = refused.content.decode()
    assert refused.status_code == 422
    assert "<del>Annan</del>" in shown
    assert "<ins>Min</ins>" in shown
    # What I left alone is as it stands now, and nothing to choose between.
    assert "Annat." not in shown[shown.index("<table") : shown.index("</table>")]
    assert said_of(step, "title") == "Annan rubrik"
    # Who has seen both means the next press.
    again = fields_of(shown, address)
    assert (again["title"], again["reason"]) == (["Min rubrik"], ["Fel ord."])
    assert editor.post(address, again).status_code == 302
    assert (said_of(step, "title"), said_of(step, "guidance")) == (
        "Min rubrik",
        "Annat.",
    )


def test_the_parts_to_choose_among_are_named_in_the_language_of_the_page(
    editor: Client, edition: Edition
) -> None:
    step = edition.steps.get(phase__number=0, number=1)
    address = reverse("correct", args=[edition.handbook.key])

    for language in ("en", "sv"):
        page = fromstring(editor.get(address, {"lang": language}).content)
        (link,) = page.xpath(f"//nav//a[contains(@href, '/step/{step.key}/')]")
        title = edition.words(language)(step, "title")
        assert link.text_content().split() == ["0.1", *title.split()]
        section = fromstring(editor.get(link.get("href"), {"lang": language}).content)
        assert section.xpath("//*[@name='title']/@value | //textarea[@name='title']") == [title]
        assert section.xpath("//*[@name='title']/@lang") == [language]
