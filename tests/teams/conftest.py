import pytest

from tests.people import People, everybody


@pytest.fixture
def people(db) -> People:
    return everybody()
