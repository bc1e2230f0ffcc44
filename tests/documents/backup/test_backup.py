"""A backup of everything, put back into an empty place on either database, and compared."""

import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from documents import files
from documents.backup import making, restoring
from documents.backup.making import back_up, snapshot
from documents.models import StoredFile
from handbook.models import TextSet
from handbook.models.printed import PrintedEdition
from journal import guards
from journal.models import Event
from journal.record import record
from outbox.models import Message
from teams.models import Organisation
from tests import servers
from tests.builders_teams import an_organisation
from tests.people import everybody

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
TOP = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


def a_file(organisation: Organisation, content: bytes = b"%PDF-1.7 a paper") -> StoredFile:
    return files.store(
        [content], organisation=organisation, name="a.pdf", media_type="application/pdf"
    )


def a_printed_handbook() -> None:
    """Its file belongs to no organisation."""
    printed = PrintedEdition(text_set=TextSet.objects.all()[:1].get(), state="ready", pages=1)
    with files.put([b"%PDF-1.7 a handbook"], organisation_id=None) as (sha256, size):
        printed.sha256, printed.size = sha256, size
        printed.save()


def members(path: Path) -> dict[str, Any]:
    """What there is, by name and sum: equal for equal rows and files."""
    with tarfile.open(path) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
    same = ("members", "tables", "counters", "journal", "missing", "migrations")
    return {name: manifest[name] for name in same}


class Place:
    """An installation of its own, empty at first: a database and a folder."""

    def __init__(self, var: Path, database: str) -> None:
        self.var, self.database = var, database

    def run(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=TOP,
            env=os.environ | {"DATABASE_URL": self.database, "UPPTAKT_VAR": str(self.var)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr[-2000:]
        return done.stdout


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Make an empty place on SQLite or PostgreSQL, whichever this run is on."""
    with ExitStack() as running:
        server: list[str] = []

        def make(vendor: str) -> Place:
            var = tmp_path / vendor
            var.mkdir()
            if vendor == "sqlite":
                return Place(var, f"sqlite:///{var / 'upptakt.sqlite3'}")
            server.append(running.enter_context(servers.postgres()))
            return Place(var, server[-1])

        yield make


LOOK = """
import django, sys
django.setup()
from django.core.management import CommandError, call_command
from django.utils import timezone
from journal import guards
from outbox.models import Message
call_command("verify_journal")
print("guards missing:", len(guards.missing()))
print("next:", Message.objects.post("document.render", subject="x", due_at=timezone.now()).pk)
try:
    call_command("restore", sys.argv[1])
except CommandError as refused:
    print(refused)
"""

# Killed when all is written and nothing is kept yet.
KILLED = """
import django, os, signal, sys
django.setup()
from documents.backup import archive, restoring
place, name = {"backup": (archive.Writer, "finish"), "restore": (restoring, "_move")}[sys.argv[1]]
act = getattr(place, name)
def acted_and_killed(*given):
    act(*given)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(place, name, acted_and_killed)
from django.core.management import call_command
call_command(sys.argv[1], sys.argv[2])
"""


@pytest.mark.slow
@pytest.mark.servers
def test_everything_comes_back_on_either_database_also_after_a_kill(place, tmp_path: Path) -> None:
    from tests.matrix.world import a_world

    a_file(a_world().authority)
    a_printed_handbook()
    last = Message.objects.post("document.render", subject="gone").pk
    Message.objects.filter(pk=last).delete()
    first, second, third = (tmp_path / f"{name}.tar" for name in ("first", "second", "third"))
    call_command("backup", str(first))
    was = members(first)
    assert was["counters"]["outbox.message"] == last
    assert sum(name.startswith("files/") for name in was["members"]) == 3
    assert sum(was["tables"].values()) > 500

    other = place("postgresql" if connection.vendor == "sqlite" else "sqlite")
    other.run("-c", KILLED, "restore", str(first), code=-signal.SIGKILL)
    assert (other.var / "files" / restoring.WAITING).exists()
    # Empty tables, and files that no row names: the same again does it.
    assert "every link of" in other.run("manage.py", "restore", str(first))
    other.run("-c", KILLED, "backup", str(second), code=-signal.SIGKILL)
    assert not second.exists()
    other.run("manage.py", "backup", str(second))
    assert members(second) == was

    same = place(connection.vendor)
    same.run("manage.py", "restore", str(second))
    same.run("manage.py", "backup", str(third))
    assert members(third) == was

    for there in (other, same):
        assert not (there.var / "files" / restoring.WAITING).exists()
        links, guarded, number, refused = there.run("-c", LOOK, str(first)).splitlines()[-4:]
        assert links.endswith("every link holds.")
        assert (guarded, number) == ("guards missing: 0", f"next: {last + 1}")
        assert refused.startswith("The database is not empty")


def in_another_connection(act: Callable[[], object]) -> None:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_a_backup_is_of_one_moment_and_holds_nobody_up() -> None:
    an_organisation("Den första")
    with snapshot():
        before = Organisation.objects.count()
        in_another_connection(lambda: an_organisation("Den andra"))
        assert Organisation.objects.count() == before

    assert Organisation.objects.count() == before + 1


def test_a_file_that_is_forgotten_meanwhile_is_not_missed(tmp_path: Path, monkeypatch) -> None:
    organisation = an_organisation("Karlstads kommun")
    goes, stays = a_file(organisation, b"goes"), a_file(organisation, b"stays")
    copy = making._copy_files

    def forget_first(*given: Any, **how: Any) -> Any:
        if StoredFile.objects.count() == 2:
            in_another_connection(lambda: files.forget(StoredFile.objects.get(pk=goes.pk)))
        return copy(*given, **how)

    monkeypatch.setattr(making, "_copy_files", forget_first)
    made = back_up(tmp_path / "kept.tar", at=AT)

    named = [name for name in made["members"] if name.startswith("files/")]
    assert named == [f"files/{organisation.pk}/{stays.sha256}"]
    assert made["missing"] == []


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_file_that_is_not_whole_is_told(tmp_path: Path, capsys, how: str) -> None:
    stored = a_file(an_organisation("Karlstads kommun"))
    name = f"files/{stored.organisation_id}/{stored.sha256}"
    if how == "missing":
        stored.path.unlink()
    else:
        stored.path.write_bytes(b"something else")

    with pytest.raises(CommandError, match="--despite-missing"):
        call_command("backup", str(tmp_path / "kept.tar"))
    assert [one.name for one in tmp_path.iterdir()] == ["files"]

    call_command("backup", str(tmp_path / "kept.tar"), "--despite-missing")
    assert f"MISSING {name}" in capsys.readouterr().err
    assert members(tmp_path / "kept.tar")["missing"] == [name]
    assert name not in members(tmp_path / "kept.tar")["members"]


def test_a_file_that_is_there_already_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "kept.tar").write_text("older")

    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(tmp_path / "kept.tar"))
    assert (tmp_path / "kept.tar").read_text() == "older"


def test_a_place_with_rows_is_refused_and_stays_as_it_was(tmp_path: Path) -> None:
    everybody()
    back_up(tmp_path / "kept.tar", at=AT)
    before = members(tmp_path / "kept.tar")

    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", str(tmp_path / "kept.tar"))

    back_up(tmp_path / "after.tar", at=AT)
    assert members(tmp_path / "after.tar") == before
    assert guards.missing() == []


def test_who_comes_in_meanwhile_is_not_written_over(tmp_path: Path, monkeypatch) -> None:
    back_up(tmp_path / "kept.tar", at=AT)
    unpack = restoring._unpack

    def unpack_slowly(*given: Any) -> None:
        unpack(*given)
        in_another_connection(lambda: an_organisation("Den snabba"))

    monkeypatch.setattr(restoring, "_unpack", unpack_slowly)
    with pytest.raises(CommandError, match="not empty: there is teams"):
        call_command("restore", str(tmp_path / "kept.tar"))

    assert [one.name for one in Organisation.objects.all()] == ["Den snabba"]


def test_after_a_restore_the_next_start_looks_at_the_handbook_again(
    tmp_path: Path, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path
    note = tmp_path / "prepared.json"
    note.write_text("{}")
    back_up(tmp_path / "kept.tar", at=AT)
    everybody()
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(tmp_path / "kept.tar"))
    assert note.exists()

    call_command("flush", interactive=False, verbosity=0)
    call_command("restore", str(tmp_path / "kept.tar"))

    assert not note.exists()


def test_a_place_with_files_is_refused(tmp_path: Path, own_files: Path) -> None:
    back_up(tmp_path / "kept.tar", at=AT)
    (own_files / "1").mkdir(parents=True)

    with pytest.raises(CommandError, match="The folder of files is not empty"):
        call_command("restore", str(tmp_path / "kept.tar"))
    assert list(own_files.iterdir()) == [own_files / "1"]


def test_a_backup_of_another_version_is_refused(tmp_path: Path, monkeypatch) -> None:
    older = making.migrations()[:-1]
    for name in ("migrations", "wanted"):
        monkeypatch.setattr(making, name, lambda: older)
    back_up(tmp_path / "kept.tar", at=AT)
    monkeypatch.undo()

    with pytest.raises(CommandError, match="Restore it with that version, then upgrade"):
        call_command("restore", str(tmp_path / "kept.tar"))


@pytest.mark.parametrize("missing", ["of the code", "of the tables"])
def test_nobody_backs_up_tables_of_another_version(
    tmp_path: Path, monkeypatch, missing: str
) -> None:
    """Of rows that the code half knows it would make what no version puts back."""
    name = "migrations" if missing == "of the tables" else "wanted"
    fewer = making.wanted()[:-1]
    monkeypatch.setattr(making, name, lambda: fewer)

    with pytest.raises(CommandError, match=r"they differ about teams\.\d+.*Nothing was written"):
        call_command("backup", str(tmp_path / "kept.tar"))

    assert not (tmp_path / "kept.tar").exists()


def test_a_backup_that_cannot_be_written_is_told_by_its_own_name(tmp_path: Path) -> None:
    kept = tmp_path / "nowhere" / "kept.tar"

    with pytest.raises(CommandError, match=f"{kept} was not written: No such file"):
        call_command("backup", str(kept))


BEGUN = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", "teams", "0002", verbosity=0)
"""


@pytest.mark.slow
def test_a_restore_that_ended_among_the_tables_is_run_again(place, tmp_path: Path) -> None:
    an_organisation("Karlstads kommun")
    back_up(tmp_path / "kept.tar", at=AT)
    there = place("sqlite")
    there.run("-c", BEGUN)

    assert "every link of" in there.run("manage.py", "restore", str(tmp_path / "kept.tar"))

    there.run("manage.py", "backup", str(tmp_path / "again.tar"))
    assert members(tmp_path / "again.tar") == members(tmp_path / "kept.tar")


OTHERS = """
import django
django.setup()
from django.db import connection
connection.cursor().execute("CREATE TABLE guestbook (words text)")
"""


def test_a_database_of_somebody_else_is_refused(place, tmp_path: Path) -> None:
    back_up(tmp_path / "kept.tar", at=AT)
    there = place("sqlite")
    there.run("-c", OTHERS)

    there.run("manage.py", "restore", str(tmp_path / "kept.tar"), code=1)

    assert not (there.var / "files").exists()


def test_a_chain_that_does_not_hold_is_not_put_back(tmp_path: Path, own_files: Path) -> None:
    """Every sum is right, and the journal tells that somebody rewrote what is in it."""
    with transaction.atomic():
        record("a:1", "document.ordered", by=everybody().lena, at=AT, texts={"title": "Order"})
    with guards.lifted():
        Event.objects.update(verb="document.withdrawn")
    back_up(tmp_path / "kept.tar", at=AT)
    call_command("flush", interactive=False, verbosity=0)

    with pytest.raises(CommandError, match="The journal is broken at a:1 #1"):
        call_command("restore", str(tmp_path / "kept.tar"))

    assert Organisation.objects.count() == 0
    assert guards.missing() == []
