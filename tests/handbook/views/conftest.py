import pytest
from django.test import Client

from tests.people import People


@pytest.fixture
def editor(client: Client, people: People) -> Client:
    client.force_login(people.lena)
    return client
