"""The handbooks that come with the house."""

from pathlib import Path

CONTENT = Path(__file__).resolve().parent / "content"


def shipped_folders() -> list[Path]:
    return sorted(path.parent for path in CONTENT.glob("*/handbook.yaml"))
