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
from datetime import date
from importlib import import_module
from pathlib import Path

from bench.measuring import Measurement

TOP = Path(__file__).resolve().parent.parent
PAPER = TOP / "docs" / "benchmarks.md"
PARTS = sorted(p.stem for p in (TOP / "bench" / "parts").glob("[!_]*.py"))
# Two runs in a row must agree this well before a number is believed.
AGREEMENT = 0.15


def measure_here(part: str) -> None:
    for measurement in import_module(f"bench.parts.{part}").measure():
        print(json.dumps(vars(measurement)), flush=True)


def measure(part: str) -> list[Measurement]:
    """The part in a process and a folder of its own: nothing is left from the one before."""
    with tempfile.TemporaryDirectory(prefix="upptakt-bench-") as folder:
        env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        env |= {"UPPTAKT_VAR": folder, "UPPTAKT_STATIC": folder, "TMPDIR": folder}
        env["DJANGO_SETTINGS_MODULE"] = "config.settings"
        done = subprocess.run(
            [sys.executable, "-m", "bench.run", "--here", part],
            cwd=TOP,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return [Measurement(**json.loads(line)) for line in done.stdout.splitlines()]


def measure_twice(part: str) -> dict[str, list[Measurement]]:
    found: dict[str, list[Measurement]] = {}
    for _ in range(2):
        for measurement in measure(part):
            found.setdefault(measurement.key, []).append(measurement)
            say(measurement)
    return found


def say(measurement: Measurement) -> None:
    m = measurement
    mark = "" if m.is_within_limit else f"  over the limit {m.limit:g}"
    print(f"{m.key}  {m.value:.3g}  ({m.low:.3g} to {m.high:.3g}){mark}", file=sys.stderr)


def agree(measurements: list[Measurement]) -> bool:
    values = [m.value for m in measurements]
    return max(values) - min(values) <= AGREEMENT * max(*values, 1e-9, -min(values))


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
the upper quartile; a ratio is the median of at least 15 alternating pairs. Each part is measured
twice in a row, the worse of the two counts, and both are shown when they differ by more than 15 %.
They hold for this machine on that day: {machine}.

| What | Value | Spread | Limit | Day | Meaning |
|---|---|---|---|---|---|
"""


def row(measurements: list[Measurement]) -> str:
    worst = max(measurements, key=lambda m: m.value)
    value = f"{worst.value:.3g}"
    if not agree(measurements):
        value = " and ".join(f"{m.value:.3g}" for m in measurements)
    limit = "" if worst.limit is None else f"{worst.limit:g}"
    if not worst.is_within_limit:
        value = f"**{value}**"
    spread = f"{worst.low:.3g} to {worst.high:.3g}"
    day = date.today().isoformat()  # noqa: DTZ011
    return f"| `{worst.key}` | {value} | {spread} | {limit} | {day} | {worst.meaning} |"


def write(found: dict[str, list[Measurement]]) -> None:
    text = PAPER.read_text() if PAPER.exists() else ""
    rows = {m[1]: m[0] for m in re.finditer(r"^\| `([^`]+)` .*$", text, re.MULTILINE)}
    rows |= {key: row(measurements) for key, measurements in found.items()}
    PAPER.write_text(HEAD.format(machine=machine()) + "\n".join(map(rows.get, sorted(rows))) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one flat object; writes no file")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PARTS)}")
    asked = parser.parse_args()
    if asked.here:
        measure_here(asked.here)
        return 0
    chosen = [part for part in PARTS if any(name.startswith(part) for name in asked.names)]
    if any(not name.startswith(tuple(PARTS)) for name in asked.names):
        parser.error(f"there are only {', '.join(PARTS)}")
    found: dict[str, list[Measurement]] = {}
    for part in chosen or PARTS:
        found |= measure_twice(part)
    worst = {key: max(m.value for m in ms) for key, ms in found.items()}
    if asked.json:
        print(json.dumps({key: round(value, 4) for key, value in worst.items()}))
    else:
        write(found)
        print(f"Written to {PAPER.relative_to(TOP)}")
    return not all(m.is_within_limit for ms in found.values() for m in ms)


if __name__ == "__main__":
    sys.exit(main())
