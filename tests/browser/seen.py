"""Which addresses have been looked over in a browser, and which should have been.

What a browser makes of a page is not the database's doing, and judging it takes longer than all
else in a journey: of two runs beside each other the quicker one judges the pages, and each page is
judged once (decision 13). A run by itself judges them all.

Each test carries what it saw in its report, so that the process that counts may be another than
the one that looks.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

TESTS = Path(__file__).parent.parent
LOOKING = ("journeys", "browser")
# A page of a house where nobody is yet, and one that is reached by a redirect to itself.
ALSO_PAGES = {"welcome", "account_reset_password_from_key"}
FILES = {"calendar_feed", "gate_signed_copy", "paper_file", "task_file"}
ASKED_BY_MACHINES = {"healthz", "readyz"}
_seen: set[str] = set()
# "no" in a run that leaves the pages to the one beside it.
JUDGES = "UPPTAKT_TEST_JUDGES"
JUDGED, LEFT = "judged", "left to the other run"
_judged: list[tuple[str, str]] = []


def is_judged_here(name: str) -> bool:
    """Whether this run is the one that judges the page a test calls so."""
    test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
    page = f"{test}: {name}"
    is_here = os.environ.get(JUDGES) != "no"
    _judged.append((JUDGED if is_here else LEFT, page))
    return is_here


def see(url: str) -> None:
    """Remember the address of a page that is looked over; one that is not there has no name."""
    try:
        _seen.add(resolve(urlsplit(url).path).url_name or "")
    except Resolver404:
        return


def seen_lately() -> list[tuple[str, str]]:
    """What has been looked over since this was asked last, and which pages were judged or left."""
    lately = [("looked over", name) for name in sorted(_seen)] + _judged
    _seen.clear()
    _judged.clear()
    return lately


def pages() -> set[str]:
    """Every address that answers a GET with a page, by the matrix."""
    from tests.matrix.test_matrix import LINES, PARTS

    read = {line.name for line in LINES if line.method == "GET" and {"200", "200+"} & {*line.cells}}
    return (read | ALSO_PAGES) - FILES - ASKED_BY_MACHINES - set(PARTS)


def is_whole(ran: Iterable[str]) -> bool:
    """Whether every journey and every browser test is among the tests that ran."""
    names = {name.split("[")[0] for name in ran}
    return wanted() <= names


def wanted() -> set[str]:
    return {
        f"tests/{folder}/{file.name}::{name}"
        for folder in LOOKING
        for file in (TESTS / folder).glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }
