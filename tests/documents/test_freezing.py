"""A paper that is ready is kept by the database itself."""

import pytest
from django.db import IntegrityError, transaction

from documents import files
from documents.models import Revision, StoredFile
from tests.documents.papers import AT, a_document, a_person, a_source
from tests.journal.guarded import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def document():
    return a_document()


@pytest.fixture
def stored(document):
    return files.store(
        [b"%PDF"], organisation=document.organisation, name="a.pdf", media_type="application/pdf"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"data": {}},
        {"title": "Ett annat"},
        {"source_hash": ""},
        {"state": "failed", "file": None},
        {"code": "0" * 20},
    ],
)
def test_a_paper_that_is_ready_is_not_changed(document, stored, change):
    document.file(stored, by=a_person(), at=AT)

    assert refused(lambda: Revision.objects.update(**change))


def test_a_paper_that_is_being_made_goes_on(document):
    document.order(a_source(), by=a_person(), at=AT)

    assert Revision.objects.update(state="rendering") == 1
    assert Revision.objects.update(state="failed", error_code="crashed") == 1
    assert Revision.objects.update(state="ordered", error_code="", tries=2) == 1


def test_what_is_said_of_a_file_is_not_changed(stored):
    assert refused(lambda: StoredFile.objects.update(sha256="0" * 64))
    assert refused(lambda: StoredFile.objects.update(name="b.pdf"))


def test_a_paper_that_nothing_names_can_be_thrown_away(document, stored):
    document.file(stored, by=a_person(), at=AT)

    document.throw_away()

    assert not Revision.objects.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("first_revision_is_one", {"number": 0}),
        ("revision_is_ready_since_a_moment", {"ready_at": AT}),
        ("failed_revision_says_why", {"state": "failed"}),
    ],
)
def test_a_revision_is_whole(document, constraint, wrong):
    document.order(a_source(), by=a_person(), at=AT)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Revision.objects.update(**wrong)


def test_a_paper_is_ready_since_a_moment(document, stored):
    document.order(a_source(), by=a_person(), at=AT)

    with (
        pytest.raises(IntegrityError, match="revision_is_ready_since_a_moment"),
        transaction.atomic(),
    ):
        Revision.objects.update(state="ready", file=stored)
