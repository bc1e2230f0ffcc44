"""Papers that are made before the day they are wanted, kept by what they are made of until that day
has passed. Nothing hangs on them: one that is missing is made when it is wanted."""

import hashlib
import json
import logging
import os
import secrets
import shutil
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from django.conf import settings

from documents import pdf
from documents.source import Given, Source

log = logging.getLogger("documents")


def paper(source: Source, *, on: date, at: datetime) -> bytes:
    """The paper wanted on a day: the one made for just this source, else made now and kept."""
    place = _place(source, on)
    with suppress(OSError):
        return place.read_bytes()
    content = pdf.write(source, Given(at=at, version="", author=""))
    _keep(place, content)
    return content


def throw_away(*, before: date) -> None:
    """Take away the papers of days that have passed, made or not."""
    for folder in _folder().glob("????-??-??"):
        if folder.name < before.isoformat():
            shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    return Path(settings.AHEAD_DIR)


def _place(source: Source, on: date) -> Path:
    # Another renderer, other fonts: another paper.
    made_of = json.dumps([source.hash, pdf.made_with()], sort_keys=True)
    return _folder() / on.isoformat() / f"{hashlib.sha256(made_of.encode()).hexdigest()}.pdf"


def _keep(place: Path, content: bytes) -> None:
    """Whole or not at all, whoever else makes the same. On a full disk the paper goes out all the
    same, and is not kept."""
    beside = place.with_suffix(f".{secrets.token_hex(8)}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        os.replace(beside, place)
    except OSError as error:
        log.warning("A paper made ahead could not be kept: %s", error)
        with suppress(OSError):
            beside.unlink()
