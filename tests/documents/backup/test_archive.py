"""What is no whole backup of ours is refused, with the reason, before anything is changed."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from documents.backup import BackupRefused, archive

PAPER = b"%PDF-1.7 a paper"
NAME = f"files/1/{hashlib.sha256(PAPER).hexdigest()}"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "kept.tar"
    with archive.writing(path) as out:
        out.write("rows/teams.user.jsonl.gz", lambda to: to.write(b"rows" * 1000))
        out.copy(NAME, io.BytesIO(PAPER), len(PAPER))
        out.finish({"made_at": "2026-10-05"})
    return path


def refused(path: Path) -> str:
    with pytest.raises(BackupRefused) as why, archive.reading(path):
        pass
    return str(why.value)


def rewritten(kept: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], Any]) -> Path:
    """The same file, with its members changed."""
    with tarfile.open(kept) as tar:
        members = [(one, tar.extractfile(one).read()) for one in tar]  # type: ignore[union-attr]
    change(members)
    with tarfile.open(kept, "w") as tar:
        for member, content in members:
            if member.isreg():
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return kept


def test_what_was_written_is_read(kept: Path) -> None:
    with archive.reading(kept) as backup:
        assert backup.manifest["made_at"] == "2026-10-05"
        assert backup.files() == [NAME]
        with backup.member(NAME) as source:
            assert source.read() == PAPER
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in kept.parent.iterdir()] == ["kept.tar"]


@pytest.mark.parametrize("fault", [FileNotFoundError, EOFError, tarfile.ReadError])
def test_a_fault_of_who_reads_is_not_put_down_to_the_file(
    kept: Path, fault: type[Exception]
) -> None:
    with pytest.raises(fault, match="the folder of files"), archive.reading(kept) as backup:
        raise fault("the folder of files")

    assert backup.tar.closed


def test_another_backup_is_never_written_over(kept: Path) -> None:
    with pytest.raises(FileExistsError), archive.writing(kept) as out:
        out.finish({})

    with archive.reading(kept) as backup:
        assert backup.files() == [NAME]
    assert [one.name for one in kept.parent.iterdir()] == ["kept.tar"]


def test_a_share_without_links_takes_a_backup_too(kept: Path, monkeypatch) -> None:
    def refuse(*given: Any) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with archive.writing(kept.with_name("second.tar")) as out:
        out.finish({})
    with pytest.raises(FileExistsError), archive.writing(kept) as out:
        out.finish({})

    assert sorted(one.name for one in kept.parent.iterdir()) == ["kept.tar", "second.tar"]


def test_what_is_given_up_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("Input/output error")

    with pytest.raises(OSError), archive.writing(tmp_path / "kept.tar") as out:
        out.copy(NAME, Broken(), len(PAPER))

    assert list(tmp_path.iterdir()) == []


def test_every_byte_counts(kept: Path) -> None:
    whole = kept.read_bytes()
    with tarfile.open(kept) as tar:
        places = {one.name: one.offset_data for one in tar}
    for name, place in places.items():
        kept.write_bytes(whole[: place + 3] + bytes([whole[place + 3] ^ 1]) + whole[place + 4 :])
        assert "damaged" in refused(kept), name


@pytest.mark.parametrize("left", [0, 100, 700, 4700, 6200])
def test_a_file_that_ends_too_soon(kept: Path, left: int) -> None:
    kept.write_bytes(kept.read_bytes()[:left])

    assert any(words in refused(kept) for words in ("damaged", "no manifest"))


def test_what_is_no_backup(tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert refused(other) == f"There is no file {other}."
    other.write_bytes(b"PK\3\4" + b"x" * 2000)
    assert "damaged, or no backup" in refused(other)
    with tarfile.open(other, "w") as tar:
        tar.add(__file__, arcname="notes.txt")
    assert refused(other) == "The file holds 'notes.txt', which no backup does."


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x", "/etc/passwd", "files/1/../../x", f"files/../{'a' * 64}",
        f"files/1/{'A' * 64}", "rows/../x.jsonl.gz", "rows/a.b.pickle", f"files/1/{'a' * 64}/x",
        f"files/1/{'a' * 64}\n",
    ],
)  # fmt: skip
def test_no_name_leads_anywhere_else(kept: Path, name: str) -> None:
    def add(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members.insert(0, (tarfile.TarInfo(name), b"x"))

    assert refused(rewritten(kept, add)) == f"The file holds {name!r}, which no backup does."


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE]
)
def test_no_link_folder_or_device_is_followed(kept: Path, kind: bytes) -> None:
    def turn(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[0][0].type, members[0][0].linkname = kind, "/etc/passwd"

    assert "which no backup does" in refused(rewritten(kept, turn))


def test_a_member_too_many_too_few_or_twice(kept: Path) -> None:
    whole = kept.read_bytes()
    more = tarfile.TarInfo(f"files/2/{'a' * 64}")
    rewritten(kept, lambda members: members.insert(0, (more, b"x")))
    assert refused(kept) == f"The manifest and the file differ about {more.name}."

    kept.write_bytes(whole)
    rewritten(kept, lambda members: members.pop(0))
    assert refused(kept) == "The manifest and the file differ about rows/teams.user.jsonl.gz."

    kept.write_bytes(whole)
    rewritten(kept, lambda members: members.insert(0, members[0]))
    assert refused(kept) == "The file holds rows/teams.user.jsonl.gz twice."


def with_manifest(kept: Path, **changed: Any) -> Path:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member, content = members.pop()
        members.append((member, json.dumps(json.loads(content) | changed).encode()))

    return rewritten(kept, change)


def test_a_manifest_of_another_kind(kept: Path) -> None:
    assert "of form 2" in refused(with_manifest(kept, format_version=2))
    assert "not of a backup of Upptakt" in refused(with_manifest(kept, format="other"))
    rewritten(kept, lambda members: members.pop())
    assert "no manifest" in refused(kept)


def test_bytes_that_are_not_what_their_name_says(kept: Path) -> None:
    other = hashlib.sha256(b"other").hexdigest()

    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[1] = (members[1][0], b"other")

    rewritten(kept, change)
    with tarfile.open(kept) as tar:
        told = json.loads(tar.extractfile("manifest.json").read())["members"]  # type: ignore[union-attr]
    with_manifest(kept, members=told | {NAME: {"sha256": other, "size": 5}})

    assert refused(kept) == f"{NAME} is not the file that its name says."
