"""Vendored files are those of the manifest, unchanged, with their licences; icons are all used."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from config.page import STATE_ICONS

ROOT = settings.BASE_DIR
FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "browser" / "vendor"]
OURS = re.compile(r"(README\.md|manifest\.json|designsystemet\.config\.json|LICENSE.*)$")


def manifest(folder: Path) -> list[dict[str, str]]:
    return json.loads((folder / "manifest.json").read_text())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-2])
def test_every_file_is_in_the_manifest_unchanged(folder: Path) -> None:
    listed = {entry["path"]: entry["sha256"] for entry in manifest(folder)}
    found = {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and not OURS.search(file.name)
    }
    assert found == listed


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-2])
def test_every_file_has_its_licence(folder: Path) -> None:
    for entry in manifest(folder):
        assert entry["licence"] in {"MIT", "0BSD", "OFL-1.1", "MPL-2.0"}
        assert (folder / entry["licence_file"]).stat().st_size > 200


def kept_icons() -> set[str]:
    return {file.stem for file in (ROOT / "static" / "vendor" / "icons").glob("*.svg")}


def sources() -> str:
    """All templates and all code of the house, where an icon can be named."""
    folders = ["templates", "config", "procurements", "handbook", "teams", "documents"]
    files = [
        file
        for folder in folders
        for kind in ("*.html", "*.py")
        for file in (ROOT / folder).rglob(kind)
    ]
    return "\n".join(file.read_text() for file in files)


def test_every_icon_in_a_template_is_there() -> None:
    named = set(re.findall(r"""{%\s*icon\s+["'](\w+)["']""", sources()))
    assert named
    assert named - kept_icons() == set()
    assert set(STATE_ICONS.values()) - kept_icons() == set()
