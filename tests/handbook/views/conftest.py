import pytest
from django.test import Client

from handbook.models import Draft
from tests.handbook.drafts import a_draft
from tests.people import People, everybody


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
