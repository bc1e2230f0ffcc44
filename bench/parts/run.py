"""From a fresh clone, with packages cached, to the first page; and the second start."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measuring import Measurement, seconds
from scripts.start import ask_for_first_page, die_with_parent
from tests.servers import free_port
from tests.waiting import wait_until

TOP = Path(__file__).resolve().parent.parent.parent
STARTS = 5
LEFT_OUT = (".venv", "var", ".git", "__pycache__", ".*_cache", ".hypothesis", "node_modules")


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        shutil.copytree(TOP, clone, ignore=shutil.ignore_patterns(*LEFT_OUT))
        yield Measurement.of(
            "run.first_page_s",
            [until_first_page(clone)],
            limit=90,
            meaning="`scripts/run` in a fresh clone, packages cached, until the first page (s)",
        )
        yield Measurement.of(
            "run.second_start_s",
            [until_first_page(clone) for _ in range(STARTS)],
            limit=5,
            meaning="`scripts/run` again, until the first page (s)",
        )


def until_first_page(clone: Path) -> float:
    port = free_port()
    kept = ("UPPTAKT_", "DJANGO_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(kept)}
    log = (clone / "run.log").open("w")
    with contextlib.ExitStack() as until_stopped:

        def start() -> None:
            running = subprocess.Popen(
                [clone / "scripts" / "run", "--port", str(port)],
                cwd=clone,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )
            until_stopped.callback(stop, running)
            wait_until(lambda: answers(running, port, clone), seconds=600, what="the first page")

        return seconds(start)


def answers(running: subprocess.Popen[bytes], port: int, clone: Path) -> bool:
    if running.poll() is not None:
        raise RuntimeError((clone / "run.log").read_text()[-3000:])
    return 200 <= ask_for_first_page(port) < 400


def stop(running: subprocess.Popen[bytes]) -> None:
    running.send_signal(signal.SIGTERM)
    running.wait(30)
