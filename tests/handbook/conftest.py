import pytest
from django.utils import translation

from handbook.models import Draft
from tests.handbook.drafts import a_draft
from tests.people import People


@pytest.fixture(autouse=True)
def english():
    """Messages are compared in the language of the source."""
    with translation.override("en"):
        yield


@pytest.fixture
def draft(people: People) -> Draft:
    return a_draft(people)
