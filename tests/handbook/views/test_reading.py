import pytest
from django.urls import reverse

from tests.handbook.shelves import OTHER_METHOD, loaded, shipped
from tests.people import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    """Somebody without an account, once the installation has its people."""
    everybody()
    return client


def get(client, address, language="en"):
    response = client.get(address, {"lang": language}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_every_list_says_that_the_handbook_is_not_the_official_one(reader):
    loaded()
    loaded(shipped(OTHER_METHOD))

    page = get(reader, reverse("handbooks"))

    assert "This is not the official handbook." in page
    assert "builds on public descriptions" in page
    assert page.count('rel="license"') == 2


def test_the_first_page_holds_source_note_introduction_and_contents(reader):
    edition = loaded()

    page = get(reader, edition.get_absolute_url())

    assert "This is not the official handbook." in page
    assert [phase.get_absolute_url() in page for phase in edition.phases.all()] == [True] * 8
    assert 'rel="license"' in page


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_phase_can_be_read_with_a_permanent_name_for_each_step(reader, language):
    edition = loaded()
    words = edition.words(language)

    for phase in edition.phases.all():
        page = get(reader, phase.get_absolute_url(), language)
        for step in phase.steps.all():
            assert f'id="step-{step.key}"' in page
            assert words(step, "title").replace("'", "&#x27;") in page


def test_an_older_build_is_still_read_under_its_number(reader):
    from random import Random

    from tests.handbook.renaming import rename_keys

    first = loaded(shipped(OTHER_METHOD))
    other, _names = rename_keys(shipped(OTHER_METHOD), Random(3))
    other.book["key"] = OTHER_METHOD
    second = loaded(other)
    first.refresh_from_db()

    assert first.get_absolute_url() != second.get_absolute_url()
    assert second.get_absolute_url() in get(reader, first.get_absolute_url())


@pytest.mark.parametrize("version", ["9.9", "0.1+9", "0.1+x", "0.1+99999999999"])
def test_an_edition_that_does_not_exist_is_not_found(reader, version):
    loaded(shipped(OTHER_METHOD))

    response = reader.get(reverse("handbook_edition", args=[OTHER_METHOD, version]))

    assert response.status_code == 404


def test_a_phase_page_takes_few_queries(reader, django_assert_max_num_queries):
    phase = loaded().phases.get(number=4)
    reader.get(phase.get_absolute_url())

    with django_assert_max_num_queries(12):
        reader.get(phase.get_absolute_url())
