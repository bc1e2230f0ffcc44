"""Correcting words of the published edition in the browser."""

import pytest
from django.test import Client
from django.urls import reverse

from handbook.models import Edition, Step
from tests.handbook.drafts import an_owned_edition, typed
from tests.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition(people: People) -> Edition:
    return an_owned_edition(people)


def title_of(step: Step) -> str:
    return Edition.objects.get(pk=step.edition_id).words("sv")(step, "title")


def test_words_that_somebody_else_corrected_meanwhile_are_shown_beside_mine(
    editor: Client, people: People, edition: Edition
) -> None:
    step = Step.objects.filter(edition=edition).first()
    assert step is not None
    address = reverse("correct_section", args=[edition.handbook.key, "step", step.key])
    other = Client()
    other.force_login(people.lena)
    mine = typed(editor.get(address)) | {"title": "Lenas rubrik", "reason": "Fel ord."}
    others = typed(other.get(address)) | {"title": "Pers rubrik", "reason": "Rätt ord."}
    assert other.post(address, others).status_code == 302

    refused = editor.post(address, mine)

    shown = refused.content.decode()
    assert refused.status_code == 422
    assert "<del>Pers</del>" in shown
    assert "<ins>Lenas</ins>" in shown
    assert title_of(step) == "Pers rubrik"
    # Who has seen both means the next press.
    again = typed(refused)
    assert (again["title"], again["reason"]) == ("Lenas rubrik", "Fel ord.")
    assert editor.post(address, again).status_code == 302
    assert title_of(step) == "Lenas rubrik"
