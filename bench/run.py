"""Run the parts, each in a process of its own, and write down what came of it.

python -m bench.run [--json] [PART | KEY …]
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

from bench.measuring import Measurement

TOP = Path(__file__).resolve().parent.parent
PAPER = TOP / "docs" / "benchmarks.md"
# What is measured, by the part that measures it.
KEYS = {
    "document_path": ["document_path.vs_bare"],
    "document_unchanged": ["document_unchanged_ms"],
    "outbox_sweep": ["outbox.sweep_ms"],
    "handbook_pdf": ["handbook.pdf_vs_bare"],
    "pages": [
        "pages.max_sql",
        "pages.sql_growth",
        "editor.sql",
        "case_overview.growth",
        "case_overview.vs_empty_view",
    ],
    "portfolio": ["portfolio.sql", "portfolio.growth"],
    "reminders": ["reminders.vs_smtp", "reminders.missing", "reminders.paper_s"],
    "run": ["run.first_page_s", "run.second_start_s"],
    "worker_memory": ["worker_memory.growth_500"],
    "workers": ["workers.two_vs_one"],
}
# Two runs in a row must agree this well before a number is believed, and so often it is tried.
AGREEMENT = 0.15
RUNS_MOST = 4
Runs = list[Measurement]


def measure_here(part: str) -> None:
    for measurement in import_module(f"bench.parts.{part}").measure():
        print(json.dumps(vars(measurement)), flush=True)


def measure(part: str) -> list[Measurement]:
    """The part in a process and a folder of its own: nothing is left from the one before."""
    with tempfile.TemporaryDirectory(prefix="upptakt-bench-") as folder:
        env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        env |= {"UPPTAKT_VAR": folder, "UPPTAKT_STATIC": folder, "TMPDIR": folder}
        env |= {"DJANGO_SETTINGS_MODULE": "config.settings", "UPPTAKT_LOG": "terminal"}
        done = subprocess.run(
            [sys.executable, "-m", "bench.run", "--here", part],
            cwd=TOP,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    # Beside them stands what the house logs.
    told = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return [Measurement(**json.loads(line)) for line in told]


def asked_for(names: list[str]) -> dict[str, list[str]]:
    """The parts to run and the keys wanted of each: of a part's name all, of a key's that one.

    Raises KeyError for what is neither.
    """
    wanted: dict[str, set[str]] = {}
    for name in names or KEYS:
        found = {
            part: keys if name == part else [name]
            for part, keys in KEYS.items()
            if name == part or name in keys
        }
        if not found:
            raise KeyError(name)
        for part, keys in found.items():
            wanted.setdefault(part, set()).update(keys)
    return {part: [key for key in KEYS[part] if key in wanted[part]] for part in sorted(wanted)}


def measure_until_settled(
    part: str, keys: list[str], once: Callable[[str], list[Measurement]] = measure
) -> dict[str, Runs]:
    """For each key the first two runs in a row that agree, or the last two where none did."""
    runs: dict[str, Runs] = {key: [] for key in keys}
    for _ in range(RUNS_MOST):
        for measurement in once(part):
            known = runs.get(measurement.key)
            if known is not None and not agree(known):
                known.append(measurement)
                say(measurement)
        if all(map(agree, runs.values())):
            break
    return {key: known[-2:] for key, known in runs.items()}


def say(measurement: Measurement) -> None:
    m = measurement
    mark = "" if m.is_within_limit else f"  outside the limit {m.limit:g}"
    print(f"{m.key}  {m.value:.3g}  ({m.low:.3g} to {m.high:.3g}){mark}", file=sys.stderr)


def agree(runs: Runs) -> bool:
    """Whether the last two runs are two, and say the same within the tolerance."""
    if len(runs) < 2:
        return False
    one, other = (run.value for run in runs[-2:])
    return abs(one - other) <= AGREEMENT * max(abs(one), abs(other))


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*:\s*(.+)", info)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), "
        f"{memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    )


HEAD = """# Benchmarks

Written by `scripts/bench`; do not edit. A value is a median, the spread reaches from the lower to
the upper quartile; a ratio is the median of at least 15 alternating pairs. Each is measured until
two runs in a row agree within 15 %, at most four times; the worse of the two counts. Where none
agreed, the last two are shown.
Each holds for the machine it was measured on, on that day.

| What | Value | Spread | Limit | Day | Machine | Meaning |
|---|---|---|---|---|---|---|
"""


def row(measurements: Runs, where: str) -> str:
    worst = worse(measurements)
    value = f"{worst.value:.3g}"
    if not agree(measurements):
        value = " and ".join(f"{m.value:.3g}" for m in measurements)
    limit = "" if worst.limit is None else f"{worst.limit:g}"
    if not worst.is_within_limit:
        value = f"**{value}**"
    spread = f"{worst.low:.3g} to {worst.high:.3g}"
    day = date.today().isoformat()  # noqa: DTZ011
    cells = (f"`{worst.key}`", value, spread, limit, day, where, worst.meaning)
    return f"| {' | '.join(cells)} |"


def worse(runs: Runs) -> Measurement:
    """The run that is told of."""
    pick = min if runs[0].is_floor else max
    return pick(runs, key=lambda m: m.value)


def write(found: dict[str, Runs], paper: Path, where: str) -> None:
    """Put what was found into the table; what was not measured now stays as it was."""
    text = paper.read_text() if paper.exists() else ""
    rows = {m[1]: m[0] for m in re.finditer(r"^\| `([^`]+)` .*$", text, re.MULTILINE)}
    rows |= {key: row(measurements, where) for key, measurements in found.items()}
    paper.write_text(HEAD + "\n".join(map(rows.__getitem__, sorted(rows))) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one flat object; writes no file")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a part or of what it measures")
    asked = parser.parse_args()
    if asked.here:
        measure_here(asked.here)
        return 0
    try:
        parts = asked_for(asked.names)
    except KeyError as unknown:
        known = [*KEYS, *(key for keys in KEYS.values() for key in keys)]
        parser.error(f"there is no {unknown.args[0]}, only {', '.join(known)}")
    found: dict[str, Runs] = {}
    for part, keys in parts.items():
        found |= measure_until_settled(part, keys)
    if asked.json:
        print(as_json(found))
    else:
        write(found, PAPER, machine())
        print(f"Written to {PAPER.relative_to(TOP)}")
    faults = [*unsettled(found), *over(found)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return int(bool(faults))


def as_json(found: dict[str, Runs]) -> str:
    """One flat object: what each key came to, the worse of its two runs."""
    return json.dumps({key: round(worse(runs).value, 4) for key, runs in found.items()})


def unsettled(found: dict[str, Runs]) -> list[str]:
    return [
        f"{key}: no two of {RUNS_MOST} runs in a row agree within {AGREEMENT:.0%}"
        for key, runs in found.items()
        if not agree(runs)
    ]


def over(found: dict[str, Runs]) -> list[str]:
    return [
        f"{key}: outside the limit"
        for key, runs in found.items()
        if not all(run.is_within_limit for run in runs)
    ]


if __name__ == "__main__":
    sys.exit(main())
