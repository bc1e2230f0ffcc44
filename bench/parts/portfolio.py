"""The portfolio of somebody who sees many cases, among ten thousand."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measuring import Measurement, ratios
from bench.parts.pages import in_place_of, opened, served

FEW, MANY, AMONG = 50, 500, 10_000
PAIRS = 31

SEED = """
import json, sys
from bench.seeding import a_leader_of, seed
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment
setup_test_environment()
few, many, among = map(int, sys.argv[1:])
seed(among)
told = {}
for number in (few, many):
    client = Client()
    client.force_login(a_leader_of(number))
    for _twice in range(2):
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/portfolio/")
    assert page.context["total"] == number and len(page.context["rows"]) == 50
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    told[number] = {"session": session, "queries": len(asked)}
print(json.dumps(told))
"""


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "many"
        arguments = map(str, (FEW, MANY, AMONG))
        told = json.loads(in_place_of(place, SEED, *arguments))
        few, many = told[str(FEW)], told[str(MANY)]
        yield Measurement.of(
            "portfolio.sql",
            [float(max(few["queries"], many["queries"]))],
            limit=12,
            meaning=f"SQL queries of the portfolio with {MANY} visible cases among {AMONG}, and "
            f"with {FEW}, fifty on the page",
        )
        with served(place) as server:
            yield Measurement.of(
                "portfolio.growth",
                ratios(
                    lambda: opened(server, "/portfolio/", many["session"], times=1),
                    lambda: opened(server, "/portfolio/", few["session"], times=1),
                    pairs=PAIRS,
                ),
                limit=1.5,
                meaning=f"the portfolio with {MANY} visible cases among {AMONG}, as a ratio to "
                f"that with {FEW}; fifty rows on both pages",
            )
