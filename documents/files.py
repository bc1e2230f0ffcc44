"""Files come in here, checked, and go out here, safely."""

import codecs
import fcntl
import hashlib
import logging
import lzma
import os
import re
import secrets
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import ProtectedError
from django.http import FileResponse, Http404
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from documents.models import StoredFile, folder_of, place_of

if TYPE_CHECKING:
    from teams.models import Organisation

log = logging.getLogger("documents")

LONGEST_NAME = 120
CHUNK = 64 * 1024
# An office file that unpacks to more than this, or into more parts, is a trap.
UNPACKED_MOST = 500 * 1024 * 1024
PARTS_MOST = 10_000
# What its list of parts may take, which says of each where it lies: some hundred bytes.
LIST_MOST = 1024 * 1024


class RefusedFile(ValidationError):
    """The file cannot be kept; the message says why, in words for who sent it."""


def check_size(upload: UploadedFile, most: int) -> None:
    """Before anything is read of it. Raises RefusedFile."""
    if (upload.size or 0) > most:
        raise too_large(most)


def too_large(most: int) -> RefusedFile:
    shown = filesizeformat(most)
    return RefusedFile(_("The file is too large: at most %(most)s."), "size", {"most": shown})


def keep(upload: UploadedFile, *, organisation: "Organisation") -> StoredFile:
    """Check an upload and keep it: size, a known type, content that is what the name says.

    Call before the operation: nothing holds a transaction while a file is read. Raises
    RefusedFile.
    """
    check_size(upload, settings.UPLOAD_MAX_BYTES)
    if not upload.size:
        raise RefusedFile(_("The file is empty."), "empty")
    name = clean_name(upload.name or "")
    suffix = Path(name).suffix.lower().removeprefix(".")
    if suffix not in TYPES:
        known = ", ".join(TYPES)
        raise RefusedFile(
            _("Files of this kind are not taken. Save it as one of these: %(known)s."),
            "type",
            {"known": known},
        )
    media_type, is_what_it_says = TYPES[suffix]
    upload.seek(0)
    if not is_what_it_says(upload):
        upload.seek(0)
        if media_type.startswith(_OFFICE) and _is_locked(upload):
            raise RefusedFile(
                _(
                    "The file is locked with a password or a label, or of an older kind. Save it "
                    "without the lock as %(suffix)s, or as PDF."
                ),
                "locked",
                {"suffix": suffix},
            )
        raise RefusedFile(
            _("The content of the file is not %(suffix)s, as its name says."),
            "content",
            {"suffix": suffix},
        )
    upload.seek(0)
    return store(upload.chunks(CHUNK), organisation=organisation, name=name, media_type=media_type)


def store(
    chunks: Iterable[bytes], *, organisation: "Organisation", name: str, media_type: str
) -> StoredFile:
    """Put bytes in their place, and then the row that finds them. The same twice is once."""
    with put(chunks, organisation_id=organisation.pk) as (sha256, size):
        stored, _is_new = StoredFile.objects.get_or_create(
            organisation=organisation,
            sha256=sha256,
            name=name,
            defaults={"size": size, "media_type": media_type},
        )
    return stored


@contextmanager
def put(chunks: Iterable[bytes], *, organisation_id: int | None) -> Iterator[tuple[str, int]]:
    """Write, sync and rename: a file that has its name is whole. Gives its hash and size for the
    row that finds it: until that is stored, who forgets another with the same bytes waits.

    What belongs to no organisation, such as a published handbook, lies in a folder of its own.
    """
    folder = folder_of(organisation_id)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{secrets.token_hex(8)}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with unfinished.open("xb") as out:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        sha256 = digest.hexdigest()
        place = place_of(sha256, organisation_id=organisation_id)
        with _alone_in(folder):
            place.parent.mkdir(exist_ok=True)
            unfinished.replace(place)
            _sync(place.parent)
            yield sha256, size
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """No other process puts bytes in their place there, or takes them away. Never inside a
    transaction, which others may wait for."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_whole(path: Path, sha256: str) -> bool:
    """Whether the file is there, with the bytes that it should have."""
    try:
        with path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest() == sha256
    except OSError:
        return False


def held(stored: StoredFile) -> StoredFile:
    """The row of a file that an operation is about to name: nobody forgets it before that has
    ended. Call within the operation.

    Raises RefusedFile when it was forgotten since it was kept: the same file had come with
    something that was refused, or was thrown away with the last that used it.
    """
    row = StoredFile.objects.select_for_update().filter(pk=stored.pk).first()
    if row is None:
        raise RefusedFile(
            _("The file was removed again while it was being saved. Send it once more."),
            "gone",
        )
    return row


def forget(stored: StoredFile) -> None:
    """Remove a file that no row uses any more, and its bytes with the last row that has them.

    Raises ProtectedError while something still uses it.
    """
    remove = partial(remove_bytes, stored.sha256, organisation_id=stored.organisation_id)
    with transaction.atomic():
        # An operation that is about to name it comes to its end first.
        StoredFile.objects.select_for_update().filter(pk=stored.pk).first()
        stored.delete()
        transaction.on_commit(remove)


def remove_bytes(sha256: str, *, organisation_id: int) -> None:
    """Take bytes off the disk, unless a row finds them. Never inside a transaction."""
    with _alone_in(folder_of(organisation_id)):
        if not StoredFile.objects.filter(organisation=organisation_id, sha256=sha256).exists():
            place_of(sha256, organisation_id=organisation_id).unlink(missing_ok=True)


def forget_unused(stored: Iterable[StoredFile]) -> None:
    """Remove those files that nothing uses any more: another place may have the same bytes."""
    for one in stored:
        with suppress(ProtectedError):
            forget(one)


# Out

INLINE = {"application/pdf", "image/png", "image/jpeg", "text/plain"}
CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Kept(Protocol):
    """A file in its place, as the row that it hangs on tells of it."""

    @property
    def path(self) -> Path: ...
    @property
    def media_type(self) -> str: ...
    @property
    def name(self) -> str: ...


class FileLost(Http404):
    """The row is there and its bytes are not: the page says so, and what to do."""


def respond(stored: Kept, *, called: str = "") -> FileResponse:
    """The file for a person who may see the row it hangs on; the caller has asked. It is saved as
    `called`, or by its own name.

    Nothing in it may run or be kept by a browser that others use.
    """
    try:
        content = stored.path.open("rb")
    except OSError as error:
        log.error("The file %s is not in its place.", stored.path.name)
        raise FileLost from error
    media_type = stored.media_type
    if media_type.startswith("text/"):
        media_type += f"; charset={_charset_of(content)}"
    response = FileResponse(
        content,
        as_attachment=stored.media_type not in INLINE,
        filename=called or stored.name,
        content_type=media_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # A sandbox would keep the browser's own reader from showing a PDF.
    is_pdf = stored.media_type == "application/pdf"
    response["Content-Security-Policy"] = CLOSED if is_pdf else f"{CLOSED}; sandbox"
    return response


# Names

_STRANGE = re.compile(r"[<>:\"/\\|?*;&$`~!#%{}\[\]^'=@]+")


def name_of_paper(title: str) -> str:
    """The name of the file of a paper that is made here. A title holds no path: an A/S is one."""
    return clean_name(re.sub(r"\s*[/\\]\s*", "-", title) + ".pdf")


def clean_name(typed: str) -> str:
    """A file name without path, invisible letters or what a shell would act on."""
    name = unicodedata.normalize("NFC", typed.encode("utf-8", "ignore").decode())
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    name = " ".join(_STRANGE.sub(" ", name).split()).lstrip(".- ")
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    stem = stem.strip(" .") or "file"
    return stem[: LONGEST_NAME - len(suffix[:10]) - 1] + dot + suffix[:10].strip()


# Content

_Check = Callable[[Any], bool]


def _begins(*marks: bytes) -> _Check:
    def check(file: IO[bytes]) -> bool:
        return file.read(16).startswith(marks)

    return check


# What office programs write when a file is encrypted, and wrote for every file before 2007.
_is_locked = _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def _is_pdf(file: IO[bytes]) -> bool:
    return b"%PDF-" in file.read(1024)


def _is_mp4(file: IO[bytes]) -> bool:
    return file.read(12)[4:8] == b"ftyp"


def _charset_of(file: IO[bytes]) -> str:
    """Which letters a text that was let in is written in; the file is at its beginning again."""
    found = "utf-8" if _is_written_in("utf-8", file) else "windows-1252"
    file.seek(0)
    return found


def _is_written_in(charset: str, file: IO[bytes], *, but_for: str = "") -> bool:
    """Whether a text is written in these letters, but for some. Read piece by piece: a whole one
    would take up to five times its size of memory."""
    read = codecs.getincrementaldecoder(charset)()
    file.seek(0)
    try:
        while piece := file.read(CHUNK):
            letters = read.decode(piece)
            if but_for and re.search(but_for, letters):
                return False
        read.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_text(file: IO[bytes]) -> bool:
    # The other is what older Swedish office programs write.
    return _is_written_in("utf-8", file, but_for="\0") or _is_written_in(
        "cp1252", file, but_for=r"[\0-\x08\x0e-\x1f]"
    )


# What a package damaged on its way, or without a part, is refused with.
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, KeyError)


# Macros as Office programs keep them, and as LibreOffice does: a module of Basic, or other scripts.
# Libraries without a module are only lists.
_MACRO = re.compile(
    r".*vbaproject\.bin|basic/[^/]+/(?!(?:script|dialog)-l[bc]\.xml$)[^/]+|scripts/.*[^/]", re.I
)


class _WithShortList:
    """A package for `zipfile`, which takes its whole list of parts into memory at once and then
    some eight times as much; what the end of the package says of their number binds nobody."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > LIST_MOST:
            raise zipfile.BadZipFile
        return self._file.read(size)


def _is_package(part: str, *, mimetype: str = "") -> _Check:
    """A zip with the part that makes it what it says, no macros, and no bomb."""

    def check(file: IO[bytes]) -> bool:
        try:
            with zipfile.ZipFile(_WithShortList(file)) as package:
                parts = package.infolist()
                names = {entry.filename for entry in parts}
                if len(parts) > PARTS_MOST or sum(e.file_size for e in parts) > UNPACKED_MOST:
                    return False
                if any(map(_MACRO.fullmatch, names)):
                    return False
                if mimetype:
                    wanted = mimetype.encode()
                    # Never more of it than what it should be: it may unpack to half a gigabyte.
                    with package.open(part) as told:
                        return told.read(len(wanted) + 2).strip() == wanted
                # The programs in the browser also write word/document2.xml.
                stem, dot, suffix = part.rpartition(".")
                form = re.compile(re.escape(stem) + "[0-9]?" + re.escape(dot + suffix))
                return "[Content_Types].xml" in names and any(map(form.fullmatch, names))
        except (*_BROKEN, OSError, RuntimeError, ValueError, NotImplementedError):
            return False

    return check


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
TYPES: dict[str, tuple[str, _Check]] = {
    "pdf": ("application/pdf", _is_pdf),
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "txt": ("text/plain", _is_text),
    "csv": ("text/csv", _is_text),
    "docx": (_OFFICE + "wordprocessingml.document", _is_package("word/document.xml")),
    "xlsx": (_OFFICE + "spreadsheetml.sheet", _is_package("xl/workbook.xml")),
    "pptx": (_OFFICE + "presentationml.presentation", _is_package("ppt/presentation.xml")),
    "odt": (_OPEN + "text", _is_package("mimetype", mimetype=_OPEN + "text")),
    "ods": (_OPEN + "spreadsheet", _is_package("mimetype", mimetype=_OPEN + "spreadsheet")),
    "mp4": ("video/mp4", _is_mp4),
}
