import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.people import everybody

pytestmark = pytest.mark.django_db


def posted(**more):
    sent = {"login": "ingen@lindhaga.example", "file": SimpleUploadedFile("a.txt", b"a" * 500)}
    return Client().post(reverse("account_login"), sent, **more).status_code


def test_a_post_far_larger_than_a_file_may_be_is_not_read(settings):
    everybody()
    settings.UPLOAD_MAX_BYTES = 1_000_000
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 500_000

    assert posted() == 200
    assert posted(CONTENT_LENGTH=str(4_500_001)) == 400


def test_what_is_typed_leaves_the_word_on_a_file_to_the_form(settings):
    everybody()
    settings.UPLOAD_MAX_BYTES = 10

    assert posted() == 200
