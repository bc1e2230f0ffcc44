"""A command tells in words what is wrong with the installation: each is a process of its own."""

from pathlib import Path

import pytest

from manage import way_on
from tests.config.test_production import SAFE, run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("command", [["verify_journal"], ["outbox"]])
def test_a_command_in_the_wrong_place_says_which_place_it_is(command: list[str], tmp_path: Path):
    place = tmp_path / "not-here"

    done = run("manage.py", *command, **here(place))

    assert done.returncode == 1
    assert "no such table" in done.stderr
    assert (
        f"The database is {place}/upptakt.sqlite3, by UPPTAKT_VAR or DATABASE_URL." in done.stderr
    )
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr


def here(place: Path) -> dict[str, str]:
    """Whichever database the tests are run on."""
    return {"UPPTAKT_VAR": str(place), "DATABASE_URL": f"sqlite:///{place}/upptakt.sqlite3"}


def test_a_database_that_is_away_is_named_without_its_password():
    away = {"DATABASE_URL": "postgres://upptakt:hemligt@127.0.0.1:1/vara_fall"}

    done = run("manage.py", "outbox", **away)

    assert done.returncode == 1
    assert (
        "The database is vara_fall at 127.0.0.1, by UPPTAKT_VAR or DATABASE_URL. Is it"
        in done.stderr
    )
    assert "hemligt" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_somebody_holds_is_not_taken_for_the_wrong_one():
    assert way_on("database is locked").endswith("all the time: run this again.")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"UPPTAKT_MAIL_PORT": "smtp"}, '"UPPTAKT_MAIL_PORT" invalid: Not a valid integer'),
        ({"UPPTAKT_OIDC_URL": "https://id.example"}, '"UPPTAKT_OIDC_CLIENT_ID" not set'),
        (SAFE | {"UPPTAKT_DEMO": "1"}, "UPPTAKT_PRODUCTION needs its own UPPTAKT_SECRET_KEY"),
    ],
    ids=["one wrong", "one missing", "two that do not go together"],
)
def test_a_wrong_setting_is_named(fault: dict[str, str], told: str):
    done = run("manage.py", "outbox", **fault)

    assert done.returncode == 1
    assert done.stderr.startswith("A setting is wrong: ")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").touch()

    done = run("manage.py", "outbox", UPPTAKT_VAR=str(tmp_path / "file" / "var"))

    assert (done.returncode, done.stderr.count("\n")) == (1, 2)
    assert f"'{tmp_path}/file/var'" in done.stderr


def test_whoever_asks_for_the_trace_gets_it():
    done = run("manage.py", "outbox", "--traceback", UPPTAKT_MAIL_PORT="smtp")

    assert done.returncode == 1
    assert "Traceback" in done.stderr
