"""Putting a backup back, into an empty place and nowhere else."""

import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from documents.backup import BackupRefused, archive, rows
from documents.backup.making import migrations, wanted
from documents.models import SHARED
from journal import guards
from journal.heads import fingerprint
from journal.verifying import faults

# What `migrate` itself writes into a new database; the backup has its own.
WRITTEN_BY_MIGRATE = {ContentType, Permission}
# The folder that files wait in until the rows are there, beside where they go. While it stands,
# what is here was left by a restore that ended in the middle, and may be taken away.
WAITING = ".restoring"


def restore(path: Path) -> dict[str, Any]:
    """Put everything back: rows, counters, files; return the manifest.

    Everything is looked at before anything is changed. All rows come in one transaction that ends
    only when every chain of the journal holds: a restore that is killed leaves an empty place.
    Raises BackupRefused with the reason.
    """
    with archive.reading(path) as backup:
        _ask_for_the_same_tables(backup)
        _ask_for_an_empty_place()
        _make_tables()
        # The backup may hold an older handbook than scripts/run has noted as loaded.
        (settings.VAR_DIR / "prepared.json").unlink(missing_ok=True)
        files = Path(settings.MEDIA_ROOT)
        _clear(files)
        waiting = files / WAITING
        _unpack(backup, waiting)
        with guards.lifted():
            _lock()
            _ask_for_empty_tables()
            _fill(backup)
            connection.check_constraints()
            _look_over(backup)
            _move(waiting, files)
        shutil.rmtree(waiting)
        return backup.manifest


def _ask_for_the_same_tables(backup: archive.Reader) -> None:
    has_same_columns = backup.manifest["migrations"] == wanted()
    if not has_same_columns or backup.manifest["tables"].keys() != rows.tables().keys():
        raise BackupRefused(
            f"The backup was made with version {backup.manifest['version']}, whose tables are not "
            "those of this one. Restore it with that version, then upgrade. Nothing was changed."
        )


def _ask_for_an_empty_place() -> None:
    # A restore that ended in the middle may have made only some of them.
    applied, noted = migrations(), MigrationRecorder.Migration._meta.db_table
    is_others = any(one not in wanted() for one in applied)
    if is_others or (not applied and _tables() - {noted}):
        raise BackupRefused(
            "The database holds tables that are not those of this version. Nothing was changed."
        )
    _ask_for_empty_tables()
    files = Path(settings.MEDIA_ROOT)
    if files.exists() and any(files.iterdir()) and not (files / WAITING).exists():
        raise BackupRefused("The folder of files is not empty. Nothing was changed.")


def _ask_for_empty_tables() -> None:
    made = _tables()
    for name, model in rows.tables().items():
        if model in WRITTEN_BY_MIGRATE or model._meta.db_table not in made:
            continue
        if model._base_manager.exists():
            raise BackupRefused(f"The database is not empty: there is {name}. Nothing was changed.")


def _tables() -> set[str]:
    return set(connection.introspection.table_names())


def _make_tables() -> None:
    if migrations() != wanted():
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def _clear(files: Path) -> None:
    """Take away what a restore left that ended in the middle: no row names any of it."""
    if (files / WAITING).exists():
        for one in files.iterdir():
            if one.is_dir() and (one.name in (WAITING, SHARED) or one.name.isdecimal()):
                shutil.rmtree(one)


def _unpack(backup: archive.Reader, waiting: Path) -> None:
    waiting.mkdir(parents=True)
    for name in backup.files():
        _files, organisation, sha256 = name.split("/")
        place = waiting / organisation / sha256[:2] / sha256
        place.parent.mkdir(parents=True, exist_ok=True)
        with backup.member(name) as source, place.open("xb") as out:
            shutil.copyfileobj(source, out, archive.CHUNK)
    os.sync()


def _lock() -> None:
    """Nobody writes beside it, also not a worker that was left running."""
    if connection.vendor == "postgresql":
        names = ", ".join(
            connection.ops.quote_name(one._meta.db_table) for one in rows.tables().values()
        )
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")


def _fill(backup: archive.Reader) -> None:
    for model in WRITTEN_BY_MIGRATE:
        model._base_manager.all()._raw_delete(connection.alias)
    for name, model in rows.tables().items():
        with backup.member(f"rows/{name}.jsonl.gz") as packed:
            count = rows.read(model, packed)
        if count != backup.manifest["tables"][name]:
            raise BackupRefused(f"{name} has {count} rows, and another number in the manifest.")
    rows.set_counters(backup.manifest["counters"])
    ContentType.objects.clear_cache()


def _look_over(backup: archive.Reader) -> None:
    """Before it is kept: every chain of the journal holds, and ends where it did."""
    for fault in faults():
        raise BackupRefused(f"The journal is broken at {fault.stream} #{fault.number}.")
    heads, streams = fingerprint()
    if {"fingerprint": heads, "streams": streams} != backup.manifest["journal"]:
        raise BackupRefused("The journal is another than when the backup was made.")


def _move(waiting: Path, files: Path) -> None:
    for one in waiting.iterdir():
        one.rename(files / one.name)
