import re
import shutil
from pathlib import Path

import pytest
from django.utils import translation

from handbook.manuscript import read_manuscript
from handbook.refusals import ContentRefused
from handbook.shipped import CONTENT, shipped_folders
from tests.handbook.shelves import METHOD, OTHER_METHOD


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT / METHOD, tmp_path / "method"))


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    """The method with the fewest templates, and the one whose files it shares."""
    return Path(shutil.copytree(CONTENT, tmp_path / "content")) / OTHER_METHOD


def change(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence; the line where it stood."""
    text = path.read_text(encoding="utf-8")
    before, found, after = text.partition(old)
    assert found, f"{old!r} is not in {path.name}"
    path.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1


def problems_in(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(ContentRefused) as caught:
        read_manuscript(folder)
    return [(p.file, p.line, p.message) for p in caught.value.problems]


@pytest.mark.parametrize("path", shipped_folders(), ids=lambda path: path.name)
def test_a_shipped_handbook_is_whole_and_needs_no_advice(path):
    assert read_manuscript(path).advice == ()


def test_a_checklist_of_one_is_advised_on_in_the_singular(folder):
    text = (folder / PHASE).read_text(encoding="utf-8")
    short = re.sub(r"(checklist:\n.*\n)( +- \{sv.*\n)+", r"\1", text, count=1)
    (folder / PHASE).write_text(short, encoding="utf-8")

    with translation.override("en"):
        (told,) = read_manuscript(folder).advice

    assert told.message == "The checklist has one item; usual is 3 to 6."


PHASE = "phases/04-concept.yaml"
MISTAKES = {
    "an empty gate question": (
        PHASE, 'en: "Which concepts have what it takes to become a prototype and reach a market?"',
        'en: ""', "gate.question.en: "),
    "a lost language": (
        PHASE, 'title: {sv: "Konceptfas", en: "Concept phase"}', 'title: {sv: "Konceptfas"}',
        "title: "),
    "a field nobody knows": (PHASE, "number: 4", "numbr: 4", "“numbr”"),
    "a flag of another kind": (PHASE, "pays_suppliers: true", "pays_suppliers: often", "flags."),
    "an assessment nobody knows": (PHASE, "assessment: reversed", "assessment: dice", "jury"),
    "a key in another form": (PHASE, "key: start-together", "key: Start Now", "Start Now"),
    "a role nobody has": (
        PHASE, "who: [process-leader, need-owner, supplier, procurer]", "who: [wizard]", "wizard"),
    "a law nobody wrote": (PHASE, "law: [lou-4-1, osl-19-3]", "law: [lou-99]", "lou-99"),
    "a template that does not exist": (
        PHASE, "produces: [phase-order, phase-plan,", "produces: [phase-plan, poem,", "poem"),
    "a day after the phase": (PHASE, "offset_days: 1\n", "offset_days: 999\n", "999"),
    "a step's key used twice": (
        PHASE, "key: workshop-per-supplier", "key: start-together", "twice"),
    "a name written twice": (PHASE, "number: 4\n", "number: 4\nnumber: 4\n", "twice"),
    "a name that is not text": (PHASE, "number: 4\n", "number: 4\non: 4\n", "“on”"),
    "broken YAML": (PHASE, "number: 4\n", "number: [4\n", "YAML"),
    "a reference": (PHASE, "number: 4\n", "number: *four\n", "YAML"),
    "a null character": (PHASE, 'sv: "Konceptfas"', 'sv: "Koncept\\0fas"', "kept"),
    "a lone surrogate": (PHASE, 'sv: "Konceptfas"', 'sv: "Koncept\\ud800fas"', ""),
    "an infinite number": (PHASE, "amount: 25000", "amount: .inf", "number"),
    "a number too long": (PHASE, "length_days: 20", "length_days: 99999999999", "1000"),
    "a method the phase does not use": (
        "criteria.yaml", "method: reversed", "method: jury", "reversed"),
    "a criterion without its zero": ("criteria.yaml", "score_0:", "score_9:", "score_9"),
    "a purpose nobody knows": (
        "templates/mandate.yaml", "serves: mandate", "serves: magic", "mandate"),
    "a choice without options": (
        "templates/mandate.yaml", "type: lines", "type: choice", "options"),
    "a level left out": ("readiness.yaml", "- level: 2\n", "- level: 3\n", "1"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_a_file_names_the_file_and_the_line(folder, case):
    name, old, new, word = case
    line = change(folder / name, old, new)

    found = problems_in(folder)

    near = [message for file, at, message in found if file == name and line - 1 <= at <= line + 6]
    assert near, found
    assert any(word in message for message in near), near


TEMPLATE = "templates/gate-decision.sv.html"
TEMPLATE_MISTAKES = {
    "an unknown field": ("<p>{{ gate.question }}</p>", "<p>{{ gate.quesion }}</p>", "gate.quesion"),
    "an unknown field in a branch never taken": (
        "<h2>Skäl</h2>", "<h2>Skäl</h2>{% if false %}{{ case.no }}{% endif %}", "case.no"),
    "an unknown field of a row": ("{{ s.reasons", "{{ s.rea_sons", "rea_sons"),
    "an undeclared field to fill in": ("{{ fill.delegation }}", "{{ fill.wish }}", "fill.wish"),
    "a tag that is not closed": ("{% if gate.despite != blank %}", "{% if %}", ""),
    "a condition that never ends": (
        "<h2>Skäl</h2>", "<h2>Skäl</h2>{% if gate.despite != blank %}", "endif"),
    "a filter nobody knows": ("{{ gate.question }}", "{{ gate.question | safe }}", "safe"),
    "a script": ("<h2>Skäl</h2>", "<h2>Skäl</h2><script>alert(1)</script>", "script"),
    "an element that is not closed": ("<h2>Underlag</h2>", "<h2>Underlag</h3>", "HTML"),
    "a passage named twice": (
        'data-passage="secrecy"', 'data-passage="suppliers"', "suppliers"),
}  # fmt: skip


@pytest.mark.parametrize("case", TEMPLATE_MISTAKES.values(), ids=TEMPLATE_MISTAKES.keys())
def test_a_mistake_in_a_template_names_the_file_and_the_line(small_folder, case):
    old, new, word = case
    line = change(small_folder / TEMPLATE, old, new)

    found = problems_in(small_folder)

    near = [message for file, at, message in found if file == TEMPLATE and at in (line, line + 1)]
    assert any(word in message for message in near), found


@pytest.mark.parametrize("wrong", ["{% if gate.despite != blank %}", "<script>alert(1)</script>"])
def test_a_template_that_cannot_be_read_is_not_said_to_miss_anything_else(small_folder, wrong):
    line = change(small_folder / TEMPLATE, "<h2>Skäl</h2>", f"<h2>Skäl</h2>{wrong}")

    assert [(file, at) for file, at, _message in problems_in(small_folder)] == [(TEMPLATE, line)]


def test_a_passage_in_one_language_only_is_refused(small_folder):
    change(small_folder / TEMPLATE, ' data-passage="secrecy"', "")

    assert any("secrecy" in message for _file, _line, message in problems_in(small_folder))


@pytest.mark.parametrize(
    ("key", "serves", "file"),
    [
        ("gate-decision", "phase_decision", "handbook.yaml"),
        ("challenge-brief", "challenge_brief", "phases/03-procurement.yaml"),
        ("phase-order", "order", "phases/03-procurement.yaml"),
        ("assessment-record", "assessment_record", "phases/03-procurement.yaml"),
        ("decision-notice", "award_notice", "phases/03-procurement.yaml"),
    ],
)
def test_publishing_demands_the_papers_that_a_phase_makes_necessary(folder, key, serves, file):
    change(folder / f"templates/{key}.yaml", f"serves: {serves}", "serves: other")

    assert [f for f, _line, message in problems_in(folder) if f"“{serves}”" in message][:1] == [
        file
    ]


def test_a_missing_file_is_named_where_it_is_listed(folder):
    (folder / PHASE).unlink()
    text = (folder / "handbook.yaml").read_text(encoding="utf-8")
    line = text[: text.index("  phases: [")].count("\n") + 1

    assert problems_in(folder) == [
        ("handbook.yaml", line, "There is no file “phases/04-concept.yaml”.")
    ]


def test_a_template_without_its_text_is_refused(folder):
    (folder / TEMPLATE).unlink()

    assert [file for file, *_rest in problems_in(folder)] == ["templates/gate-decision.yaml"]


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd"])
def test_a_path_out_of_the_folder_is_not_read(folder, path):
    change(folder / "handbook.yaml", "law: law.yaml", f"law: {path}")

    assert any("out of" in message for _file, _line, message in problems_in(folder))


def test_a_file_of_200_megabytes_is_refused_by_its_name(folder):
    with (folder / "criteria.yaml").open("ab") as file:
        file.truncate(200 * 1024 * 1024)

    assert problems_in(folder)[0] == ("criteria.yaml", 1, "The file is too large.")


def test_bytes_that_are_no_text_name_their_line(folder):
    (folder / "law.yaml").write_bytes(b"as_of: x\n\xff\xfe\n")

    assert problems_in(folder)[0][:2] == ("law.yaml", 2)


@pytest.mark.parametrize(
    "text", ["[" * 5000, "- 1", "", "!!python/object:os.system {}", "a: &a [*a]"]
)
def test_hostile_yaml_is_refused_in_words(folder, text):
    (folder / "law.yaml").write_text(text)

    assert {file for file, *_rest in problems_in(folder)} == {"law.yaml"}


def test_a_folder_without_a_handbook_is_refused(tmp_path):
    assert problems_in(tmp_path) == [("handbook.yaml", 1, "The file is missing.")]
