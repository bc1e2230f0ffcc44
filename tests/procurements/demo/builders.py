"""The demo's files and the steps it plays, as tests need them."""

import shutil
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

from procurements.days import SWEDEN
from procurements.demo.plan import FIRST, FOLDER, Entry, Plan, StepDay, phase_keys, read
from tests.handbook.shelves import shipped

ORDINARY = date(2026, 11, 24)


@cache
def written(file: str = FIRST) -> Entry:
    return read(file, FOLDER)


@cache
def steps(file: str = FIRST) -> dict[str, list[StepDay]]:
    """The shipped handbook's steps for the case, by the case file's phase keys."""
    phases = {phase["key"]: phase for phase in shipped().data["phases"]}
    keys = phase_keys(FOLDER)
    return {
        phase["key"]: [
            StepDay(number, step["offset_days"])
            for number, step in enumerate(phases[keys.get(phase["key"], phase["key"])]["steps"], 1)
            if written(file)["context"] in step["applies_to"]
        ]
        for phase in written(file).get("phases", ())
    }


def moment(day: date, clock: time = time(12)) -> datetime:
    return datetime.combine(day, clock, tzinfo=SWEDEN)


def a_plan(day: date, clock: time = time(12), file: str = FIRST) -> Plan:
    return Plan(moment(day, clock), steps(file), file)


def a_copy(folder: Path) -> Path:
    """The demo's folder somewhere a test may write."""
    copied = Path(shutil.copytree(FOLDER, folder / "demo"))
    for path in copied.rglob("*"):
        path.chmod(0o755)
    return copied
