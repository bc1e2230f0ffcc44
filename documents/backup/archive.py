"""The file itself: written whole or not at all, and believed only when every byte is right."""

import hashlib
import json
import os
import re
import secrets
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from documents.backup import BackupRefused

FORMAT = "upptakt-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MANIFEST_MOST = 256 * 1024 * 1024
# Nothing else is ever looked at: no path out of the folder, no link, no device.
NAME = re.compile(r"rows/[a-z_]+\.[a-z_0-9]+\.jsonl\.gz|files/(?:\d+|shared)/[0-9a-f]{64}")
CHUNK = 1024 * 1024


@dataclass
class Writer:
    """Members go in one after the other; the manifest, with their sums, ends it."""

    tar: tarfile.TarFile
    folder: Path
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, name: str, fill: Callable[[IO[bytes]], int]) -> int:
        """A member whose size is known only when it has been written."""
        with tempfile.TemporaryFile(dir=self.folder) as out:
            count = fill(out)
            size = out.tell()
            out.seek(0)
            self.copy(name, out, size)
        return count

    def copy(self, name: str, source: IO[bytes], size: int) -> str:
        """A member as it is; its SHA-256."""
        told = _Summed(source)
        self._add(name, told, size)
        self.members[name] = {"sha256": told.digest.hexdigest(), "size": size}
        return told.digest.hexdigest()

    def finish(self, manifest: dict[str, Any]) -> None:
        whole = {"format": FORMAT, "format_version": FORMAT_VERSION} | manifest
        text = json.dumps(whole | {"members": self.members}, ensure_ascii=False, indent=1)
        with tempfile.TemporaryFile(dir=self.folder) as out:
            out.write(text.encode())
            size = out.tell()
            out.seek(0)
            self._add(MANIFEST, out, size)

    def _add(self, name: str, source: "IO[bytes] | _Summed", size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self.tar.addfile(member, source)  # type: ignore[arg-type]


class _Summed:
    """A file that is summed while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self.source.read(size)
        self.digest.update(chunk)
        return chunk


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Write beside it, sync and rename: a file that has its name is whole. Only who runs the
    house can read it."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar, path.parent)
            out.flush()
            os.fsync(out.fileno())
        _name(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _name(unfinished: Path, path: Path) -> None:
    """Never over another: of two backups begun at once with one name, one is refused."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links, as on many shares.
        if path.exists():
            raise FileExistsError(f"{path} is there already.") from None
        unfinished.rename(path)


@dataclass
class Reader:
    """A backup whose every byte has been looked at."""

    tar: tarfile.TarFile
    members: dict[str, tarfile.TarInfo]
    manifest: dict[str, Any]

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        # By name the tar would look through all of them each time.
        source = self.tar.extractfile(self.members[name])
        assert source is not None
        with source:
            yield source

    def files(self) -> list[str]:
        return [name for name in self.members if name.startswith("files/")]


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Look at everything first: kinds, names, sizes, sums. Raises BackupRefused with the reason."""
    with ExitStack() as opened:
        try:
            tar = opened.enter_context(tarfile.open(path, mode="r:"))
            members = _looked_over(tar)
            manifest = _manifest(tar, members)
            _compare(tar, members, manifest)
        except FileNotFoundError:
            raise BackupRefused(f"There is no file {path}.") from None
        except (tarfile.ReadError, EOFError) as error:
            raise BackupRefused(f"The file is damaged, or no backup: {error}.") from error
        # What fails from here on is no fault of the file.
        yield Reader(tar, members, manifest)


def _looked_over(tar: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    members: dict[str, tarfile.TarInfo] = {}
    for member in tar:
        if not member.isreg() or not (member.name == MANIFEST or NAME.fullmatch(member.name)):
            raise BackupRefused(f"The file holds {member.name!r}, which no backup does.")
        if member.name in members:
            raise BackupRefused(f"The file holds {member.name} twice.")
        members[member.name] = member
    return members


def _manifest(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo]) -> dict[str, Any]:
    last = members.pop(MANIFEST, None)
    if last is None:
        raise BackupRefused("The file has no manifest: it is no backup, or not a whole one.")
    source = tar.extractfile(last)
    try:
        if source is None or last.size > MANIFEST_MOST:
            raise ValueError
        manifest = json.loads(source.read())
        is_ours = manifest["format"] == FORMAT and isinstance(manifest["members"], dict)
        version = manifest["format_version"]
    except (ValueError, KeyError, TypeError):
        is_ours, version = False, None
    if not is_ours:
        raise BackupRefused("The manifest is damaged, or not of a backup of Upptakt.")
    if version != FORMAT_VERSION:
        raise BackupRefused(
            f"The backup is of form {version}; this version reads {FORMAT_VERSION}."
        )
    return dict(manifest)


def _compare(
    tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], manifest: dict[str, Any]
) -> None:
    told = manifest["members"]
    if differing := sorted(told.keys() ^ members.keys()):
        raise BackupRefused(f"The manifest and the file differ about {differing[0]}.")
    for name, member in members.items():
        source = tar.extractfile(member)
        assert source is not None
        digest = hashlib.sha256()
        with source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
        if told[name] != {"sha256": digest.hexdigest(), "size": member.size}:
            raise BackupRefused(f"{name} is damaged: its sum is not what the manifest says.")
        if name.startswith("files/") and not name.endswith(digest.hexdigest()):
            raise BackupRefused(f"{name} is not the file that its name says.")
