"""What the containers are made of and allowed, read from the files themselves.

That they run is seen by scripts/rehearse-compose, which takes too long for here.
"""

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from config.celery import LANES
from tests import servers

TOP = Path(__file__).resolve().parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((TOP / "docker-compose.yml").read_text())[
    "services"
]
OURS = ["web", "person", "worker", "beat", "migrate"]
DOCKERFILE = (TOP / "Dockerfile").read_text()


@pytest.mark.parametrize("name", OURS)
def test_nothing_of_ours_is_root_or_can_change_itself(name: str) -> None:
    service = SERVICES[name]

    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert [volume.partition(":")[0] for volume in service["volumes"]] == ["files", "backups"]


def test_every_service_that_stays_is_looked_after_and_bounded() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "redis"}
    for name, service in SERVICES.items():
        assert {"mem_limit", "pids_limit", "restart"} <= set(service), name
        stays = name != "migrate"
        assert service["restart"] == ("unless-stopped" if stays else "no")
        assert ("healthcheck" in service) is stays, name


@pytest.mark.parametrize("name", ["person", "worker", "beat"])
def test_who_has_not_said_for_a_minute_that_it_lives_is_not_well(name: str, tmp_path: Path) -> None:
    how, *words = SERVICES[name]["healthcheck"]["test"]
    command = ["sh", "-c", *words] if how == "CMD-SHELL" else words
    alive = tmp_path / "alive"

    def is_well() -> bool:
        here = [word.replace("/tmp/alive", str(alive)) for word in command]
        return subprocess.run(here, capture_output=True).returncode == 0

    assert not is_well()
    alive.touch()
    assert is_well()
    hung = time.time() - 10 * 60
    os.utime(alive, (hung, hung))
    assert not is_well()


def test_nobody_starts_before_the_tables_are_there() -> None:
    for name in ("web", "person", "worker", "beat"):
        waits = {one: how["condition"] for one, how in SERVICES[name]["depends_on"].items()}
        assert waits == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }


def test_one_worker_takes_only_what_somebody_waits_for() -> None:
    """Decision 10."""

    def queues(name: str) -> list[str]:
        command = SERVICES[name]["command"]
        return re.search(r"--queues (\S+)", command)[1].split(",")  # type: ignore[index]

    assert queues("person") == ["person"]
    assert queues("worker") == LANES
    assert "container_name" not in SERVICES["worker"]
    assert not any("--beat" in str(SERVICES[name]["command"]) for name in ("person", "worker"))


def test_only_the_web_is_reached_and_only_from_the_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert ports == {"web": ["127.0.0.1:${UPPTAKT_PORT:-8000}:8000"]}
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]


@pytest.mark.slow
@pytest.mark.servers
def test_the_database_writes_nothing_of_what_was_typed_in_its_log() -> None:
    """By itself it writes the whole statement that it refuses, and the row."""
    command = SERVICES["postgres"].get("command", ["postgres"])
    settings = dict(one.split("=") for one in command[2::2])
    refused = [
        "INSERT INTO supplier VALUES ('Norrsken AB'), ('Norrsken AB')",
        "UPDATE supplier SET name = 'Norrsken AB', nowhere = 1",
    ]

    with servers.cluster() as made, made.running(servers.FORGETFUL | settings):
        with psycopg.connect(made.address, autocommit=True) as connection:
            connection.execute("CREATE TABLE supplier (name text PRIMARY KEY)")
            for statement in refused:
                with pytest.raises(psycopg.Error):
                    connection.execute(statement)
        log = (made.place / "postgres.log").read_text()

    assert command[:1] + command[1::2] == ["postgres", *["-c"] * len(settings)]
    assert "duplicate key value violates unique constraint" in log
    assert 'column "nowhere"' in log
    assert "Norrsken" not in log


def test_no_secret_stands_in_a_file() -> None:
    example = dict(
        line.split("=", 1)
        for line in (TOP / ".env.example").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    secret = {name for name in example if re.search("SECRET|PASSWORD", name)}

    assert len(secret) == 4
    assert {example[name] for name in secret} == {""}
    compose = (TOP / "docker-compose.yml").read_text()
    for name in secret - {"UPPTAKT_MAIL_PASSWORD"}:
        assert f"${{{name}:?" in compose
    settings = (TOP / "config" / "settings.py").read_text()
    asked = [name for name in example if name.startswith("UPPTAKT_") and name != "UPPTAKT_PORT"]
    assert [name for name in asked if f'"{name}"' not in settings] == []
    assert ".*" in (TOP / ".dockerignore").read_text().splitlines()
    assert ".env" in (TOP / ".gitignore").read_text().splitlines()


def test_the_image_holds_what_is_locked_and_what_papers_are_drawn_with() -> None:
    environment = (TOP / "scripts" / "environment").read_text()
    drawn = re.search(r'^PAPER_PACKAGES="(.+)"', environment, re.M)[1].split()  # type: ignore[index]

    assert "--require-hashes --only-binary :all: -r /tmp/base.txt" in DOCKERFILE
    assert [name for name in drawn if name not in DOCKERFILE.split()] == []
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)) == {
        "debian:bookworm-slim", "system",
    }  # fmt: skip
    assert DOCKERFILE.rindex("USER 10001:10001") < DOCKERFILE.index("ENTRYPOINT")
