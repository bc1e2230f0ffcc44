"""Making a backup, while everybody goes on working."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.page import product_version
from documents.backup import BackupRefused, archive, rows
from documents.files import is_whole
from documents.models import NamesFiles, folder_of, place_of
from journal.heads import fingerprint

# A file that was forgotten between the rows and the files: begin again with what is true now.
TRIES = 3


class FileIsMissing(Exception):
    """A row names bytes that are not there, or are not what the row says."""


def back_up(path: Path, *, at: datetime, despite_missing: bool = False) -> dict[str, Any]:
    """Write everything to a new file and return its manifest.

    Rows are of one moment; files are found by their sums and never change, so none that a row
    names is left out. Raises BackupRefused when a file is missing, unless it is wanted all the
    same: the manifest then names what is missing.
    """
    if path.exists():
        raise BackupRefused(f"{path} is there already. Nothing was written.")
    if differing := sorted({*map(tuple, migrations())} ^ {*map(tuple, wanted())}):
        # It would read all the same where it can, and be put back by no version at all.
        raise BackupRefused(
            "The tables are not those of this version: they differ about "
            f"{'.'.join(differing[0])}. Nothing was written. Is it the right database? Then back "
            "up with the version that made its tables, before it is upgraded."
        )
    for _try in range(TRIES):
        try:
            return _written(path, at=at)
        except FileIsMissing as missing:
            reason = missing
    if despite_missing:
        return _written(path, at=at, despite_missing=True)
    raise BackupRefused(f"{reason} Nothing was written. With --despite-missing the rest is kept.")


def _written(path: Path, *, at: datetime, despite_missing: bool = False) -> dict[str, Any]:
    with archive.writing(path) as out, snapshot():
        counts = {
            name: out.write(f"rows/{name}.jsonl.gz", partial(rows.write, model))
            for name, model in rows.tables().items()
        }
        heads, streams = fingerprint()
        manifest = {
            "made_at": at.isoformat(),
            "version": product_version(),
            "database": connection.vendor,
            "migrations": migrations(),
            "tables": counts,
            "counters": rows.counters(),
            "journal": {"fingerprint": heads, "streams": streams},
            "missing": list(_copy_files(out, despite_missing=despite_missing)),
        }
        out.finish(manifest)
    return manifest | {"members": out.members}


def _copy_files(out: archive.Writer, *, despite_missing: bool) -> Iterator[str]:
    """Copy what the rows name, each once; yields what is missing."""
    for organisation, sha256 in _named_files():
        name = f"files/{folder_of(organisation).name}/{sha256}"
        place = place_of(sha256, organisation_id=organisation)
        if name in out.members:
            continue
        if is_whole(place, sha256):
            with place.open("rb") as source:
                out.copy(name, source, place.stat().st_size)
        elif despite_missing:
            yield name
        else:
            raise FileIsMissing(f"The file {name} is missing or damaged.")


def _named_files() -> Iterator[tuple[int | None, str]]:
    """The files that rows of any kind name: whose they are, and their sums."""
    for model in rows.tables().values():
        if issubclass(model, NamesFiles):
            yield from model.named_files()


def migrations() -> list[list[str]]:
    """What has been applied to this database, in the order of their names."""
    return sorted(list(one) for one in MigrationRecorder(connection).applied_migrations())


def wanted() -> list[list[str]]:
    """What this version applies to a database, in the same order."""
    return sorted(list(one) for one in MigrationLoader(None).disk_migrations)


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read inside is of one moment, and nobody who writes waits for it."""
    if connection.vendor == "sqlite":
        # Not Django's own transaction: that would be IMMEDIATE, and hold up everybody.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                # A snapshot begins with the first look.
                cursor.execute("SELECT count(*) FROM sqlite_master")
                cursor.fetchall()
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
