import signal
from datetime import timedelta
from pathlib import Path

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone, translation

from documents import files, pdf
from documents.models import Document, Revision, RevisionRefused, StoredFile
from documents.rendering import mark_given_up
from documents.states import RevisionState
from journal.models import Event
from journal.verifying import faults
from outbox.models import Message
from outbox.work import carry_out_one, sweep_due
from teams.models import Organisation
from tests.documents.papers import AT, DATA, FRAME, TEMPLATE, a_document, a_person, a_source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def lena():
    return a_person()


@pytest.fixture
def document():
    return a_document()


def order(document, lena, source=None, at=AT):
    with transaction.atomic():
        return document.order(source or a_source(), by=lena, at=at)


def work():
    for message in Message.objects.waiting():
        carry_out_one(message.pk)


@pytest.mark.slow
def test_an_ordered_paper_is_made_stored_sealed_and_told(document, lena):
    revision = order(document, lena)
    assert (revision.number, revision.state) == (1, RevisionState.ORDERED)

    work()

    revision.refresh_from_db()
    assert revision.state == RevisionState.READY
    assert revision.pages == 1
    assert revision.file.path.read_bytes().startswith(b"%PDF")
    assert revision.file.size == revision.file.path.stat().st_size
    assert revision.file.name == "Beslut 1.pdf"
    assert revision.made_with["weasyprint"] == "70.0"
    assert [e.verb for e in Event.objects.of(document)] == ["document.ordered", "document.ready"]
    assert list(faults()) == []


def test_carrying_out_twice_gives_one_file_and_one_event(document, lena):
    order(document, lena)
    work()
    Message.objects.update(done_at=None)

    work()

    assert StoredFile.objects.count() == 1
    assert Event.objects.filter(verb="document.ready").count() == 1


def test_a_worker_that_died_half_way_begins_again(document, lena):
    revision = order(document, lena)
    Revision.objects.update(state=RevisionState.RENDERING)

    work()

    revision.refresh_from_db()
    assert revision.is_ready


def test_the_same_source_is_not_rendered_again(document, lena, django_assert_max_num_queries):
    first = order(document, lena)
    work()
    per = a_person("Per Exempel")

    with django_assert_max_num_queries(5):
        second = order(document, per, at=AT + timedelta(days=2))

    assert second == first
    assert Message.objects.count() == 1


def test_a_paper_whose_file_is_lost_is_made_anew_when_it_is_ordered(document, lena):
    first = order(document, lena)
    work()
    first.refresh_from_db()
    first.file.path.unlink()

    second = order(document, lena)
    work()

    second.refresh_from_db()
    assert (second.number, second.is_ready, second.is_lost) == (2, True, False)
    assert order(document, lena) == second


@pytest.mark.slow
def test_a_changed_source_is_the_next_revision_and_the_old_stays(document, lena):
    first = order(document, lena)
    work()

    second = order(document, lena, a_source(data=DATA | {"gate": {"reasons": "Andra skäl"}}))
    work()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.number, second.number) == (1, 2)
    assert first.file != second.file
    assert first.code != second.code
    assert first.file.path.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"text": TEMPLATE + " "},
        {"language": "en"},
        {"draft": True},
        {"passages": {"why": "x"}},
        {"frame": FRAME | {"note": "x"}},
        {"edition_version": "0.9"},
        {"licence": "CC0"},
    ],
)
def test_each_part_of_the_source_is_in_its_hash(change):
    assert a_source(**change).hash != a_source().hash


def test_what_changes_by_itself_is_not_in_the_hash():
    by_itself = {"date": "2027-01-01", "version": "9", "author": "Per"}

    assert a_source(data=DATA | {"document": by_itself}).hash == a_source().hash


@pytest.mark.slow
def test_the_stored_source_makes_the_same_bytes_again(document, lena):
    revision = order(document, lena)
    work()

    again = Revision.objects.get(pk=revision.pk)

    assert again.source().hash == again.source_hash
    assert pdf.write(again.source(), again.given()) == again.file.path.read_bytes()


def test_a_template_that_fails_says_why_in_the_readers_language(document, lena):
    revision = order(document, lena, a_source("<article>\n{{ nobody.knows }}</article>"))

    work()

    revision.refresh_from_db()
    assert revision.state == RevisionState.FAILED
    assert (revision.error_code, revision.error_details) == ("field", {"line": 2, "name": "nobody"})
    with translation.override("en"):
        assert revision.error == (
            "The template asks for a field that does not exist, line 2: nobody."
        )
    assert Message.objects.get().is_done
    assert [e.verb for e in Event.objects.of(document)] == ["document.ordered", "document.failed"]
    assert StoredFile.objects.count() == 0


@pytest.mark.slow
def test_a_paper_that_takes_too_long_fails_and_says_so(document, lena):
    def time_is_up(number, frame):
        # As a worker's task is told, in the middle of its work; what a collector of garbage is told
        # never gets out of it, so that is waited for.
        if not frame.f_globals.get("__name__", "").startswith("weasyprint"):
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            return
        raise SoftTimeLimitExceeded

    many = [{"name": f"Leverantör {number}", "state": "Går vidare"} for number in range(2000)]
    revision = order(document, lena, a_source(data=DATA | {"suppliers": many}))
    before = signal.signal(signal.SIGALRM, time_is_up)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    revision.refresh_from_db()
    assert (revision.state, revision.error_code) == (RevisionState.FAILED, "too_slow")
    with translation.override("sv"):
        assert (
            revision.error
            == "Dokumentet tog för lång tid att framställa. Korta det och försök igen."
        )
    assert Message.objects.get().is_done


@pytest.mark.slow
def test_a_failed_paper_is_tried_again_by_a_person(document, lena, monkeypatch):
    monkeypatch.setattr(pdf, "MOST_PAGES", 0)
    revision = order(document, lena)
    work()
    revision.refresh_from_db()
    assert revision.error_code == "too_many_pages"

    monkeypatch.setattr(pdf, "MOST_PAGES", 120)
    with transaction.atomic():
        again = document.retry(by=lena, at=AT)
    work()

    revision.refresh_from_db()
    assert again == revision
    assert revision.is_ready
    assert revision.error == ""


def test_ordering_the_same_again_after_a_failure_tries_again(document, lena, monkeypatch):
    monkeypatch.setattr(pdf, "MOST_PAGES", 0)
    revision = order(document, lena)
    work()

    again = order(document, lena)

    assert again == revision
    assert again.is_under_way
    assert Message.objects.count() == 2


def test_only_a_failed_paper_is_tried_again(document, lena):
    with pytest.raises(RevisionRefused):
        document.retry(by=lena, at=AT)
    order(document, lena)
    with pytest.raises(RevisionRefused):
        document.retry(by=lena, at=AT)


def test_a_message_given_up_shows_on_the_paper_and_can_be_taken_up(document, lena):
    revision = order(document, lena)
    message = Message.objects.get()
    Message.objects.update(given_up_at=AT)

    mark_given_up(message)

    revision.refresh_from_db()
    assert revision.error_code == "gave_up"

    message.refresh_from_db()
    message.try_again(at=AT)
    work()

    revision.refresh_from_db()
    assert revision.is_ready


def test_a_paper_whose_maker_died_as_it_was_given_up_is_told_of_by_the_sweep(document, lena):
    revision = order(document, lena)
    now = timezone.now()
    Message.objects.update(given_up_at=now)

    sweep_due(now)

    revision.refresh_from_db()
    assert revision.error_code == "gave_up"
    with transaction.atomic():
        document.retry(by=lena, at=AT)
    # The try before it was given up, this one was not.
    sweep_due(now)
    revision.refresh_from_db()
    assert revision.is_under_way


@pytest.mark.slow
def test_a_paper_made_elsewhere_is_filed_as_the_next_revision(document, lena):
    order(document, lena)
    work()
    stored = files.store(
        [b"%PDF-1.7 signed"],
        organisation=document.organisation,
        name="signed.pdf",
        media_type="application/pdf",
    )

    with transaction.atomic():
        filed = document.file(stored, by=lena, at=AT)

    assert (filed.number, filed.made_elsewhere, filed.is_ready) == (2, True, True)
    assert order(document, lena).number == 3
    assert Event.objects.of(document).get(verb="document.filed").facts["sha256"] == stored.sha256


def test_a_file_of_another_organisation_is_not_filed(document, lena):
    other = Organisation.objects.create(name="Trosö kommun", kind="municipality")
    stored = files.store([b"%PDF-1.7"], organisation=other, name="a.pdf", media_type="x/y")

    with pytest.raises(ValueError, match="another organisation"), transaction.atomic():
        document.file(stored, by=lena, at=AT)


def test_a_file_that_was_forgotten_meanwhile_is_asked_for_once_more(document, lena):
    stored = files.store([b"x"], organisation=document.organisation, name="a", media_type="x/y")
    files.forget_unused([StoredFile.objects.get(pk=stored.pk)])

    with pytest.raises(files.RefusedFile), transaction.atomic():
        document.file(stored, by=lena, at=AT)

    assert not document.revisions.exists()


@pytest.mark.slow
def test_nothing_is_kept_of_a_paper_that_is_thrown_away_while_it_is_made(
    document, lena, monkeypatch, tmp_path, caplog
):
    make = pdf.make

    def make_slowly(*about):
        paper = make(*about)
        with transaction.atomic():
            document.throw_away()
        return paper

    monkeypatch.setattr(pdf, "make", make_slowly)
    order(document, lena)
    work()

    assert not Document.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"] == []
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []


def test_events_go_to_the_stream_and_circle_they_are_given(lena):
    document = a_document("2", stream=lena)

    with transaction.atomic():
        document.order(a_source(), by=lena, at=AT, secrecy="round:1")
    work()

    assert [e.secrecy for e in Event.objects.of(lena)] == ["round:1", "round:1"]


def test_a_place_is_opened_once_and_follows_its_title():
    a_document("3")

    assert a_document("3", title="Ny rubrik").title == "Ny rubrik"
    assert Document.objects.filter(key="3").count() == 1


def test_a_file_is_forgotten_with_its_bytes_when_the_last_row_goes(
    document, django_capture_on_commit_callbacks
):
    one, two = (
        files.store([b"x"], organisation=document.organisation, name=name, media_type="text/plain")
        for name in ("a.txt", "b.txt")
    )
    path = Path(one.path)
    with django_capture_on_commit_callbacks(execute=True):
        files.forget(one)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        files.forget(two)
    assert not path.exists()
