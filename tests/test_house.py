"""Rules of the house that no other tool knows."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import rules.permissions
from django.apps import apps
from packaging.requirements import Requirement

from scripts import messages

TOP = Path(__file__).resolve().parent.parent
THIS = Path(__file__).resolve().relative_to(TOP)
ROOMS = ["journal", "outbox", "documents", "teams", "handbook", "procurements"]
OURS = ["config", *ROOMS, "api", "templates", "static", "tests", "bench", "scripts", "docs"]
NOT_OURS = {"vendor", "migrations", "__pycache__", "content"}


def files(*suffixes: str, folders: list[str] = OURS) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((TOP / folder).rglob("*")):
            inside = path.relative_to(TOP)
            is_ours = not NOT_OURS & {*inside.parts} and inside != THIS
            if is_ours and path.suffix in suffixes and path.is_file():
                yield inside


def lines_with(pattern: str, paths: Iterator[Path] | list[Path]) -> list[str]:
    found = re.compile(pattern)
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate((TOP / path).read_text(errors="replace").splitlines(), 1)
        if found.search(line)
    ]


def models() -> list[type]:
    return [m for room in ROOMS for m in apps.get_app_config(room).get_models()]


def test_every_model_says_what_it_is_and_how_long_it_is_kept():
    classes = "account|organisation|case|handbook|log"
    without = [
        m._meta.label
        for m in models()
        if not re.search(rf"Retention: ({classes})\.", m.__doc__ or "")
    ]

    assert without == []


def test_every_model_is_in_the_glossary():
    glossary = (TOP / "docs" / "glossary.md").read_text()

    assert [m.__name__ for m in models() if f"`{m.__name__}`" not in glossary] == []


def test_every_setting_from_the_environment_is_documented():
    settings = (TOP / "config" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    documented = set(
        re.findall(r"^\| `([A-Z_]+)`", (TOP / "docs" / "running.md").read_text(), re.M)
    )

    assert documented == read


def test_no_module_has_a_name_that_says_nothing():
    nothing = {"utils", "helpers", "services", "constants", "managers", "common", "misc"}

    assert [str(p) for p in files(".py") if nothing & {p.stem, *p.parts}] == []


def test_nothing_is_left_to_do():
    mark = r"(#|//|/\*|<!--|\{#).*\b(TODO|FIXME|XXX)\b"

    assert lines_with(mark, files(".py", ".html", ".js", ".css")) == []


def test_whether_a_page_is_dark_changes_nothing_but_colours():
    """A colour says both its values, so that a page need not be looked over twice."""
    assert lines_with(r"prefers-color-scheme|data-color-scheme=", files(".css")) == []


def test_tests_wait_for_what_happens_and_never_for_the_clock():
    tests = [p for p in files(".py", folders=["tests"]) if p.name != "waiting.py"]

    assert lines_with(r"\b(time\.sleep|wait_for_timeout)\(", tests) == []


def test_no_test_is_skipped():
    tests = files(".py", folders=["tests"])

    assert lines_with(r"pytest\.mark\.skip|pytest\.skip\(|importorskip", tests) == []


OPERATIONS = [f"{room}/operations" for room in ("teams", "handbook", "procurements")]


def test_operations_are_told_the_moment_and_who():
    clock = r"timezone\.now\(|localdate\(\)|date\.today\(|datetime\.now\(|\brequest\b"

    assert lines_with(clock, files(".py", folders=OPERATIONS)) == []


def test_operations_do_not_call_operations():
    ours = re.compile(r"^@transaction\.atomic\(durable=True\)\ndef (\w+)", re.M)
    paths = list(files(".py", folders=OPERATIONS))
    names = {name for path in paths for name in ours.findall((TOP / path).read_text())}
    called = rf"(?<!def )\b({'|'.join(sorted(names))})\("

    assert names
    assert lines_with(called, paths) == []


def test_states_change_only_along_the_map():
    """`.state = ` stands in move_to alone; a new row gets its state when it is made."""
    found = []
    for path in files(".py", folders=ROOMS):
        function = ""
        for line in (TOP / path).read_text().splitlines():
            function = named[1] if (named := re.match(r"\s*def (\w+)", line)) else function
            if re.match(r"\s+[\w.]+\.state = ", line) and function != "move_to":
                found.append(f"{path}: {function}")

    assert found == []


def test_every_permission_is_asked_for_somewhere():
    pages = "".join(
        (TOP / path).read_text() for path in files(".py", ".html", folders=[*ROOMS, "templates"])
        if path.name != "permissions.py"
    )  # fmt: skip

    assert [name for name in rules.permissions.permissions if f'"{name}"' not in pages] == []


def test_pages_hold_no_script_style_or_handler():
    pages = [p for p in files(".html", folders=["templates"]) if "documents" not in p.parts]
    inline = r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")"

    assert lines_with(inline, pages) == []


def test_nothing_committed_names_a_machine_or_a_registry():
    tracked = list(files(".py", ".html", ".md", ".yml", ".yaml", ".txt", ""))
    tracked += [p.relative_to(TOP) for p in TOP.glob("*.*") if p.is_file()]
    tracked += [p.relative_to(TOP) for p in (TOP / "requirements").iterdir()]
    locks = [p.relative_to(TOP) for p in (TOP / "requirements").iterdir()]
    # Of the machine this runs on: another is named by whoever wrote it there.
    places = [TOP, TOP.parent, Path(sys.base_prefix)]
    machine = {str(Path.home()), *(str(one) for one in places if len(one.parts) > 2)}
    paths = "|".join(rf"(^|[\s\"'=(]){re.escape(place)}/" for place in sorted(machine))

    assert lines_with(r"--(extra-)?index-url|--find-links", tracked) == []
    assert lines_with(r"https?:|^\s*-[a-z]|--(?!hash=)", locks) == []
    assert lines_with(paths, tracked) == []


@pytest.mark.parametrize("name", ["base", "dev", "install", "rehearse"])
def test_the_lock_holds_what_the_project_asks_for(name):
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    wanted = list(project["project"]["dependencies"]) if name in ("base", "dev") else []
    wanted += project["dependency-groups"].get(name, [])
    text = (TOP / "requirements" / f"{name}.txt").read_text()
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.M))
    asked = [Requirement(line) for line in wanted]

    unmet = [str(r) for r in asked if locked.get(r.name) not in _as_set(r, locked)]

    assert unmet == []
    pinned = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert [one.split()[0] for one in pinned if "--hash=sha256:" not in one] == []
    assert len(pinned) == len(locked)


def test_scripts_install_nothing_that_no_hash_checks():
    scripts = [p.relative_to(TOP) for p in (TOP / "scripts").iterdir() if p.is_file()]

    assert lines_with(r"pip install ", scripts)
    assert lines_with(r"pip install (?!.*--require-hashes)", scripts) == []


def _as_set(requirement: Requirement, locked: dict[str, str]) -> list[str]:
    version = locked.get(requirement.name, "")
    return [version] if version and requirement.specifier.contains(version) else []


@pytest.fixture(scope="module")
def catalogue():
    return messages.read(messages.catalogue())


def test_every_word_of_the_interface_has_swedish(catalogue):
    assert messages.missing(catalogue) == []


@pytest.mark.slow
def test_the_catalogue_holds_exactly_the_words_of_the_interface(catalogue):
    assert messages.keys(messages.collect()) == messages.keys(catalogue)


def test_what_is_said_of_one_and_of_many_is_not_also_said_by_itself(catalogue):
    """Not every Python finds such words: 3.11.2, Debian's, leaves them untranslated."""
    counted = {entry.msgid for entry in catalogue if entry.msgid_plural and not entry.msgctxt}
    alone = re.compile(
        r"""(?:{% translate|(?<!\w)_\(|(?<!\w)gettext(?:_lazy)?\()\s*"([^"]+)"(?! context)"""
    )
    block = re.compile(
        r"{% blocktranslate[^%]*%}((?:(?!{% plural).)*?){% endblocktranslate %}", re.DOTALL
    )
    said = set()
    for path in sources():
        text = path.read_text("utf-8")
        said |= set(alone.findall(text))
        for words in block.findall(text):
            said.add(re.sub(r"{{ *(\w+) *}}", r"%(\1)s", " ".join(words.split())))

    assert len(said) > 500
    assert said & counted == set()


def sources():
    """Every file with words for people."""
    for folder in ("templates", "config", "documents", "handbook", "procurements", "teams"):
        for path in (TOP / folder).rglob("*"):
            if path.suffix in (".py", ".html", ".txt", ".svg"):
                yield path


def test_the_compiled_catalogue_is_the_catalogue():
    assert messages.is_compiled(messages.catalogue())


def test_scripts_are_plain_shell_and_can_be_run():
    shell = "run test check messages lock bench drill pictures rehearse-compose environment"
    for script in shell.split():
        path = TOP / "scripts" / script
        assert subprocess.run(["sh", "-n", path], check=False).returncode == 0, script
        assert script == "environment" or path.stat().st_mode & 0o111, script
    assert (TOP / ".ci" / "run").stat().st_mode & 0o111
