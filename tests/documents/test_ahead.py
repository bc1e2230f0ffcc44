"""Papers kept ahead: what goes wrong with the keeping never keeps a letter from going out."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from documents import ahead
from tests.documents.papers import AT, a_source
from tests.logs import written

MONDAY = date(2026, 10, 12)


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.AHEAD_DIR = tmp_path / "ahead"
    return tmp_path / "ahead"


def files_in(folder: Path) -> list[str]:
    return [one.suffix for one in folder.rglob("*") if one.is_file()]


@contextmanager
def a_disk_with_room_for(size: int) -> Iterator[None]:
    """No file of this process gets longer meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_on_a_full_disk_the_paper_goes_out_and_leaves_nothing_behind(folder: Path) -> None:
    whole = ahead.paper(a_source(), on=MONDAY, at=AT)
    ahead.throw_away(before=date(2026, 10, 13))
    assert files_in(folder) == []

    with written() as out, a_disk_with_room_for(len(whole) // 2):
        paper = ahead.paper(a_source(), on=MONDAY, at=AT)

    assert len(paper) == len(whole)
    assert files_in(folder) == []
    (line,) = out.lines
    assert line["level"] == "warning"
    assert "could not be kept: [Errno 27]" in line["event"]
    ahead.paper(a_source(), on=MONDAY, at=AT)
    assert files_in(folder) == [".pdf"]


def test_where_no_folder_can_be_the_paper_goes_out_all_the_same(folder: Path) -> None:
    folder.write_text("not a folder")

    with written() as out:
        assert ahead.paper(a_source(), on=MONDAY, at=AT).startswith(b"%PDF")

    assert [line["level"] for line in out.lines] == ["warning"]
