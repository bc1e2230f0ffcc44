import io
import struct
import threading
import tracemalloc
import zipfile
from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction

from documents import files
from documents.files import RefusedFile, clean_name
from documents.models import StoredFile
from tests.documents.papers import AT, a_document, a_person
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def organisation():
    return a_document().organisation


def a_zip(*names, **parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name in names:
            package.writestr(name, "x")
        for name, content in parts.items():
            package.writestr(name, content)
    return made.getvalue()


def keep(organisation, name, content):
    return files.keep(SimpleUploadedFile(name, content), organisation=organisation)


@contextmanager
def little_memory():
    """What is done inside takes little of it at any moment."""
    tracemalloc.start()
    try:
        yield
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 5_000_000


GOOD = {
    "a.pdf": PDF,
    "a.PDF": PDF,
    "a.png": PNG,
    "a.jpg": b"\xff\xd8\xff\xe0",
    "a.jpeg": b"\xff\xd8\xff\xe0",
    "a.txt": "Hej på dig".encode(),
    "a.csv": "Namn;Ort\nÅsa;Växjö".encode("cp1252"),
    "a.docx": a_zip("[Content_Types].xml", "word/document.xml"),
    "browser.docx": a_zip("[Content_Types].xml", "word/document2.xml"),
    "a.xlsx": a_zip("[Content_Types].xml", "xl/workbook.xml"),
    "a.pptx": a_zip("[Content_Types].xml", "ppt/presentation.xml"),
    "a.odt": a_zip(mimetype="application/vnd.oasis.opendocument.text"),
    "lists.odt": a_zip(
        "Basic/script-lc.xml",
        "Basic/Standard/script-lb.xml",
        mimetype="application/vnd.oasis.opendocument.text",
    ),
    "a.ods": a_zip(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
    "a.mp4": b"\0\0\0\x18ftypmp42",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_file_that_is_what_its_name_says_is_kept(organisation, name):
    stored = keep(organisation, name, GOOD[name])

    assert stored.path.read_bytes() == GOOD[name]
    assert stored.size == len(GOOD[name])
    assert stored.name == name


BAD = {
    "a.exe": (b"MZ", "type"),
    "a": (PDF, "type"),
    "a.html": (b"<script>", "type"),
    "a.svg": (b"<svg>", "type"),
    "a.pdf.exe": (PDF, "type"),
    "anbud_\u202efdp.exe": (PDF, "type"),
    "a.pdf": (b"MZ not a pdf", "content"),
    "a.png": (PDF, "content"),
    "a.jpg": (PNG, "content"),
    "a.txt": (b"a\0b", "content"),
    "a.csv": (b"\x01\x02\xff\xfe", "content"),
    "a.docx": (b"PK not a zip", "content"),
    "b.docx": (a_zip("[Content_Types].xml", "xl/workbook.xml"), "content"),
    "macro.docx": (
        a_zip("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        "content",
    ),
    "macro.odt": (
        a_zip("Basic/Standard/Module1.xml", mimetype="application/vnd.oasis.opendocument.text"),
        "content",
    ),
    "script.odt": (
        a_zip("Scripts/python/a.py", mimetype="application/vnd.oasis.opendocument.text"),
        "content",
    ),
    "label.docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "locked"),
    "old.pdf": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "content"),
    "c.docx": (a_zip("[Content_Types].xml", "word/document2xml"), "content"),
    "a.odt": (a_zip(mimetype="application/zip"), "content"),
    "a.mp4": (b"\0" * 20, "content"),
    "empty.pdf": (b"", "empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_not_taken_is_refused_in_words_and_nothing_is_kept(
    organisation, folder, name
):
    content, code = BAD[name]

    with pytest.raises(RefusedFile) as refusal:
        keep(organisation, name, content)

    assert refusal.value.code == code
    assert refusal.value.messages[0]
    assert not StoredFile.objects.exists()
    assert list(folder.rglob("*")) == []


def test_a_file_that_is_too_large_is_refused(organisation, settings):
    settings.UPLOAD_MAX_BYTES = 8

    with pytest.raises(RefusedFile) as refusal:
        keep(organisation, "a.pdf", PDF)

    assert refusal.value.code == "size"


def test_a_bomb_is_refused(organisation, monkeypatch):
    monkeypatch.setattr(files, "UNPACKED_MOST", 1000)
    bomb = a_zip("[Content_Types].xml", **{"word/document.xml": "x" * 5000})

    with pytest.raises(RefusedFile):
        keep(organisation, "a.docx", bomb)


def test_the_same_file_twice_is_kept_once(organisation, folder):
    assert keep(organisation, "a.pdf", PDF) == keep(organisation, "a.pdf", PDF)

    keep(organisation, "b.pdf", PDF)

    assert StoredFile.objects.count() == 2
    kept = {path.name for path in folder.rglob("*") if path.is_file()}
    assert kept == {".lock", StoredFile.objects.earliest("pk").sha256}


@pytest.mark.django_db(transaction=True)
def test_bytes_that_somebody_keeps_just_now_are_not_forgotten_with_those_of_another(organisation):
    """The row of who keeps them is not there yet when the last other one goes."""
    other = keep(organisation, "b.pdf", PDF)

    def forget():
        files.forget(other)
        connection.close()

    forgetting = threading.Thread(target=forget)
    with files.put([PDF], organisation_id=organisation.pk) as (sha256, size):
        forgetting.start()
        wait_until(lambda: not StoredFile.objects.exists(), what="the other row to go")
        kept = StoredFile.objects.create(
            organisation=organisation, sha256=sha256, name="a.pdf", size=size, media_type="x/y"
        )
    forgetting.join()

    assert kept.path.read_bytes() == PDF


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_just_being_filed_is_not_forgotten(organisation):
    """As when the same file came with something else that was refused at that moment."""
    stored, lena = keep(organisation, "a.pdf", PDF), a_person()

    def forget():
        files.forget_unused([stored])
        connection.close()

    forgetting = threading.Thread(target=forget)
    with transaction.atomic():
        a_document().file(stored, by=lena, at=AT)
        forgetting.start()
        # It has to wait for us; were it not to, it would be done by then.
        forgetting.join(0.5)
    forgetting.join()

    assert StoredFile.objects.get().path.read_bytes() == PDF


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("anbud_\u202efdp.exe", "anbud_fdp.exe"),
        ("../../../../etc/cron.d/anbud; rm -rf ~.pdf", "anbud rm -rf.pdf"),
        ("C:\\Users\\Lena\\Anbud.pdf", "Anbud.pdf"),
        ("Protokoll 2026-10-09 (slutligt), Åsa.pdf", "Protokoll 2026-10-09 (slutligt), Åsa.pdf"),
        ("a\0b\r\nc.pdf", "abc.pdf"),
        (".htaccess", "htaccess"),
        ("...pdf", "pdf"),
        (".pdf", "pdf"),
        ("", "file"),
        ("\ud800.pdf", "pdf"),
        ("  a  b .pdf", "a b.pdf"),
        ('"><script>.txt', "script.txt"),
    ],
)
def test_names_lose_what_is_dangerous_and_keep_the_rest(typed, cleaned):
    assert clean_name(typed) == cleaned


def test_a_long_name_keeps_its_ending():
    assert clean_name("Ö" * 500 + ".pdf").endswith("Ö.pdf")
    assert len(clean_name("Ö" * 500 + ".pdf")) <= files.LONGEST_NAME


def test_a_package_damaged_on_its_way_is_refused(organisation):
    content = bytearray(a_zip(mimetype="application/vnd.oasis.opendocument.text"))
    for place in range(38, 60):
        content[place] ^= 0xFF

    with pytest.raises(RefusedFile):
        keep(organisation, "a.odt", bytes(content))


def test_no_more_is_unpacked_of_a_package_than_what_it_should_be(organisation):
    bomb = a_zip(mimetype="application/vnd.oasis.opendocument.text" + "x" * 60_000_000)
    assert len(bomb) < 100_000

    with little_memory(), pytest.raises(RefusedFile):
        keep(organisation, "a.odt", bomb)


def a_package_of(parts, *, said=None, zip64=False):
    """A package with so many parts, each as small as can be, that may say another number."""
    said = parts if said is None else said
    listed = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 8, 1, *[0] * 6) + b"p"
    listed *= parts
    made = listed
    if zip64:
        counts = (said, said, len(listed), 0)
        made += struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, *counts)
        made += struct.pack("<4sLQL", b"PK\6\7", 0, len(listed), 1)
        said = 0xFFFF
    return made + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, said, said, len(listed), 0, 0)


@pytest.mark.parametrize("suffix", ["docx", "xlsx", "odt"])
@pytest.mark.parametrize("how", [{"zip64": True}, {"said": 0xFFFF}, {"said": 3}])
def test_a_package_of_half_a_million_parts_is_refused_before_they_are_read(
    organisation, suffix, how
):
    bomb = SimpleUploadedFile(f"a.{suffix}", a_package_of(500_000, **how))
    assert bomb.size < 25 * 1024 * 1024

    with little_memory(), pytest.raises(RefusedFile) as refusal:
        files.keep(bomb, organisation=organisation)

    assert refusal.value.code == "content"


@pytest.mark.parametrize("zip64", [True, False])
def test_a_package_of_more_parts_than_are_taken_is_refused(organisation, zip64):
    with pytest.raises(RefusedFile):
        keep(organisation, "a.docx", a_package_of(files.PARTS_MOST + 1, said=9, zip64=zip64))


def test_a_package_of_a_thousand_parts_is_kept(organisation):
    parts = [f"word/media/picture{number}.png" for number in range(1000)]

    assert keep(organisation, "a.docx", a_zip("[Content_Types].xml", "word/document.xml", *parts))


@pytest.mark.parametrize("letters", ["utf-8", "cp1252"])
def test_a_long_text_is_read_piece_by_piece(organisation, letters):
    text = "Å" * 3_000_000 + ("" if letters == "cp1252" else "\N{GRINNING FACE}")
    upload = SimpleUploadedFile("a.txt", text.encode(letters))

    with little_memory():
        assert files.keep(upload, organisation=organisation)


def test_the_name_of_a_paper_keeps_what_stands_before_a_slash():
    assert files.name_of_paper("Order, Vestas A/S 1") == "Order, Vestas A-S 1.pdf"
    assert files.name_of_paper("Drift och / eller skötsel 2") == "Drift och-eller skötsel 2.pdf"


@pytest.mark.parametrize(("letters", "charset"), [("utf-8", "utf-8"), ("cp1252", "windows-1252")])
def test_a_text_is_shown_in_the_letters_it_was_written_in(organisation, letters, charset):
    stored = keep(organisation, "a.txt", "Åtgärd på måndag".encode(letters))

    response = files.respond(stored)
    assert b"".join(response.streaming_content).decode(letters) == "Åtgärd på måndag"
    response.close()
    assert response["Content-Type"] == f"text/plain; charset={charset}"


def test_a_file_that_is_lost_is_told_of(organisation, caplog):
    stored = keep(organisation, "a.pdf", PDF)
    stored.path.unlink()

    with pytest.raises(files.FileLost):
        files.respond(stored)
    assert stored.sha256 in caplog.text


def test_a_file_is_served_so_that_nothing_in_it_runs(organisation):
    response = files.respond(keep(organisation, "Å.pdf", PDF))

    assert b"".join(response.streaming_content) == PDF
    response.close()
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == "inline; filename*=utf-8''%C3%85.pdf"
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(("name", "shown"), [("a.png", True), ("a.docx", False), ("a.csv", False)])
def test_only_what_a_browser_shows_safely_is_shown(organisation, name, shown):
    stored = keep(organisation, name, GOOD[name])

    opened = files.respond(stored)

    how = "inline" if shown else "attachment"
    assert opened["Content-Disposition"].startswith(how)
    assert "sandbox" in opened["Content-Security-Policy"]
    opened.close()
