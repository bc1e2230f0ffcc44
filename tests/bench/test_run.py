import json
from pathlib import Path

import pytest

from bench import run
from bench.measuring import Measurement

# As the issues and docs/benchmarks.md name them.
NUMBERS = {
    "editor.sql",
    "portfolio.sql",
    "portfolio.growth",
    "outbox.sweep_ms",
    "reminders.missing",
    "reminders.paper_s",
    "reminders.vs_smtp",
    "workers.two_vs_one",
    "pages.max_sql",
    "pages.sql_growth",
    "case_overview.growth",
    "case_overview.vs_empty_view",
    "document_path.vs_bare",
    "document_unchanged_ms",
    "handbook.pdf_vs_bare",
    "worker_memory.growth_500",
    "run.first_page_s",
    "run.second_start_s",
}


def measured(key: str, value: float, limit: float | None = None) -> Measurement:
    return Measurement(key, value, value, value, limit, "")


class Part:
    """A part whose runs give these values, one after the other."""

    def __init__(self, **values: list[float]) -> None:
        self.values = values
        self.runs = 0

    def __call__(self, name: str) -> list[Measurement]:
        self.runs += 1
        return [measured(key, values[self.runs - 1]) for key, values in self.values.items()]


def settled(part: Part) -> dict[str, list[float]]:
    found = run.measure_until_settled("one", list(part.values), part)
    return {key: [m.value for m in runs] for key, runs in found.items()}


def test_the_numbers_are_measured_each_by_one_part():
    keys = [key for keys in run.KEYS.values() for key in keys]

    assert sorted(keys) == sorted(NUMBERS)
    parts = {p.stem for p in Path(run.__file__).parent.joinpath("parts").glob("[!_]*.py")}
    assert set(run.KEYS) == parts


@pytest.mark.parametrize(("part", "key"), [(p, k) for p, keys in run.KEYS.items() for k in keys])
def test_a_part_measures_what_it_is_said_to(part, key):
    source = Path(run.__file__).parent / "parts" / f"{part}.py"

    assert f'"{key}",' in source.read_text()


def test_a_name_is_that_of_a_part_or_of_one_number():
    assert run.asked_for(["case_overview.growth"]) == {"pages": ["case_overview.growth"]}
    assert run.asked_for(["run"]) == {"run": ["run.first_page_s", "run.second_start_s"]}
    assert run.asked_for(["document_path.vs_bare", "document_path"]) == {
        "document_path": ["document_path.vs_bare"]
    }
    assert run.asked_for([]) == {part: run.KEYS[part] for part in sorted(run.KEYS)}
    with pytest.raises(KeyError):
        run.asked_for(["case_overview"])


def test_two_runs_that_agree_are_enough():
    part = Part(a=[1.0, 1.14, 9], b=[0.0, 0.0, 9])

    assert settled(part) == {"a": [1.0, 1.14], "b": [0.0, 0.0]}
    assert part.runs == 2


def test_it_is_measured_again_until_two_runs_in_a_row_agree():
    part = Part(a=[1.0, 2.0, 1.0, 1.1], b=[5, 5, 7, 9])

    assert settled(part) == {"a": [1.0, 1.1], "b": [5, 5]}
    assert part.runs == 4


def test_what_does_not_settle_is_named_and_fails():
    part = Part(a=[1.0, 2.0, 1.0, 2.0, 2.0], b=[1, 1, 1, 1])
    found = run.measure_until_settled("one", ["a", "b"], part)

    assert part.runs == run.RUNS_MOST
    assert [line.partition(":")[0] for line in run.unsettled(found)] == ["a"]


def test_only_what_was_asked_for_is_told():
    part = Part(a=[1.0, 1.0], b=[1, 2])

    assert set(run.measure_until_settled("one", ["a"], part)) == {"a"}


def test_the_json_is_flat_and_holds_the_worse_of_two_runs():
    found = {key: [measured(key, 1.0), measured(key, 1.12345)] for key in sorted(NUMBERS)}

    assert json.loads(run.as_json(found)) == dict.fromkeys(sorted(NUMBERS), 1.1235)


def test_a_number_that_is_not_measured_anew_stays_with_its_machine(tmp_path):
    paper = tmp_path / "benchmarks.md"
    run.write({key: [measured(key, 1), measured(key, 1)] for key in "ab"}, paper, "old box")
    run.write({"b": [measured("b", 2), measured("b", 2)]}, paper, "new box")

    rows = [line.split(" | ") for line in paper.read_text().splitlines() if line.startswith("| `")]
    assert [(row[0], row[1], row[5]) for row in rows] == [
        ("| `a`", "1", "old box"),
        ("| `b`", "2", "new box"),
    ]


def test_a_floor_is_the_least_it_may_be_and_the_worse_is_the_lower():
    fast, slow = (Measurement("a", v, v, v, 1.6, "", is_floor=True) for v in (1.8, 1.5))

    assert (fast.is_within_limit, slow.is_within_limit) == (True, False)
    assert run.worse([fast, slow]) == slow


def test_what_is_over_its_limit_is_named():
    found = {"a": [measured("a", 12, 12)] * 2, "b": [measured("b", 12, 12), measured("b", 13, 12)]}

    assert [line.partition(":")[0] for line in run.over(found)] == ["b"]
