"""Collect, compile and check the words of the interface.

Called by scripts/messages and the house tests.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import polib

TOP = Path(__file__).resolve().parent.parent
LOCALE = TOP / "locale"
LEFT_ALONE = [".venv", "var", "tests", "bench", "scripts", "docs", "static", "staticfiles"]
NOISE = [
    "POT-Creation-Date", "PO-Revision-Date", "Report-Msgid-Bugs-To", "Last-Translator",
    "Language-Team",
]  # fmt: skip

Key = tuple[str | None, str, str]


def catalogue(locale: Path = LOCALE) -> Path:
    return locale / "sv" / "LC_MESSAGES" / "django.po"


def read(path: Path) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=0)


def keys(messages: polib.POFile) -> set[Key]:
    return {(m.msgctxt, m.msgid, m.msgid_plural) for m in messages if not m.obsolete}


def collect() -> polib.POFile:
    """Let Django and xgettext find every marked word.

    In a copy of the project: makemessages writes beside its sources.
    """
    from django.core.management import call_command
    from django.test import override_settings

    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(TOP, copy, ignore=shutil.ignore_patterns(".*", *LEFT_ALONE))
        os.chdir(copy)
        try:
            with override_settings(LOCALE_PATHS=[copy / "locale"]):
                call_command(
                    "makemessages", locale=["sv"], verbosity=0,
                    no_location=True, no_wrap=True, no_obsolete=True,
                )  # fmt: skip
        finally:
            os.chdir(here)
        messages = read(catalogue(copy / "locale"))
    for noise in NOISE:
        messages.metadata.pop(noise, None)
    messages.sort(key=lambda m: (m.msgid.lower(), m.msgid, m.msgctxt or ""))
    return messages


def missing(messages: polib.POFile) -> list[str]:
    """Words without Swedish, or whose Swedish nobody has confirmed."""
    return [
        m.msgid
        for m in messages
        if not m.obsolete and (m.fuzzy or not all(m.msgstr_plural.values() or [m.msgstr]))
    ]


def is_compiled(path: Path) -> bool:
    return path.with_suffix(".mo").read_bytes() == read(path).to_binary()


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    messages = collect()
    messages.save(str(catalogue()))
    messages.save_as_mofile(str(catalogue().with_suffix(".mo")))
    without = missing(messages)
    for words in without:
        print("no Swedish yet:", words)
    print(f"{len(messages)} messages, {len(without)} without Swedish")
    sys.exit(bool(without))
