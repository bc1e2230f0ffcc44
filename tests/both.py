"""Run the suite on SQLite and, at the same time, on PostgreSQL with Redis. Called by scripts/test.

    python -m tests.both [pytest's arguments]

SQLite's run is shown as it goes, PostgreSQL's when both are done, so that pytest has the last
word.
Fails when either run fails, when they did not run the same tests, and when neither judged a page.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.start import die_with_parent
from tests import servers
from tests.browser.seen import JUDGED, JUDGES, LEFT

RECORDS = Path("var") / "test"


class Killed(SystemExit):
    """Somebody asked us to stop; servers and runs are stopped on the way out."""


def killed(number: int, frame: object) -> None:
    raise Killed(128 + number)


@contextlib.contextmanager
def suite(database: str, arguments: list[str], **environment: str) -> Iterator[subprocess.Popen]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    log = (RECORDS / f"{database}.log").open("w")
    record = str(RECORDS / f"{database}.json")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-o", f"cache_dir={RECORDS / database}",
         f"--junit-xml={RECORDS / database}.xml", *arguments],
        env=kept | environment | {"UPPTAKT_TEST_RECORD": record},
        stdin=subprocess.DEVNULL,
        stdout=None if database == "sqlite" else log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    try:
        yield process
    finally:
        log.close()
        # Also the browsers and workers that a killed run left behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def recorded(database: str) -> dict[str, set[str]]:
    """What a run wrote of itself: the tests, and the pages it judged or left to the other."""
    nothing: dict[str, list[str]] = {"ran": [], JUDGED: [], LEFT: []}
    with contextlib.suppress(FileNotFoundError):
        nothing |= json.loads((RECORDS / f"{database}.json").read_text())
    return {what: set(names) for what, names in nothing.items()}


def difference() -> list[str]:
    sqlite, postgresql = recorded("sqlite"), recorded("postgresql")
    left = (sqlite[LEFT] - postgresql[JUDGED]) | (postgresql[LEFT] - sqlite[JUDGED])
    return sorted(
        [f"only on SQLite: {name}" for name in sqlite["ran"] - postgresql["ran"]]
        + [f"only on PostgreSQL: {name}" for name in postgresql["ran"] - sqlite["ran"]]
        + [f"judged by neither: {name}" for name in left]
    )


def main(arguments: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, killed)
    RECORDS.mkdir(parents=True, exist_ok=True)
    for record in RECORDS.glob("*.json"):
        record.unlink()
    with contextlib.ExitStack() as running:
        # What a run leaves when it is killed goes with this folder.
        os.environ["TMPDIR"] = running.enter_context(tempfile.TemporaryDirectory(prefix="upptakt-"))
        # A PostgreSQL that a test starts as another user passes through it.
        Path(os.environ["TMPDIR"]).chmod(0o711)
        address = running.enter_context(servers.postgres())
        redis = running.enter_context(servers.redis())
        print("== SQLite, broker in files", flush=True)
        runs = {
            # The quicker of the two judges the pages.
            "sqlite": running.enter_context(suite("sqlite", arguments, **{JUDGES: "yes"})),
            "postgresql": running.enter_context(
                suite(
                    "postgresql",
                    arguments,
                    DATABASE_URL=address,
                    REDIS_URL=redis,
                    **{JUDGES: "no"},
                )
            ),
        }
        codes = {database: run.wait() for database, run in runs.items()}
    faults = difference() if not any(codes.values()) else []
    for fault in faults:
        print(fault)
    print("\n== PostgreSQL, broker in Redis", flush=True)
    print((RECORDS / "postgresql.log").read_text(), end="", flush=True)
    return max(*codes.values(), bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
