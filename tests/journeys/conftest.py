import pytest
from django.core.cache import cache

from handbook.models import Edition
from tests.handbook.shelves import loaded
from tests.people import People, everybody


@pytest.fixture
def people(transactional_db: None) -> People:
    # Limits on how often one may try are counted there.
    cache.clear()
    return everybody()


@pytest.fixture
def handbook(transactional_db: None) -> Edition:
    """The handbook that is shipped."""
    return loaded()
