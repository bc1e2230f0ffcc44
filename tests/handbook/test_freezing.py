from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, models, transaction

from handbook.models import (
    ChecklistItem,
    Criterion,
    DocumentTemplate,
    Edition,
    Handbook,
    HandbookRole,
    Note,
    Phase,
    Step,
    TextSet,
)
from journal import guards
from tests.handbook.shelves import OTHER_METHOD, loaded, shipped

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
PARTS = [Phase, Step, ChecklistItem, Note, Criterion, DocumentTemplate, HandbookRole]


@pytest.fixture
def edition(db):
    return loaded(shipped(OTHER_METHOD))


def refused(change):
    with pytest.raises(IntegrityError, match="guarded"), transaction.atomic():
        change()


@pytest.mark.parametrize("model", PARTS)
def test_a_published_part_cannot_be_changed_or_removed(edition, model):
    rows = model.objects.filter(edition=edition)

    refused(lambda: rows.update(key="other"))
    refused(lambda: rows._raw_delete("default"))


def test_nothing_can_be_added_to_a_published_edition(edition):
    refused(lambda: Phase.objects.create(edition=edition, key="x", number=30, length_days=1))
    refused(lambda: edition.templates.first().phases.clear())
    refused(lambda: edition.templates.last().phases.set(edition.phases.all()))


def test_a_part_cannot_be_moved_into_a_published_edition(edition):
    draft = Edition.objects.create(handbook=edition.handbook, version="9", licence_name="x")
    phase = Phase.objects.create(edition=draft, key="x", number=30, length_days=1)

    refused(lambda: Phase.objects.filter(pk=phase.pk).update(edition=edition))
    Phase.objects.filter(pk=phase.pk).update(key="y")
    phase.delete()


def test_published_words_cannot_be_changed(edition):
    refused(lambda: TextSet.objects.update(texts={}))
    refused(lambda: TextSet.objects.update(state="draft"))
    refused(lambda: TextSet.objects.all()._raw_delete("default"))
    TextSet.objects.update(state="superseded")
    refused(lambda: TextSet.objects.update(state="published"))


@pytest.mark.parametrize(
    "change", [{"corrected_at": AT}, {"section": "phase:x"}, {"reason": "An other word."}]
)
def test_when_and_why_words_were_corrected_cannot_be_changed(edition, change):
    refused(lambda: TextSet.objects.update(**change))


@pytest.mark.parametrize(
    "change", [{"version": "2"}, {"state": "draft"}, {"content_hash": "0"}, {"law": {}}]
)
def test_a_published_edition_cannot_be_changed(edition, change):
    refused(lambda: Edition.objects.filter(pk=edition.pk).update(**change))


def test_a_published_edition_cannot_be_removed_and_its_handbook_keeps_its_key(edition):
    refused(lambda: Edition.objects.filter(pk=edition.pk)._raw_delete("default"))
    refused(lambda: Handbook.objects.update(key="other"))


@pytest.mark.django_db(transaction=True)
def test_guards_stand_again_after_a_guarded_table_was_remade():
    loaded(shipped(OTHER_METHOD))
    old = Edition._meta.get_field("version")
    wider = models.CharField(max_length=21)
    wider.set_attributes_from_name("version")
    wider.model = Edition

    guards.make_way(plan=["a migration"])
    with connection.schema_editor() as editor:
        editor.alter_field(Edition, old, wider)
    guards.put_back()
    try:
        assert guards.missing() == []
        refused(lambda: Edition.objects.update(version="2"))
        refused(lambda: Phase.objects.update(key="x"))
    finally:
        guards.make_way(plan=["a migration"])
        with connection.schema_editor() as editor:
            editor.alter_field(Edition, wider, old)
        guards.put_back()
