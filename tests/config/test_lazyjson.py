import pytest

from config.lazyjson import Stored
from handbook.models import Draft, Edition
from procurements.models import Case
from tests.builders import a_case, an_edition
from tests.handbook.drafts import a_draft
from tests.people import everybody

pytestmark = pytest.mark.django_db


def kept(row, name):
    return row.__dict__[name]


def test_what_nobody_asks_for_is_not_read():
    people = everybody()
    a_case(by=people.per, authority=people.authority)

    edition = Case.objects.select_related("edition").get().edition

    assert isinstance(kept(edition, "catalogue"), Stored)
    assert edition.catalogue == an_edition().catalogue
    assert kept(edition, "catalogue") is edition.catalogue


def test_a_row_that_is_saved_unread_keeps_what_it_holds():
    pk = a_draft(everybody()).pk
    before = Draft.objects.get(pk=pk).whole

    Draft.objects.get(pk=pk).save()

    assert Draft.objects.get(pk=pk).whole == before


def test_what_is_changed_within_is_saved():
    draft = Draft.objects.get(pk=a_draft(everybody()).pk)

    draft.aside.append({"path": "step:x"})
    draft.save()

    assert Draft.objects.get(pk=draft.pk).aside == [{"path": "step:x"}]


def test_what_is_deferred_is_fetched_and_read():
    pk = an_edition().pk

    assert Edition.objects.only("version").get(pk=pk).law == Edition.objects.get(pk=pk).law


def test_values_are_told_as_the_text_that_is_stored():
    edition = an_edition()

    (stored,) = Edition.objects.values_list("catalogue", flat=True)

    assert stored.told == edition.catalogue
